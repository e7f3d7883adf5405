"""ECS instances as an account lists them, and the security groups they are in: published actions only.

DescribeInstances, JoinSecurityGroup and LeaveSecurityGroup of ECS 2014-05-26.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.cloud import permissions
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused, no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_tokens, in_batches, listed, read_time
from transfer_provider.cloud.sdk import models
from transfer_provider.model.inventory import Instance

# Neither carries a client token; calling twice has the effect of calling once, but for the code of the second answer.
JOIN_SECURITY_GROUP = Action("JoinSecurityGroup", repeatable=True)
LEAVE_SECURITY_GROUP = Action("LeaveSecurityGroup", repeatable=True)

ALREADY_IN = "InvalidInstanceId.AlreadyExists"
ALREADY_OUT = "InstanceNotInSecurityGroup"

MOST_GROUPS = 5  # the most security groups an instance is in; the fewest is 1


@dataclass(frozen=True)
class InstancePage:
    """An answer of the listing, and the token of the next (None: there is none)."""

    instances: tuple[Instance, ...]
    next_token: str | None


def query(cloud: Cloud, instance_ids: Sequence[str]) -> Mapping[str, Instance]:
    """Those of these instances that this account owns in this region, by id; 100 a call.

    An id that is missing is not this account's, as far as these credentials may see; no permission and no answer raise
    instead.
    """
    found: dict[str, Instance] = {}
    for some in in_batches(instance_ids):
        page = _page(cloud, instance_ids=some)
        found |= {instance.instance_id: instance for instance in page.instances}
        if not found.keys() >= set(some):
            confirm_listing(cloud, some)
    return found


def tagged(cloud: Cloud, tags: Mapping[str, str]) -> Sequence[Instance]:
    """The account's instances in this region that have all these tags; 100 a call.

    An empty answer is confirmed: no permission and no answer raise instead.
    """

    def fetch(token: str | None) -> tuple[Sequence[Instance], str | None]:
        page = _page(cloud, next_token=token, tags=tags)
        return page.instances, page.next_token

    found = list(all_tokens(fetch))
    if not found:
        permissions.confirm(cloud, _request(cloud, tags=tags))
    return found


def confirm_listing(cloud: Cloud, instance_ids: Sequence[str] | None = None) -> None:
    """Before it is believed that the account has no others than listed (of these; None: at all). Raises as a call does,
    and NotAllowed where these credentials may not list them."""
    permissions.confirm(cloud, _request(cloud, instance_ids))


def list_page(cloud: Cloud, next_token: str | None = None) -> InstancePage:
    """A page of all the instances this account owns in this region."""
    return _page(cloud, next_token=next_token)


def listed_page(cloud: Cloud, next_token: str | None) -> tuple[Sequence[Instance], str | None]:
    """The same as entries and token, for going through all of them."""
    page = list_page(cloud, next_token)
    return page.instances, page.next_token


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


def _request(
    cloud: Cloud,
    instance_ids: Sequence[str] | None = None,
    next_token: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> models.DescribeInstancesRequest:
    named = [models.DescribeInstancesRequestTag(key=key, value=value) for key, value in (tags or {}).items()]
    return models.DescribeInstancesRequest(
        region_id=cloud.region,
        instance_ids=None if instance_ids is None else json.dumps(list(instance_ids)),
        next_token=next_token,
        max_results=PAGE,
        tag=named or None,
    )


def _page(
    cloud: Cloud,
    *,
    instance_ids: Sequence[str] | None = None,
    next_token: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> InstancePage:
    request = _request(cloud, instance_ids, next_token, tags)
    doing = f"look up instances in {cloud.region} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_instances_with_options(request, runtime), doing=doing)
    try:
        return InstancePage(tuple(_instance(entry) for entry in body.instances.instance), body.next_token or None)
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None


def _instance(entry: Any) -> Instance:
    network, address = entry.vpc_attributes, entry.eip_address
    subscription = entry.instance_charge_type == "PrePaid"
    return Instance(
        instance_id=str(entry.instance_id),
        name=entry.instance_name or "",
        region=entry.region_id or "",
        status=str(entry.status),
        created=read_time(entry.creation_time),
        expires=read_time(entry.expired_time) if subscription else None,
        released_at=read_time(entry.auto_release_time),
        charge_type=entry.instance_charge_type or "PostPaid",
        instance_type=entry.instance_type or "",
        vcpus=entry.cpu or None,
        system=entry.osname_en or entry.osname or "",
        spot=(entry.spot_strategy or "NoSpot") != "NoSpot",
        locks=tuple(str(lock.lock_reason) for lock in listed(entry.operation_locks, "lock_reason")),
        recyclable=bool(entry.recyclable),
        deletion_protection=bool(entry.deletion_protection),
        classic_network=entry.instance_network_type == "classic",
        vpc_id=(network and network.vpc_id) or None,
        vswitch_id=(network and network.v_switch_id) or None,
        private_ips=tuple(listed(network and network.private_ip_address, "ip_address")),
        fixed_public_ip=next(iter(listed(entry.public_ip_address, "ip_address")), None),
        eip=(address and address.ip_address) or None,
        eip_allocation_id=(address and address.allocation_id) or None,
        security_group_ids=tuple(listed(entry.security_group_ids, "security_group_id")),
        secondary_interfaces=tuple(
            str(interface.network_interface_id)
            for interface in listed(entry.network_interfaces, "network_interface")
            if interface.type == "Secondary"
        ),
        image_id=entry.image_id or None,
        key_pair=entry.key_pair_name or None,
        dedicated_host=(entry.dedicated_host_attribute and entry.dedicated_host_attribute.dedicated_host_id) or None,
        deployment_set=entry.deployment_set_id or None,
        hpc_cluster=entry.hpc_cluster_id or None,
        capacity_reservation=(
            entry.ecs_capacity_reservation_attr and entry.ecs_capacity_reservation_attr.capacity_reservation_id
        )
        or None,
        resource_group_id=entry.resource_group_id or None,
        tags={str(tag.tag_key): tag.tag_value or "" for tag in listed(entry.tags, "tag")},
    )
