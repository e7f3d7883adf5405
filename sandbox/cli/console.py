"""`alicloud-sandbox console`: the console's resource transfer (资源过户), from both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.control import Control
from sandbox.cli.terminal import print_json, print_table, say

Directory = Annotated[
    Path, typer.Option(envvar="ALICLOUD_SANDBOX_DIR", help="The sandbox's folder.", show_default=True)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Name = Annotated[str, typer.Argument(metavar="INSTANCE|ORDER", help="An order's id, or its instance's.")]
AsProfile = Annotated[
    str | None,
    typer.Option("--as", metavar="PROFILE", help="Who is signed in; else the main account whose part it is."),
]

HERE = Path(".sandbox")

COLUMNS = ("id", "instance_id", "status", "source_account_id", "recipient_account_id", "confirm_before")


def made(running: Callable[[Path], Control]) -> typer.Typer:
    """The sub-commands; `running` finds the sandbox of a folder, or raises SandboxError."""
    console = typer.Typer(
        help="Do what people do in Alibaba Cloud's console to transfer an instance.", no_args_is_help=True
    )

    @console.command()
    def initiate(
        instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="The instance's id.")],
        recipient: Annotated[str, typer.Option(metavar="ID", help="The account that is to get it.")],
        profile: AsProfile = None,
        directory: Directory = HERE,
    ) -> None:
        """The source offers an instance; the recipient has 24 hours to confirm."""
        body = {"profile": profile, "instance_id": instance, "recipient_account_id": recipient}
        order = running(directory).ask("POST", "/console", body=body)
        say(
            f"Order {order['id']} of {order['instance_id']} waits for account {order['recipient_account_id']} "
            f"to confirm it before {_time(order['confirm_before'])}."
        )

    @console.command()
    def confirm(
        name: Name,
        vswitch: Annotated[str, typer.Option(metavar="VSW", help="The recipient's vSwitch to put it in.")],
        group: Annotated[list[str], typer.Option(metavar="SG", help="A security group of that VPC; up to five times.")],
        profile: AsProfile = None,
        directory: Directory = HERE,
    ) -> None:
        """The recipient takes an instance, which can't be undone; it arrives half an hour later."""
        body = {"profile": profile, "vswitch": vswitch, "groups": group}
        order = _ask(running(directory), name, "confirm", body)
        say(
            f"Order {order['id']} of {order['instance_id']} is {order['status']}; "
            f"neither account lists the instance before {_time(order['completed'])}."
        )

    @console.command()
    def cancel(name: Name, profile: AsProfile = None, directory: Directory = HERE) -> None:
        """The source takes its offer back, before it is confirmed."""
        order = _ask(running(directory), name, "cancel", {"profile": profile})
        say(f"Order {order['id']} of {order['instance_id']} is {order['status']}.")

    @console.command("list")
    def list_(directory: Directory = HERE, as_json: AsJson = False) -> None:
        """Show every order, newest first."""
        orders = running(directory).ask("GET", "/console")
        if as_json:
            print_json(orders)
        else:
            print_table(COLUMNS, [tuple(order[column] for column in COLUMNS) for order in orders])

    return console


def _ask(control: Control, name: str, what: str, body: dict[str, Any]) -> Any:
    return control.ask("POST", f"/console/{quote(name, safe='')}/{what}", body=body)


def _time(told: str) -> str:
    return datetime.fromisoformat(told).strftime("%Y-%m-%d %H:%M:%S UTC")
