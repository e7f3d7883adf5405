"""ECS: security groups. Their rules and their members have modules of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.models.errors import ApiError
from sandbox.models.security_group_rules import Rule
from sandbox.models.vpcs import vpcs_of
from sandbox.models.world import SecurityGroup
from sandbox.state.ids import new_id

BAD_NAME = "InvalidSecurityGroupName.Malformed"
BAD_DESCRIPTION = "InvalidSecurityGroupDiscription.Malformed"  # as Alibaba Cloud writes it
RULE_PAGES = paging.Sizes(largest=1000, default=500)


def create_security_group(call: Call) -> Answer:
    """A new group without rules in a VPC of the caller."""
    region = call.region()
    vpc_id = call.text("VpcId")
    if vpc_id is None:
        raise ApiError(403, "InvalidVpcId.NotFound", "vpc id must not empty when only support vpc vm.")
    if vpc_id not in {vpc.id for vpc in vpcs_of(call.account, region)}:
        raise ApiError(404, "InvalidVpcId.NotFound", "Specified VPC does not exist.")
    kind = call.choice("SecurityGroupType", ("normal", "enterprise"), code="InvalidParams.GroupType") or "normal"
    group = SecurityGroup.model_validate(
        {
            "id": new_id("sg", region),
            "region": region,
            "vpc_id": vpc_id,
            "name": common_parameters.name(call, "SecurityGroupName", code=BAD_NAME),
            "description": common_parameters.description(call, code=BAD_DESCRIPTION),
            "type": kind,
            # In an enterprise group no instance reaches another until a rule accepts it.
            "inner_access": "Drop" if kind == "enterprise" else "Accept",
            "resource_group": common_parameters.resource_group(call),
            "created": call.cloud.clock.now(),
            "tags": common_parameters.tags(call),
        }
    )
    call.cloud.group_store.add(call.account.id, group)
    return {"SecurityGroupId": group.id}


def describe_security_groups(call: Call) -> Answer:
    """The caller's groups in a region, newest first."""
    region = call.region()
    wanted = call.ids("SecurityGroupIds", malformed="InvalidSecurityGroupIds.Malformed")
    tags = common_parameters.tags(call)
    named = common_parameters.name_filter(call.text("SecurityGroupName"))
    store = call.cloud.group_store
    found = [
        group
        for group in reversed(store.of(call.account.id, region))
        if (wanted is None or group.id in wanted)
        and call.text("SecurityGroupId") in (None, group.id)
        and named(group.name)
        and call.text("SecurityGroupType") in (None, group.type)
        and call.text("VpcId") in (None, group.vpc_id)
        and call.text("ResourceGroupId") in (None, group.resource_group)
        and common_parameters.has_tags(group.tags, tags)
    ]
    page, pagination = paging.of_ecs(call, found, lambda group: -store.place(group))
    groups = [_described(call, group) for group in page]
    return pagination | {"RegionId": region, "SecurityGroups": {"SecurityGroup": groups}}


def describe_security_group_attribute(call: Call) -> Answer:
    """A group with its rules, those of one direction or all; page by page where MaxResults is given."""
    group = own_group(call, call.region())
    direction = call.choice("Direction", ("ingress", "egress", "all")) or "all"
    # In a VPC every rule is of the NIC type intranet, whatever is requested.
    rules: Sequence[Rule] = [rule for rule in group.rules if direction in ("all", rule.direction)]
    token = ""
    if call.text("MaxResults") or call.text("NextToken"):
        rules, token = paging.by_token(call, rules, group.rules.index, RULE_PAGES)
    return {
        "RegionId": group.region,
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "InnerAccessPolicy": group.inner_access,
        "Permissions": {"Permission": [_described_rule(rule) for rule in rules]},
        "NextToken": token,
    }


def modify_security_group_attribute(call: Call) -> Answer:
    """Another name or description."""
    group = own_group(call, call.region())
    changes: dict[str, Any] = {}
    if call.text("SecurityGroupName"):
        changes["name"] = common_parameters.name(call, "SecurityGroupName", code=BAD_NAME)
    if "Description" in call.parameters:
        changes["description"] = common_parameters.description(call, code=BAD_DESCRIPTION)
    call.cloud.group_store.put(group.model_copy(update=changes))
    return {}


