"""What the command prints: sentences and tables for people, JSON for scripts, progress where somebody watches.

All of it may hold text from outside, so each of these shows control characters instead of sending them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from transfer_provider.model.text import as_json, printable

# Ids are for copying: where the output is no terminal, a table is as wide as it needs.
_WIDE = 300


def say(sentence: str) -> None:
    """Print a sentence, on one line."""
    typer.echo(printable(sentence))


def say_error(error: object) -> None:
    """Print an error on standard error, on one line."""
    typer.echo(f"Error: {printable(str(error))}", err=True)


def count(number: int, what: str) -> str:
    """`no handovers`, `1 handover`, `2 handovers`."""
    return f"{number or 'no'} {what if number == 1 else f'{what}s'}"


def print_json(value: Any) -> None:
    """Print a value for a script."""
    typer.echo(as_json(value))


def console() -> Console:
    """Standard output; what is shown comes from outside, so nothing in it is markup."""
    watched = sys.stdout is not None and sys.stdout.isatty()  # None where it was closed
    return Console(markup=False, emoji=False, highlight=False, width=None if watched else _WIDE)


def print_line(out: Console, text: str, *, style: str | None = None) -> None:
    """Print a text on one line; on a terminal it is wrapped between words."""
    out.print(printable(text), style=style, soft_wrap=not out.is_terminal)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Rows under headings, without lines; long texts are folded."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*map(printable, row))
    return made


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What is going on, in a line on standard error; nothing where that is no terminal."""
    watched = Console(stderr=True)
    if not watched.is_terminal:
        yield lambda _: None
        return
    with watched.status("") as status:
        yield lambda sentence: status.update(escape(printable(sentence)))
