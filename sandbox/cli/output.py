"""How the command prints: sentences and tables for people, JSON for scripts.

What it prints comes from worlds, requests and reviews: control characters, invisible letters and commands to a CI
system are shown, never sent.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

# Ids are for copying: where the output is no terminal, a table is as wide as it needs.
_WIDE = 300

# Printed as nothing, although Unicode counts them among letters and marks: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# What GitHub, Azure and TeamCity take for a command; up to four letters a-f after `::` are an IPv6 address.
_COMMANDS = re.compile(r"::(?=(?![A-Fa-f]{1,4}(?![A-Za-z-]))[A-Za-z][A-Za-z-]*(?: .*?)?::)|##(?=(?:vso|teamcity)?\[)")


def printable(text: str) -> str:
    """The text on one line, whatever is not visible as its escape (`\\x1b`), and a CI system's commands broken up."""
    shown = "".join(letter if _visible(letter) else letter.encode("unicode_escape").decode("ascii") for letter in text)
    return _COMMANDS.sub(lambda found: f"{found[0][0]} {found[0][1]}", shown)


def say(message: str, *, error: bool = False) -> None:
    """Print a message, with its own line breaks; on standard error where it is an error."""
    typer.echo("\n".join(map(printable, message.split("\n"))), err=error)


def print_json(value: Any) -> None:
    """Print a value for a script; it reads back as what it was."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    shown = "".join(letter if _visible(letter) or letter == "\n" else json.dumps(letter)[1:-1] for letter in text)
    typer.echo(_COMMANDS.sub(lambda found: f"\\u{ord(found[0][0]):04x}{found[0][1]}", shown))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows; None is left empty."""
    # What is shown comes from outside, so nothing in it is markup.
    width = None if sys.stdout.isatty() else _WIDE
    console = Console(markup=False, emoji=False, highlight=False, width=width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else printable(str(cell)) for cell in row))
    console.print(table)


def _visible(letter: str) -> bool:
    return letter.isprintable() and not _INVISIBLE.match(letter)


def print_list(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print what an admin route lists: all of it as JSON, or these columns as a table."""
    if as_json:
        print_json(rows)
    else:
        print_table(columns, [[row[column] for column in columns] for row in rows])
