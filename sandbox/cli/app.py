"""The command `alicloud-sandbox`: its sub-commands, `--version`, and how it reports errors."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from sandbox.cli import clock, console, faults, lifecycle, log, owner, resources, review
from sandbox.cli.output import say
from sandbox.models.errors import SandboxError

app = typer.Typer(
    help="A local Alibaba Cloud for trying and testing instance handovers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    lifecycle.up,
    lifecycle.down,
    lifecycle.status,
    lifecycle.env,
    clock.clock,
    log.log,
    resources.instances,
    resources.network,
):
    app.command()(command)
app.add_typer(review.app, name="review")
app.add_typer(faults.app, name="fault")
app.add_typer(console.app, name="console")
app.add_typer(owner.app, name="owner")
app.add_typer(resources.image_app, name="image")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alicloud-sandbox {version('alicloud-sandbox')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The console script: an error is one line on standard error and exit code 1."""
    try:
        app()
    except (SandboxError, OSError) as error:
        say(f"Error: {error}", error=True)
        sys.exit(1)
