"""`alicloud-sandbox log`: the API calls that the sandbox received."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json, print_table


def log(
    directory: Directory = DEFAULT_DIRECTORY,
    action: Annotated[str | None, typer.Option(help="Only calls of this action.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Delete the entries so far.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the API calls that the sandbox received."""
    running = control.require_running(directory)
    if clear:
        running.request("DELETE", "/log")
        typer.echo("The log is empty.")
        return
    entries = running.request("GET", "/log", action=action)
    if as_json:
        print_json(entries)
        return
    print_table(
        ("#", "time", "profile", "action", "region", "answer"),
        [
            (
                entry["number"],
                entry["time"][:19],
                entry["profile"],
                entry["action"],
                entry["region"],
                " ".join(str(part) for part in (entry["http_status"], entry["error_code"], entry["fault"]) if part),
            )
            for entry in entries
        ],
    )
