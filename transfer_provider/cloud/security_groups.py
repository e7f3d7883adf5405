"""An account's security groups with their rules, and the address ranges of its VPCs.

DescribeSecurityGroups and DescribeSecurityGroupAttribute of ECS 2014-05-26, DescribeVpcs of VPC 2016-04-28.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from transfer_provider.cloud import permissions
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused, no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_numbers, all_tokens, in_batches, listed
from transfer_provider.cloud.sdk import models
from transfer_provider.model.inventory import ALL_PORTS, PeerKind, SecurityGroup, SecurityGroupRule

DESCRIBE_VPCS = Action("DescribeVpcs", repeatable=True, product="vpc", version="2016-04-28")

# An id is of one rule and never given again, so calling twice has the effect of calling once.
REVOKE = {
    "ingress": Action("RevokeSecurityGroup", repeatable=True),
    "egress": Action("RevokeSecurityGroupEgress", repeatable=True),
}
RULE_GONE = "InvalidParam.SecurityGroupRuleId"

KINDS: Sequence[PeerKind] = ("cidr", "ipv6_cidr", "prefix_list", "group_id")

MOST_RULES = 1000  # in one answer
MOST_VPCS = 20  # in one call
LARGEST_VPC_PAGE = 50


def query(cloud: Cloud, group_ids: Sequence[str], progress: Callable[[str], None]) -> Mapping[str, SecurityGroup]:
    """These groups, all groups that their rules refer to, and so on, by id; what is not this account's is missing.

    100 groups a call, and a call for each group's rules.
    """
    found: dict[str, SecurityGroup] = {}
    queried: set[str] = set()
    wanted = sorted(set(group_ids))
    while wanted:
        queried.update(wanted)
        for some in in_batches(wanted):
            for group in _groups(cloud, some):
                progress(f"Reading the rules of {group.name or group.group_id}, security group {len(found) + 1}")
                found[group.group_id] = with_rules(cloud, group)
        referred = {
            rule.peer
            for group in found.values()
            for rule in group.rules
            if rule.peer_kind == "group_id" and rule.peer_owner in (None, cloud.account_id())
        }
        wanted = sorted(referred - queried)
    return found


def tagged(cloud: Cloud, tags: Mapping[str, str]) -> list[SecurityGroup]:
    """The account's groups in this region that have all of these tags, without their rules; 100 a call."""
    return _listed(cloud, tag=_tags(tags))


def confirm_tagged(cloud: Cloud, tags: Mapping[str, str]) -> None:
    """Before it is believed that the account has no others with these tags than listed. Raises as a call does, and
    NotAllowed where these credentials may not list them."""
    permissions.confirm(cloud, _request(cloud, tag=_tags(tags)))


def by_id(cloud: Cloud, group_ids: Sequence[str]) -> list[SecurityGroup]:
    """Those of these groups that the account has in this region, without their rules; 100 a call."""
    return [group for some in in_batches(group_ids) for group in _groups(cloud, some)]


def revoke(cloud: Cloud, group_id: str, rule: SecurityGroupRule) -> None:
    """Remove a rule from its group, by the rule's id; that it is gone already is fine."""
    query = {"RegionId": cloud.region, "SecurityGroupId": group_id, "SecurityGroupRuleId.1": rule.rule_id}
    try:
        cloud.ask(REVOKE[rule.direction], query, doing=f"revoke the rule {rule.rule_id} of {group_id} with {cloud}")
    except Refused as error:
        if error.code != RULE_GONE:
            raise


