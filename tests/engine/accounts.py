"""What an account has, read by its own calls: security groups with their rules, and addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.model.inventory import Instance


@dataclass(frozen=True)
class Rule:
    """A rule as far as it is the same in another account."""

    direction: str
    protocol: str
    ports: str
    other_end: str
    policy: str
    priority: str
    description: str


@dataclass(frozen=True)
class Address:
    """An EIP."""

    id: str
    ip: str
    name: str
    status: str
    instance_id: str


def group_ids(account: Cloud) -> dict[str, str]:
    """The ids of all security groups of the account in the region, by name; two of one name are an error."""
    listed = _ask(account, "DescribeSecurityGroups", PageSize="100")["SecurityGroups"]["SecurityGroup"]
    names = [group["SecurityGroupName"] for group in listed]
    assert len(set(names)) == len(names), f"security groups twice: {names}"
    return {group["SecurityGroupName"]: group["SecurityGroupId"] for group in listed}


def rules(account: Cloud, group_id: str, names: Mapping[str, str] | None = None) -> list[Rule]:
    """All rules of a group, sorted; what is at the other end is reported by its name, a group's by default."""
    names = names or {id_: name for name, id_ in group_ids(account).items()}
    found = _ask(account, "DescribeSecurityGroupAttribute", SecurityGroupId=group_id)["Permissions"]["Permission"]
    return sorted((_rule(entry, names) for entry in found), key=str)


def addresses(account: Cloud) -> list[Address]:
    """All EIPs of the account in the region."""
    listed = _ask(account, "DescribeEipAddresses", "vpc", "2016-04-28", PageSize="100")["EipAddresses"]["EipAddress"]
    return [
        Address(
            entry["AllocationId"],
            entry["IpAddress"],
            entry.get("Name", ""),
            entry["Status"],
            entry.get("InstanceId", ""),
        )
        for entry in listed
    ]


def instance(account: Cloud, instance_id: str) -> Instance | None:
    """The instance, where the account owns it."""
    return instances.query(account, [instance_id]).get(instance_id)


def change(account: Cloud, action: str, **parameters: str) -> None:
    """A change by hand, beside Pulumi."""
    _ask(account, action, **parameters)


def _ask(account: Cloud, action: str, product: str = "ecs", version: str = "2014-05-26", **parameters: str) -> Any:
    query: Mapping[str, str] = {"RegionId": account.region} | parameters
    return json.loads(json.dumps(account.ask(Action(action, True, product, version), query, doing=action)))


def _rule(entry: Mapping[str, Any], names: Mapping[str, str]) -> Rule:
    side = "Source" if entry["Direction"] == "ingress" else "Dest"
    ends = (f"{side}CidrIp", f"Ipv6{side}CidrIp", f"{side}GroupId", f"{side}PrefixListId")
    other_end = next(str(entry[key]) for key in ends if entry.get(key))
    return Rule(
        direction=entry["Direction"],
        protocol=str(entry["IpProtocol"]).lower(),
        ports=entry["PortRange"],
        other_end=names.get(other_end, other_end),
        policy=str(entry["Policy"]).lower(),
        priority=str(entry["Priority"]),
        description=entry.get("Description", ""),
    )
