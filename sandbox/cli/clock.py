"""`alicloud-sandbox clock`: show and move the sandbox's time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def clock(
    move: Annotated[str | None, typer.Argument(metavar="[+TIME|reset]", help="+30s, +30m, +2h, +1d, or reset.")] = None,
    directory: Directory = DEFAULT_DIRECTORY,
    as_json: AsJson = False,
) -> None:
    """Show or move the sandbox's time.

    Without an argument the time is shown; reset takes it back to real time.
    """
    if move is None:
        facts = control.require_running(directory).request("GET", "/clock")
    elif move == "reset":
        facts = control.require_running(directory).request("POST", "/clock/reset")
    else:
        body = {"seconds": duration(move).total_seconds()}
        facts = control.require_running(directory).request("POST", "/clock/advance", body=body)
    if as_json:
        print_json(facts)
    else:
        typer.echo(clock_sentence(facts))


def clock_sentence(facts: dict[str, Any]) -> str:
    """The sandbox's time, as an admin route reports it."""
    now = datetime.fromisoformat(facts["now"]).strftime("%Y-%m-%d %H:%M:%S UTC")
    ahead = timedelta(seconds=facts["ahead_seconds"])
    return f"The sandbox's clock is at {now}, {f'{ahead} ahead of real time' if ahead else 'which is real time'}."


def duration(text: str) -> timedelta:
    """A step of the clock such as `+2h`. Exit code 2 for anything else."""
    step = re.fullmatch(r"\+?([0-9]{1,6})([smhd])", text)
    if step is None:
        raise typer.BadParameter("specify a step ahead such as +30s, +30m, +2h or +1d, or reset")
    return timedelta(**{_UNITS[step[2]]: int(step[1])})
