"""The command `handover`: its subcommands, `--version`, and how it reports errors.

A subcommand's module is imported when it is run or asked for its help: `handover --help` starts at once.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from transfer_provider.cli.terminal import say_error
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.inputs.yaml_file import FilesRefused

# Each subcommand with the module of its function, and how its help begins.
SUBCOMMANDS: Mapping[str, tuple[str, str]] = {
    "inspect": ("inspect", "Check whether instances can be handed over, and show what stays behind."),
    "capture": ("capture", "Write the files of handovers, with the instances' security groups and all rules."),
    "promote": ("promote", "Write a handover of one stack for another, with what differs there left to be filled in."),
    "doctor": ("doctor.command", "Check everything that a stack's handovers take: engine, files, state, accounts."),
    "plan": (
        "plan.command",
        "Show what the next `pulumi up` would do, handover by handover, what can't be undone first.",
    ),
    "status": ("follow.status", "Show where every handover of a stack stands, what happens next and who has to act."),
    "show": ("follow.show", "Show everything about one handover, with its timeline."),
    "report": (
        "report.command",
        "Report what became of a stack's handovers: timeline, identities, rules, addresses, what stays behind, costs.",
    ),
    "watch": ("follow.watch", "Watch a stack's handovers until all is settled or somebody has to act."),
    "notify": (
        "notifications.command",
        "Send what changed of a stack's handovers to the targets of its setting `notify`, each change once.",
    ),
    "accept": ("follow.accept", "Accept an approved transfer now, outside of its receive window, by `pulumi up`."),
    "release-address": ("release_address", "Release an address that this stack made for the recipient."),
}


class Subcommands(TyperGroup):
    """The subcommands, each imported where it is needed. Typer publishes no names for the types of what these take."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in SUBCOMMANDS:
            return None
        module = import_module(f"transfer_provider.cli.{SUBCOMMANDS[cmd_name][0]}")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(cmd_name)(getattr(module, cmd_name.replace("-", "_")))
        return typer.main.get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in SUBCOMMANDS.items()])


app = typer.Typer(
    cls=Subcommands,
    help="Preflight checks and files for handovers of Alibaba Cloud ECS instances, before `pulumi up`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

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
