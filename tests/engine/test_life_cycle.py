"""A transfer's life through the real engine: submitted, followed, cancelled, refused, completed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.models.world import Times, World
from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, WEB_01, WEB_02, Project
from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import Cloud


def accept(recipient: Cloud, transfer_id: str) -> None:
    """The recipient's own call, into its vSwitch and security group."""
    operations.accept(
        recipient,
        transfer_id,
        vswitch_id="vsw-bp1orchid00000001",
        security_group_ids=["sg-bp1orchid000000web"],
    )


def test_a_handover_is_submitted_once_and_followed_to_its_end(
    project: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    project.declare("web-01", WEB_01)
    first = project.up()
    assert first.ok, first.text
    assert "+ 3 created" in first.text
    assert project.transfers()["web-01"]["status"] == "UnderReview"
    transfer_id = project.transfers()["web-01"]["transfer_id"]
    again = project.up("--expect-no-changes")
    assert again.ok, again.text
    assert len(cloud.log.entries(action="TransferInstance")) == 1

    cloud.desk.approve(WEB_01)
    approved = project.refresh()
    assert f"{transfer_id} of {WEB_01}: UnderReview → Approved" in approved.text
    assert project.transfers()["web-01"]["accept_before"]
    # `up` renews the stack's outputs.
    assert project.up().ok
    assert "Approved" in project.pulumi("stack", "output", "handovers").text

    accept(recipient, transfer_id)
    cloud.clock.advance(timedelta(minutes=1))
    completed = project.refresh()
    assert "Approved → Completed" in completed.text
    assert project.transfers()["web-01"]["completed_at"]
    assert instances.query(recipient, [WEB_01])[WEB_01].status == "Running"

    project.declare("web-01", WEB_01, reason="Another")
    refused = project.preview()
    assert not refused.ok
    assert "Could not change reason: the transfer is Completed" in refused.text
    project.declare("web-01", WEB_01)
    settled = project.up("--expect-no-changes")
    assert settled.ok, settled.text


def test_what_was_rejected_is_shown_with_its_reason_removed_from_state_and_submitted_again(
    project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    first = project.transfers()["web-01"]["transfer_id"]
    cloud.desk.reject(WEB_01, reason="The recipient has arrears.")
    shown = project.refresh()
    assert "UnderReview → Rejected" in shown.text
    assert "The recipient has arrears" in shown.text
    project.remove("web-01")
    gone = project.up()
    assert gone.ok, gone.text
    assert "removed from state, no call made: it was rejected" in gone.text
    assert not cloud.log.entries(action="CancelInstanceTransfer")

    project.declare("web-01", WEB_01)
    assert project.up().ok
    assert project.transfers()["web-01"]["transfer_id"] != first
    assert project.transfers()["web-01"]["status"] == "UnderReview"

    # An approval that nobody accepts expires.
    cloud.desk.approve(WEB_01)
    cloud.clock.advance(timedelta(hours=25))
    assert "UnderReview → Expired" in project.refresh().text
    assert project.transfers()["web-01"]["status"] == "Expired"


def test_removing_the_file_cancels_in_the_window_and_loses_nothing_after_it(project: Project, cloud: Sandbox) -> None:
    for name, instance_id in (("web-01", WEB_01), ("web-02", WEB_02), ("db-01", DB_01)):
        project.declare(name, instance_id)
    assert project.up().ok
    project.remove("web-01")
    gone = project.up()
    assert gone.ok, gone.text
    assert f"of {WEB_01}: cancelled." in gone.text
    assert set(project.transfers()) == {"web-02", "db-01"}
    assert {transfer.instance_id: transfer.status for transfer in cloud.desk.transfers()} == {
        WEB_01: "Cancelled",
        WEB_02: "UnderReview",
        DB_01: "UnderReview",
    }

    cloud.clock.advance(timedelta(hours=3))
    project.remove("web-02")
    kept = project.up()
    assert not kept.ok
    assert "its cancel window closed at" in kept.text
    assert "retain_on_delete" in kept.text
    assert set(project.transfers()) == {"web-02", "db-01"}
    assert [str(transfer.status) for transfer in cloud.desk.transfers()].count("UnderReview") == 2


class TestWhileTheInstanceIsMoving:
    @pytest.fixture
    def world(self, world: World) -> World:
        """One in which moving takes an hour."""
        return world.model_copy(update={"times": Times(transferring=timedelta(hours=1))})

    def test_it_is_not_cancelled_and_the_way_out_is_named(
        self, project: Project, cloud: Sandbox, recipient: Cloud
    ) -> None:
        project.declare("web-01", WEB_01)
        project.declare("web-02", WEB_02)
        project.up()
        cloud.desk.approve(WEB_01)
        accept(recipient, project.transfers()["web-01"]["transfer_id"])
        project.remove("web-01")
        kept = project.up()
        assert not kept.ok
        assert "it is Transferring already: only Alibaba Cloud support" in kept.text
        assert project.transfers()["web-01"]["status"] == "Transferring"


def test_a_request_that_was_cancelled_is_submitted_again_only_once_it_is_changed(
    project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    assert project.up().ok
    assert project.destroy().ok
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["Cancelled"]
    refused = project.up()
    assert not refused.ok
    assert "CancelledBefore" in refused.text
    assert "Change the request, for example its reason" in refused.text
    assert project.transfers() == {}
    project.declare("web-01", WEB_01, reason="Project Orchid moves, second attempt")
    assert project.up().ok

    # A changed reason cancels, and submits the changed request.
    project.declare("web-01", WEB_01, reason="Project Orchid was sold")
    assert project.up().ok
    assert sorted((transfer.reason, transfer.status) for transfer in cloud.desk.transfers()) == [
        ("Project Orchid moves", "Cancelled"),
        ("Project Orchid moves, second attempt", "Cancelled"),
        ("Project Orchid was sold", "UnderReview"),
    ]


def test_retain_on_delete_stops_tracking_without_a_call(project: Project, cloud: Sandbox) -> None:
    (project.folder / "__main__.py").write_text(
        "import pulumi\nfrom transfer_provider import InstanceTransfer\n"
        "InstanceTransfer('web-01', instance_id='i-bp1web00000000000001', region='cn-hangzhou',"
        " recipient_account_id='1000000000000002', accept_terms=True,"
        " opts=pulumi.ResourceOptions(retain_on_delete=True))\n"
    )
    assert project.up().ok
    cloud.clock.advance(timedelta(hours=3))
    assert project.destroy().ok
    assert not cloud.log.entries(action="CancelInstanceTransfer")
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["UnderReview"]
