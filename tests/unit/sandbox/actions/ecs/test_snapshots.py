"""Snapshots of disks: made, listed, changed, removed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.models.world import load, shipped
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import DB, SOURCE, Api

SYSTEM, DATA = "d-bp1db000000000000001", "d-bp1db000000000000002"


def created(api: Api, cloud: Sandbox, disk_id: str = DATA, **parameters: str) -> str:
    """A snapshot that is done."""
    snapshot_id = str(api.call("CreateSnapshot", {"DiskId": disk_id, **parameters})["SnapshotId"])
    cloud.clock.advance(timedelta(seconds=10))
    return snapshot_id


def listed(api: Api, **parameters: str) -> list[str]:
    answer = api.call("DescribeSnapshots", parameters)
    return [snapshot["SnapshotId"] for snapshot in answer["Snapshots"]["Snapshot"]]


def only(api: Api, snapshot_id: str) -> Any:
    answer = api.call("DescribeSnapshots", SnapshotIds=json.dumps([snapshot_id]))
    (snapshot,) = answer["Snapshots"]["Snapshot"]
    return snapshot


def test_a_snapshot_gets_done_by_the_clock(source: Api, cloud: Sandbox) -> None:
    requested = {"DiskId": DATA, "SnapshotName": "before", "Description": "Before it moves", "RetentionDays": "30"}
    snapshot_id = source.call("CreateSnapshot", {**requested, "Tag.1.Key": "project", "Tag.1.Value": "orchid"})[
        "SnapshotId"
    ]
    snapshot = only(source, snapshot_id)
    assert snapshot_id.startswith("s-bp1")
    assert (snapshot["Status"], snapshot["Progress"]) == ("progressing", "0%")
    assert (snapshot["SnapshotName"], snapshot["SourceDiskId"], snapshot["SourceDiskType"]) == ("before", DATA, "data")
    assert (snapshot["RetentionDays"], snapshot["Category"]) == (30, "standard")
    assert snapshot["Tags"] == {"Tag": [{"TagKey": "project", "TagValue": "orchid"}]}
    cloud.clock.advance(timedelta(seconds=10))
    assert (only(source, snapshot_id)["Status"], only(source, snapshot_id)["Progress"]) == ("accomplished", "100%")
    assert [snapshot.id for snapshot in cloud.state.snapshots(SOURCE)] == [snapshot_id]


def test_a_region_need_not_be_named(source: Api, cloud: Sandbox) -> None:
    assert only(source, created(source, cloud, RegionId=""))["RegionId"] == "cn-hangzhou"


def test_the_same_client_token_makes_one_snapshot(source: Api, cloud: Sandbox) -> None:
    once = {"DiskId": DATA, "ClientToken": "once"}
    first, again = (source.call("CreateSnapshot", once)["SnapshotId"] for _ in range(2))
    assert first == again
    assert [snapshot.id for snapshot in cloud.state.snapshots(SOURCE)] == [first]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"DiskId": ""}, (400, "MissingParameter")),
        ({"DiskId": "d-none"}, (404, "InvalidDiskId.NotFound")),
        ({"DiskId": "d-bp1orchid00000000001"}, (404, "InvalidDiskId.NotFound")),
        ({"RegionId": "cn-shanghai"}, (404, "InvalidDiskId.NotFound")),
        ({"DiskId": "d-bp1detaching00000002"}, (403, "IncorrectDiskStatus")),
        ({"SnapshotName": "1"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "http://before"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "auto-01"}, (400, "InvalidSnapshotName.Malformed")),
        ({"Description": "x"}, (400, "InvalidDescription.Malformed")),
        ({"RetentionDays": "0"}, (400, "InvalidParameter")),
        ({"Category": "slow"}, (400, "InvalidParameter")),
    ],
)
def test_a_snapshot_is_refused(source: Api, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    assert source.refused("CreateSnapshot", {"DiskId": DATA, **changed}) == refusal


def test_no_snapshot_is_renamed_as_those_that_are_made_automatically(source: Api, cloud: Sandbox) -> None:
    renamed = {"SnapshotId": created(source, cloud, SnapshotName="before"), "SnapshotName": "automatic"}
    assert source.refused("ModifySnapshotAttribute", renamed) == (400, "InvalidSnapshotName.Malformed")


def test_a_snapshot_states_its_disks_size(tmp_path: Path) -> None:
    with Sandbox.running(load(shipped("every-rule")), directory=tmp_path) as cloud:
        source = Api(cloud)
        sizes = [only(source, created(source, cloud, disk_id))["SourceDiskSize"] for disk_id in (SYSTEM, DATA)]
    assert sizes == ["40", "500"]


def test_a_disk_is_copied_once_at_a_time(source: Api) -> None:
    source.call("CreateSnapshot", DiskId=DATA)
    assert source.refused("CreateSnapshot", {"DiskId": DATA}) == (403, "IncorrectDiskStatus.CreatingSnapshot")
    source.call("CreateSnapshot", DiskId=SYSTEM)


def test_snapshots_are_listed_by_account_region_and_filter(source: Api, recipient: Api, cloud: Sandbox) -> None:
    first, second = created(source, cloud, SnapshotName="first"), created(source, cloud, SYSTEM)
    assert listed(source) == [second, first]
    assert listed(source, DiskId=DATA) == listed(source, SnapshotName="first") == [first]
    assert listed(source, InstanceId=DB, Status="accomplished") == [second, first]
    assert listed(source, Status="progressing") == listed(source, RegionId="cn-shanghai") == listed(recipient) == []
    assert listed(source, SnapshotIds=json.dumps([first, "s-none"])) == [first]


def test_a_finished_snapshot_is_changed(source: Api, cloud: Sandbox) -> None:
    snapshot_id = str(source.call("CreateSnapshot", DiskId=DATA)["SnapshotId"])
    named = {"SnapshotId": snapshot_id, "SnapshotName": "kept", "Description": "For ever", "RetentionDays": "400"}
    assert source.refused("ModifySnapshotAttribute", named) == (400, "InvalidSnapshotId.NotReady")
    cloud.clock.advance(timedelta(seconds=10))
    source.call("ModifySnapshotAttribute", named)
    snapshot = only(source, snapshot_id)
    assert (snapshot["SnapshotName"], snapshot["Description"], snapshot["RetentionDays"]) == ("kept", "For ever", 400)
    nothing = {"SnapshotId": snapshot_id}
    assert source.refused("ModifySnapshotAttribute", nothing) == (400, "NoAttributeToModify")


def test_a_snapshot_is_deleted_once(source: Api, cloud: Sandbox) -> None:
    snapshot_id = created(source, cloud)
    source.call("DeleteSnapshot", SnapshotId=snapshot_id, Force="true")
    assert listed(source) == []
    gone = {"SnapshotId": snapshot_id}
    assert source.refused("DeleteSnapshot", gone) == (404, "InvalidSnapshotId.NotFound")


def test_a_snapshot_of_another_account_is_not_found(source: Api, recipient: Api, cloud: Sandbox) -> None:
    theirs = {"SnapshotId": created(source, cloud), "SnapshotName": "mine"}
    assert recipient.refused("ModifySnapshotAttribute", theirs) == (404, "InvalidSnapshotId.NotFound")
    assert recipient.refused("DeleteSnapshot", {"SnapshotId": theirs["SnapshotId"]})[0] == 404


def test_a_snapshot_stays_when_its_instance_moves(source: Api, recipient: Api, cloud: Sandbox) -> None:
    snapshot_id = created(source, cloud)
    transfer_id = source.submit(DB)["TransferId"]
    cloud.desk.approve(transfer_id)
    recipient.call("AcceptInstanceTransfer", TransferId=transfer_id)
    cloud.clock.advance(timedelta(minutes=1))
    assert listed(source) == [snapshot_id]
    assert source.refused("CreateSnapshot", {"DiskId": DATA}) == (404, "InvalidDiskId.NotFound")


def test_a_snapshot_takes_tags_and_a_resource_group(source: Api, cloud: Sandbox) -> None:
    snapshot_id = created(source, cloud)
    of = {"ResourceType": "snapshot", "ResourceId.1": snapshot_id}
    source.call("TagResources", {**of, "Tag.1.Key": "stage", "Tag.1.Value": "live"})
    assert listed(source, **{"Tag.1.Key": "stage", "Tag.1.Value": "live"}) == [snapshot_id]
    into = {"ResourceType": "snapshot", "ResourceId": snapshot_id, "ResourceGroupId": "rg-acmeorchid00001"}
    source.call("JoinResourceGroup", into)
    assert only(source, snapshot_id)["ResourceGroupId"] == "rg-acmeorchid00001"
