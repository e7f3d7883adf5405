"""ECS: the disks of instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.actions.ecs.images import making
from sandbox.models.instances import Disk, DiskStatus
from sandbox.state.cloud import Holding

STATUSES: tuple[DiskStatus, ...] = get_args(DiskStatus)

# More than an instance can have; keeps the places of its disks apart from the next instance's.
_PLACES = 1000


@dataclass(frozen=True)
class _Found:
    """A disk, with the instance it belongs to and its number there."""

    holding: Holding
    number: int
    disk: Disk

    @property
    def place(self) -> int:
        """Where it stands in listings."""
        return self.holding.number * _PLACES + self.number

    @property
    def portable(self) -> bool:
        """Whether it can go to another instance: a data disk that is paid for by itself."""
        return self.disk.type == "data" and self.holding.instance.charge_type == "PostPaid"

    @property
    def attached(self) -> bool:
        """Whether it is attached to the instance."""
        return self.disk.status in ("In_use", "Detaching", "ReIniting")

    @property
    def multi_attach(self) -> str:
        """As the API reports whether several instances may attach it."""
        return "Enabled" if self.disk.shared else "Disabled"


def describe_disks(call: Call) -> Answer:
    """The disks of the caller's instances in a region, in the order of the instances."""
    ids = call.ids("DiskIds", malformed="InvalidDiskIds.ValueNotSupported")
    kind = call.choice("DiskType", ("all", "system", "data"), code="InvalidDiskType.ValueNotSupported")
    status = call.choice("Status", ("All", *STATUSES), code="InvalidStatus.NotFound")
    multi_attach = call.choice("MultiAttach", ("Disabled", "Enabled", "LegacyShared"))
    only_encrypted = call.flag("Encrypted")  # false is no filter
    portable = call.flag("Portable") if call.text("Portable") else None
    named = common_parameters.name_filter(call.text("DiskName"))
    found = [
        entry
        for entry in _all(call)
        if (ids is None or entry.disk.id in ids)
        and call.text("InstanceId") in (None, entry.holding.instance.id)
        and kind in (None, "all", entry.disk.type)
        and status in (None, "All", entry.disk.status)
        and multi_attach in (None, entry.multi_attach)
        and (entry.disk.encrypted or not only_encrypted)
        and portable in (None, entry.portable)
        and named(entry.disk.name)
        and call.text("ResourceGroupId") in (None, entry.holding.instance.resource_group)
    ]
    page, pagination = paging.of_ecs(call, found, lambda entry: entry.place, paging.DISK_PAGES)
    return pagination | {"Disks": {"Disk": [_described(entry) for entry in page]}}


def _all(call: Call) -> list[_Found]:
    region = call.region()
    return [
        _Found(holding, number, disk)
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id and holding.instance.region == region
        for number, disk in enumerate(holding.instance.disks)
    ]


def _described(found: _Found) -> dict[str, Any]:
    disk, instance = found.disk, found.holding.instance
    device = making.device(found.number) if found.attached else ""
    attachment = {"InstanceId": instance.id, "Device": device, "AttachedTime": seconds(instance.created)}
    return {
        "DiskId": disk.id,
        "DiskName": disk.name,
        # Named also where the disk is not attached: that it belongs to the instance is in the world's file.
        "InstanceId": instance.id,
        "RegionId": instance.region,
        "ZoneId": instance.zone,
        "Type": disk.type,
        "Status": disk.status,
        "Category": disk.category,
        "Size": disk.size_gib,
        "Encrypted": disk.encrypted,
        "KMSKeyId": disk.kms_key,
        "MultiAttach": found.multi_attach,
        "Portable": found.portable,
        "DeleteWithInstance": disk.delete_with_instance,
        "EnableAutoSnapshot": True,
        "DiskChargeType": instance.charge_type,
        "Device": device,
        "ProductCode": disk.product_code,
        "SourceSnapshotId": disk.snapshot,
        "Description": disk.description,
        "PerformanceLevel": disk.performance_level,
        "ImageId": instance.image if disk.type == "system" else "",
        "AutoSnapshotPolicyId": disk.snapshot_policy,
        "EnableAutomatedSnapshotPolicy": bool(disk.snapshot_policy),
        "CreationTime": seconds(instance.created),
        "ResourceGroupId": instance.resource_group or "",
        "AttachedTime": attachment["AttachedTime"] if found.attached else "",
        "Attachments": {"Attachment": [attachment] if found.attached else []},
    }


ACTIONS = (
    Action(
        "DescribeDisks",
        describe_disks,
        (
            "InstanceId",
            "DiskIds",
            "DiskType",
            "Status",
            "Encrypted",
            "MultiAttach",
            "Portable",
            "ResourceGroupId",
            "DiskName",
            "NextToken",
            "MaxResults",
            "PageNumber",
            "PageSize",
            "DryRun",
        ),
        lists=True,
    ),
)
