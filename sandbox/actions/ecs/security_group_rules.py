"""ECS: rules of security groups are authorized, modified and revoked; `rule_parameters.py` reads them from a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sandbox.actions.call import Action, Answer, Call
from sandbox.actions.ecs import rule_parameters
from sandbox.actions.ecs.rule_parameters import Direction
from sandbox.actions.ecs.security_groups import own_group
from sandbox.models.errors import ApiError
from sandbox.models.security_group_rules import Rule
from sandbox.models.world import SecurityGroup
from sandbox.state.ids import new_id

MOST_RULES = 200
MOST_IDS = 100


def authorize(call: Call, direction: Direction) -> Answer:
    """Add rules; one that the group has already stays as it is, and that is no error."""
    group = own_group(call, call.region())
    requested = [rule_parameters.rule(given, direction) for given in rule_parameters.given(call)]
    if len({rule.identity for rule in requested}) < len(requested):
        raise rule_parameters.duplicates()
    for rule in requested:
        _require_other_end(call, group, rule)
    known = {rule.identity for rule in group.rules}
    now = call.cloud.clock.now()
    new = tuple(
        rule.model_copy(update={"id": new_id("sgr", group.region), "created": now})
        for rule in requested
        if rule.identity not in known
    )
    if len(group.rules) + len(new) > MOST_RULES:
        raise ApiError(
            403, "AuthorizationLimitExceed", "The limit of authorization records in the security group reaches."
        )
    _keep(call, group, (*group.rules, *new))
    return {}


def revoke(call: Call, direction: Direction) -> Answer:
    """Remove rules, named by id or by content. A rule that the group does not have is no error."""
    group = own_group(call, call.region())
    named = call.numbered("SecurityGroupRuleId", most=MOST_IDS)
    if not set(named) <= {rule.id for rule in group.rules if rule.direction == direction}:
        raise ApiError(
            400, "InvalidParam.SecurityGroupRuleId", "The specified parameter SecurityGroupRuleId is not valid."
        )
    # By id nothing else has to be given.
    requested = rule_parameters.given(call) if not named or rule_parameters.any_given(call) else ()
    gone = {rule_parameters.rule(given, direction).identity for given in requested}
    _keep(call, group, (rule for rule in group.rules if rule.id not in named and rule.identity not in gone))
    return {}


def modify(call: Call, direction: Direction) -> Answer:
    """Another description for the rule of the same content; by id, whatever else the call gives."""
    group = own_group(call, call.region())
    rule_id = call.text("SecurityGroupRuleId")
    fields = rule_parameters.fields(call)
    if rule_id is None:
        wanted = rule_parameters.rule(fields, direction)
        found = _found(group, lambda rule: rule.identity == wanted.identity)
        changed = found.model_copy(update={"description": wanted.description}) if "Description" in fields else found
    else:
        found = _found(group, lambda rule: rule.id == rule_id and rule.direction == direction)
        changed = rule_parameters.rule(_overlaid(found, fields), direction).model_copy(
            update={"id": found.id, "created": found.created}
        )
        _require_other_end(call, group, changed)
    if any(rule.identity == changed.identity for rule in group.rules if rule.id != found.id):
        raise rule_parameters.duplicates()
    _keep(call, group, (changed if rule.id == found.id else rule for rule in group.rules))
    return {}


def _found(group: SecurityGroup, is_it: Callable[[Rule], bool]) -> Rule:
    found = next((rule for rule in group.rules if is_it(rule)), None)
    if found is None:
        raise ApiError(404, "SecurityGroupRule.NotFound", "The target security group rule not exist.")
    return found


def _overlaid(rule: Rule, fields: Mapping[str, str]) -> dict[str, str]:
    """The rule as a call would write it, with what this call gives in place of the old: one other end, not two."""
    written = rule_parameters.written(rule)
    ends = rule_parameters.ends(rule.direction)
    if any(fields.get(end) for end in ends):
        written = {name: value for name, value in written.items() if name not in ends}
    return written | dict(fields)


def _keep(call: Call, group: SecurityGroup, rules: Iterable[Rule]) -> None:
    call.cloud.group_store.put(group.model_copy(update={"rules": tuple(rules)}))


def _require_other_end(call: Call, group: SecurityGroup, rule: Rule) -> None:
    """A group at the other end is another one of the caller's in the same VPC, a prefix list is one of the region."""
    side = "Source" if rule.direction == "ingress" else "Dest"
    if group.type == "enterprise" and (rule.group is not None or rule.policy == "drop"):
        raise ApiError(
            400,
            "InvalidGroupParameter.OperationDenied",
            "The attributes Policy, SourceGroupId, DestGroupId of enterprise level security groups are not allowed to "
            "be set or modified.",
        )
    if rule.prefix_list is not None:
        known = {prefix_list.id for prefix_list in call.account.prefix_lists if prefix_list.region == group.region}
        if rule.prefix_list not in known:
            raise ApiError(404, "InvalidPrefixListId.NotFound", "The specified prefix list was not found.")
    if rule.group is None:
        return
    # A group may name itself here, though an error code for that is documented (InvalidParamter.Conflict): where an
    # account has such a rule, the recipient is to get it as well.
    other = call.cloud.group_store.get(rule.group, call.account.id, group.region)
    if other is None:
        raise ApiError(
            404, f"Invalid{side}GroupId.NotFound", f"The {side}GroupId provided does not exist in our records."
        )
    if other.vpc_id != group.vpc_id:
        raise ApiError(
            400,
            f"Invalid{side}GroupId.Mismatch",
            "Specified security group and source group are not in the same VPC.",
        )
    if other.type == "enterprise":
        raise ApiError(
            400,
            "InvalidGroupAuthParameter.OperationDenied",
            "The security group can not authorize to enterprise level security group.",
        )


def _action(name: str, handler: Callable[[Call, Direction], Answer], direction: Direction, *more: str) -> Action:
    flat = rule_parameters.parameters(direction)
    listed = () if handler is modify else tuple(f"Permissions.N.{field}" for field in flat)
    return Action(
        name, lambda call: handler(call, direction), ("SecurityGroupId", *flat, *listed, *more, "ClientToken")
    )


ACTIONS = (
    _action("AuthorizeSecurityGroup", authorize, "ingress"),
    _action("AuthorizeSecurityGroupEgress", authorize, "egress"),
    _action("RevokeSecurityGroup", revoke, "ingress", "SecurityGroupRuleId.N"),
    _action("RevokeSecurityGroupEgress", revoke, "egress", "SecurityGroupRuleId.N"),
    _action("ModifySecurityGroupRule", modify, "ingress", "SecurityGroupRuleId"),
    _action("ModifySecurityGroupEgressRule", modify, "egress", "SecurityGroupRuleId"),
)
