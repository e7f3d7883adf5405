"""ECS: snapshots of disks."""

from __future__ import annotations

from typing import Any

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.models.errors import ApiError
from sandbox.models.instances import Disk, Instance
from sandbox.models.snapshots import Snapshot
from sandbox.state.ids import new_id

STATUSES = ("progressing", "accomplished", "failed", "all")
LONGEST_RETENTION_DAYS = 65536
BAD_NAME = "InvalidSnapshotName.Malformed"
BAD_DESCRIPTION = "InvalidDescription.Malformed"


def create_snapshot(call: Call) -> Answer:
    """Begin to copy a disk of one of the caller's instances."""
    instance, disk = _own_disk(call)
    now = call.cloud.clock.now()
    snapshots = call.cloud.snapshot_store
    others = [snapshot for snapshot in snapshots.of(call.account.id) if snapshot.disk_id == disk.id]
    if any(other.status(now) == "progressing" for other in others):
        raise ApiError(403, "IncorrectDiskStatus.CreatingSnapshot", "A previous snapshot creation is in process.")
    snapshot = Snapshot(
        id=new_id("s", instance.region),
        region=instance.region,
        disk_id=disk.id,
        disk_type=disk.type,
        disk_size_gib=disk.size_gib,
        instance_id=instance.id,
        created=now,
        done=now + call.cloud.world.times.snapshot,
        name=_name(call),
        description=common_parameters.description(call, code=BAD_DESCRIPTION),
        category="flash" if call.choice("Category", ("standard", "flash")) == "flash" else "standard",
        retention_days=_retention_days(call),
        resource_group=common_parameters.resource_group(call),
        tags=common_parameters.tags(call),
    )
    snapshots.add(call.account.id, snapshot)
    return {"SnapshotId": snapshot.id}


def describe_snapshots(call: Call) -> Answer:
    """The caller's snapshots in a region, newest first."""
    region = call.region()
    now = call.cloud.clock.now()
    wanted = call.ids("SnapshotIds", malformed="InvalidSnapshotIds.Malformed")
    status = call.choice("Status", STATUSES) or "all"
    tags = common_parameters.tags(call)
    named = common_parameters.name_filter(call.text("SnapshotName"))
    store = call.cloud.snapshot_store
    found = [
        snapshot
        for snapshot in reversed(store.of(call.account.id, region))
        if (wanted is None or snapshot.id in wanted)
        and status in ("all", snapshot.status(now))
        and call.text("DiskId") in (None, snapshot.disk_id)
        and call.text("InstanceId") in (None, snapshot.instance_id)
        and named(snapshot.name)
        and call.text("ResourceGroupId") in (None, snapshot.resource_group)
        and common_parameters.has_tags(snapshot.tags, tags)
    ]
    page, pagination = paging.of_ecs(call, found, lambda snapshot: -store.place(snapshot))
    in_images, in_disks = _in_images(call), _in_disks(call)
    described = []
    for snapshot in page:
        used = (("image", snapshot.id in in_images), ("disk", snapshot.id in in_disks))
        usage = "_".join(kind for kind, is_so in used if is_so) or "none"
        described.append(_described(call, snapshot) | {"Usage": usage})
    return pagination | {"Snapshots": {"Snapshot": described}}


def modify_snapshot_attribute(call: Call) -> Answer:
    """Another name, description or time to keep it."""
    snapshot = _own_snapshot(call)
    if snapshot.status(call.cloud.clock.now()) == "progressing":
        raise ApiError(400, "InvalidSnapshotId.NotReady", "The specified snapshot has not completed yet.")
    changes: dict[str, Any] = {}
    if call.text("SnapshotName"):
        changes["name"] = _name(call)
    if "Description" in call.parameters:
        changes["description"] = common_parameters.description(call, code=BAD_DESCRIPTION)
    if call.text("RetentionDays"):
        changes["retention_days"] = _retention_days(call)
    if not changes:
        raise ApiError(400, "NoAttributeToModify", "No attribute to be modified in this request.")
    call.cloud.snapshot_store.put(snapshot.model_copy(update=changes))
    return {}


def delete_snapshot(call: Call) -> Answer:
    """Remove a snapshot that no image is made of. `Force` is for one that disks were made from."""
    snapshot = _own_snapshot(call)
    force = call.flag("Force")
    if snapshot.id in _in_images(call):
        raise ApiError(403, "SnapshotCreatedImage", "The snapshot has been used to create user defined image(s).")
    if snapshot.id in _in_disks(call) and not force:
        raise ApiError(403, "SnapshotCreatedDisk", "The snapshot has been used to create disk(s).")
    call.cloud.snapshot_store.remove(snapshot.id)
    return {}


