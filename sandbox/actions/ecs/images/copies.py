"""ECS: an image is copied, into another region or as an image of the caller's own."""

from __future__ import annotations

from sandbox.actions import common_parameters
from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs.images import making
from sandbox.actions.ecs.images.creation import BAD_NAME
from sandbox.actions.ecs.images.visible import Visible, not_found, one_visible, own
from sandbox.models.errors import ApiError, dry_run_passed, invalid
from sandbox.models.images import Image, ImageDisk
from sandbox.models.snapshots import Snapshot
from sandbox.state.ids import new_id

MOST_AT_ONCE = 5
BAD_DESCRIPTION = "InvalidDescription.Malformed"


def copy_image(call: Call) -> Answer:
    """Begin to copy an image of the caller's, or one shared with it, with a copy of each of its snapshots."""
    region, cloud, now = call.region(), call.cloud, call.cloud.clock.now()
    target = call.text("DestinationRegionId") or region
    if target not in cloud.world.regions:
        raise ApiError(404, "InvalidRegionId.NotFound", "The specified DestinationRegionId does not exist.")
    seen = one_visible(call, region, call.required("ImageId"))
    _require_copyable(call, seen, target)
    image = seen.image
    encrypted, key = call.flag("Encrypted"), call.text("KMSKeyId") or ""
    if key and not encrypted:
        raise ApiError(
            400,
            "InvalidParameter.EncryptedIllegal",
            "The specified parameter Encrypted must be true when kmsKeyId is not empty.",
        )
    if image.encrypted and not encrypted:
        raise ApiError(
            403,
            "OperationDeined.EncryptedSnapshot",
            "The image contains encrypted snapshots, which do not support copying to non-encrypted ones.",
        )
    name = common_parameters.name(call, "DestinationImageName", code=BAD_NAME)
    making.require_free_name(call, target, name)
    making.require_room(call, target, len(image.disks))
    lasts = cloud.world.times.image_copy
    fails_at = making.half_way(now, lasts) if call.account.copies_fail else None
    copy = image.model_copy(
        update={
            "id": new_id("m", target),
            "region": target,
            "name": name,
            "description": common_parameters.description(call, "DestinationDescription", code=BAD_DESCRIPTION),
            "status": "Available",
            "resource_group": common_parameters.resource_group(call),
            "shares": (),
            "copied_from": image.id,
            "created": now,
            "done": now + lasts,
            "fails_at": fails_at,
            "tags": common_parameters.tags(call),
        }
    )
    if call.flag("DryRun"):
        raise dry_run_passed()
    snapshots = [_snapshot(copy, disk, encrypted=encrypted, key=key) for disk in image.disks]
    disks = making.as_disks(snapshots, [disk.device for disk in image.disks])
    making.put(call, copy.model_copy(update={"disks": disks}), snapshots)
    return {"ImageId": copy.id}


def cancel_copy_image(call: Call) -> Answer:
    """Give up a copy in the making; it is gone, with what there is of its snapshots."""
    image, cloud = own(call), call.cloud
    if not image.copied_from:
        raise ApiError(400, "ImageCreatedNotFromCopy", "The specified image is not the target image of a copy action.")
    status = image.status_at(cloud.clock.now())
    if status != "Creating":
        why = "The Image copy has been failed." if status == "CreateFailed" else "The image has completed copy."
        raise ApiError(400, "IncorrectImageStatus", why)
    cloud.remove_image(image.id)
    for disk in image.disks:
        cloud.snapshot_store.remove(disk.snapshot)
    return {}


def _require_copyable(call: Call, seen: Visible, target: str) -> None:
    image, now = seen.image, call.cloud.clock.now()
    if seen.alias not in ("self", "others"):
        raise not_found()
    if image.status_at(now) != "Available":
        raise ApiError(400, "IncorrectImageStatus", "The image not available.")
    if seen.shared and target != image.region:
        raise ApiError(
            403,
            "OperationDenied.SameRegionOnly",
            "The image shared from others can not be copied to another region directly.",
        )
    if image.product_code and target != image.region:
        raise ApiError(
            403,
            "OperationDenied.NotPublished",
            "The operation is denied because corresponding marketplace image is not published in destination region.",
        )
    if image.product_code and seen.shared and image.product_code not in call.account.bought:
        raise ApiError(
            403,
            "OperationDenied.NotAuthorized",
            "The operation is denied because corresponding marketplace image is not authorized to current user.",
        )
    if not image.disks:
        raise invalid("ImageId", "names an image whose disks this world does not give; the sandbox can't copy it")
    running = [
        other
        for other in call.cloud.image_store.of(call.account.id, target)
        if other.copied_from and other.status_at(now) == "Creating"
    ]
    if len(running) >= MOST_AT_ONCE:
        raise ApiError(
            403, "OperationDenied.ImageCopying", "The image is currently being copied. Please try again later."
        )


def _snapshot(copy: Image, disk: ImageDisk, *, encrypted: bool, key: str) -> Snapshot:
    assert copy.done is not None
    return Snapshot(
        id=new_id("s", copy.region),
        region=copy.region,
        disk_id="",
        disk_type=disk.type,
        disk_size_gib=disk.size_gib,
        instance_id="",
        created=copy.created,
        done=copy.done,
        fails_at=copy.fails_at,
        name=f"SnapshotForImage-{copy.id}",
        encrypted=encrypted,
        kms_key=key,
        product_code=copy.product_code,
    )


ACTIONS = (
    Action(
        "CopyImage",
        copy_image,
        (
            "ImageId",
            "DestinationRegionId",
            "DestinationImageName",
            "DestinationDescription",
            "Encrypted",
            "KMSKeyId",
            "ResourceGroupId",
            "ClientToken",
            "DryRun",
            *common_parameters.TAG_FIELDS,
        ),
    ),
    Action("CancelCopyImage", cancel_copy_image, ("ImageId",)),
)
