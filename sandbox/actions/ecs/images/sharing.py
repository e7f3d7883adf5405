"""ECS: an image is shared with other accounts, and with whom it is."""

from __future__ import annotations

from sandbox.actions import paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.actions.ecs.images.visible import own
from sandbox.models.errors import ApiError, dry_run_passed
from sandbox.models.images import Image, Share

# More than these are sent in vain.
HEEDED = 10
MOST_SENT = 100
MOST_SHARES = 50


def modify_image_share_permission(call: Call) -> Answer:
    """Let accounts use an image, or no longer. One that may already, or could not before, is no error."""
    image = own(call)
    added = call.numbered("AddAccount", most=MOST_SENT)[:HEEDED]
    removed = call.numbered("RemoveAccount", most=MOST_SENT)[:HEEDED]
    now = call.cloud.clock.now()
    if added:
        _require_sharable(call, image)
    for account in (*added, *removed):
        if account not in call.cloud.accounts:
            raise ApiError(
                404,
                "InvalidAccount.NotFound",
                'The specified parameter "AddAccount.n" or "RemoveAccount.n" does not exist.',
            )
    if call.account.id in added:
        raise ApiError(404, "InvalidAccount.Forbbiden", "The specified Account does not yourself.")
    kept = tuple(share for share in image.shares if share.account not in removed)
    new = [account for account in dict.fromkeys(added) if not any(share.account == account for share in kept)]
    if len(kept) + len(new) > MOST_SHARES:
        raise ApiError(403, "QuotaExceed.ShareImageUser", "The shared Image user Quota exceeds.")
    if call.flag("DryRun"):
        raise dry_run_passed()
    shares = (*kept, *(Share(account=account, since=now) for account in new))
    call.cloud.image_store.put(image.model_copy(update={"shares": shares}))
    return {}


def describe_image_share_permission(call: Call) -> Answer:
    """The accounts that one of the caller's images is shared with, in the order in which they were added."""
    image = own(call)
    page, pagination = paging.of_vpc(call, image.shares)
    accounts = [{"AliyunId": share.account, "SharedTime": seconds(share.since)} for share in page]
    return pagination | {
        "RegionId": image.region,
        "ImageId": image.id,
        "Accounts": {"Account": accounts},
        "ShareGroups": {"ShareGroup": []},
    }


def _require_sharable(call: Call, image: Image) -> None:
    if image.status_at(call.cloud.clock.now()) != "Available":
        raise ApiError(400, "IncorrectImageStatus", "The image not available.")
    if any(disk.encrypted and not disk.kms_key for disk in image.disks):
        raise ApiError(
            403,
            "OperationDeined.EncryptedSnapshot",
            "The image contains encrypted snapshots, which do not support share.",
        )
    if image.encrypted and len(image.disks) > 1 and call.cloud.world.encrypted_full_images == "refused":
        raise ApiError(
            403,
            "OperationDeined.FullImage",
            "The encrypted image contains multiple snapshots, which do not support share.",
        )


ACTIONS = (
    Action(
        "ModifyImageSharePermission",
        modify_image_share_permission,
        ("ImageId", "AddAccount.N", "RemoveAccount.N", "DryRun"),
    ),
    Action(
        "DescribeImageSharePermission",
        describe_image_share_permission,
        ("ImageId", "PageNumber", "PageSize"),
    ),
)
