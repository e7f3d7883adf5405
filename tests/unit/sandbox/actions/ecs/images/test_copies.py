"""Copies of images: of one's own, of those that others share, given up half-way."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.actions.ecs.copying import FULL_VAULT, MARKET, PLAIN, VAULT, Copying
from tests.unit.sandbox.api import OTHER, RECIPIENT, Api


def test_a_copy_is_the_recipients_own_and_outlives_the_share(copying: Copying) -> None:
    image_id = copying.shared()
    tags = {"Tag.1.Key": "project", "Tag.1.Value": "orchid"}
    own = copying.copied(image_id, DestinationImageName="own", DestinationDescription="A copy", **tags)
    copying.wait(1)
    image = copying.image(copying.recipient, own)
    assert (image["Status"], image["ImageOwnerAlias"], image["ImageOwnerId"]) == ("Creating", "self", int(RECIPIENT))
    assert (image["ImageName"], image["Description"], image["IsCopied"]) == ("own", "A copy", True)
    assert image["Progress"] in ("19%", "20%", "21%")
    copying.wait()
    copying.unshare(image_id)
    image = copying.image(copying.recipient, own)
    assert (image["Status"], image["Tags"]["Tag"]) == ("Available", [{"TagKey": "project", "TagValue": "orchid"}])
    disks = image["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert [disk["SnapshotId"] for disk in disks] == [
        snapshot.id for snapshot in copying.cloud.state.snapshots(RECIPIENT)
    ]
    assert not copying.sees(copying.source, own)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"ImageId": ""}, (400, "MissingParameter")),
        ({"ImageId": "m-none"}, (404, "InvalidImageId.NotFound")),
        ({"ImageId": "m-bp1marketplace000001"}, (404, "InvalidImageId.NotFound")),
        ({"DestinationRegionId": "cn-shanghai"}, (403, "OperationDenied.SameRegionOnly")),
        ({"DestinationRegionId": "cn-nowhere"}, (404, "InvalidRegionId.NotFound")),
        ({"KMSKeyId": "key-1"}, (400, "InvalidParameter.EncryptedIllegal")),
        ({"DestinationImageName": "1"}, (400, "InvalidImageName.Malformed")),
        ({"DestinationDescription": "x"}, (400, "InvalidDescription.Malformed")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
)
def test_a_copy_is_refused(copying: Copying, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    asked = {"ImageId": copying.shared(), **changed}
    assert copying.recipient.refused("CopyImage", asked) == refusal
    assert copying.cloud.state.images(RECIPIENT) == []


def test_one_that_is_not_shared_is_not_there(copying: Copying) -> None:
    assert copying.recipient.refused("CopyImage", {"ImageId": copying.made()}) == (404, "InvalidImageId.NotFound")


def test_ones_own_goes_to_another_region(copying: Copying) -> None:
    image_id = copying.made()
    there = str(
        copying.source.call("CopyImage", {"ImageId": image_id, "DestinationRegionId": "cn-shanghai"})["ImageId"]
    )
    found = copying.source.call("DescribeImages", RegionId="cn-shanghai", Status="Creating")["Images"]["Image"]
    assert [image["ImageId"] for image in found] == [there]


def test_what_is_encrypted_stays_so_with_a_key_of_the_recipients(copying: Copying) -> None:
    image_id = copying.shared(FULL_VAULT)
    refusal = copying.recipient.refused("CopyImage", {"ImageId": image_id, "Encrypted": "false"})
    assert refusal == (403, "OperationDeined.EncryptedSnapshot")
    copying.copied(image_id, Encrypted="true", KMSKeyId="key-bp1orchid0000001")
    made = copying.cloud.state.snapshots(RECIPIENT)
    assert {(snapshot.encrypted, snapshot.kms_key) for snapshot in made} == {(True, "key-bp1orchid0000001")}
    copying.copied(copying.shared(VAULT), Encrypted="true")
    assert (made[-1].encrypted, copying.cloud.state.snapshots(RECIPIENT)[-1].kms_key) == (True, "")


def test_a_product_that_was_not_bought_is_not_copied(copying: Copying) -> None:
    image_id = copying.shared(MARKET)
    assert copying.image(copying.recipient, image_id)["ProductCode"] == "cmjj000001"
    assert copying.recipient.refused("CopyImage", {"ImageId": image_id}) == (403, "OperationDenied.NotAuthorized")
    abroad = {"ImageId": image_id, "DestinationRegionId": "cn-shanghai"}
    assert copying.source.refused("CopyImage", abroad) == (403, "OperationDenied.NotPublished")


def test_five_are_copied_at_once(copying: Copying) -> None:
    image_id = copying.shared()
    for _ in range(5):
        copying.copied(image_id)
    assert copying.recipient.refused("CopyImage", {"ImageId": image_id}) == (403, "OperationDenied.ImageCopying")
    copying.wait()
    copying.copied(image_id)


def test_the_same_client_token_makes_one_copy_and_without_one_two_are_made(copying: Copying) -> None:
    image_id = copying.shared()
    first, again = (copying.copied(image_id, ClientToken="once") for _ in range(2))
    assert first == again
    more = [copying.copied(image_id) for _ in range(2)]
    assert len({first, *more}) == 3


def test_a_copy_may_fail_and_its_account_may_have_no_room(copying: Copying) -> None:
    image_id = copying.made(PLAIN)
    copying.source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": OTHER})
    other = Api(copying.cloud, "sandbox-other")
    failing = str(other.call("CopyImage", ImageId=image_id)["ImageId"])
    copying.wait()
    assert copying.image(other, failing)["Status"] == "CreateFailed"
    assert other.refused("CopyImage", {"ImageId": image_id}) == (403, "QuotaExceed.Image")
    other.call("DeleteImage", ImageId=failing)
    assert other.refused("CopyImage", {"ImageId": image_id}) == (403, "QuotaExceed.Snapshot")


class TestGivenUp:
    def test_a_copy_in_the_making_is_gone_with_its_snapshots(self, copying: Copying) -> None:
        own = copying.copied(copying.shared())
        assert copying.recipient.refused("DeleteImage", {"ImageId": own}) == (403, "OperationDenied.ImageCopying")
        copying.recipient.call("CancelCopyImage", ImageId=own)
        assert not copying.sees(copying.recipient, own)
        assert copying.cloud.state.snapshots(RECIPIENT) == []

    def test_not_when_it_is_done_or_was_no_copy(self, copying: Copying) -> None:
        image_id = copying.shared()
        own = copying.copied(image_id)
        copying.wait()
        assert copying.recipient.refused("CancelCopyImage", {"ImageId": own}) == (400, "IncorrectImageStatus")
        assert copying.source.refused("CancelCopyImage", {"ImageId": image_id}) == (400, "ImageCreatedNotFromCopy")
