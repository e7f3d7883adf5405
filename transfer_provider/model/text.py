"""Text that comes from outside (names, descriptions, reasons, tags, file names, keys), made safe to print. Pure.

Whoever may name an instance must not be able to move a terminal's cursor, begin a line of a log, hide or reorder what
a reviewer reads, or give a CI system a command. So every text from outside passes one of these first:

    printable         before it becomes part of a message, a table, a log line or a comment: one line
    printable_lines   a whole message of ours, as it is printed: our own line breaks are kept
    as_json           a value for a script: valid JSON, which reads back as what it was
    yaml_quoted       a text in a YAML file: in quotes, reads back as what it was
    code_span         in Markdown: there nothing in it is markup, a mention or a link
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

# What is printed as nothing although Unicode counts it among letters and marks: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

# What CI systems take for a command: GitHub's `::error::` and `##[error]`, Azure's `##vso[…]`, TeamCity's
# `##teamcity[…]`. Up to four letters a-f after `::` are an IPv6 address.
_COMMANDS = re.compile(r"::(?=(?![A-Fa-f]{1,4}(?![A-Za-z-]))[A-Za-z][A-Za-z-]*(?: .*?)?::)|##(?=(?:vso|teamcity)?\[)")

_BACKTICKS = re.compile(r"`+")


def printable(text: str) -> str:
    """The text on one line, with each control, format or otherwise invisible character as its escape (`\\x1b`, `\\n`).

    What a CI system would read as a command is broken up by a blank.
    """
    return _COMMANDS.sub(lambda found: f"{found[0][0]} {found[0][1]}", _escaped(text, _by_number))


def printable_lines(text: str) -> str:
    """The same of each line; for a message of ours, whose parts from outside are printable already."""
    return "\n".join(map(printable, text.split("\n")))


def as_json(value: Any) -> str:
    """The value as JSON over several lines, whatever is not visible in its texts as an escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    lines = (_escaped(line, _in_json) for line in text.split("\n"))
    return "\n".join(_COMMANDS.sub(lambda found: f"\\u{ord(found[0][0]):04x}{found[0][1]}", line) for line in lines)


def yaml_quoted(text: str) -> str:
    """The text in YAML's double quotes, whatever is not visible as an escape."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_escaped(quoted, _by_number)}"'


def code_span(text: str) -> str:
    """The text as a code span of Markdown, in a table's cell as well; empty for an empty text."""
    # In a table a pipe ends its cell even in a code span; a backslash before it would not help everywhere.
    shown = printable(text).strip().replace("|", "\\x7c")
    if not shown:
        return ""
    marks = "`" * (1 + max(map(len, _BACKTICKS.findall(shown)), default=0))
    edge = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{marks}{edge}{shown}{edge}{marks}"


def visible(text: str) -> bool:
    """Whether all of it is shown, on one line, and as what it is."""
    return text.isprintable() and not _INVISIBLE.search(text)


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if visible(text):
        return text
    return "".join(letter if visible(letter) else escape(letter) for letter in text)


def _by_number(letter: str) -> str:
    """Python's escape, which is YAML's as well."""
    return letter.encode("unicode_escape").decode("ascii")


def _in_json(letter: str) -> str:
    return json.dumps(letter)[1:-1]
