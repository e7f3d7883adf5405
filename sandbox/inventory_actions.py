"""ECS: disks, images, RAM roles and scheduled events of instances."""

from __future__ import annotations

from typing import Any

from sandbox import pages
from sandbox.calls import Action, Answer, Call, seconds
from sandbox.instances import Disk, Image, Instance
from sandbox.state import Holding

MOST_IDS = 100
LARGEST_ROLE_PAGE = 50


def describe_disks(call: Call) -> Answer:
    """The disks of the caller's instances in a region."""
    region = call.region()
    ids = call.ids("DiskIds", malformed="InvalidDiskIds.ValueNotSupported")
    found = [
        (number, holding, disk)
        for number, (holding, disk) in enumerate(
            (holding, disk)
            for holding in call.cloud.holdings()
            if holding.owner == call.account.id and holding.instance.region == region
            for disk in holding.instance.disks
        )
        if (ids is None or disk.id in ids)
        and call.text("InstanceId") in (None, holding.instance.id)
        and call.text("DiskType") in (None, "all", disk.type)
        and call.text("Status") in (None, "All", disk.status)
    ]
    page, told = pages.of_ecs(call, found, lambda one: one[0])
    return told | {"Disks": {"Disk": [_described_disk(holding, disk) for _, holding, disk in page]}}


def describe_images(call: Call) -> Answer:
    """The images the caller has or uses; one that the world does not know is Alibaba Cloud's own."""
    region = call.region()
    wanted = call.comma_separated("ImageId", most=MOST_IDS)
    own = {image.id: image for image in call.account.images if image.region == region}
    used = {one.image: Image(id=one.image, region=region, owner="system") for one in _instances(call)}
    found = [image for image_id, image in sorted((used | own).items()) if wanted is None or image_id in wanted]
    page, told = pages.of_vpc(call, found)
    return told | {"Images": {"Image": [_described_image(image) for image in page]}}


def describe_instance_ram_role(call: Call) -> Answer:
    """The RAM roles of those of the caller's instances that have one."""
    ids = call.ids("InstanceIds", malformed="InvalidInstanceIds.Malformed")
    found = [one for one in _instances(call) if one.ram_role and (ids is None or one.id in ids)]
    page, told = pages.of_vpc(call, found, LARGEST_ROLE_PAGE)
    roles = [{"InstanceId": one.id, "RamRoleName": one.ram_role} for one in page]
    return told | {"InstanceRamRoleSets": {"InstanceRamRoleSet": roles}}


def describe_instances_full_status(call: Call) -> Answer:
    """The caller's instances, with what is scheduled for them."""
    wanted = call.numbered("InstanceId", most=MOST_IDS)
    found = [one for one in _instances(call) if not wanted or one.id in wanted]
    page, told = pages.of_vpc(call, found)
    return told | {"InstanceFullStatusSet": {"InstanceFullStatusType": [_described_status(one) for one in page]}}


def _instances(call: Call) -> list[Instance]:
    region = call.region()
    return [
        holding.instance
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id and holding.instance.region == region
    ]


def _described_disk(holding: Holding, disk: Disk) -> dict[str, Any]:
    return {
        "DiskId": disk.id,
        "DiskName": "",
        "InstanceId": holding.instance.id,
        "RegionId": holding.instance.region,
        "ZoneId": holding.instance.zone,
        "Type": disk.type,
        "Status": disk.status,
        "Category": disk.category,
        "Size": disk.size_gib,
        "Encrypted": disk.encrypted,
        "MultiAttach": "Enabled" if disk.shared else "Disabled",
        "Portable": disk.type == "data",
        "DiskChargeType": holding.instance.charge_type,
        "ProductCode": disk.product_code,
        "AutoSnapshotPolicyId": disk.snapshot_policy,
        "EnableAutomatedSnapshotPolicy": bool(disk.snapshot_policy),
        "CreationTime": seconds(holding.instance.created),
        "OperationLocks": {"OperationLock": []},
        "Tags": {"Tag": []},
    }


def _described_image(image: Image) -> dict[str, Any]:
    return {
        "ImageId": image.id,
        "ImageName": image.id,
        "ImageOwnerAlias": image.owner,
        "ProductCode": image.product_code,
        "Status": "Available",
    }


def _described_status(instance: Instance) -> dict[str, Any]:
    event = {
        "EventId": f"e-{instance.id[2:]}",
        "EventType": {"Code": 2, "Name": "SystemMaintenance.Redeploy"},
        "EventCycleStatus": {"Code": 24, "Name": "Scheduled"},
        "NotBefore": seconds(instance.maintenance),
        "ImpactLevel": "100",
        "Reason": "",
    }
    return {
        "InstanceId": instance.id,
        "Status": {"Code": 1 if instance.status == "Running" else 4, "Name": instance.status},
        "ScheduledSystemEventSet": {"ScheduledSystemEventType": [event] if instance.maintenance else []},
    }


ACTIONS = (
    Action(
        "DescribeDisks",
        describe_disks,
        ("DiskIds", "InstanceId", "DiskType", "Status", "NextToken", "MaxResults", "PageNumber", "PageSize"),
    ),
    Action("DescribeImages", describe_images, ("ImageId", "Status", "PageNumber", "PageSize")),
    Action("DescribeInstanceRamRole", describe_instance_ram_role, ("InstanceIds", "PageNumber", "PageSize")),
    Action("DescribeInstancesFullStatus", describe_instances_full_status, ("InstanceId.N", "PageNumber", "PageSize")),
)
