"""Text that comes from outside (names, descriptions, reasons, tags, file names, keys), made safe to print. Pure.

Whoever may name an instance must not be able to move a terminal's cursor, begin a line of a log, hide or reorder what
a reviewer reads, or give a CI system a command. So every text from outside passes `printable` before it becomes part
of a message, a table, a log line or a comment.
"""

from __future__ import annotations

import re

# What CI systems take for a command: GitHub's `::error::` and `##[error]`, Azure's `##vso[…]`.
_COMMANDS = re.compile(r"::(?=[A-Za-z][A-Za-z-]*(?: [^:\n]*)?::)|##(?=(?:vso)?\[)")


def printable(text: str) -> str:
    """The text on one line, with each control, format or otherwise invisible character as its escape (`\\x1b`, `\\n`).

    What a CI system would read as a command is broken up by a blank.
    """
    visible = "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)
    return _COMMANDS.sub(lambda found: f"{found[0][0]} {found[0][1]}", visible)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape", "backslashreplace").decode("ascii")
