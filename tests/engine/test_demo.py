"""The demo from its start to its end."""

import os
import subprocess

from tests import warm
from tests.engine.project import LESS_GARBAGE_COLLECTION, ROOT


def test_the_demo_plays_to_its_end_and_cleans_up() -> None:
    done = subprocess.run(
        [warm.python(), "-m", "tools.demo"],
        cwd=ROOT,
        env=os.environ | LESS_GARBAGE_COLLECTION,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = (done.stdout.split(title)[1] for title in ("The source's instances", "The recipient's instances"))
    assert "203.0.113.12" in before.splitlines()[2]
    assert "198.18." in after.splitlines()[2]
    assert "The recipient owns all three, web-01 in groups with the same rules and with a new EIP." in after
    status = after.split("Where each handover stands")[1]
    assert "sandbox: 4 handovers; 1 Copied, 3 Completed; nobody has to act." in status
    assert not (ROOT / ".sandbox/demo").exists()
    report = ROOT / ".sandbox/demo-report.html"
    assert f"The report: {report.as_uri()}" in status
    assert report.read_text().count('<span class="pill done">Done</span>') == 3 * 2 + 1  # table, details, and the sum
    assert "newly open to everybody" not in report.read_text()
    assert (ROOT / "stacks/sandbox/db-01.yaml").exists()
