"""The preflight checks: blocking findings stop the run, for all handovers at once, and no changes are made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.gateway.faults import Fault, Kind
from sandbox.models.world import DEMO, World, load, many_instances
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import RECIPIENT, SOURCE, WEB_01, WEB_02, Project
from transfer_provider.cloud.client import Cloud

EXPIRED = "i-bp1expired0000000001"
STARTING = "i-bp1starting000000001"
WITH_EIP = "i-bp1eip00000000000001"
WITH_FIXED_ADDRESS = "i-bp1publicip000000001"
WRITES = ("TransferInstance", "CancelInstanceTransfer", "CreateSnapshot", "CreateSecurityGroup", "AllocateEipAddress")


def changed_nothing(project: Project, cloud: Sandbox) -> bool:
    """Neither at the cloud nor in the stack."""
    return not project.transfers() and not any(cloud.log.entries(action) for action in WRITES)


def test_every_blocking_finding_of_every_handover_is_reported_in_a_single_table(
    project: Project, cloud: Sandbox
) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    project.declare("web-01", WEB_01, backup="snapshots")
    project.declare("old", EXPIRED)
    project.declare("new", STARTING)
    project.declare("gone", "i-bp1nosuchinstance001")

    for run in (project.preview(), project.up()):
        assert not run.ok
        assert "3 of 4 handovers can't be submitted, so nothing was declared and no changes were made" in run.text
        table = run.text[run.text.index("3 of 4") :]
        assert [code for code in ("NotFound", "IncorrectStatus", "Expired") if code in table] == [
            "NotFound",
            "IncorrectStatus",
            "Expired",
        ]
        assert "2026-01-01" in table
        assert WEB_01 not in table
        assert "Traceback" not in run.text
    assert changed_nothing(project, cloud)


class TestManyHandovers:
    COUNT = 150

    @pytest.fixture
    def world(self) -> World:
        """A world with 150 good instances, and the demo's expired instance."""
        return many_instances(load(DEMO), SOURCE, "cn-hangzhou", self.COUNT)

    def test_one_expired_instance_among_150_good_ones_is_reported_with_few_calls(
        self, project: Project, cloud: Sandbox, world: World
    ) -> None:
        for instance in world.account(SOURCE).instances:
            if instance.name.startswith("many-"):
                project.declare(instance.name, instance.id)
        project.declare("old", EXPIRED)
        cloud.log.clear()

        run = project.preview()

        assert not run.ok
        assert "1 of 151 handovers can't be submitted" in run.text
        assert EXPIRED in run.text
        assert "Expired" in run.text
        assert "Renew" in run.text
        assert "many-" not in run.text
        assert changed_nothing(project, cloud)
        calls = [str(entry.action) for entry in cloud.log.entries()]
        # Two batches of instances; what needs a single query is queried once.
        for batched in ("DescribeInstances", "DescribeInstanceTransfers", "DescribeInstancesFullStatus"):
            assert calls.count(batched) == 2
        assert len(calls) <= 5 * 2 + 4

    def test_the_number_of_calls_grows_by_the_hundred_and_not_by_the_instance(
        self, project: Project, cloud: Sandbox, world: World
    ) -> None:
        counts = []
        wanted = [instance for instance in world.account(SOURCE).instances if instance.name.startswith("many-")]
        for some in (wanted[:1], wanted[:100]):
            for instance in some:
                project.declare(instance.name, instance.id)
            cloud.log.clear()
            assert project.preview().ok
            counts.append(len(cloud.log.entries()))
        assert counts[0] == counts[1]


