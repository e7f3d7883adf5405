"""The Alibaba CLI's command that submits a request, quoted for a shell: pure.

TransferInstance is in no published metadata of the CLI, which therefore sends it with `--force --version` only.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from transfer_provider.cloud.client import Action
from transfer_provider.model.text import printable, visible

# What `printable` would break up by a blank; in a shell, quotes around nothing do the same and change nothing.
_COMMANDS = re.compile(r"(?<=:)(?=:)|(?<=#)(?=#)")


def command(action: Action, parameters: Mapping[str, str], *, profile: str | None, region: str) -> str:
    """`aliyun <product> <Action> --Name value …`, for `sh`."""
    words = ["aliyun", action.product, action.name]
    for name, value in parameters.items():
        # The CLI takes a value that begins with a dash for an option, unless `=` precedes it.
        words += [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]
    words += ["--version", action.version, "--force", "--region", region]
    if profile is not None:
        words += [f"--profile={profile}"] if profile.startswith("-") else ["--profile", profile]
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """A word for `sh`, all of it visible and on one line, and no command to a CI system that prints it.

    A word that ends with a line break would lose it; no text of a file does.
    """
    if not visible(word):
        return f"\"$(printf '%b' '{''.join(map(_octal, word))}')\""
    safe = shlex.quote(word)
    return safe if printable(safe) == safe else _COMMANDS.sub("''", safe)


def _octal(letter: str) -> str:
    """A letter as `printf '%b'` reads it, between single quotes."""
    if visible(letter) and letter not in "\\'#:":
        return letter
    return "".join(f"\\0{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape"))
