"""What `deploy/` holds for services is valid where its checker is at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/systemd/handover-watch@.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    # The project is not installed where the unit expects it.
    there = UNIT.read_text().replace("/opt/instance-handover/.venv/bin/handover", "/bin/true")
    (tmp_path / UNIT.name).write_text(there)
    instance = tmp_path / "handover-watch@production.service"

    done = subprocess.run(["systemd-analyze", "verify", str(instance)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_runs_a_command_that_there_is() -> None:
    (command,) = re.findall(r"^ExecStart=\S+/handover (\w+)", UNIT.read_text(), re.MULTILINE)
    assert (ROOT / f"transfer_provider/cli/follow/{command}.py").exists()