def modify_security_group_policy(call: Call) -> Answer:
    """Whether the group's members reach one another."""
    group = own_group(call, call.region())
    call.required("InnerAccessPolicy")
    policy = call.choice("InnerAccessPolicy", ("Accept", "Drop"), code="InvalidPolicy.Malformed")
    if group.type == "enterprise":
        raise ApiError(
            400, "InvalidGroupParameter.OperationDenied", "An enterprise level security group has no such policy."
        )
    call.cloud.group_store.put(group.model_copy(update={"inner_access": policy}))
    return {}


def delete_security_group(call: Call) -> Answer:
    """Remove a group that holds no instance and that no other group's rule names; its rules go with it."""
    group = own_group(call, call.region())
    if call.cloud.members(group.id):
        raise ApiError(403, "DependencyViolation", "There is still instance(s) in the specified security group.")
    others = (other for other in call.cloud.group_store.everything() if other.id != group.id)
    if any(rule.group == group.id for other in others for rule in other.rules):
        raise ApiError(403, "DependencyViolation", "The specified security group has been authorized in another one.")
    call.cloud.group_store.remove(group.id)
    return {}


def several_types() -> ApiError:
    """The refusal of basic and enterprise groups for one instance; the code is as Alibaba Cloud writes it."""
    return ApiError(
        404,
        "EnterpriseGroupLimited.MutliGroupType",
        "The specified instance can not join multi SecurityGroup types.",
    )


def own_group(call: Call, region: str | None) -> SecurityGroup:
    """The group of SecurityGroupId, which is the caller's and in the region, or in any."""
    group = call.cloud.group_store.get(call.required("SecurityGroupId"), call.account.id, region)
    if group is None:
        raise ApiError(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.")
    return group


def _described(call: Call, group: SecurityGroup) -> dict[str, Any]:
    return {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "SecurityGroupType": group.type,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "ResourceGroupId": group.resource_group or "",
        "CreationTime": seconds(group.created),
        "EcsCount": len(call.cloud.members(group.id)),
        "RuleCount": len(group.rules),
        "GroupToGroupRuleCount": sum(rule.group is not None for rule in group.rules),
        "Tags": common_parameters.ecs_tags(group.tags),
    }


def _described_rule(rule: Rule) -> dict[str, Any]:
    side = "Source" if rule.direction == "ingress" else "Dest"
    return {
        "SecurityGroupRuleId": rule.id,
        "Direction": rule.direction,
        "IpProtocol": rule.protocol.upper(),
        "PortRange": rule.ports,
        "NicType": "intranet",
        "Policy": rule.policy.capitalize(),
        "Priority": str(rule.priority),
        "Description": rule.description,
        "CreateTime": seconds(rule.created),
        f"{side}CidrIp": rule.cidr or "",
        f"Ipv6{side}CidrIp": rule.ipv6_cidr or "",
        f"{side}GroupId": rule.group or "",
        f"{side}PrefixListId": rule.prefix_list or "",
    }


ACTIONS = (
    Action(
        "CreateSecurityGroup",
        create_security_group,
        (
            "VpcId",
            "SecurityGroupName",
            "SecurityGroupType",
            "Description",
            "ResourceGroupId",
            "ClientToken",
            *common_parameters.TAG_FIELDS,
        ),
    ),
    Action(
        "DescribeSecurityGroups",
        describe_security_groups,
        (
            "SecurityGroupId",
            "SecurityGroupIds",
            "SecurityGroupName",
            "SecurityGroupType",
            "VpcId",
            "ResourceGroupId",
            "NextToken",
            "MaxResults",
            "PageNumber",
            "PageSize",
            "DryRun",
            *common_parameters.TAG_FIELDS,
        ),
        lists=True,
    ),
    Action(
        "DescribeSecurityGroupAttribute",
        describe_security_group_attribute,
        ("SecurityGroupId", "Direction", "NicType", "NextToken", "MaxResults"),
    ),
    Action(
        "ModifySecurityGroupAttribute",
        modify_security_group_attribute,
        ("SecurityGroupId", "SecurityGroupName", "Description"),
    ),
    Action(
        "ModifySecurityGroupPolicy",
        modify_security_group_policy,
        ("SecurityGroupId", "InnerAccessPolicy", "ClientToken"),
    ),
    Action("DeleteSecurityGroup", delete_security_group, ("SecurityGroupId",)),
)
