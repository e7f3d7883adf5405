"""The command as a whole: its version, and what it does without a subcommand."""

from __future__ import annotations

from importlib.metadata import version

from typer.testing import CliRunner

from transfer_provider.cli.app import app


def test_the_version_is_printed() -> None:
    run = CliRunner().invoke(app, ["--version"])
    assert (run.exit_code, run.output) == (0, f"handover {version('instance-handover')}\n")


def test_help_lists_every_subcommand() -> None:
    run = CliRunner().invoke(app, ["--help"])
    assert run.exit_code == 0
    for name in ("inspect", "capture", "doctor"):
        assert name in run.output
