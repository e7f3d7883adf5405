"""`handover status` with the real `pulumi`: the whole life of a handover, and a killed run's transfer."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, RECIPIENT, WEB_01, Project
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest

RECREATE = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"], "eip": {}}


def handover(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "transfer_provider.cli", *arguments],
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def standings(project: Project) -> dict[str, dict[str, Any]]:
    """What `status` prints for scripts, by name."""
    done = handover(project, "status", "--stack", project.stack, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    answer = json.loads(done.stdout)
    assert answer["complete"]
    return {each["name"]: each for each in answer["handovers"]}


def brief(standing: dict[str, Any]) -> tuple[Any, ...]:
    return standing["status"], standing["step"], standing["actor"], standing["due"]


def test_the_whole_life_of_a_handover_is_shown_and_nothing_is_changed(
    project: Project, cloud: Sandbox, source: Cloud
) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", recipients=[RECIPIENT])
    project.declare("web-01", WEB_01, recreate=RECREATE)
    assert brief(standings(project)["web-01"]) == (None, "submit", "pulumi up", False)

    # A run that was killed after its submission: the state does not hold it.
    killed = TransferRequest(DB_01, "cn-hangzhou", RECIPIENT, reason="Project Orchid moves")
    operations.submit(source, killed, killed.client_token())
    project.declare("db-01", DB_01)
    before = standings(project)["db-01"]
    assert brief(before) == ("UnderReview", "adopt", "pulumi up", False)
    assert not before["in_state"]

    assert project.up().ok
    both = standings(project)
    assert brief(both["db-01"]) == ("UnderReview", "review", "Alibaba Cloud", False)
    assert brief(both["web-01"]) == ("UnderReview", "review", "Alibaba Cloud", False)
    assert [deadline["what"] for deadline in both["web-01"]["deadlines"]] == ["cancel window closes"]

    state = project.state_text()
    cloud.desk.approve(WEB_01)
    cloud.desk.reject(DB_01, reason="Names differ.")
    both = standings(project)
    assert brief(both["web-01"]) == ("Approved", "accept", "pulumi up", True)
    assert brief(both["db-01"]) == ("Rejected", "decide what becomes of it", "source", False)
    assert "Names differ" in both["db-01"]["next"]
    assert project.state_text() == state

    assert project.up().ok
    assert brief(standings(project)["web-01"]) == ("Transferring", "move", "Alibaba Cloud", False)
    cloud.clock.advance(timedelta(minutes=1))
    assert brief(standings(project)["web-01"]) == ("Completed", "bind the address", "pulumi up", True)
    assert project.up().ok
    settled = standings(project)["web-01"]
    assert brief(settled) == ("Completed", "nothing", "nobody", False)
    assert settled["settled"]

    project.remove("db-01")
    (project.folder / "stacks/Pulumi.broken.yaml").write_text("config: {instance-handover:region: nowhere}\n")
    done = handover(project, "status", "--all")
    assert done.returncode == 1
    broken, sandbox = done.stdout.splitlines()[:2]
    assert broken.startswith("broken: could not be read: stacks/Pulumi.broken.yaml:1: instance-handover:region")
    assert sandbox.startswith("sandbox: 2 handovers; 1 Rejected, 1 Completed; to act: 1 source.")
