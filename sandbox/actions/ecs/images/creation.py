"""ECS: images of instances are made, changed and deleted.

With InstanceId each of the instance's disks is copied. An image of single snapshots (SnapshotId, DiskDeviceMapping) is
not implemented.
"""

from __future__ import annotations

from typing import Any

from sandbox.actions import common_parameters
from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs.images import making
from sandbox.actions.ecs.images.visible import own
from sandbox.models.errors import ApiError, dry_run_passed
from sandbox.models.images import Image
from sandbox.models.instances import Disk, Instance
from sandbox.models.snapshots import Snapshot
from sandbox.state.ids import new_id

ARCHITECTURES = ("i386", "x86_64", "arm64")
BOOT_MODES = ("BIOS", "UEFI", "UEFI-Preferred")
BAD_NAME = "InvalidImageName.Malformed"
BAD_DESCRIPTION = "InvalidDescription.Malformed"


def create_image(call: Call) -> Answer:
    """Begin to make an image of one of the caller's instances, with a snapshot of each of its disks."""
    region, now = call.region(), call.cloud.clock.now()
    instance = _own_instance(call, region)
    disks = tuple(disk for disk in instance.disks if disk.status == "In_use")
    if not any(disk.type == "system" for disk in disks):
        # A world need not name the disk that every instance has.
        disks = (Disk(id=f"d-{instance.id[2:]}", type="system"), *disks)
    _require_idle(call, disks)
    origin = _made_from(call, instance)
    version = call.text("ImageVersion") or ""
    if origin.product_code and version not in ("", origin.version):
        raise ApiError(400, "InvalidImageVersion.Malformed", "The specified ImageVersion is not that of the product.")
    name = common_parameters.name(call, "ImageName", code=BAD_NAME)
    making.require_free_name(call, region, name)
    making.require_room(call, region, len(disks))
    lasts = call.cloud.world.times.image
    fails_at = making.half_way(now, lasts) if instance.image_fails else None
    image = Image(
        id=new_id("m", region),
        region=region,
        name=name,
        description=common_parameters.description(call, code=BAD_DESCRIPTION),
        family=call.text("ImageFamily") or "",
        version=version,
        product_code=origin.product_code,
        architecture=call.choice("Architecture", ARCHITECTURES) or "x86_64",
        boot_mode=call.choice("BootMode", BOOT_MODES) or "BIOS",
        platform=call.text("Platform") or origin.platform,
        resource_group=common_parameters.resource_group(call),
        created=now,
        done=now + lasts,
        fails_at=fails_at,
        tags=common_parameters.tags(call),
    )
    if call.flag("DryRun"):
        raise dry_run_passed()
    snapshots = [
        Snapshot(
            id=new_id("s", region),
            region=region,
            disk_id=disk.id,
            disk_type=disk.type,
            disk_size_gib=disk.size_gib,
            instance_id=instance.id,
            created=now,
            done=now + lasts,
            fails_at=fails_at if disk.type == "data" else None,
            name=f"SnapshotForImage-{image.id}",
            encrypted=disk.encrypted,
            kms_key=disk.kms_key,
            product_code=disk.product_code,
        )
        for disk in disks
    ]
    devices = [making.device(number) for number in range(len(snapshots))]
    making.put(call, image.model_copy(update={"disks": making.as_disks(snapshots, devices)}), snapshots)
    return {"ImageId": image.id}


def modify_image_attribute(call: Call) -> Answer:
    """Another name, description, family or boot mode; or deprecated, and usable again."""
    image = own(call)
    changes: dict[str, Any] = {}
    if call.text("ImageName"):
        changes["name"] = common_parameters.name(call, "ImageName", code=BAD_NAME)
        making.require_free_name(call, image.region, changes["name"], but=image.id)
    if "Description" in call.parameters:
        changes["description"] = common_parameters.description(call, code=BAD_DESCRIPTION)
    if "ImageFamily" in call.parameters:
        changes["family"] = call.text("ImageFamily") or ""
    if call.text("BootMode"):
        changes["boot_mode"] = call.choice("BootMode", BOOT_MODES)
    if call.text("Status"):
        changes["status"] = call.choice("Status", ("Available", "Deprecated"))
        if image.status_at(call.cloud.clock.now()) not in ("Available", "Deprecated"):
            raise ApiError(403, "ImageStatus.NotAvailable", "The specified image status is not available.")
        if changes["status"] == "Deprecated" and image.shares:
            raise ApiError(403, "ImageUseShared", "The specified image has been shared to others.")
    if call.flag("DryRun"):
        raise dry_run_passed()
    call.cloud.image_store.put(image.model_copy(update=changes))
    return {}


