"""`backup: snapshots`: every disk is copied in the source account before the transfer is submitted, and stays there."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from sandbox.gateway.faults import Fault, Kind
from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, SOURCE, WEB_01, Project

DISKS = ["d-bp1db000000000000001", "d-bp1db000000000000002"]
KINDS: tuple[Kind, ...] = ("throttle", "cut-before")
RECREATE = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}


@pytest.fixture
def stack(project: Project) -> Project:
    """A stack of both sides with one handover that is backed up."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    project.declare("db-01", DB_01, backup="snapshots", recreate=RECREATE)
    return project


def copied(cloud: Sandbox) -> list[str]:
    """The disks the source has snapshots of."""
    return sorted(snapshot.disk_id for snapshot in cloud.state.snapshots(SOURCE))


def test_every_disk_is_copied_before_the_transfer_is_submitted_and_never_again(stack: Project, cloud: Sandbox) -> None:
    preview = stack.preview()
    assert preview.ok, preview.text
    assert preview.text.count("EcsSnapshot: (create)") == 2
    assert not copied(cloud)

    done = stack.up()
    assert done.ok, done.text
    assert copied(cloud) == DISKS
    for snapshot in cloud.state.snapshots(SOURCE):
        assert snapshot.retention_days == 30
    calls = [str(entry.action) for entry in cloud.log.entries()]
    # Not only begun: observed as done.
    assert "DescribeSnapshots" in calls[calls.index("CreateSnapshot") : calls.index("TransferInstance")]
    assert calls.index("TransferInstance") > max(at for at, call in enumerate(calls) if call == "CreateSnapshot")
    assert stack.preview("--expect-no-changes").ok

    # Nor after the arrival.
    cloud.desk.approve(DB_01)
    assert stack.up().ok
    cloud.clock.advance(timedelta(minutes=1))
    assert stack.up().ok
    settled = stack.preview("--expect-no-changes")
    assert settled.ok, settled.text
    assert copied(cloud) == DISKS

    # Those whose days are over are removed from the state without a fuss.
    for snapshot in cloud.state.snapshots(SOURCE):
        cloud.state.snapshot_store.remove(snapshot.id)
    preview = stack.preview()
    assert preview.ok, preview.text
    assert "+ alicloud:ecs/ecsSnapshot" not in preview.text
    run = stack.up()
    assert run.ok, run.text
    assert stack.preview("--expect-no-changes").ok
    assert not copied(cloud)


def test_they_outlive_a_new_retention_a_new_name_and_the_stack(stack: Project, cloud: Sandbox) -> None:
    backup = {"kind": "snapshots", "retention_days": 90}
    stack.declare("db-01", DB_01, backup=backup, recreate=RECREATE)
    assert stack.up().ok
    assert {snapshot.retention_days for snapshot in cloud.state.snapshots(SOURCE)} == {90}
    made = {snapshot.id for snapshot in cloud.state.snapshots(SOURCE)}

    backup["retention_days"] = 180
    stack.declare("db-01", DB_01, backup=backup, recreate=RECREATE)
    assert stack.up().ok
    assert {snapshot.retention_days for snapshot in cloud.state.snapshots(SOURCE)} == {180}

    stack.remove("db-01")
    stack.declare("database", DB_01, backup=backup, recreate=RECREATE)
    run = stack.up()
    assert run.ok, run.text
    assert stack.preview("--expect-no-changes").ok
    assert len(cloud.desk.transfers()) == 1

    gone = stack.destroy()
    assert gone.ok, gone.text
    assert copied(cloud) == DISKS
    assert {snapshot.id for snapshot in cloud.state.snapshots(SOURCE)} == made


def test_a_run_killed_among_its_snapshots_is_continued(stack: Project, cloud: Sandbox) -> None:
    killed = stack.broken_off(signal.SIGKILL, lambda: len(copied(cloud)) == 2)
    assert killed.code
    stack.end_strays()
    assert not cloud.desk.transfers()
    assert stack.pulumi("cancel", "--yes").ok

    again = stack.up()
    assert again.ok, again.text
    assert copied(cloud) == DISKS
    assert len(cloud.desk.transfers()) == 1
    assert stack.preview("--expect-no-changes").ok


def test_faults_while_snapshots_are_made_double_none(stack: Project, cloud: Sandbox) -> None:
    for kind in KINDS:
        cloud.faults.add(Fault(action="CreateSnapshot", kind=kind, times=2))
    run = stack.up()
    if not run.ok:
        run = stack.up()
    assert run.ok, run.text
    assert copied(cloud) == DISKS


def test_a_snapshot_that_fails_keeps_the_transfer_from_being_submitted(stack: Project, cloud: Sandbox) -> None:
    cloud.state.change_instance(DB_01, {"locks": ("security",)})
    stack.use("sandbox", warnOnly=["Locked"])
    run = stack.up()
    assert not run.ok
    assert "InstanceLockedForSecurity" in run.text
    assert not cloud.desk.transfers()


def test_a_backup_that_is_declared_after_the_submission_reports_that_it_is_too_late(
    project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    project.declare("web-01", WEB_01, backup="snapshots")
    run = project.up()
    assert run.ok, run.text
    assert "submitted already" in run.text
    assert not copied(cloud)
