"""The command `handover`: its subcommands, `--version`, and how it reports errors."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from transfer_provider.cli.capture import capture
from transfer_provider.cli.doctor.command import doctor
from transfer_provider.cli.inspect import inspect
from transfer_provider.cli.release_address import release_address
from transfer_provider.cli.terminal import say_error
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.inputs.yaml_file import FilesRefused

app = typer.Typer(
    help="Preflight checks and files for handovers of Alibaba Cloud ECS instances, before `pulumi up`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(inspect)
app.command()(capture)
app.command()(doctor)
app.command()(release_address)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"handover {version('instance-handover')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """The console script: an error is reported on standard error, with exit code 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Whatever the terminal's encoding can't show is shown as its escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except FilesRefused as refused:
        for problem in refused.problems:
            say_error(problem)
        sys.exit(1)
    except (HandoverError, OSError) as error:
        say_error(error)
        sys.exit(1)