def delete_image(call: Call) -> Answer:
    """Delete an image that is made or failed, shared with nobody, and used by no instance of the caller's.

    `Force` is for one that instances use. The snapshots stay, for `DeleteSnapshot`.
    """
    image, cloud = own(call), call.cloud
    now = cloud.clock.now()
    force = call.flag("Force")
    copies = [other for other in cloud.image_store.everything() if other.copied_from == image.id]
    if any(copy.status_at(now) == "Creating" for copy in (*copies, image) if copy.copied_from):
        raise ApiError(
            403, "OperationDenied.ImageCopying", "The image is being copied. Please use the CancelCopyImage API."
        )
    if image.status_at(now) == "Creating":
        raise ApiError(403, "ImageIsCreating", "The specified image is being created.")
    if image.shares:
        raise ApiError(
            403,
            "ImageUseShared",
            "The specified image has been shared to others. You can use the DescribeImageSharePermission API to query "
            "the users who have been shared.",
        )
    in_use = any(held.owner == call.account.id and held.instance.image == image.id for held in cloud.holdings())
    if in_use and not force:
        raise ApiError(
            403,
            "ImageUsingByInstance",
            "The specified image has been used to create instances. You can use the DescribeInstances API to query "
            "these instances, or you can use the force parameter to proceed.",
        )
    if call.flag("DryRun"):
        raise dry_run_passed()
    cloud.remove_image(image.id)
    return {}


def _own_instance(call: Call, region: str) -> Instance:
    """The instance of InstanceId: the caller's, at rest or at work, and not locked."""
    holding = call.cloud.holding(call.required("InstanceId"))
    if holding is None or holding.owner != call.account.id or holding.instance.region != region:
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    if holding.instance.status not in ("Running", "Stopped"):
        raise ApiError(
            400, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
        )
    if "security" in holding.instance.locks:
        raise ApiError(
            400,
            "InstanceLockedForSecurity",
            "The specified operation is denied as your instance is locked for security reasons.",
        )
    return holding.instance


def _require_idle(call: Call, disks: tuple[Disk, ...]) -> None:
    """Raises 403 where a snapshot of one of the disks is in the making, as it is for another image."""
    now, ids = call.cloud.clock.now(), {disk.id for disk in disks}
    for snapshot in call.cloud.snapshot_store.of(call.account.id):
        if snapshot.disk_id in ids and snapshot.status(now) == "progressing":
            raise ApiError(403, "IncorrectDiskStatus.CreatingSnapshot", "A previous snapshot creation is in process.")


def _made_from(call: Call, instance: Instance) -> Image:
    """What the instance was made from, whoever has it by now."""
    for image in call.cloud.image_store.everything():
        if image.id == instance.image:
            return image
    return Image(id=instance.image, region=instance.region, owner="system")


ACTIONS = (
    Action(
        "CreateImage",
        create_image,
        (
            "InstanceId",
            "ImageName",
            "ImageFamily",
            "ImageVersion",
            "Description",
            "Architecture",
            "BootMode",
            "Platform",
            "ResourceGroupId",
            "ClientToken",
            "DryRun",
            *common_parameters.TAG_FIELDS,
        ),
    ),
    Action(
        "ModifyImageAttribute",
        modify_image_attribute,
        ("ImageId", "ImageName", "ImageFamily", "Description", "BootMode", "Status", "DryRun"),
    ),
    Action("DeleteImage", delete_image, ("ImageId", "Force", "DryRun")),
)
