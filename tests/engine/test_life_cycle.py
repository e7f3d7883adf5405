"""A transfer's life through the real engine: submitted, followed, cancelled, refused, completed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.models.world import Times, World
from sandbox.server.server import Sandbox
from tests.engine.project import WEB_01, WEB_02, Project
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


def test_a_handover_is_submitted_once_and_then_stays_the_same(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    first = project.up()
    assert first.ok, first.text
    assert "+ 3 created" in first.text
    assert project.transfers()["web-01"]["status"] == "UnderReview"
    again = project.up("--expect-no-changes")
    assert again.ok, again.text
    assert len(cloud.log.entries(action="TransferInstance")) == 1


def test_refresh_follows_the_review_to_its_end(project: Project, cloud: Sandbox, recipient: Cloud) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    transfer_id = project.transfers()["web-01"]["transfer_id"]

    cloud.desk.approve(WEB_01)
    approved = project.refresh()
    assert f"{transfer_id} of {WEB_01}: UnderReview → Approved" in approved.text
    assert project.transfers()["web-01"]["accept_before"]

    accept(recipient, transfer_id)
    cloud.clock.advance(timedelta(minutes=1))
    completed = project.refresh()
    assert "Approved → Completed" in completed.text
    assert project.transfers()["web-01"]["completed_at"]
    assert instances.query(recipient, [WEB_01])[WEB_01].status == "Running"

    removed_after = project.up("--expect-no-changes")
    assert removed_after.ok, removed_after.text


def test_up_renews_the_outputs_of_the_stack(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    cloud.desk.approve(WEB_01)
    assert project.up().ok
    assert "Approved" in project.pulumi("stack", "output", "handovers").text


def test_a_rejection_is_shown_with_its_reason_and_can_be_removed_from_state(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    cloud.desk.reject(WEB_01, reason="The recipient has arrears.")
    shown = project.refresh()
    assert "UnderReview → Rejected" in shown.text
    assert "The recipient has arrears" in shown.text
    project.remove("web-01")
    gone = project.up()
    assert gone.ok, gone.text
    assert "removed from state, no call made: it was rejected" in gone.text
    assert not cloud.log.entries(action="CancelInstanceTransfer")


def test_a_rejected_request_may_be_submitted_again(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    first = project.transfers()["web-01"]["transfer_id"]
    cloud.desk.reject(WEB_01, reason="Arrears.")
    project.remove("web-01")
    project.up()
    project.declare("web-01", WEB_01)
    assert project.up().ok
    assert project.transfers()["web-01"]["transfer_id"] != first
    assert project.transfers()["web-01"]["status"] == "UnderReview"


def test_an_approval_nobody_accepts_expires(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    cloud.desk.approve(WEB_01)
    cloud.clock.advance(timedelta(hours=25))
    assert "UnderReview → Expired" in project.refresh().text
    assert project.transfers()["web-01"]["status"] == "Expired"


def test_removing_the_file_in_the_window_cancels(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.declare("web-02", WEB_02)
    project.up()
    project.remove("web-01")
    gone = project.up()
    assert gone.ok, gone.text
    assert f"of {WEB_01}: cancelled." in gone.text
    assert set(project.transfers()) == {"web-02"}
    assert {transfer.instance_id: transfer.status for transfer in cloud.desk.transfers()} == {
        WEB_01: "Cancelled",
        WEB_02: "UnderReview",
    }


def test_destroy_cancels_what_is_under_way(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    assert project.destroy().ok
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["Cancelled"]


def test_after_the_window_nothing_is_cancelled_or_lost_and_the_way_out_is_named(
    project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    project.declare("web-02", WEB_02)
    project.up()
    cloud.clock.advance(timedelta(hours=3))
    project.remove("web-01")
    kept = project.up()
    assert not kept.ok
    assert "its cancel window closed at" in kept.text
    assert "retain_on_delete" in kept.text
    assert set(project.transfers()) == {"web-01", "web-02"}
    assert {transfer.status for transfer in cloud.desk.transfers()} == {"UnderReview"}


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


def test_the_same_request_is_not_submitted_again_once_cancelled(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    assert project.destroy().ok
    refused = project.up()
    assert not refused.ok
    assert "CancelledBefore" in refused.text
    assert "Change the request, for example its reason" in refused.text
    assert project.transfers() == {}
    project.declare("web-01", WEB_01, reason="Project Orchid moves, second attempt")
    assert project.up().ok
    assert len([transfer for transfer in cloud.desk.transfers() if transfer.status == "UnderReview"]) == 1


def test_a_changed_reason_cancels_and_submits_the_changed_request(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    project.declare("web-01", WEB_01, reason="Project Orchid was sold")
    assert project.up().ok
    assert sorted((transfer.reason, transfer.status) for transfer in cloud.desk.transfers()) == [
        ("Project Orchid moves", "Cancelled"),
        ("Project Orchid was sold", "UnderReview"),
    ]


def test_a_completed_transfer_refuses_a_change_in_the_preview(
    project: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    project.declare("web-01", WEB_01)
    project.up()
    cloud.desk.approve(WEB_01)
    accept(recipient, project.transfers()["web-01"]["transfer_id"])
    cloud.clock.advance(timedelta(minutes=1))
    project.declare("web-01", WEB_01, reason="Another")
    refused = project.preview()
    assert not refused.ok
    assert "Could not change reason: the transfer is Completed" in refused.text


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
