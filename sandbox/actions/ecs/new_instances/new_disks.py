"""The disks of a new instance: those of its image, as the call changes them, and those it has besides."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.actions.call import Call
from sandbox.actions.ecs.images.visible import Visible
from sandbox.actions.ecs.new_instances.offers import CATEGORIES
from sandbox.models.errors import ApiError, invalid
from sandbox.models.images import ImageDisk
from sandbox.models.instances import Disk
from sandbox.state.ids import new_id

MOST_DATA_DISKS = 16
SMALLEST_SYSTEM, SMALLEST_DATA = 20, 10
LARGEST_SYSTEM, LARGEST_DATA = 2048, 32768
LEVELS = ("PL0", "PL1", "PL2", "PL3")
DEFAULT_CATEGORY = "cloud_essd"

SYSTEM_FIELDS = (
    "SystemDisk.Category",
    "SystemDisk.Size",
    "SystemDisk.DiskName",
    "SystemDisk.Description",
    "SystemDisk.PerformanceLevel",
    "SystemDisk.Encrypted",
    "SystemDisk.KMSKeyId",
    "SystemDisk.AutoSnapshotPolicyId",
)
DATA_FIELDS = (
    "DataDisk.N.Device",
    "DataDisk.N.Category",
    "DataDisk.N.Size",
    "DataDisk.N.DiskName",
    "DataDisk.N.Description",
    "DataDisk.N.PerformanceLevel",
    "DataDisk.N.Encrypted",
    "DataDisk.N.KMSKeyId",
    "DataDisk.N.AutoSnapshotPolicyId",
    "DataDisk.N.DeleteWithInstance",
)


def requested(call: Call, seen: Visible, region: str) -> tuple[Disk, ...]:
    """The disks, the system disk first.

    A `DataDisk` with the device of a disk of the image changes that one; any other is one more, and empty.
    """
    of_image = {disk.device: disk for disk in seen.image.disks if disk.type == "data"}
    given = call.entries("DataDisk", most=MOST_DATA_DISKS)
    changed = {entry["Device"]: entry for entry in given if entry.get("Device") in of_image}
    more = [entry for entry in given if entry.get("Device") not in of_image]
    if len(of_image) + len(more) > MOST_DATA_DISKS:
        raise ApiError(
            400, "InstanceDiskNumber.LimitExceed", "The total number of specified disk in an instance exceeds."
        )
    return (
        _system(call, seen, region),
        *(_data(call, changed.get(device, {}), region, seen, disk) for device, disk in of_image.items()),
        *(_data(call, entry, region, seen, None) for entry in more),
    )


def _system(call: Call, seen: Visible, region: str) -> Disk:
    entry = {
        name.removeprefix("SystemDisk."): value
        for name, value in call.parameters.items()
        if name.startswith("SystemDisk.")
    }
    smallest = max(seen.image.size_gib, SMALLEST_SYSTEM)
    size = _number(entry, "SystemDisk.Size", default=max(smallest, 40))
    if size < smallest:
        raise ApiError(
            404,
            "InvalidSystemDiskSize.LessThanImageSize",
            "The specified parameter SystemDisk.Size is less than the image size.",
        )
    if size > LARGEST_SYSTEM:
        raise ApiError(
            404,
            "InvalidSystemDiskSize.MoreThanMaxSize",
            "The specified parameter SystemDisk.Size is more than the max size",
        )
    disk = next((disk for disk in seen.image.disks if disk.type == "system"), None)
    return _disk(entry, region, seen, disk, "system", size)


def _data(call: Call, entry: Mapping[str, str], region: str, seen: Visible, disk: ImageDisk | None) -> Disk:
    size = _number(entry, "DataDisk.N.Size", default=disk.size_gib if disk else 0)
    smallest = disk.size_gib if disk else SMALLEST_DATA
    if not smallest <= size <= LARGEST_DATA:
        raise ApiError(
            400,
            "InvalidDataDiskSize.ValueNotSupported",
            f"The specified DataDisk.N.Size has to be from {smallest} to {LARGEST_DATA}.",
        )
    return _disk(entry, region, seen, disk, "data", size)


def _disk(entry: Mapping[str, str], region: str, seen: Visible, disk: ImageDisk | None, kind: str, size: int) -> Disk:
    name = "SystemDisk" if kind == "system" else "DataDisk.N"
    category = entry.get("Category") or DEFAULT_CATEGORY
    if category not in CATEGORIES:
        code = "InvalidSystemDiskCategory" if kind == "system" else "InvalidDataDiskCategory"
        raise invalid(f"{name}.Category", "is not valid", code=f"{code}.ValueNotSupported")
    level = entry.get("PerformanceLevel", "")
    if level not in ("", *LEVELS):
        raise invalid(f"{name}.PerformanceLevel", f"has to be one of {', '.join(LEVELS)}")
    encrypted, key = _encryption(entry, name, seen, disk)
    return Disk.model_validate(
        {
            "id": new_id("d", region),
            "type": kind,
            "name": entry.get("DiskName", ""),
            "description": entry.get("Description", ""),
            "category": category,
            "size_gib": size,
            "encrypted": encrypted,
            "kms_key": key,
            "product_code": seen.image.product_code if kind == "system" else "",
            "snapshot_policy": entry.get("AutoSnapshotPolicyId", ""),
            "snapshot": disk.snapshot if disk else "",
            "performance_level": level or ("PL1" if category == "cloud_essd" else ""),
            "delete_with_instance": _flag(entry, name, "DeleteWithInstance", default=True),
        }
    )


def _encryption(entry: Mapping[str, str], name: str, seen: Visible, disk: ImageDisk | None) -> tuple[bool, str]:
    """Whether the disk is encrypted, and with which key; a disk of an encrypted image always is."""
    encrypted, key = _flag(entry, name, "Encrypted", default=False), entry.get("KMSKeyId", "")
    if key and not encrypted:
        raise ApiError(
            400,
            "InvalidParameter.EncryptedIllegal",
            "The specified parameter Encrypted must be true when kmsKeyId is not empty.",
        )
    if disk is None or not disk.encrypted:
        return encrypted, key
    if seen.shared and not encrypted:
        # The other account's key is not for the caller's disks.
        raise ApiError(
            400,
            "InvalidParameter.EncryptedIllegal",
            f"The specified parameter {name}.Encrypted must be true for a shared image that is encrypted.",
        )
    return True, key or ("" if seen.shared else disk.kms_key)


def _number(entry: Mapping[str, str], name: str, *, default: int) -> int:
    given = entry.get("Size") or str(default)
    if not given.isdecimal() or len(given) > 6:
        raise invalid(name, "has to be a number")
    return int(given)


def _flag(entry: Mapping[str, str], name: str, field: str, *, default: bool) -> bool:
    given = (entry.get(field) or str(default)).lower()
    if given not in ("true", "false"):
        raise invalid(f"{name}.{field}", "has to be true or false")
    return given == "true"
