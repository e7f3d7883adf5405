"""Lost answers, throttling, other people's transfers, killed runs: one transfer each time, and none forgotten."""

from __future__ import annotations

import signal

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, OTHER_RECIPIENT, RECIPIENT, SOURCE, WEB_01, WEB_02, Project
from tests.known_secrets import known_secrets
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest


def submitted_outside(source: Cloud, recipient_account_id: str, reason: str | None = None) -> str:
    request = TransferRequest(WEB_01, "cn-hangzhou", recipient_account_id, reason=reason)
    return operations.submit(source, request, "by-hand").transfer_id


def test_a_run_goes_on_after_cut_connections_and_throttling(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    cloud.faults.add(Fault(action="*", kind="cut-before", times=2))
    assert project.up().ok
    assert len(cloud.desk.transfers()) == 1

    project.declare("web-02", WEB_02)
    project.declare("db-01", DB_01)
    cloud.faults.add(Fault(action="*", kind="throttle", times=3, retry_after_ms=100))
    assert project.up().ok
    assert len(cloud.desk.transfers()) == 3


def test_a_renamed_file_only_moves_what_tracks_the_transfer(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    project.remove("web-01")
    project.declare("web-one", WEB_01)
    renamed = project.up()
    assert renamed.ok, renamed.text
    assert set(project.transfers()) == {"web-one"}
    assert len(cloud.log.entries(action="TransferInstance")) == 1
    assert not cloud.log.entries(action="CancelInstanceTransfer")
    assert project.up("--expect-no-changes").ok


def test_a_transfer_declared_by_itself_is_taken_over_by_its_new_name(project: Project, cloud: Sandbox) -> None:
    program = (
        "from transfer_provider import InstanceTransfer\n"
        "InstanceTransfer('{}', instance_id='i-bp1web00000000000001', region='cn-hangzhou',"
        " recipient_account_id='1000000000000002', accept_terms=True)\n"
    )
    for name in ("web-01", "web-one"):
        (project.folder / "__main__.py").write_text(program.format(name))
        renamed = project.up()
        assert renamed.ok, renamed.text
    assert "left as it is: another resource tracks it from here on" in renamed.text
    assert set(project.transfers()) == {"web-one"}
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["UnderReview"]


def test_a_stack_from_before_handovers_had_a_recipients_side_goes_on(project: Project, cloud: Sandbox) -> None:
    program = project.folder / "__main__.py"
    today = program.read_text()
    program.write_text(
        "from transfer_provider import InstanceTransfer\n"
        "InstanceTransfer('web-01', instance_id='i-bp1web00000000000001', region='cn-hangzhou',"
        " recipient_account_id='1000000000000002', reason='Project Orchid moves', accept_terms=True)\n"
    )
    assert project.up().ok
    program.write_text(today)
    project.declare("web-01", WEB_01)
    upgraded = project.up()
    assert upgraded.ok, upgraded.text
    assert len(cloud.log.entries(action="TransferInstance")) == 1
    assert not cloud.log.entries(action="CancelInstanceTransfer")
    assert set(project.transfers()) == {"web-01"}


def test_a_second_resource_for_an_instance_is_refused(project: Project, cloud: Sandbox) -> None:
    declaration = (
        "InstanceTransfer('{}', instance_id='i-bp1web00000000000001', region='cn-hangzhou',"
        " recipient_account_id='1000000000000002', accept_terms=True)\n"
    )
    program = "from transfer_provider import InstanceTransfer\n" + declaration.format("a") + declaration.format("b")
    (project.folder / "__main__.py").write_text(program)
    refused = project.up()
    assert not refused.ok
    assert "Declare each instance once." in refused.text
    assert len(cloud.desk.transfers()) == len(project.transfers()) == 1


def test_nothing_is_cancelled_for_a_replacement_that_would_be_refused(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    for changed, value, why, stated in (
        ("recipient_account_id", "1999999999999999", "InvalidRecipient.NotFound", " was not cancelled."),
        ("recipient_account_id", SOURCE, "is not on the stack's allowlist of recipients", "nothing was declared"),
        ("instance_id", WEB_02, "a name belongs to its instance", "Nothing was declared and no changes were made."),
    ):
        project.declare("web-01", WEB_01, **{changed: value})
        refused = project.up()
        assert not refused.ok
        assert why in refused.text
        assert stated in refused.text
        assert [transfer.status for transfer in cloud.desk.transfers()] == ["UnderReview"]
    project.declare("web-01", WEB_01)
    assert project.up("--expect-no-changes").ok


def test_nothing_is_cancelled_for_a_request_that_was_cancelled_before(project: Project, cloud: Sandbox) -> None:
    for reason in ("First", "Second"):
        project.declare("web-01", WEB_01, reason=reason)
        assert project.up().ok
    project.declare("web-01", WEB_01, reason="First")
    refused = project.up()
    assert not refused.ok
    assert "Change the reason to a value not used yet" in refused.text
    assert [(transfer.reason, transfer.status) for transfer in cloud.desk.transfers()] == [
        ("Second", "UnderReview"),
        ("First", "Cancelled"),
    ]


def test_an_account_without_the_action_is_reported_so_and_named_the_console(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    for action in ("TransferInstance", "DescribeInstanceTransfers"):
        cloud.faults.add(Fault(action=action, kind="not-offered"))
    failed = project.up()
    assert not failed.ok
    assert "InvalidAction.NotFound" in failed.text
    assert "Resource transfer (资源过户)" in failed.text
    assert project.transfers() == {}


def test_a_transfer_submitted_outside_is_adopted(project: Project, cloud: Sandbox, source: Cloud) -> None:
    transfer_id = submitted_outside(source, RECIPIENT, "Project Orchid moves")
    project.declare("web-01", WEB_01)
    adopted = project.up()
    assert adopted.ok, adopted.text
    assert f"Tracking {transfer_id}" in adopted.text
    assert project.transfers()["web-01"]["origin"] == "adopted"
    assert len(cloud.desk.transfers()) == 1


@pytest.mark.parametrize(
    ("recipient", "reason", "named"),
    [(OTHER_RECIPIENT, "Project Orchid moves", OTHER_RECIPIENT), (RECIPIENT, "Something else", "Something else")],
)
def test_an_unfinished_transfer_that_requests_something_else_is_refused_and_named(
    project: Project, cloud: Sandbox, source: Cloud, recipient: str, reason: str, named: str
) -> None:
    transfer_id = submitted_outside(source, recipient, reason)
    project.declare("web-01", WEB_01)
    refused = project.up()
    assert not refused.ok
    assert transfer_id in refused.text
    assert named in refused.text
    assert len(cloud.desk.transfers()) == 1


def test_the_wrong_accounts_profile_submits_nothing_and_removes_nothing_from_state(
    project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    project.use("sandbox", sourceProfile="sandbox-other", sourceAccount=OTHER_RECIPIENT, recipients=[RECIPIENT])
    project.up()  # Pulumi refreshes with the settings of the run before, and notes the new ones
    failed = project.up()
    assert not failed.ok
    assert "submitted by account 1000000000000001" in failed.text
    assert set(project.transfers()) == {"web-01"}
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["UnderReview"]


def test_an_instance_of_another_account_is_not_submitted(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", sourceProfile="sandbox-other", sourceAccount=OTHER_RECIPIENT, recipients=[RECIPIENT])
    project.declare("web-01", WEB_01)
    refused = project.up()
    assert not refused.ok
    assert "NotFound" in refused.text
    assert "that the profile belongs to the source account" in refused.text
    assert cloud.desk.transfers() == []


def test_a_missing_profile_and_a_missing_permission_are_reported_apart(project: Project) -> None:
    project.declare("web-01", WEB_01)
    project.use("sandbox", sourceProfile="nobody")
    missing = project.up()
    assert "has no profile 'nobody' (it has: " in missing.text
    project.use("sandbox", sourceProfile="sandbox-source-denied")
    denied = project.up()
    assert "Forbidden.RAM" in denied.text
    assert "Have an administrator" in denied.text
    assert not missing.ok
    assert not denied.ok


def test_ctrl_c_in_the_middle_of_up_loses_nothing(project: Project, cloud: Sandbox) -> None:
    for name, instance_id in (("web-01", WEB_01), ("web-02", WEB_02), ("db-01", DB_01)):
        project.declare(name, instance_id)
    cloud.faults.add(Fault(action="TransferInstance", kind="delay", seconds=1))
    stopped = project.broken_off(signal.SIGINT, when=lambda: bool(cloud.desk.transfers()))
    assert not stopped.ok
    cloud.faults.clear()
    assert project.up().ok
    assert set(project.transfers()) == {"web-01", "web-02", "db-01"}
    assert len(cloud.desk.transfers()) == 3


def test_kill_9_in_the_middle_of_up_loses_nothing(project: Project, cloud: Sandbox) -> None:
    for name, instance_id in (("web-01", WEB_01), ("web-02", WEB_02), ("db-01", DB_01)):
        project.declare(name, instance_id)
    cloud.faults.add(Fault(action="TransferInstance", kind="delay", seconds=1))
    project.broken_off(signal.SIGKILL, when=lambda: bool(cloud.log.entries(action="TransferInstance")))
    cloud.faults.clear()
    assert project.pulumi("cancel", "--yes", "sandbox", stacked=False).ok
    done = project.up()
    assert done.ok, done.text
    assert set(project.transfers()) == {"web-01", "web-02", "db-01"}
    running = [transfer for transfer in cloud.desk.transfers() if transfer.status == "UnderReview"]
    assert len(running) == len(cloud.desk.transfers()) == 3


def test_two_stacks_keep_to_their_own_handovers(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    project.use("staging")
    project.declare("web-02", WEB_02)
    assert project.up().ok
    assert set(project.transfers()) == {"web-02"}
    assert project.destroy().ok
    project.use("sandbox")
    assert project.up("--expect-no-changes").ok
    assert {transfer.instance_id: transfer.status for transfer in cloud.desk.transfers()} == {
        WEB_01: "UnderReview",
        WEB_02: "Cancelled",
    }


def test_no_secret_and_no_mail_address_is_kept_in_plain_text(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01, recipient_email="cloud@orchid.example")
    done = project.up()
    assert done.ok, done.text
    cloud.desk.reject(WEB_01, reason="cloud@orchid.example is not verified.")
    refreshed = project.refresh()
    kept = done.text + refreshed.text + project.state_text()
    assert "cloud@orchid.example" not in kept
    for secret in known_secrets(cloud):
        assert secret not in kept
