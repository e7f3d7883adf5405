"""The demo from its start to its end."""

import subprocess
import sys

from tests.engine.project import ROOT


def test_the_demo_tells_its_story_and_cleans_up() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = done.stdout.split("What happened")[1]
    ends = {line.split()[0]: line for line in outcome.splitlines() if "-0" in line[:8]}
    assert "Completed" in ends["web-01"]
    assert "sandbox-recipient" in ends["web-01"]
    assert "Rejected: The recipient has arrears." in ends["web-02"]
    assert "Cancelled" in ends["db-01"]
    assert not (ROOT / ".sandbox/demo").exists()
    assert (ROOT / "stacks/sandbox/db-01.yaml").exists()
