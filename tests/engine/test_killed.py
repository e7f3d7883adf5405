"""A run that is killed: its processes end with it, and nothing of what it began is lost, untracked or repeated."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests import warm
from tests.engine.project import RECIPIENT, WEB_01, WEB_02, Project
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud

SECONDS = 30  # far more than a loaded machine needs

pytestmark = pytest.mark.usefixtures("cold_python")


def killed(project: Project, cloud: Sandbox, action: str) -> None:
    """Kill `pulumi up` as an action takes effect whose answer is late, and take its lock away."""
    cloud.faults.add(Fault(action=action, kind="delay", seconds=5))
    project.broken_off(signal.SIGKILL, when=lambda: bool(cloud.log.entries(action=action)))
    cloud.faults.clear()


def ours(project: Project) -> list[str]:
    """The commands that run in the project's folder and hold this library: the program, the provider."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == project.folder:
                commands.append((process / "cmdline").read_text().replace("\0", " "))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return [command for command in commands if "pulumi.dynamic" in command or "pulumi-language-python-exec" in command]


def end_by_themselves(project: Project) -> bool:
    limit = time.monotonic() + SECONDS
    while ours(project) and time.monotonic() < limit:
        time.sleep(0.1)
    return not ours(project)


def doctor(project: Project, check: str) -> list[dict[str, Any]]:
    command = [str(warm.python()), "-m", "transfer_provider.cli", "doctor", "--stack", project.stack, "--json"]
    done = subprocess.run(
        command, cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False
    )
    return [result for result in json.loads(done.stdout)["checks"] if result["check"] == check]


def pending(project: Project) -> list[Any]:
    deployment = json.loads(project.pulumi("stack", "export").text)["deployment"]
    return list(deployment.get("pending_operations") or [])


def test_a_submission_of_a_killed_run_whose_file_is_removed_is_reported_adopted_and_cancelled(
    project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    killed(project, cloud, "TransferInstance")
    assert end_by_themselves(project), ours(project)
    assert project.pulumi("cancel", "--yes", "sandbox", stacked=False).ok
    (transfer,) = cloud.desk.transfers()
    project.remove("web-01")
    project.declare("web-02", WEB_02)

    # Nothing declares it and no state holds it: every run says so, and the doctor.
    for run in (project.preview(), project.up()):
        assert run.ok, run.text
        assert f"{transfer.id} of {WEB_01} to account {RECIPIENT}" in run.text
    (found,) = doctor(project, "untracked transfers")
    assert found["outcome"] == "warning"
    operation, not_yet = doctor(project, "pending operations")
    assert f"it took effect as {transfer.id} (UnderReview)" in operation["seen"]
    assert "can't be cleared yet" in not_yet["seen"]

    # Declared without a reason it is adopted; then the state holds it, and the pending operation may go.
    project.declare("web-01", WEB_01, reason=None)
    adopted = project.up()
    assert adopted.ok, adopted.text
    assert "known to neither its declarations nor its state" not in adopted.text
    _, now = doctor(project, "pending operations")
    assert "--clear-pending-creates --yes" in now["advice"]
    cloud.log.clear()
    cleared = project.pulumi("refresh", "--clear-pending-creates", "--yes")
    assert cleared.ok, cleared.text
    assert pending(project) == []
    assert {entry.action for entry in cloud.log.entries()} == {"DescribeInstanceTransfers"}
    assert project.transfers()["web-01"]["status"] == "UnderReview"

    # Removed again it is cancelled, as any other.
    project.remove("web-01")
    assert project.up().ok
    statuses = {transfer.instance_id: transfer.status for transfer in cloud.desk.transfers()}
    assert statuses == {WEB_01: "Cancelled", WEB_02: "UnderReview"}


def test_a_state_that_a_kill_left_empty_is_restored_from_the_one_beside_it(project: Project, cloud: Sandbox) -> None:
    """As docs/life-cycle.md has it. The kill comes between the submission and the state with it."""
    project.declare("web-01", WEB_01)
    killed(project, cloud, "TransferInstance")
    assert project.pulumi("cancel", "--yes", "sandbox", stacked=False).ok
    (file,) = (project.folder / ".state/.pulumi/stacks").glob("*/sandbox.json")
    file.write_text("")
    refused = project.up()
    assert not refused.ok
    assert "failed to load checkpoint" in refused.text
    file.write_bytes(file.with_name("sandbox.json.bak").read_bytes())
    again = project.up()
    assert again.ok, again.text
    assert len(cloud.desk.transfers()) == 1
    assert project.transfers()["web-01"]["status"] == "UnderReview"


def test_the_program_of_a_killed_run_ends_in_the_middle_of_its_survey(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    killed(project, cloud, "GetCallerIdentity")
    assert end_by_themselves(project), ours(project)
    assert not cloud.log.entries("TransferInstance")


def test_an_error_is_shown_without_the_engines_own_lines(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    cloud.faults.add(Fault(action="TransferInstance", kind="not-offered"))
    refused = project.up()
    project.use("sandbox", sourceProfile="nobody")
    for run, message in ((refused, "Could not submit the transfer"), (project.up(), "Could not sign in")):
        assert not run.ok
        assert f"error: {message}" in run.text
        assert "Exception calling application" not in run.text
        assert "an unhandled error occurred" not in run.text


def test_a_transfer_cancelled_at_the_cloud_is_reported_until_its_file_changes(
    project: Project, cloud: Sandbox, source: Cloud
) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    (transfer,) = cloud.desk.transfers()
    operations.cancel(source, transfer.id, WEB_01)
    observed = project.up()
    assert observed.ok, observed.text
    assert "UnderReview → Cancelled" in observed.text
    for run in (project.up(), project.preview()):
        assert run.ok, run.text
        assert f"The transfer {transfer.id} of {WEB_01} to account {RECIPIENT} is Cancelled" in run.text
    project.declare("web-01", WEB_01, reason="Orchid moves, second request")
    changed = project.up()
    assert changed.ok, changed.text
    assert "is Cancelled, so nothing is under way" not in changed.text
