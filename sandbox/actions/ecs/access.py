"""ECS: how instances are reached: their network interfaces, and the key pairs they are signed in to with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.actions.ecs.instances import interfaces
from sandbox.models.timestamps import LONG_AGO
from sandbox.state.cloud import Holding

MOST_IDS = 100
INTERFACE_PAGES = paging.Sizes(largest=500, nearest=True)

# More interfaces than an instance can have; keeps their places apart from the next instance's.
_PLACES = 1000


@dataclass(frozen=True)
class _Interface:
    """An interface with its instance and its number there."""

    holding: Holding
    number: int
    fields: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.fields["NetworkInterfaceId"])

    @property
    def place(self) -> int:
        """Where it stands in listings."""
        return self.holding.number * _PLACES + self.number


def describe_network_interfaces(call: Call) -> Answer:
    """The interfaces of the caller's instances in a region."""
    region = call.region()
    wanted = call.numbered("NetworkInterfaceId", most=MOST_IDS)
    found = [
        interface
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id
        and holding.instance.region == region
        and call.text("InstanceId") in (None, holding.instance.id)
        and call.text("VSwitchId") in (None, holding.instance.vswitch)
        for number, fields in enumerate(interfaces(call.cloud, holding))
        for interface in [_Interface(holding, number, fields)]
        if not wanted or interface.id in wanted
    ]
    page, pagination = paging.of_ecs(call, found, lambda interface: interface.place, INTERFACE_PAGES)
    return pagination | {
        "NetworkInterfaceSets": {"NetworkInterfaceSet": [_described(call, interface) for interface in page]}
    }


def describe_key_pairs(call: Call) -> Answer:
    """The caller's key pairs in a region."""
    region = call.region()
    named = common_parameters.name_filter(call.text("KeyPairName"))
    found = [pair for pair in call.account.key_pairs if pair.region == region and named(pair.name)]
    page, pagination = paging.of_vpc(call, found)
    listed = [
        {
            "KeyPairName": pair.name,
            "CreationTime": seconds(LONG_AGO),
            "ResourceGroupId": pair.resource_group or "",
        }
        for pair in page
    ]
    return pagination | {"KeyPairs": {"KeyPair": listed}}


def _described(call: Call, interface: _Interface) -> dict[str, Any]:
    instance, fields = interface.holding.instance, interface.fields
    return {
        "NetworkInterfaceId": interface.id,
        "Type": fields["Type"],
        "Status": "InUse",
        "InstanceId": instance.id,
        "OwnerId": call.account.id,
        "PrivateIpAddress": fields["PrimaryIpAddress"],
        "PrivateIpSets": fields["PrivateIpSets"],
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_groups)},
        "VSwitchId": instance.vswitch,
        "VpcId": call.cloud.vpc_of(instance),
        "ZoneId": instance.zone,
        "ResourceGroupId": instance.resource_group or "",
        "CreationTime": seconds(instance.created),
        "DeleteOnRelease": True,
        "NetworkInterfaceTrafficMode": "Standard",
        "SourceDestCheck": False,
        "Attachment": {"InstanceId": instance.id, "DeviceIndex": interface.number},
    }


ACTIONS = (
    Action(
        "DescribeNetworkInterfaces",
        describe_network_interfaces,
        ("NetworkInterfaceId.N", "InstanceId", "VSwitchId", "NextToken", "MaxResults", "PageNumber", "PageSize"),
    ),
    Action("DescribeKeyPairs", describe_key_pairs, ("KeyPairName", "PageNumber", "PageSize")),
)
