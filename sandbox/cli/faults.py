"""`alicloud-sandbox fault`: make API calls fail."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sandbox.cli import control
from sandbox.cli.options import DEFAULT_DIRECTORY, AsJson, Directory
from sandbox.cli.output import print_json, say
from sandbox.gateway.faults import Kind

app = typer.Typer(help="Inject faults into API calls.", no_args_is_help=True)

NO_FAULTS = "No faults: every call is answered as usual."


@app.command()
def add(
    kind: Kind,
    action: Annotated[str, typer.Option(help="The action it affects; * for every action.")] = "*",
    times: Annotated[int | None, typer.Option(min=1, help="How many calls it affects; all until cleared.")] = None,
    account: Annotated[str | None, typer.Option(help="Only calls of this account.")] = None,
    seconds: Annotated[float, typer.Option(min=0, help="How long a delay lasts.")] = 0,
    retry_after_ms: Annotated[int | None, typer.Option(min=1, help="When a throttled client may retry.")] = None,
    http_status: Annotated[int, typer.Option("--status", help="503, or 500, of an error.")] = 503,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Make calls fail: throttle, error, delay, cut-before, cut-after or not-offered."""
    body = {
        "kind": kind,
        "action": action,
        "times": times,
        "account": account,
        "seconds": seconds,
        "retry_after_ms": retry_after_ms,
        "status": http_status,
    }
    say(_sentence(control.require_running(directory).request("POST", "/faults", body=body)))


@app.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY, as_json: AsJson = False) -> None:
    """Show the faults in force."""
    faults = control.require_running(directory).request("GET", "/faults")
    if as_json:
        print_json(faults)
        return
    for fault in faults:
        say(_sentence(fault))
    if not faults:
        typer.echo(NO_FAULTS)


@app.command()
def clear(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Remove all faults: every call is answered as usual again."""
    control.require_running(directory).request("DELETE", "/faults")
    typer.echo(NO_FAULTS)


def _sentence(fault: dict[str, Any]) -> str:
    """A fault, as an admin route reports it."""
    what = "every action" if fault["action"] == "*" else fault["action"]
    whose = f" of account {fault['account']}" if fault["account"] else ""
    until = "until cleared" if fault["times"] is None else f"for {fault['times']} more call(s)"
    return f"{fault['kind']}: {what}{whose}, {until}."
