"""ECS: RAM roles and scheduled events of instances, and prefix lists. Disks and images have modules of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.actions import paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.models.errors import missing
from sandbox.models.instances import Instance
from sandbox.models.world import PrefixList

MOST_IDS = 100
LARGEST_ROLE_PAGE = 50

# How long before it maintenance is listed.
NOTICE = timedelta(days=7)


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


def _instances(call: Call) -> list[Instance]:
    region = call.region()
    return [
        holding.instance
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id and holding.instance.region == region
    ]


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
    Action(
        "DescribeInstanceRamRole",
        describe_instance_ram_role,
        ("InstanceIds", "RamRoleName", "PageNumber", "PageSize"),
        lists=True,
    ),
    Action(
        "DescribeInstancesFullStatus",
        describe_instances_full_status,
        ("InstanceId.N", "PageNumber", "PageSize"),
        lists=True,
    ),
    Action("DescribePrefixLists", describe_prefix_lists, ("PrefixListId.N", "NextToken", "MaxResults"), lists=True),
)
