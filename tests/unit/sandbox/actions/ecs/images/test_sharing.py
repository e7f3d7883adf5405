"""Images are shared with other accounts, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.models.images import Share
from sandbox.models.world import load, shipped
from sandbox.server.server import Sandbox
from tests.unit.sandbox.actions.ecs.copying import FULL_VAULT, PLAIN, SERVICE_KEY, VAULT, Copying
from tests.unit.sandbox.api import OTHER, RECIPIENT, SOURCE, Api


def test_a_shared_image_is_the_others_to_see_until_it_is_no_longer(copying: Copying) -> None:
    image_id = copying.made(**{"Tag.1.Key": "project", "Tag.1.Value": "orchid"})
    assert not copying.sees(copying.recipient, image_id)
    copying.source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": RECIPIENT})
    seen = copying.image(copying.recipient, image_id)
    assert (seen["ImageOwnerAlias"], seen["ImageOwnerId"], seen["IsPublic"]) == ("others", int(SOURCE), False)
    assert seen["Tags"] == {"Tag": []}
    by_alias = copying.recipient.call("DescribeImages", ImageOwnerAlias="others", ImageOwnerId=SOURCE)["Images"][
        "Image"
    ]
    assert [image["ImageId"] for image in by_alias] == [image_id]
    assert copying.image(copying.source, image_id)["IsSelfShared"] == "True"
    assert not copying.sees(Api(copying.cloud, "sandbox-other"), image_id)
    copying.unshare(image_id)
    assert not copying.sees(copying.recipient, image_id)


def test_whom_it_is_shared_with_is_listed_to_its_owner_only(copying: Copying) -> None:
    image_id = copying.shared()
    copying.source.call(
        "ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": RECIPIENT, "AddAccount.2": OTHER}
    )
    listed = copying.source.call("DescribeImageSharePermission", ImageId=image_id)
    assert [account["AliyunId"] for account in listed["Accounts"]["Account"]] == [RECIPIENT, OTHER]
    assert (listed["TotalCount"], listed["ImageId"]) == (2, image_id)
    theirs = {"ImageId": image_id}
    assert copying.recipient.refused("DescribeImageSharePermission", theirs) == (404, "InvalidImageId.NotFound")
    assert copying.recipient.refused("ModifyImageSharePermission", theirs) == (404, "InvalidImageId.NotFound")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"ImageId": ""}, (400, "MissingParameter")),
        ({"ImageId": "m-none"}, (404, "InvalidImageId.NotFound")),
        ({"ImageId": "m-bp1marketplace000001"}, (404, "InvalidImageId.NotFound")),
        ({"AddAccount.1": SOURCE}, (404, "InvalidAccount.Forbbiden")),
        ({"AddAccount.1": "1999999999999999"}, (404, "InvalidAccount.NotFound")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
)
def test_sharing_is_refused(copying: Copying, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    image_id = copying.made()
    asked = {"ImageId": image_id, "AddAccount.1": RECIPIENT, **changed}
    assert copying.source.refused("ModifyImageSharePermission", asked) == refusal
    assert not copying.sees(copying.recipient, image_id)


def test_one_in_the_making_is_not_shared(copying: Copying) -> None:
    asked = {"ImageId": copying.begun(), "AddAccount.1": RECIPIENT}
    assert copying.source.refused("ModifyImageSharePermission", asked) == (400, "IncorrectImageStatus")


def test_one_encrypted_with_the_services_own_key_is_not_shared(copying: Copying) -> None:
    asked = {"ImageId": copying.made(SERVICE_KEY), "AddAccount.1": RECIPIENT}
    refusal = copying.source.refused("ModifyImageSharePermission", asked)
    assert refusal == (403, "OperationDeined.EncryptedSnapshot")


def test_one_encrypted_with_a_customers_key_is_shared(copying: Copying) -> None:
    for instance in (VAULT, FULL_VAULT):
        assert copying.sees(copying.recipient, copying.shared(instance))


def test_a_world_may_refuse_encrypted_images_of_several_disks(tmp_path: Path) -> None:
    world = load(shipped("images")).model_copy(update={"encrypted_full_images": "refused"})
    with Sandbox.running(world, directory=tmp_path) as cloud:
        copying = Copying(cloud)
        asked = {"ImageId": copying.made(FULL_VAULT), "AddAccount.1": RECIPIENT}
        assert copying.source.refused("ModifyImageSharePermission", asked) == (403, "OperationDeined.FullImage")
        assert copying.shared(VAULT)


def test_fifty_accounts_are_the_most(copying: Copying) -> None:
    image_id = copying.made(PLAIN)
    (image,) = [image for image in copying.cloud.state.images(SOURCE) if image.id == image_id]
    shares = tuple(Share(account=f"20000000000000{number:02d}") for number in range(49))
    copying.cloud.state.image_store.put(image.model_copy(update={"shares": shares}))
    ask = "ModifyImageSharePermission"
    copying.source.call(ask, {"ImageId": image_id, "AddAccount.1": RECIPIENT})
    refusal = copying.source.refused(ask, {"ImageId": image_id, "AddAccount.1": OTHER})
    assert refusal == (403, "QuotaExceed.ShareImageUser")
    copying.source.call(ask, {"ImageId": image_id, "AddAccount.1": RECIPIENT})