def _in_images(call: Call) -> frozenset[str]:
    """The ids of the snapshots that the caller's images are made of."""
    return frozenset(disk.snapshot for image in call.cloud.image_store.of(call.account.id) for disk in image.disks)


def _in_disks(call: Call) -> frozenset[str]:
    """The ids of the snapshots that disks were made from."""
    return frozenset(disk.snapshot for held in call.cloud.holdings() for disk in held.instance.disks if disk.snapshot)


def _own_disk(call: Call) -> tuple[Instance, Disk]:
    """The disk of DiskId with its instance: the caller's, attached, and nothing in the way of a copy."""
    disk_id, region = call.required("DiskId"), call.region_if_given()
    for holding in call.cloud.holdings():
        instance = holding.instance
        if holding.owner != call.account.id or region not in (None, instance.region):
            continue
        for disk in instance.disks:
            if disk.id == disk_id:
                _require_fit(instance, disk)
                return instance, disk
    raise ApiError(404, "InvalidDiskId.NotFound", "The specified DiskId does not exist.")


def _require_fit(instance: Instance, disk: Disk) -> None:
    if instance.status not in ("Running", "Stopped"):
        raise ApiError(
            400, "IncorrectInstanceStatus", "The current status of the resource does not support this operation."
        )
    if "security" in instance.locks:
        raise ApiError(403, "InstanceLockedForSecurity", "The disk attached instance is locked due to security.")
    if disk.status not in ("In_use", "Available"):
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")


def _own_snapshot(call: Call) -> Snapshot:
    region = call.region_if_given()
    snapshot = call.cloud.snapshot_store.get(call.required("SnapshotId"), call.account.id, region)
    if snapshot is None:
        raise ApiError(404, "InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist.")
    return snapshot


def _name(call: Call) -> str:
    """The snapshot's name; those that begin with `auto` are for the snapshots that Alibaba Cloud makes by itself."""
    name = common_parameters.name(call, "SnapshotName", code=BAD_NAME)
    if name.startswith("auto"):
        raise ApiError(400, BAD_NAME, "The specified SnapshotName is wrongly formed.")
    return name


def _retention_days(call: Call) -> int | None:
    if call.text("RetentionDays") is None:
        return None
    return call.number("RetentionDays", default=1, highest=LONGEST_RETENTION_DAYS)


def _described(call: Call, snapshot: Snapshot) -> dict[str, Any]:
    status = snapshot.status(call.cloud.clock.now())
    described: dict[str, Any] = {
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name,
        "Description": snapshot.description,
        "RegionId": snapshot.region,
        "SourceDiskId": snapshot.disk_id,
        "SourceDiskType": snapshot.disk_type,
        "SourceDiskSize": str(snapshot.disk_size_gib),
        "Status": status,
        "Progress": "100%" if status == "accomplished" else "0%",
        "Available": status == "accomplished",
        "CreationTime": seconds(snapshot.created),
        "Category": snapshot.category,
        "SnapshotType": "user",
        "Encrypted": snapshot.encrypted,
        "KMSKeyId": snapshot.kms_key,
        "ProductCode": snapshot.product_code,
        "InstantAccess": False,
        "ResourceGroupId": snapshot.resource_group or "",
        "Tags": common_parameters.ecs_tags(snapshot.tags),
    }
    # Kept for ever where no time is given.
    return described | ({"RetentionDays": snapshot.retention_days} if snapshot.retention_days else {})


ACTIONS = (
    Action(
        "CreateSnapshot",
        create_snapshot,
        (
            "DiskId",
            "SnapshotName",
            "Description",
            "Category",
            "RetentionDays",
            "ResourceGroupId",
            "ClientToken",
            *common_parameters.TAG_FIELDS,
        ),
    ),
    Action(
        "DescribeSnapshots",
        describe_snapshots,
        (
            "SnapshotIds",
            "DiskId",
            "InstanceId",
            "SnapshotName",
            "Status",
            "ResourceGroupId",
            "NextToken",
            "MaxResults",
            "PageNumber",
            "PageSize",
            "DryRun",
            *common_parameters.TAG_FIELDS,
        ),
        lists=True,
    ),
    Action(
        "ModifySnapshotAttribute",
        modify_snapshot_attribute,
        ("SnapshotId", "SnapshotName", "Description", "RetentionDays"),
    ),
    Action("DeleteSnapshot", delete_snapshot, ("SnapshotId", "Force")),
)
