"""`alicloud-sandbox console`: the console's resource transfer (资源过户), from both sides."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_list

app = typer.Typer(help="Do what people do in Alibaba Cloud's console to transfer an instance.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="INSTANCE|ORDER", help="The id of an order or of its instance.")]
AsProfile = Annotated[
    str | None,
    typer.Option("--as", metavar="PROFILE", help="Who is signed in; by default the main account whose step it is."),
]

COLUMNS = ("id", "instance_id", "status", "source_account_id", "recipient_account_id", "confirm_before")


@app.command()
def initiate(
    instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="The instance's id.")],
    recipient: Annotated[str, typer.Option(metavar="ID", help="The id of the recipient's account.")],
    profile: AsProfile = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """The source offers an instance; the recipient has 24 hours to confirm."""
    body = {"profile": profile, "instance_id": instance, "recipient_account_id": recipient}
    order = control.require_running(directory).request("POST", "/console", body=body)
    typer.echo(
        f"Order {order['id']} of {order['instance_id']} waits for account {order['recipient_account_id']} "
        f"to confirm it before {_time(order['confirm_before'])}."
    )


@app.command()
def confirm(
    name: Name,
    vswitch: Annotated[str, typer.Option(metavar="VSW", help="The recipient's vSwitch to put it in.")],
    group: Annotated[list[str], typer.Option(metavar="SG", help="A security group of that VPC; up to five times.")],
    profile: AsProfile = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """The recipient takes an instance, which can't be undone; it arrives half an hour later."""
    order = _post(directory, name, "confirm", {"profile": profile, "vswitch": vswitch, "groups": group})
    typer.echo(
        f"Order {order['id']} of {order['instance_id']} is now {order['status']}; "
        f"neither account lists the instance before {_time(order['completed'])}."
    )


@app.command()
def cancel(name: Name, profile: AsProfile = None, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """The source cancels its offer, before it is confirmed."""
    order = _post(directory, name, "cancel", {"profile": profile})
    typer.echo(f"Order {order['id']} of {order['instance_id']} is now {order['status']}.")


@app.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show every order, newest first."""
    print_list(control.require_running(directory).request("GET", "/console"), COLUMNS, as_json=as_json)


def _post(directory: Path, name: str, step: str, body: dict[str, Any]) -> Any:
    path = f"/console/{quote(name, safe='')}/{step}"
    return control.require_running(directory).request("POST", path, body=body)


def _time(iso: str) -> str:
    return datetime.fromisoformat(iso).strftime("%Y-%m-%d %H:%M:%S UTC")
