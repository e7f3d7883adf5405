"""Images of instances: made by the clock, changed, deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.models.world import load, shipped
from sandbox.server.server import Sandbox
from tests.unit.sandbox.actions.ecs.copying import FAILING, FULL_VAULT, MARKET, PLAIN, SECURITY, SPOT, STOPPED, Copying
from tests.unit.sandbox.api import SOURCE, Api


def test_an_image_is_made_by_the_clock_with_a_snapshot_of_each_disk(copying: Copying) -> None:
    requested = {
        "ImageName": "plain",
        "Description": "Before it moves",
        "Tag.1.Key": "project",
        "Tag.1.Value": "orchid",
    }
    image_id = copying.begun(PLAIN, **requested)
    copying.wait(1.9)
    image = copying.image(copying.source, image_id)
    assert image_id.startswith("m-bp1")
    assert (image["Status"], image["ImageOwnerAlias"], image["ImageOwnerId"]) == ("Creating", "self", int(SOURCE))
    assert image["Progress"] in ("38%", "39%", "40%")
    assert image["Usable"] is False
    copying.wait(5)
    image = copying.image(copying.source, image_id)
    assert (image["Status"], image["Progress"], image["Usable"]) == ("Available", "100%", True)
    assert (image["ImageName"], image["Description"]) == ("plain", "Before it moves")
    assert image["Tags"] == {"Tag": [{"TagKey": "project", "TagValue": "orchid"}]}
    disks = image["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert [(disk["Device"], disk["Type"], disk["Size"]) for disk in disks] == [
        ("/dev/xvda", "system", "40"),
        ("/dev/xvdb", "data", "100"),
    ]
    listed = copying.source.call("DescribeSnapshots", InstanceId=PLAIN)["Snapshots"]["Snapshot"]
    assert {snapshot["SnapshotId"] for snapshot in listed} == {disk["SnapshotId"] for disk in disks}
    assert {(snapshot["Status"], snapshot["Usage"]) for snapshot in listed} == {("accomplished", "image")}


def test_one_in_the_making_is_not_listed_unless_asked_for(copying: Copying) -> None:
    image_id = copying.begun()
    asked: dict[str, dict[str, str]] = {
        "by default": {},
        "usable": {"Status": "Available"},
        "creating": {"Status": "Creating,Waiting"},
    }
    listed = {
        how: copying.source.call("DescribeImages", {"ImageId": image_id, **query})["TotalCount"]
        for how, query in asked.items()
    }
    assert listed == {"by default": 0, "usable": 0, "creating": 1}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"InstanceId": ""}, (400, "MissingParameter")),
        ({"InstanceId": "i-none"}, (404, "InvalidInstanceId.NotFound")),
        ({"RegionId": "cn-shanghai"}, (404, "InvalidInstanceId.NotFound")),
        ({"InstanceId": SECURITY}, (400, "InstanceLockedForSecurity")),
        ({"ImageName": "1"}, (400, "InvalidImageName.Malformed")),
        ({"ImageName": "taken"}, (400, "InvalidImageName.Duplicated")),
        ({"Description": "x"}, (400, "InvalidDescription.Malformed")),
        ({"Architecture": "abacus"}, (400, "InvalidParameter")),
        ({"InstanceId": MARKET, "ImageVersion": "V2.0"}, (400, "InvalidImageVersion.Malformed")),
        ({"ResourceGroupId": "rg-none"}, (404, "InvalidResourceGroup.NotFound")),
        ({"SnapshotId": "s-1"}, (400, "InvalidParameter.SnapshotId")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
)
def test_an_image_is_refused(copying: Copying, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    copying.made(SPOT, ImageName="taken")
    assert copying.source.refused("CreateImage", {"InstanceId": PLAIN, **changed}) == refusal
    assert len(copying.cloud.state.snapshots(SOURCE)) == 1


def test_an_instance_in_between_gives_none(source: Api) -> None:
    starting = {"InstanceId": "i-bp1starting000000001"}
    assert source.refused("CreateImage", starting) == (400, "IncorrectInstanceStatus")


def test_a_second_image_waits_for_the_first(copying: Copying) -> None:
    copying.begun()
    assert copying.source.refused("CreateImage", {"InstanceId": PLAIN}) == (403, "IncorrectDiskStatus.CreatingSnapshot")
    copying.begun(SPOT)
    copying.wait()
    copying.begun()


def test_the_same_client_token_makes_one_image_and_other_parameters_none(copying: Copying) -> None:
    once = {"InstanceId": PLAIN, "ClientToken": "once"}
    first, again = (copying.source.call("CreateImage", once)["ImageId"] for _ in range(2))
    assert first == again
    assert copying.source.refused("CreateImage", once | {"ImageName": "other"}) == (400, "IdempotenceParamNotMatch")
    assert [image.id for image in copying.cloud.state.images(SOURCE) if image.owner == "self"] == [first]


@pytest.mark.parametrize(
    ("quota", "code"), [("image_quota", "QuotaExceed.Image"), ("snapshot_quota", "QuotaExceed.Snapshot")]
)
def test_quotas_are_kept(tmp_path: Path, quota: str, code: str) -> None:
    world = load(shipped("images"))
    full = world.account(SOURCE).model_copy(update={quota: 1})
    accounts = tuple(full if account.id == SOURCE else account for account in world.accounts)
    with Sandbox.running(world.model_copy(update={"accounts": accounts}), directory=tmp_path) as cloud:
        Api(cloud).call("CreateImage", InstanceId=SPOT)
        assert Api(cloud).refused("CreateImage", {"InstanceId": STOPPED}) == (403, code)


def test_one_that_fails_is_listed_as_failed_and_leaves_its_snapshots(copying: Copying) -> None:
    image_id = copying.made(FAILING)
    image = copying.image(copying.source, image_id)
    assert (image["Status"], image["Progress"]) == ("CreateFailed", "50%")
    listed = copying.source.call("DescribeSnapshots", InstanceId=FAILING)["Snapshots"]["Snapshot"]
    assert {snapshot["Status"] for snapshot in listed} == {"failed", "accomplished"}
    copying.source.call("DeleteImage", ImageId=image_id)
    for snapshot in listed:
        copying.source.call("DeleteSnapshot", SnapshotId=snapshot["SnapshotId"])
    assert copying.cloud.state.snapshots(SOURCE) == []


def test_an_image_is_changed_and_retired(copying: Copying) -> None:
    image_id = copying.made(ImageName="plain")
    changes = {"ImageName": "kept", "Description": "For ever", "ImageFamily": "plain", "Status": "Deprecated"}
    copying.source.call("ModifyImageAttribute", {"ImageId": image_id, **changes})
    image = copying.image(copying.source, image_id)
    assert {name: image[name] for name in changes} == changes
    theirs = {"ImageId": image_id, "ImageName": "mine"}
    assert copying.recipient.refused("ModifyImageAttribute", theirs) == (404, "InvalidImageId.NotFound")


def test_an_image_takes_tags_and_is_found_by_them(copying: Copying) -> None:
    image_id = copying.made()
    of = {"ResourceType": "image", "ResourceId.1": image_id}
    copying.source.call("TagResources", {**of, "Tag.1.Key": "stage", "Tag.1.Value": "live"})
    found = copying.source.call("DescribeImages", {"Tag.1.Key": "stage", "Tag.1.Value": "live"})["Images"]["Image"]
    assert [image["ImageId"] for image in found] == [image_id]


class TestDeletion:
    def test_snapshots_stay_and_can_be_deleted_only_then(self, copying: Copying) -> None:
        image_id = copying.made()
        snapshots = [snapshot.id for snapshot in copying.cloud.state.snapshots(SOURCE)]
        in_use = {"SnapshotId": snapshots[0], "Force": "true"}
        assert copying.source.refused("DeleteSnapshot", in_use) == (403, "SnapshotCreatedImage")
        copying.source.call("DeleteImage", ImageId=image_id)
        assert not copying.sees(copying.source, image_id)
        assert [snapshot.id for snapshot in copying.cloud.state.snapshots(SOURCE)] == snapshots
        for snapshot_id in snapshots:
            copying.source.call("DeleteSnapshot", SnapshotId=snapshot_id)
        assert copying.cloud.state.snapshots(SOURCE) == []

    def test_not_while_it_is_made_copied_or_shared(self, copying: Copying) -> None:
        image_id = copying.begun()
        named = {"ImageId": image_id, "Force": "true"}
        assert copying.source.refused("DeleteImage", named) == (403, "ImageIsCreating")
        copying.wait()
        copying.source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": "1000000000000002"})
        copying.copied(image_id)
        assert copying.source.refused("DeleteImage", named) == (403, "OperationDenied.ImageCopying")
        copying.wait()
        assert copying.source.refused("DeleteImage", named) == (403, "ImageUseShared")
        copying.unshare(image_id)
        copying.source.call("DeleteImage", named)
        assert copying.source.refused("DeleteImage", named) == (404, "InvalidImageId.NotFound")

    def test_one_that_the_accounts_instances_use_only_by_force(self, copying: Copying) -> None:
        own = copying.copied(copying.shared())
        copying.wait()
        copying.run(own)
        assert copying.recipient.refused("DeleteImage", {"ImageId": own}) == (403, "ImageUsingByInstance")
        copying.recipient.call("DeleteImage", ImageId=own, Force="true")
        assert not copying.sees(copying.recipient, own)

    def test_what_others_made_of_it_is_not_in_the_way(self, copying: Copying) -> None:
        image_id = copying.shared()
        copying.run(image_id)
        copying.unshare(image_id)
        copying.source.call("DeleteImage", ImageId=image_id)


def test_a_permission_is_needed_for_each_action(copying: Copying) -> None:
    denied = Api(copying.cloud, "sandbox-source-denied")
    assert denied.refused("CreateImage", {"InstanceId": PLAIN}) == (403, "Forbidden.RAM")


def test_snapshots_state_their_encryption(copying: Copying) -> None:
    copying.made(FULL_VAULT)
    ids = json.dumps([snapshot.id for snapshot in copying.cloud.state.snapshots(SOURCE)])
    listed = copying.source.call("DescribeSnapshots", SnapshotIds=ids)["Snapshots"]["Snapshot"]
    assert {(snapshot["Encrypted"], snapshot["KMSKeyId"]) for snapshot in listed} == {(True, "key-bp1acme00000001")}
