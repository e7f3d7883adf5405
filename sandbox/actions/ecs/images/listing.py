"""ECS: which images there are, and how far they are made."""

from __future__ import annotations

from typing import Any, get_args

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.actions.ecs.images.visible import Visible, visible
from sandbox.models.errors import invalid
from sandbox.models.images import ImageDisk, ImageOwner, ImageStatus

MOST_IDS = 100

OWNERS: tuple[ImageOwner, ...] = get_args(ImageOwner)
STATUSES: tuple[ImageStatus, ...] = get_args(ImageStatus)


def describe_images(call: Call) -> Answer:
    """The images that the caller may see; without a Status only those that can be used."""
    region, now = call.region(), call.cloud.clock.now()
    wanted = call.comma_separated("ImageId", most=MOST_IDS)
    statuses = _statuses(call)
    owner = call.choice("ImageOwnerAlias", OWNERS)
    owner_id, snapshot = _account_id(call), call.text("SnapshotId")
    tags = common_parameters.tags(call)
    named = common_parameters.name_filter(call.text("ImageName"))
    found = [
        entry
        for entry in visible(call, region)
        if (wanted is None or entry.image.id in wanted)
        and entry.image.status_at(now) in statuses
        and owner in (None, entry.alias)
        and owner_id in (None, entry.owner)
        and (snapshot is None or snapshot in {disk.snapshot for disk in entry.image.disks})
        and named(entry.image.name or entry.image.id)
        and call.text("ResourceGroupId") in (None, entry.image.resource_group)
        and common_parameters.has_tags(entry.image.tags, tags)
    ]
    page, pagination = paging.of_vpc(call, found)
    used = {holding.instance.image for holding in call.cloud.holdings()}
    described = [_described(call, entry, used=entry.image.id in used) for entry in page]
    return pagination | {"RegionId": region, "Images": {"Image": described}}


def _account_id(call: Call) -> str | None:
    given = call.text("ImageOwnerId")
    if given is not None and not given.isdecimal():
        raise invalid("ImageOwnerId", "has to be an account's id")
    return given


def _statuses(call: Call) -> frozenset[str]:
    """Status: some, or `ALL`; without it those that can be used."""
    given = call.comma_separated("Status", most=len(STATUSES))
    if given == frozenset({"ALL"}):
        return frozenset(STATUSES)
    if given is not None and not given <= set(STATUSES):
        raise invalid("Status", f"has to be ALL or some of {','.join(STATUSES)}")
    return given or frozenset({"Available"})


def _described(call: Call, entry: Visible, *, used: bool) -> dict[str, Any]:
    image, now = entry.image, call.cloud.clock.now()
    status = image.status_at(now)
    own = entry.owner == call.account.id and image.owner == "self"
    return {
        "ImageId": image.id,
        "ImageName": image.name or image.id,
        "Description": image.description,
        "ImageFamily": image.family,
        "ImageVersion": image.version,
        "ImageOwnerAlias": entry.alias,
        **({"ImageOwnerId": int(entry.owner)} if entry.owner and (own or entry.shared) else {}),
        "IsSelfShared": "True" if own and image.shares else "",
        "IsCopied": bool(image.copied_from),
        "IsPublic": entry.alias in ("system", "marketplace"),
        "ProductCode": image.product_code,
        "Status": status,
        "Progress": image.progress_at(now),
        "Usable": status == "Available",
        "Usage": "instance" if used else "none",
        "Size": image.size_gib,
        "CreationTime": seconds(image.created),
        "OSType": "windows" if "windows" in image.platform.lower() else "linux",
        "Platform": image.platform,
        "Architecture": image.architecture,
        "BootMode": image.boot_mode,
        "IsSupportIoOptimized": True,
        "IsSupportCloudinit": True,
        # Whom it is shared with is not told its tags and its resource group.
        "ResourceGroupId": (image.resource_group or "") if own else "",
        "Tags": common_parameters.ecs_tags(image.tags if own else {}),
        "DiskDeviceMappings": {
            "DiskDeviceMapping": [_described_disk(disk, image.progress_at(now)) for disk in image.disks]
        },
    }


def _described_disk(disk: ImageDisk, progress: str) -> dict[str, Any]:
    return {
        "Device": disk.device,
        "Type": disk.type,
        "Size": str(disk.size_gib),
        "SnapshotId": disk.snapshot,
        "Encrypted": disk.encrypted,
        "Progress": progress,
        "RemainTime": 0,
    }


ACTIONS = (
    Action(
        "DescribeImages",
        describe_images,
        (
            "ImageId",
            "Status",
            "ImageOwnerAlias",
            "ImageOwnerId",
            "ImageName",
            "SnapshotId",
            "ResourceGroupId",
            "PageNumber",
            "PageSize",
            "DryRun",
            *common_parameters.TAG_FIELDS,
        ),
        lists=True,
    ),
)
