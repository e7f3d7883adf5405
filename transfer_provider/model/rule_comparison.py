"""The rules of an instance's re-created security groups beside those it had at the source: pure.

What an instance may be reached by follows from all rules of all its groups, so all of them are compared, in whichever
group each is. Rules are told apart as Alibaba Cloud does: by direction, protocol, ports, other end, policy and
priority, each in one spelling. A description tells none apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_network

from transfer_provider.model.inventory import ALL_PORTS, WITH_PORTS, SecurityGroupRule

EVERY_PORT = "1/65535"

Identity = tuple[str, ...]

# From this prefix length on a network is not the world; of shorter ones a few are all addresses there are.
NARROW = {4: 8, 6: 16}


class Compared(StrEnum):
    """How a re-created rule compares to the source's."""

    SAME = "same"
    CHANGED = "changed"
    """All but the other end, or all but policy and priority, is the same."""
    ADDED = "added"
    """The source has no such rule."""
    MISSING = "missing"
    """Only the source has it."""


@dataclass(frozen=True)
class RuleRow:
    """A rule beside the source's, each with its group's name; None where that side has none."""

    kind: Compared
    source: SecurityGroupRule | None
    source_group: str
    recreated: SecurityGroupRule | None
    group: str

    @property
    def open_to_the_world(self) -> bool:
        """Whether the re-created rule lets everybody in."""
        return self.recreated is not None and open_to_the_world(self.recreated)

    @property
    def newly_open(self) -> bool:
        """Whether it lets everybody in, which the source's did not."""
        return self.open_to_the_world and not (self.source is not None and open_to_the_world(self.source))


def compare(
    source: Mapping[str, Sequence[SecurityGroupRule]],
    recreated: Mapping[str, Sequence[SecurityGroupRule]],
    names: Mapping[str, str],
) -> list[RuleRow]:
    """Every rule of either side, once: what newly lets everybody in first, then what differs, then what is the same.

    Both are rules by their group's name. `names` tells of an id of the source's groups how the re-created rules name
    the group made of it: its name or its id at the recipient.
    """
    there = _unique(source, names)
    wanted = _unique(recreated, {})
    rows = [RuleRow(Compared.SAME, *there.pop(key), *wanted.pop(key)) for key in list(wanted) if key in there]
    for ignored in ((4,), (5, 6), (3, 4)):  # other end; policy and priority; other end of another kind
        rows += _changed(there, wanted, ignored)
    rows += [RuleRow(Compared.ADDED, None, "", *found) for found in wanted.values()]
    rows += [RuleRow(Compared.MISSING, *found, None, "") for found in there.values()]
    return sorted(rows, key=_order)


def open_to_the_world(rule: SecurityGroupRule) -> bool:
    """Whether it lets everybody in: 0.0.0.0/0, ::/0, or a large part of either."""
    if rule.direction != "ingress" or rule.policy != "accept" or rule.peer_kind not in ("cidr", "ipv6_cidr"):
        return False
    try:
        network = ip_network(rule.peer, strict=False)
    except ValueError:
        return False
    return network.prefixlen < NARROW[network.version]


def identity(rule: SecurityGroupRule) -> Identity:
    """What Alibaba Cloud tells two rules of a group apart by."""
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


_Found = tuple[SecurityGroupRule, str]


def _unique(groups: Mapping[str, Sequence[SecurityGroupRule]], names: Mapping[str, str]) -> dict[Identity, _Found]:
    """Each rule with its group, by identity; a group that is another rule's end as `names` has it."""
    found: dict[Identity, _Found] = {}
    for group, rules in groups.items():
        for rule in rules:
            renamed = rule.peer_kind == "group_id" and rule.peer in names
            compared = replace(rule, peer=names[rule.peer]) if renamed else rule
            found.setdefault(identity(compared), (rule, group))
    return found


def _changed(
    there: dict[Identity, _Found], wanted: dict[Identity, _Found], ignored: Sequence[int]
) -> Iterator[RuleRow]:
    """Pairs that are the same but for what is ignored; both are taken out of what is left."""
    left: dict[Identity, list[Identity]] = {}
    for key in there:
        left.setdefault(_without(key, ignored), []).append(key)
    for key in list(wanted):
        partners = left.get(_without(key, ignored))
        if partners:
            yield RuleRow(Compared.CHANGED, *there.pop(partners.pop(0)), *wanted.pop(key))


def _without(key: Identity, ignored: Sequence[int]) -> Identity:
    return tuple(part for position, part in enumerate(key) if position not in ignored)


def _order(row: RuleRow) -> tuple[bool, int, bool, str]:
    kinds = [Compared.ADDED, Compared.CHANGED, Compared.MISSING, Compared.SAME]
    return not row.newly_open, kinds.index(row.kind), not row.open_to_the_world, row.group or row.source_group


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
