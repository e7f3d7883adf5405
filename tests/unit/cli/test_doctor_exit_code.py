"""The exit code of `handover doctor`, for scripts: drift is told from a problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from transfer_provider.cli.app import app
from transfer_provider.cli.doctor import command
from transfer_provider.cli.doctor.checkup import Outcome, Result


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome.OK, Outcome.WARNING, Outcome.NOT_CHECKED], 0),
        ([Outcome.OK, Outcome.DRIFT, Outcome.WARNING], 4),
        ([Outcome.DRIFT, Outcome.PROBLEM], 3),
    ],
)
def test_it_tells_drift_from_problems(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcomes: list[Outcome], code: int
) -> None:
    results = [Result(outcome, "observed", "advice", "check") for outcome in outcomes]
    monkeypatch.setattr(command, "run", lambda *_, **__: results)
    arguments = ["doctor", "--stack", "orchid", "--project", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == code
    listed = CliRunner().invoke(app, [*arguments, "--json"])
    assert listed.exit_code == code
    assert json.loads(listed.stdout)["healthy"] == (code == 0)
