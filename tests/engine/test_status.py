"""`handover status` with the real `pulumi`: the whole life of a handover, and a killed run's transfer."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.models.world import DEMO, World, load
from sandbox.server.server import Sandbox
from tests import aliyun_cli, warm
from tests.engine.project import DB_01, RECIPIENT, WEB_01, Project
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest

RECREATE = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"], "eip": {}}


@pytest.fixture
def world() -> World:
    """A move takes ten minutes, so that it is seen."""
    demo = load(DEMO)
    return demo.model_copy(update={"times": demo.times.model_copy(update={"transferring": timedelta(minutes=10)})})


def handover(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [warm.python(), "-m", "transfer_provider.cli", *arguments],
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
    cloud.clock.advance(timedelta(minutes=11))
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


def test_the_command_that_show_prints_submits_what_the_next_up_adopts(
    project: Project, cloud: Sandbox, tmp_path: Path
) -> None:
    reason = '-It\'s $(touch broken) `touch broken` "quoted" ##vso[task] ::error::; touch broken'
    project.declare("web-01", WEB_01, reason=reason, recipient_email="cloud@orchid.example")
    shown = handover(project, "show", "web-01", "--stack", "sandbox", "--as-cli")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert not {"##vso", "::error"} & set(re.findall(r"##vso|::error", shown.stdout))
    assert not re.search("LTAI|secret", shown.stdout)

    bin_ = Path(aliyun_cli.installed(tmp_path / "bin")).parent
    config = project.environment["ALICLOUD_SHARED_CREDENTIALS_FILE"]
    script = f"{shown.stdout.rstrip()} --secure --config-path {shlex.quote(config)}"
    environment = project.environment | {"PATH": f"{bin_}:{project.environment['PATH']}"}
    submitted = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert submitted.returncode == 0, submitted.stdout + submitted.stderr
    assert not (tmp_path / "broken").exists()
    transfer_id = json.loads(submitted.stdout)["TransferId"]
    (entry,) = cloud.log.entries("TransferInstance")
    assert entry.parameters["Reason"] == reason

    again = handover(project, "show", "web-01", "--stack", "sandbox", "--as-cli")
    assert (again.returncode, again.stdout) == (0, shown.stdout)
    assert f"Note: {transfer_id} (UnderReview) of {WEB_01} is under way already" in again.stderr
    assert project.up().ok
    assert project.tracked() == {"web-01": transfer_id}
    assert project.transfers()["web-01"]["origin"] == "adopted"

    shown = handover(project, "show", "web-01", "--stack", "sandbox")
    assert shown.returncode == 0
    for text in (
        transfer_id,
        "from account  1000000000000001",
        "to account    1000000000000002",
        "submitted",
        "Next (",
    ):
        assert text in shown.stdout
    assert "orchid.example" not in shown.stdout
    assert re.search(r"in 1 h \(.*\) +cancel window closes", shown.stdout)
