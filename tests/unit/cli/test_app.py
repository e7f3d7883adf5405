"""The command as a whole: its version, what it does without a subcommand, and how it ends where something fails."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from transfer_provider.cli import inspect
from transfer_provider.cli.app import SUBCOMMANDS, app, main
from transfer_provider.cloud.errors import Refused

INSPECT = ("inspect", "i-bp1web00000000000001", "--region", "cn-hangzhou")


def test_the_version_is_printed() -> None:
    run = CliRunner().invoke(app, ["--version"])
    assert (run.exit_code, run.output) == (0, f"handover {version('instance-handover')}\n")


def test_help_lists_every_subcommand() -> None:
    run = CliRunner().invoke(app, ["--help"])
    assert run.exit_code == 0
    for name in ("inspect", "capture", "doctor", "release-address"):
        assert name in run.output


def test_the_readme_lists_every_subcommand() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    assert re.findall(r"^\| `handover ([a-z-]+)` \|", readme, re.MULTILINE) == list(SUBCOMMANDS)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_what_help_says_of_a_subcommand_is_how_its_own_help_begins(name: str) -> None:
    run = CliRunner().invoke(app, [name, "--help"])
    _, summary = SUBCOMMANDS[name]
    assert summary.removesuffix(".") in " ".join(run.output.split())


def test_an_unknown_subcommand_is_refused() -> None:
    run = CliRunner().invoke(app, ["inspekt"])
    assert run.exit_code == 2
    assert "No such command 'inspekt'" in run.output


def test_help_loads_no_engine_no_sdk_and_few_modules() -> None:
    program = (
        "import sys; before = set(sys.modules); sys.argv = ['handover', '--help']\n"
        "from transfer_provider.cli.app import main\n"
        "try: main()\nexcept SystemExit: print(*(set(sys.modules) - before))"
    )
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).splitlines()[-1].split()
    heavy = {"pulumi", "pulumi_alicloud", "grpc", "alibabacloud_ecs20140526", "aiohttp", "requests", "apprise"}
    assert heavy.isdisjoint(loaded)
    # Of all that it takes to run a subcommand, some 2,200.
    assert len(loaded) < 400


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The exit code of the console script with these arguments; `raising` is raised in the middle of `inspect`."""

    def run(*arguments: str, raising: BaseException | None = None) -> int:
        def cloud(*_: object) -> NoReturn:
            assert raising is not None
            raise raising

        if raising is not None:
            monkeypatch.setattr(inspect, "Cloud", cloud)
        monkeypatch.setattr(sys, "argv", ["handover", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def test_ctrl_c_ends_it_with_130_and_no_traceback(ends: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(*INSPECT, raising=KeyboardInterrupt()) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_reader_that_leaves_ends_it_without_a_traceback(
    ends: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout", sys.stdout)  # which click replaces
    assert ends(*INSPECT, raising=BrokenPipeError(32, "Broken pipe")) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_closed_standard_output_is_no_error(ends: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert ends("doctor", "--stack", "nowhere", "--project", "/nowhere") == 3


@pytest.mark.parametrize(
    "error",
    [Refused("Could not read \x1b[31mred\u202e: no."), OSError("\x9bgone")],
)
def test_an_error_is_printed_without_its_control_characters(
    ends: Callable[..., int], capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    assert ends(*INSPECT, raising=error) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("Error: ")
    assert printed.rstrip("\n").isprintable()


def test_what_the_terminal_can_not_show_is_shown_as_its_escape(
    ends: Callable[..., int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        monkeypatch.setattr("sys.stdout", out)
        ends("doctor", "--stack", "云", "--project", str(tmp_path))
    assert "\\u4e91: " in (tmp_path / "out").read_text("ascii")


@pytest.mark.parametrize("days", ["99999999999", "3651", "-1"])
def test_a_number_of_days_out_of_range_is_refused_with_the_range(
    ends: Callable[..., int], capsys: pytest.CaptureFixture[str], days: str
) -> None:
    assert ends(*INSPECT, "--expiry-days", days) == 2
    printed = capsys.readouterr().err
    assert "--expiry-days" in printed
    assert "3650" in printed or "0" in printed