def test_what_is_under_way_is_not_judged_again(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    cloud.state.change_instance(WEB_01, {"status": "Stopping"})
    cloud.log.clear()

    assert project.preview("--expect-no-changes").ok
    assert not cloud.log.entries("DescribeDisks")

    # Nor where the stack's state was lost: the transfer is there, and is tracked.
    assert project.pulumi("stack", "rm", "--force", "--yes", "--preserve-config").ok
    project.use("sandbox")
    tracked = project.up()
    assert tracked.ok, tracked.text
    assert project.transfers()["web-01"]["origin"] == "adopted"
    assert len(cloud.desk.transfers()) == 1


def test_a_rejected_request_that_is_changed_is_judged_again(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    cloud.desk.reject(WEB_01, reason="Arrears.")
    cloud.state.change_instance(WEB_01, {"status": "Stopping"})
    assert project.up().ok

    project.declare("web-01", WEB_01, reason="The arrears are paid")
    run = project.preview()
    assert not run.ok
    assert "IncorrectStatus" in run.text


def test_an_unfinished_transfer_to_somebody_else_is_a_blocking_finding(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    project.use("other")
    project.declare("web-01", WEB_01, recipient_account_id="1000000000000003")
    run = project.preview()
    assert not run.ok
    assert "TransferInProgress" in run.text
    assert cloud.desk.transfers()[0].id in run.text


def test_a_setting_turns_a_blocking_finding_into_a_warning_by_its_code(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", warnOnly=["EncryptedDisk", "IncorrectStatus"])
    project.declare("new", STARTING)
    preview = project.preview()
    assert preview.ok, preview.text
    assert "warning: IncorrectStatus" in preview.text
    # The cloud has the last word.
    run = project.up()
    assert not run.ok
    assert "IncorrectInstanceStatus" in run.text
    assert not cloud.desk.transfers()


def test_an_unknown_code_is_reported_with_the_line_of_the_setting(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", warnOnly=["Expiredd"])
    project.declare("web-01", WEB_01)
    run = project.preview()
    assert not run.ok
    assert "instance-handover:warnOnly: names no code of a blocking finding; did you mean Expired?" in run.text
    assert not cloud.log.entries()


def test_warnings_are_diagnostics_and_hinder_nothing(project: Project) -> None:
    project.declare("eip-01", WITH_EIP)
    run = project.preview()
    assert run.ok, run.text
    assert "warning: EipBound" in run.text
    assert "203.0.113.10" in run.text


def test_an_expiry_is_warned_of_as_many_days_ahead_as_the_stack_states(project: Project, cloud: Sandbox) -> None:
    expires = cloud.clock.now() + timedelta(days=20)
    cloud.state.change_instance(WEB_02, {"charge_type": "PrePaid", "expires": expires})
    project.declare("web-02", WEB_02)
    assert "ExpiresSoon" not in project.preview().text
    project.use("sandbox", expiryDays=30)
    assert "ExpiresSoon" in project.preview().text


def test_a_recipient_that_is_not_verified_is_reported_where_its_credentials_are_at_hand(
    project: Project, cloud: Sandbox
) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-unverified")
    project.declare("web-01", WEB_01, recipient_account_id="1000000000000004")
    run = project.preview()
    assert not run.ok
    assert "RecipientNotVerified" in run.text
    assert changed_nothing(project, cloud)


def test_the_recipients_half_checks_nothing_of_the_sources(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", side="recipient", recipientProfile="sandbox-recipient", sourceProfile="no-such-profile")
    project.declare("old", EXPIRED)
    run = project.preview()
    assert run.ok, run.text
    assert not cloud.log.entries("DescribeDisks")


def test_an_eip_beside_a_fixed_public_address_stops_the_run_and_costs_nothing(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    recreate = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}
    project.declare("public-ip-01", WITH_FIXED_ADDRESS, recreate=recreate | {"eip": {"allocate": "now"}})
    for run in (project.preview(), project.up()):
        assert not run.ok
        assert "FixedPublicAddress" in run.text
        assert "203.0.113.20 moves with it, and no EIP can be bound beside that. Leave `eip` out" in run.text
    assert changed_nothing(project, cloud)

    project.declare("public-ip-01", WITH_FIXED_ADDRESS, recreate=recreate)
    assert project.up().ok
    cloud.desk.approve(WITH_FIXED_ADDRESS)

    # The recipient has a stack and a file of its own, and can't query the source.
    project.use("theirs", side="recipient", recipientProfile="sandbox-recipient", sourceProfile="no-such-profile")
    project.declare("public-ip-01", WITH_FIXED_ADDRESS, recreate=recreate | {"eip": {}})
    assert project.up().ok
    cloud.clock.advance(timedelta(minutes=1))
    for run in (project.up(), project.up()):
        assert run.ok, run.text
        assert f"Could not bind an EIP to {WITH_FIXED_ADDRESS}: its fixed public address 203.0.113.20" in run.text
    assert not cloud.log.entries("AllocateEipAddress")
    assert cloud.state.owner_of(WITH_FIXED_ADDRESS) == RECIPIENT

    project.declare("public-ip-01", WITH_FIXED_ADDRESS, recreate=recreate)
    assert "Could not bind" not in project.up().text


def test_groups_of_both_types_stop_the_run_before_the_submission(
    project: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    vpc = "vpc-bp1orchid00000001"
    accounts.change(
        recipient, "CreateSecurityGroup", VpcId=vpc, SecurityGroupType="enterprise", SecurityGroupName="large"
    )
    large = accounts.group_ids(recipient)["large"]
    recreate = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web", large]}
    project.declare("web-01", WEB_01, recreate=recreate)
    run = project.up()
    assert not run.ok
    assert f"web-01: its security group {large} is enterprise, and sg-bp1orchid000000web is normal" in run.text
    assert not cloud.log.entries("TransferInstance")


@pytest.mark.parametrize("kind", ["error", "cut-before", "cut-after"])
def test_a_query_without_an_answer_stops_the_run(project: Project, cloud: Sandbox, kind: Kind) -> None:
    cloud.faults.add(Fault(action="DescribeDisks", kind=kind))
    project.declare("web-01", WEB_01)
    run = project.up()
    assert not run.ok
    assert "Could not look up disks" in run.text
    assert "Traceback" not in run.text
    assert changed_nothing(project, cloud)


def test_a_handover_to_the_source_itself_is_refused(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01, recipient_account_id=SOURCE)
    run = project.preview()
    assert not run.ok
    assert f"recipient_account_id: account {SOURCE} is not on the stack's allowlist" in run.text
    assert changed_nothing(project, cloud)