def vpc_cidrs(cloud: Cloud, vpc_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The address ranges of these VPCs, secondary and IPv6 ones as well, by id; 20 a call."""
    doing = f"look up VPCs in {cloud.region} with {cloud}"

    def numbered(some: Sequence[str], number: int) -> tuple[Sequence[tuple[str, Sequence[str]]], int]:
        query = {"RegionId": cloud.region, "VpcId": ",".join(some)}
        query |= {"PageSize": str(LARGEST_VPC_PAGE), "PageNumber": str(number)}
        answer = cloud.ask(DESCRIBE_VPCS, query, doing=doing)
        try:
            return [(str(vpc["VpcId"]), _ranges(vpc)) for vpc in answer["Vpcs"]["Vpc"]], int(answer["TotalCount"])
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    return dict(vpc for some in in_batches(vpc_ids, MOST_VPCS) for vpc in all_numbers(partial(numbered, some)))


def _ranges(vpc: Mapping[str, Any]) -> Sequence[str]:
    secondary = (vpc.get("SecondaryCidrBlocks") or {}).get("SecondaryCidrBlock") or ()
    return [str(text) for text in (vpc.get("CidrBlock"), vpc.get("Ipv6CidrBlock"), *secondary) if text]


def _groups(cloud: Cloud, group_ids: Sequence[str]) -> Sequence[SecurityGroup]:
    """At most 100 of them, without their rules; those missing are confirmed not to be this account's."""
    requested = json.dumps(list(group_ids))
    found = _listed(cloud, security_group_ids=requested)
    if len(found) < len(set(group_ids)):
        permissions.confirm(cloud, _request(cloud, security_group_ids=requested))
    return found


def _tags(tags: Mapping[str, str]) -> list[models.DescribeSecurityGroupsRequestTag]:
    return [models.DescribeSecurityGroupsRequestTag(key=key, value=value) for key, value in tags.items()]


def _request(cloud: Cloud, **filters: Any) -> models.DescribeSecurityGroupsRequest:
    return models.DescribeSecurityGroupsRequest(region_id=cloud.region, max_results=PAGE, **filters)


def _listed(cloud: Cloud, **filters: Any) -> list[SecurityGroup]:
    """The groups that pass these filters, without their rules."""
    doing = f"look up security groups in {cloud.region} with {cloud}"

    def fetch(token: str | None) -> tuple[Sequence[SecurityGroup], str | None]:
        request = _request(cloud, next_token=token, **filters)
        body = cloud.read(lambda ecs, runtime: ecs.describe_security_groups_with_options(request, runtime), doing=doing)
        try:
            return [_group(entry, cloud.region) for entry in body.security_groups.security_group], body.next_token
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    return list(all_tokens(fetch))


def _group(entry: Any, region: str) -> SecurityGroup:
    return SecurityGroup(
        group_id=str(entry.security_group_id),
        name=entry.security_group_name or "",
        region=region,
        vpc_id=entry.vpc_id or None,
        type=entry.security_group_type or "normal",
        description=entry.description or "",
        inner_access_policy=None,
        tags={str(tag.tag_key): str(tag.tag_value or "") for tag in listed(entry.tags, "tag")},
    )


def with_rules(cloud: Cloud, group: SecurityGroup) -> SecurityGroup:
    """The group with its rules and its inner access policy, by a call."""
    doing = f"look up the rules of {group.group_id} with {cloud}"
    inner: list[str] = []

    def fetch(token: str | None) -> tuple[Sequence[SecurityGroupRule], str | None]:
        request = models.DescribeSecurityGroupAttributeRequest(
            region_id=cloud.region,
            security_group_id=group.group_id,
            direction="all",
            next_token=token,
            max_results=MOST_RULES,
        )
        body = cloud.read(
            lambda ecs, runtime: ecs.describe_security_group_attribute_with_options(request, runtime), doing=doing
        )
        if body.security_group_id != group.group_id:
            # The action has no dry run, but an answer that is allowed names the group, also where it has no rules.
            raise NotAllowed(
                f"Could not {doing}: the answer does not name the group, so that an empty list of rules shows nothing. "
                "Have an administrator of this account allow ecs:DescribeSecurityGroupAttribute for this profile."
            )
        try:
            inner.append(body.inner_access_policy)
            return [_rule(entry) for entry in body.permissions.permission], body.next_token
        except UNREADABLE:
            raise no_answer(doing, "not the requested rules") from None

    rules = tuple(all_tokens(fetch))
    return replace(group, rules=rules, inner_access_policy=inner[0] or None)


def _rule(entry: Any) -> SecurityGroupRule:
    inwards = entry.direction == "ingress"
    if inwards:
        ends = (entry.source_cidr_ip, entry.ipv_6source_cidr_ip, entry.source_prefix_list_id, entry.source_group_id)
        owner = entry.source_group_owner_account
    else:
        ends = (entry.dest_cidr_ip, entry.ipv_6dest_cidr_ip, entry.dest_prefix_list_id, entry.dest_group_id)
        owner = entry.dest_group_owner_account
    given = [(kind, end) for kind, end in zip(KINDS, ends, strict=True) if end]
    if not given:
        raise ValueError("a rule without its other end")
    kind, peer = given[0]
    return SecurityGroupRule(
        direction="ingress" if inwards else "egress",
        protocol=entry.ip_protocol.lower(),
        port_range=entry.port_range or ALL_PORTS,
        peer_kind=kind,
        peer=peer,
        policy="drop" if entry.policy.lower() == "drop" else "accept",
        priority=int(entry.priority),
        description=entry.description or "",
        peer_owner=owner or None,
        beyond=tuple(_beyond(entry)),
        rule_id=entry.security_group_rule_id or "",
    )


def _beyond(entry: Any) -> Iterator[str]:
    """What a handover's file can't hold, in words."""
    if (entry.source_port_range or ALL_PORTS) != ALL_PORTS:
        yield f"source ports {entry.source_port_range}"
    if entry.port_range_list_id:
        yield f"port list {entry.port_range_list_id}"
    if (entry.nic_type or "intranet") != "intranet":
        yield f"network interface {entry.nic_type}"
