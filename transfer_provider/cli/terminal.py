"""What the command prints: sentences and tables for people, JSON for scripts, progress where somebody watches."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

# Ids are for copying: where the output is no terminal, a table is as wide as it needs.
_WIDE = 300


def say(sentence: str) -> None:
    """Print a sentence."""
    typer.echo(sentence)


def count(number: int, what: str) -> str:
    """`no handovers`, `1 handover`, `2 handovers`."""
    return f"{number or 'no'} {what if number == 1 else f'{what}s'}"


def print_json(value: Any) -> None:
    """Print a value for a script."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def console() -> Console:
    """Standard output; what is shown comes from outside, so nothing in it is markup."""
    return Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else _WIDE)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Rows under headings, without lines; long texts are folded."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What is going on, in a line on standard error; nothing where that is no terminal."""
    watched = Console(stderr=True)
    if not watched.is_terminal:
        yield lambda _: None
        return
    with watched.status("") as status:
        yield lambda sentence: status.update(escape(sentence))
