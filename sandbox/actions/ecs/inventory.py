"""ECS: images, RAM roles and scheduled events of instances, and prefix lists. Disks have a module of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

from sandbox.actions import paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.models.errors import invalid, missing
from sandbox.models.instances import Image, ImageOwner, ImageStatus, Instance
from sandbox.models.world import Account, PrefixList

MOST_IDS = 100
LARGEST_ROLE_PAGE = 50

OWNERS: tuple[ImageOwner, ...] = get_args(ImageOwner)
STATUSES: tuple[ImageStatus, ...] = get_args(ImageStatus)

# How long before it maintenance is listed.
NOTICE = timedelta(days=7)


def describe_images(call: Call) -> Answer:
    """The images the caller may see: its own, those offered to everybody, and those its instances were made from."""
    wanted = call.comma_separated("ImageId", most=MOST_IDS)
    statuses = _statuses(call)
    owner = call.choice("ImageOwnerAlias", OWNERS)
    found = [
        image
        for image in _images(call)
        if (wanted is None or image.id in wanted) and image.status in statuses and owner in (None, image.owner)
    ]
    page, pagination = paging.of_vpc(call, found)
    images = [_described_image(call.account, image) for image in page]
    return pagination | {"RegionId": call.region(), "Images": {"Image": images}}


def describe_instance_ram_role(call: Call) -> Answer:
    """The RAM roles of the instances requested, empty where an instance has none; or the instances of a role."""
    ids = call.ids("InstanceIds", malformed="InvalidInstanceIds.Malformed")
    role = call.text("RamRoleName")
    if ids is None and role is None:
        raise missing("InstanceIds")
    found = [
        instance
        for instance in _instances(call)
        if (ids is None or instance.id in ids) and role in (None, instance.ram_role)
    ]
    page, _, _ = paging.by_number(call, found, LARGEST_ROLE_PAGE)
    roles = [{"InstanceId": instance.id, "RamRoleName": instance.ram_role} for instance in page]
    return {"RegionId": call.region(), "TotalCount": len(found), "InstanceRamRoleSets": {"InstanceRamRoleSet": roles}}


def describe_instances_full_status(call: Call) -> Answer:
    """The caller's instances, with what is scheduled for them."""
    wanted = call.numbered("InstanceId", most=MOST_IDS)
    found = [instance for instance in _instances(call) if not wanted or instance.id in wanted]
    page, pagination = paging.of_vpc(call, found)
    return pagination | {
        "InstanceFullStatusSet": {"InstanceFullStatusType": [_described_status(instance) for instance in page]}
    }


def describe_prefix_lists(call: Call) -> Answer:
    """The caller's prefix lists in a region."""
    region = call.region()
    wanted = call.numbered("PrefixListId", most=MOST_IDS)
    everything = call.account.prefix_lists
    found = [
        prefix_list
        for prefix_list in everything
        if prefix_list.region == region and (not wanted or prefix_list.id in wanted)
    ]
    page, token = paging.by_token(call, found, everything.index)
    return {
        "NextToken": token,
        "PrefixLists": {"PrefixList": [_described_list(call, prefix_list) for prefix_list in page]},
    }


def _images(call: Call) -> list[Image]:
    region = call.region()
    defined = [
        (account.id, image)
        for account in call.cloud.world.accounts
        for image in account.images
        if image.region == region
    ]
    # What no account has is Alibaba Cloud's own; there are many more of those, but nobody here uses them.
    unknown = {instance.image for instance in _instances(call)} - {image.id for _, image in defined}
    visible = [
        image for owner, image in defined if owner == call.account.id or image.owner in ("system", "marketplace")
    ] + [Image(id=image_id, region=region, owner="system") for image_id in unknown]
    return sorted(visible, key=lambda image: image.id)


def _statuses(call: Call) -> frozenset[str]:
    """Status: some, or `ALL`; without it those that can be used."""
    given = call.comma_separated("Status", most=len(STATUSES))
    if given == frozenset({"ALL"}):
        return frozenset(STATUSES)
    if given is not None and not given <= set(STATUSES):
        raise invalid("Status", f"has to be ALL or some of {','.join(STATUSES)}")
    return given or frozenset({"Available"})


def _instances(call: Call) -> list[Instance]:
    region = call.region()
    return [
        holding.instance
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id and holding.instance.region == region
    ]


def _described_image(account: Account, image: Image) -> dict[str, Any]:
    own = image.owner == "self"
    return {
        "ImageId": image.id,
        "ImageName": image.id,
        "ImageOwnerAlias": image.owner,
        **({"ImageOwnerId": int(account.id)} if own else {}),
        "ProductCode": image.product_code,
        "Status": image.status,
        "IsPublic": not own and image.owner != "others",
        "OSType": "linux",
        "Architecture": "x86_64",
        "Progress": "100%" if image.status == "Available" else "",
        "Usable": image.status == "Available",
        "IsSupportIoOptimized": True,
    }


def _described_status(instance: Instance) -> dict[str, Any]:
    events = []
    if instance.maintenance is not None:
        events = [
            {
                "EventId": f"e-{instance.id[2:]}",
                "EventType": {"Code": 2, "Name": "SystemMaintenance.Redeploy"},
                "EventCycleStatus": {"Code": 24, "Name": "Scheduled"},
                "NotBefore": seconds(instance.maintenance),
                "EventPublishTime": seconds(instance.maintenance - NOTICE),
                "ImpactLevel": "100",
            }
        ]
    return {
        "InstanceId": instance.id,
        "Status": {"Code": 1 if instance.status == "Running" else 4, "Name": instance.status},
        "HealthStatus": {"Code": 0, "Name": "Ok"},
        "ScheduledSystemEventSet": {"ScheduledSystemEventType": events},
    }


def _described_list(call: Call, prefix_list: PrefixList) -> dict[str, Any]:
    groups = call.cloud.group_store.of(call.account.id, prefix_list.region)
    return {
        "PrefixListId": prefix_list.id,
        "PrefixListName": prefix_list.name,
        "AddressFamily": prefix_list.address_family,
        "MaxEntries": prefix_list.max_entries,
        "AssociationCount": sum(any(rule.prefix_list == prefix_list.id for rule in group.rules) for group in groups),
        "CreationTime": seconds(prefix_list.created),
    }


ACTIONS = (
    Action("DescribeImages", describe_images, ("ImageId", "Status", "ImageOwnerAlias", "PageNumber", "PageSize")),
    Action(
        "DescribeInstanceRamRole",
        describe_instance_ram_role,
        ("InstanceIds", "RamRoleName", "PageNumber", "PageSize"),
    ),
    Action("DescribeInstancesFullStatus", describe_instances_full_status, ("InstanceId.N", "PageNumber", "PageSize")),
    Action("DescribePrefixLists", describe_prefix_lists, ("PrefixListId.N", "NextToken", "MaxResults")),
)
