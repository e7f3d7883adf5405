"""Rules that only the file, or only the group at Alibaba Cloud, has."""

from __future__ import annotations

from typing import Any

import pytest

from transfer_provider.handover.recipient.rule_differences import Kind, RuleDifference, differences
from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.model.inventory import SecurityGroup, SecurityGroupRule

WEB, DATA = "sg-bp1web", "sg-bp1data"
HTTPS = {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"}


def declared(**rules: dict[str, Any]) -> dict[str, SecurityGroupInputs]:
    read = {name: SecurityGroupRuleInputs(**rule) for name, rule in rules.items()}
    return {
        "web": SecurityGroupInputs(vpc_id="vpc-bp1orchid00000001", rules=read),
        "data": SecurityGroupInputs(vpc_id="vpc-bp1orchid00000001"),
    }


def listed(port_range: str = "443/443", peer: str = "0.0.0.0/0", **more: Any) -> SecurityGroupRule:
    given: dict[str, Any] = {"direction": "ingress", "protocol": "tcp", "peer_kind": "cidr"} | more
    return SecurityGroupRule(port_range=port_range, peer=peer, **given)


def group(group_id: str, *rules: SecurityGroupRule) -> SecurityGroup:
    return SecurityGroup(group_id, "", "cn-hangzhou", "vpc-bp1orchid00000001", "normal", "", "Accept", rules)


def found(
    declared_rules: dict[str, dict[str, Any]],
    *rules: SecurityGroupRule,
    tracked: tuple[SecurityGroupRule, ...] = (),
) -> list[RuleDifference]:
    observed = {"web": group(WEB, *rules), "data": group(DATA)}
    return differences(declared(**declared_rules), observed, {WEB: tracked})


def kinds(*arguments: Any, **more: Any) -> list[Kind]:
    return [difference.kind for difference in found(*arguments, **more)]


def test_the_same_rules_differ_in_nothing() -> None:
    assert found({"https": HTTPS}, listed()) == []


@pytest.mark.parametrize(
    ("rule", "there"),
    [
        (HTTPS | {"source": "203.0.113.7/32"}, listed(peer="203.0.113.7")),
        (HTTPS | {"source": "2001:db8::/32"}, listed(peer="2001:DB8:0::/32", peer_kind="ipv6_cidr")),
        (HTTPS | {"ports": "1/65535"}, listed("-1/-1")),
        (HTTPS | {"source": "data"}, listed(peer=DATA, peer_kind="group_id")),
        (HTTPS | {"source": DATA}, listed(peer=DATA, peer_kind="group_id", peer_owner="1000000000000002")),
        (HTTPS | {"source": "web"}, listed(peer=WEB, peer_kind="group_id")),
        (HTTPS | {"source": "pl-bp1orchid"}, listed(peer="pl-bp1orchid", peer_kind="prefix_list")),
        (HTTPS | {"description": "Shop"}, listed(description="by hand")),
        (
            {"direction": "egress", "protocol": "all", "destination": "0.0.0.0/0"},
            listed("-1/-1", direction="egress", protocol="all"),
        ),
    ],
)
def test_another_spelling_of_the_same_rule_is_no_difference(rule: dict[str, Any], there: SecurityGroupRule) -> None:
    assert found({"rule": rule}, there) == []


@pytest.mark.parametrize(
    "there",
    [
        listed("3389/3389"),
        listed("443/8443"),
        listed(peer="0.0.0.0/1"),
        listed(priority=2),
        listed(policy="drop"),
        listed(protocol="udp"),
        listed(direction="egress"),
        listed(beyond=("source ports 1/1024",)),
        listed(peer=WEB, peer_kind="group_id"),
    ],
)
def test_a_rule_that_neither_file_nor_state_knows_is_undeclared(there: SecurityGroupRule) -> None:
    assert kinds({"https": HTTPS}, listed(), there) == [Kind.UNDECLARED]


def test_what_the_run_itself_creates_or_removes_is_told_apart() -> None:
    edited = HTTPS | {"ports": 8443}
    assert kinds({"https": edited}, listed(), tracked=(listed(),)) == [Kind.DROPPED, Kind.MISSING]
    # Killed after the new rule was made, and the edit reverted: nobody tracks the new rule.
    assert kinds({"https": HTTPS}, listed(), listed("8443/8443"), tracked=(listed(),)) == [Kind.UNDECLARED]


def test_a_group_that_is_not_there_yet_lacks_its_rules_only() -> None:
    only_declared = differences(declared(https=HTTPS, db=HTTPS | {"source": "data"}), {}, {})
    assert {difference.kind for difference in only_declared} == {Kind.MISSING}


def test_what_is_open_to_the_world_comes_first() -> None:
    differing = found({}, listed("22/22", "198.51.100.0/24"), listed("3389/3389"), listed(policy="drop", priority=9))
    assert [difference.open_to_the_world for difference in differing] == [True, False, False]
    assert differing[0].rule.in_words == "ingress tcp port 3389 from 0.0.0.0/0, accept, priority 1"
    assert found({}, listed(peer="::/0", peer_kind="ipv6_cidr"))[0].open_to_the_world


def test_a_rules_words_are_printable() -> None:
    (difference,) = found({}, listed(description="\x1b[2J\n::error::"))
    assert difference.rule.in_words.isprintable()
