"""Replacing single keys of a YAML text line by line, so that everything else, comments included, stays as it is.

Not every way to write YAML can be edited by lines, so what comes of it has to be read back.
"""

from __future__ import annotations

import re

from transfer_provider.inputs.fields import KeyPath
from transfer_provider.inputs.yaml_file import Document


def newline_of(text: str) -> str:
    """The line break that a text has."""
    return "\r\n" if "\r\n" in text else "\n"


def replace_key(lines: list[str | None], document: Document, path: KeyPath, by: str | None) -> None:
    """Take another line, or none, for a key with all that is under it; comments above the next key stay.

    `lines` are the text's, of which those that go become None; `by` is what takes their place, without its indentation.
    """
    first = document.lines[path] - 1
    following = [line - 1 for other, line in document.lines.items() if len(other) <= len(path) and line - 1 > first]
    end = min(following, default=len(lines))
    while end > first + 1 and re.fullmatch(r"\s*(#.*)?", lines[end - 1] or ""):
        end -= 1
    lines[first:end] = [None if by is None else indent_of(lines[first]) + by, *([None] * (end - first - 1))]


def indent_of(line: str | None) -> str:
    """What a line begins with."""
    begun = line or ""
    return begun[: len(begun) - len(begun.lstrip())]
