"""ECS instances as an account sees them, and the security groups they are in: published actions only.

DescribeInstances, JoinSecurityGroup and LeaveSecurityGroup of ECS 2014-05-26.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alibabacloud_ecs20140526 import models

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused, no_answer

# Neither carries a client token; asking twice does what asking once does, but for the code of the second answer.
JOIN_SECURITY_GROUP = Action("JoinSecurityGroup", repeatable=True)
LEAVE_SECURITY_GROUP = Action("LeaveSecurityGroup", repeatable=True)

ALREADY_IN = "InvalidInstanceId.AlreadyExists"
ALREADY_OUT = "InstanceNotInSecurityGroup"

PAGE = 100  # the most ids one call takes, and the most entries one answer holds
MOST_GROUPS = 5  # the most security groups an instance is in; the fewest is 1


@dataclass(frozen=True)
class Instance:
    """An instance as DescribeInstances tells it to its owner. Addresses are texts, None where there is none."""

    instance_id: str
    status: str
    security_group_ids: tuple[str, ...]
    vpc_id: str | None
    vswitch_id: str | None
    private_ip: str | None
    fixed_public_ip: str | None
    """The public address that belongs to the instance itself and moves with it."""
    eip: str | None
    """The elastic address bound to it, which stays with its account."""


@dataclass(frozen=True)
class InstancePage:
    """One answer of the listing, and the token of the next (None: there is none)."""

    instances: tuple[Instance, ...]
    next_token: str | None


def look(cloud: Cloud, instance_ids: Sequence[str]) -> Mapping[str, Instance]:
    """Those of these instances that this account owns in this region, by id; 100 a call.

    An id that is missing is not this account's; no permission and no answer raise instead.
    """
    found: dict[str, Instance] = {}
    for start in range(0, len(instance_ids), PAGE):
        asked = json.dumps(list(instance_ids[start : start + PAGE]))
        found |= {one.instance_id: one for one in _page(cloud, instance_ids=asked).instances}
    return found


def list_page(cloud: Cloud, next_token: str | None = None) -> InstancePage:
    """One page of all the instances this account owns in this region."""
    return _page(cloud, next_token=next_token)


def join(cloud: Cloud, instance_id: str, group_id: str) -> None:
    """Put the instance into the security group; that it is in already is fine."""
    _member(cloud, JOIN_SECURITY_GROUP, instance_id, group_id, f"put {instance_id} into {group_id}", ALREADY_IN)


def leave(cloud: Cloud, instance_id: str, group_id: str) -> None:
    """Take the instance out of the security group; that it isn't in it is fine."""
    _member(cloud, LEAVE_SECURITY_GROUP, instance_id, group_id, f"take {instance_id} out of {group_id}", ALREADY_OUT)


def _member(cloud: Cloud, action: Action, instance_id: str, group_id: str, doing: str, fine: str) -> None:
    query = {"RegionId": cloud.region, "InstanceId": instance_id, "SecurityGroupId": group_id}
    try:
        cloud.ask(action, query, doing=doing)
    except Refused as error:
        if error.code != fine:
            raise


def _page(cloud: Cloud, *, instance_ids: str | None = None, next_token: str | None = None) -> InstancePage:
    request = models.DescribeInstancesRequest(
        region_id=cloud.region, instance_ids=instance_ids, next_token=next_token, max_results=PAGE
    )
    doing = f"look up instances in {cloud.region} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_instances_with_options(request, runtime), doing=doing)
    try:
        listed = body.instances.instance
        return InstancePage(tuple(_instance(entry) for entry in listed), body.next_token or None)
    except (AttributeError, TypeError):
        raise no_answer(doing, "not the list that was asked for") from None


def _instance(entry: Any) -> Instance:
    network = entry.vpc_attributes
    return Instance(
        instance_id=str(entry.instance_id),
        status=str(entry.status),
        security_group_ids=tuple(entry.security_group_ids.security_group_id),
        vpc_id=(network and network.vpc_id) or None,
        vswitch_id=(network and network.v_switch_id) or None,
        private_ip=_first(network and network.private_ip_address),
        fixed_public_ip=_first(entry.public_ip_address),
        eip=(entry.eip_address and entry.eip_address.ip_address) or None,
    )


def _first(addresses: Any) -> str | None:
    return str(addresses.ip_address[0]) if addresses and addresses.ip_address else None
