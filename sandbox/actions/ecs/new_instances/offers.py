"""ECS: the instance types that there are, and which of them a zone offers."""

from __future__ import annotations

import re
from typing import Any

from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs.new_instances.instance_types import GIB, KNOWN, InstanceType
from sandbox.models.errors import ApiError, invalid
from sandbox.state.cloud import CloudState

MOST_TYPES = 10
CATEGORIES = ("cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud_auto", "cloud_essd_entry")
LARGEST_PAGE = 1600


def types(cloud: CloudState) -> dict[str, InstanceType]:
    """Every type by its name, with those of the world's instances."""
    known = {kind.name: kind for kind in KNOWN}
    for account in cloud.world.accounts:
        for instance in account.instances:
            known.setdefault(instance.type, InstanceType(instance.type, instance.cpu, instance.memory_mib))
    return known


def require_offered(call: Call, name: str, zone: str) -> InstanceType:
    """The type, where the zone offers it."""
    kind = types(call.cloud).get(name)
    if kind is None:
        raise ApiError(
            400,
            "InvalidInstanceType.ValueNotSupported",
            "The specified InstanceType does not exist or beyond the permitted range.",
        )
    if name in call.cloud.world.not_offered.get(zone, ()):
        raise ApiError(
            403,
            "OperationDenied.NoStock",
            "The requested resource is sold out in the specified zone; try other types of resources or other regions "
            "and zones.",
        )
    return kind


def describe_instance_types(call: Call) -> Answer:
    """The instance types, those named or all."""
    wanted = call.numbered("InstanceTypes", most=MOST_TYPES)
    call.number("MaxResults", default=LARGEST_PAGE, highest=LARGEST_PAGE)
    found = [kind for kind in types(call.cloud).values() if not wanted or kind.name in wanted]
    listed = [
        {
            "InstanceTypeId": kind.name,
            "InstanceTypeFamily": kind.family,
            "CpuCoreCount": kind.cpu,
            "MemorySize": kind.memory_mib / GIB,
            "CpuArchitecture": "X86",
        }
        for kind in found
    ]
    return {"InstanceTypes": {"InstanceType": listed}, "NextToken": ""}


def describe_available_resource(call: Call) -> Answer:
    """What each zone of a region offers: instance types, or categories of disks."""
    region = call.region()
    wanted = call.choice("DestinationResource", ("InstanceType", "SystemDisk", "DataDisk"))
    if wanted is None:
        call.required("DestinationResource")
    named, zone = call.text("InstanceType"), call.text("ZoneId")
    call.choice("InstanceChargeType", ("PrePaid", "PostPaid"))
    if named is not None and not re.fullmatch(r"ecs\.[\w.-]+", named):
        raise invalid("InstanceType", "is not valid", code="InvalidInstanceType.ValueNotSupported")
    zones = sorted({vswitch.zone for vswitch in call.cloud.vswitches.values() if vswitch.region == region})
    return {
        "AvailableZones": {
            "AvailableZone": [
                {
                    "RegionId": region,
                    "ZoneId": each,
                    "Status": "Available",
                    "StatusCategory": "WithStock",
                    "AvailableResources": {
                        "AvailableResource": [
                            {"Type": wanted, "SupportedResources": {"SupportedResource": _offers(call, wanted, each)}}
                        ]
                    },
                }
                for each in zones
                if zone in (None, each)
            ]
        }
    }


def _offers(call: Call, wanted: str | None, zone: str) -> list[dict[str, Any]]:
    named = call.text("InstanceType")
    if wanted != "InstanceType":
        sizes = {"Min": 20 if wanted == "SystemDisk" else 10, "Max": 2048 if wanted == "SystemDisk" else 32768}
        return [_offer(category, sold_out=False) | sizes | {"Unit": "GiB"} for category in CATEGORIES]
    sold_out = call.cloud.world.not_offered.get(zone, ())
    return [
        _offer(kind.name, sold_out=kind.name in sold_out)
        for kind in types(call.cloud).values()
        if named in (None, kind.name)
    ]


def _offer(value: str, *, sold_out: bool) -> dict[str, Any]:
    status = ("SoldOut", "WithoutStock") if sold_out else ("Available", "WithStock")
    return {"Value": value, "Status": status[0], "StatusCategory": status[1]}


ACTIONS = (
    Action("DescribeInstanceTypes", describe_instance_types, ("InstanceTypes.N", "MaxResults")),
    Action(
        "DescribeAvailableResource",
        describe_available_resource,
        ("DestinationResource", "ZoneId", "InstanceType", "InstanceChargeType"),
    ),
)
