"""Where the rules of the stack's security groups differ from its file: only declared, or only at Alibaba Cloud. Pure.

Rules are compared by what Alibaba Cloud tells two rules apart by: direction, protocol, ports, other end, policy and
priority, each in one spelling. A description tells none apart. What the state tracks, and the file no longer declares,
the next `pulumi up` removes; what neither knows, nobody would ever see again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network

from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.model.inventory import ALL_PORTS, WITH_PORTS, SecurityGroup, SecurityGroupRule

EVERY_PORT = "1/65535"
EVERYBODY = ("0.0.0.0/0", "::/0")

Identity = tuple[str, ...]


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
        return self.rule.direction == "ingress" and self.rule.policy == "accept" and _end(self.rule) in EVERYBODY


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
    wanted = {_identity(rule): rule for rule in (_listed(rule, ids) for rule in declared.rules.values())}
    there = {_identity(rule): rule for rule in (observed.rules if observed else ())}
    held: Collection[Identity] = {_identity(rule) for rule in tracked.get(group_id, ())}
    for identity, rule in there.items():
        if identity not in wanted:
            yield RuleDifference(Kind.DROPPED if identity in held else Kind.UNDECLARED, name, group_id, rule)
    for identity, rule in wanted.items():
        if identity not in there:
            yield RuleDifference(Kind.MISSING, name, group_id, rule)


def _listed(rule: SecurityGroupRuleInputs, ids: Mapping[str, str]) -> SecurityGroupRule:
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


def _identity(rule: SecurityGroupRule) -> Identity:
    return (
        rule.direction,
        rule.protocol,
        _ports(rule),
        rule.peer_kind,
        _end(rule),
        rule.policy,
        str(rule.priority),
        *rule.beyond,
    )


def _ports(rule: SecurityGroupRule) -> str:
    """The ports in one spelling: a protocol with ports has every port, not none."""
    if rule.protocol not in WITH_PORTS:
        return ALL_PORTS
    return EVERY_PORT if rule.port_range == ALL_PORTS else rule.port_range


def _end(rule: SecurityGroupRule) -> str:
    """The other end in one spelling."""
    if rule.peer_kind not in ("cidr", "ipv6_cidr"):
        return rule.peer
    try:
        return str(ip_network(rule.peer, strict=False))
    except ValueError:
        return rule.peer
