"""`alicloud-sandbox review`: decide in place of Alibaba Cloud's review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_list

app = typer.Typer(help="Decide what Alibaba Cloud's review would decide.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="ID", help="The id of a transfer or of its instance.")]

COLUMNS = ("id", "instance_id", "status", "source_account_id", "recipient_account_id", "reason")


@app.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show every transfer, newest first."""
    print_list(control.require_running(directory).request("GET", "/transfers"), COLUMNS, as_json=as_json)


@app.command()
def approve(name: Name, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Approve a transfer, so that the recipient may accept it."""
    _decide(directory, name, "approve")


@app.command()
def reject(
    name: Name,
    reason: Annotated[str, typer.Option(help="The reason reported to both sides.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Reject a transfer."""
    _decide(directory, name, "reject", {"reason": reason})


@app.command()
def expire(name: Name, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Expire a transfer at once, without moving the clock."""
    _decide(directory, name, "expire")


def _decide(directory: Path, name: str, decision: str, body: Any = None) -> None:
    path = f"/transfers/{quote(name, safe='')}/{decision}"
    transfer = control.require_running(directory).request("POST", path, body=body)
    typer.echo(f"Transfer {transfer['id']} of {transfer['instance_id']} is now {transfer['status']}.")
