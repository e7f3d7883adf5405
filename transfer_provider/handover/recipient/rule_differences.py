"""Where the rules of the stack's security groups differ from its file: only declared, or only at Alibaba Cloud. Pure.

Rules are told apart as in `model/rule_comparison.py`. What the state tracks, and the file no longer declares,
the next `pulumi up` removes; what neither knows, nobody would ever see again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.model import rule_comparison
from transfer_provider.model.inventory import SecurityGroup, SecurityGroupRule
from transfer_provider.model.rule_comparison import Identity, identity


class Kind(StrEnum):
    """How a rule differs."""

    UNDECLARED = "undeclared"
    """Only the group at Alibaba Cloud has it: neither the file nor the state knows it."""
    DROPPED = "dropped"
    """The file no longer declares it, and the state tracks it: the next `pulumi up` removes it."""
    MISSING = "missing"
    """Only the file has it: the next `pulumi up` creates it."""


@dataclass(frozen=True)
class RuleDifference:
    """A rule that differs, of a group by its name and id (empty: the group is not there yet)."""

    kind: Kind
    group: str
    group_id: str
    rule: SecurityGroupRule

    @property
    def open_to_the_world(self) -> bool:
        """Whether it lets everybody in."""
        return rule_comparison.open_to_the_world(self.rule)


def differences(
    declared: Mapping[str, SecurityGroupInputs],
    observed: Mapping[str, SecurityGroup],
    tracked: Mapping[str, Sequence[SecurityGroupRule]],
) -> list[RuleDifference]:
    """Every rule that differs, those first that let everybody in.

    `declared` and `observed` are groups by name, of which only those are compared that are declared; `tracked` are the
    rules that the state holds, by group id.
    """
    ids = {name: group.group_id for name, group in observed.items()}
    found = [
        difference
        for name, group in declared.items()
        for difference in _of_group(name, group, observed.get(name), ids, tracked)
    ]
    return sorted(found, key=lambda difference: (not difference.open_to_the_world, difference.group))


def _of_group(
    name: str,
    declared: SecurityGroupInputs,
    observed: SecurityGroup | None,
    ids: Mapping[str, str],
    tracked: Mapping[str, Sequence[SecurityGroupRule]],
) -> Iterator[RuleDifference]:
    group_id = observed.group_id if observed else ""
    wanted = {identity(rule): rule for rule in (as_listed(rule, ids) for rule in declared.rules.values())}
    there = {identity(rule): rule for rule in (observed.rules if observed else ())}
    held: Collection[Identity] = {identity(rule) for rule in tracked.get(group_id, ())}
    for key, rule in there.items():
        if key not in wanted:
            yield RuleDifference(Kind.DROPPED if key in held else Kind.UNDECLARED, name, group_id, rule)
    for key, rule in wanted.items():
        if key not in there:
            yield RuleDifference(Kind.MISSING, name, group_id, rule)


def as_listed(rule: SecurityGroupRuleInputs, ids: Mapping[str, str]) -> SecurityGroupRule:
    """A declared rule as its account lists it; a group that is not there yet is named."""
    return SecurityGroupRule(
        direction=rule.direction,
        protocol=rule.protocol,
        port_range=rule.port_range,
        peer_kind="group_id" if rule.peer_kind == "group" else rule.peer_kind,
        peer=ids.get(rule.peer, rule.peer) if rule.peer_kind == "group" else rule.peer,
        policy=rule.policy,
        priority=rule.priority,
        description=rule.description or "",
    )
