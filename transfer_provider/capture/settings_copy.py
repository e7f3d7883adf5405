"""The settings of a further stack: a stack file's text with its comments, without what is secret or that stack's own.

Copied is the section `config`, line by line. Left out are its secrets (`secure:`, encrypted with that stack's key), and
every other section: `encryptionsalt`, `encryptedkey` and `secretsprovider` are that stack's, an `environment` may hold
secrets. Pure; the caller reads the text back, since not every way to write YAML can be copied by lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.capture.kept_lines import newline_of, replace_key
from transfer_provider.inputs.yaml_file import Document
from transfer_provider.model.text import printable

CONFIG = "config"

_SECRET_COMMENT = re.compile(r"\s*#.*\b(secure|encryptionsalt|encryptedkey)\s*:")


@dataclass(frozen=True)
class Copied:
    """The text, what it has to read back as, and the keys that were left out."""

    text: str
    meant: Mapping[str, Any]
    left_out: Sequence[str]


def copied(text: str, document: Document, changed: Mapping[str, str]) -> Copied:
    """A copy of a stack file; `changed` are values of `config` that differ there, as far as the file sets them."""
    newline = newline_of(text)
    lines: list[str | None] = list(text.split(newline))
    config: dict[str, Any] = document.values.get(CONFIG) or {}
    left_out: list[str] = []
    for path in _keys(document, config):
        key = path[-1]
        if path[0] == CONFIG and not _is_secret(config[key]):
            if key in changed:
                replace_key(lines, document, path, f"{key}: {changed[key]}")
            continue
        left_out.append(key)
        what = f"# {printable(key)} is a secret, which is not copied; set it with `pulumi config set --secret`."
        replace_key(lines, document, path, what if path[0] == CONFIG else None)
    kept = {key: changed.get(key, value) for key, value in config.items() if not _is_secret(value)}
    written = [line for line in lines if line is not None and not _SECRET_COMMENT.match(line)]
    return Copied(newline.join(written), {CONFIG: kept}, left_out)


def _keys(document: Document, config: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The settings, and the sections beside `config`, in the file's order."""
    paths = [(key,) for key in document.values if key != CONFIG] + [(CONFIG, key) for key in config]
    return sorted(paths, key=lambda path: document.lines[path])


def _is_secret(value: Any) -> bool:
    """Whether a setting is a secret, or holds any."""
    if isinstance(value, Mapping):
        return "secure" in value or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))
