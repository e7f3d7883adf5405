"""The rules an instance had at the source beside those that are re-created for it."""

from __future__ import annotations

from typing import Any

import pytest

from transfer_provider.model.inventory import SecurityGroupRule
from transfer_provider.model.rule_comparison import Compared, compare, open_to_the_world


def rule(**other: Any) -> SecurityGroupRule:
    values: dict[str, Any] = {
        "direction": "ingress",
        "protocol": "tcp",
        "port_range": "443/443",
        "peer_kind": "cidr",
        "peer": "10.0.0.0/8",
    }
    return SecurityGroupRule(**values | other)


def kinds(
    source: list[SecurityGroupRule], recreated: list[SecurityGroupRule], names: dict[str, str] | None = None
) -> list[Compared]:
    return [row.kind for row in compare({"web": source}, {"orchid-web": recreated}, names or {})]


def test_a_rule_is_the_same_whatever_its_group_its_description_and_its_spelling() -> None:
    source = {"web": [rule(port_range="-1/-1", description="HTTPS")], "db": []}
    recreated = {"orchid-db": [rule(port_range="1/65535", peer="10.0.0.0/8", description="anything")]}
    [row] = compare(source, recreated, {})
    assert (row.kind, row.source_group, row.group) == (Compared.SAME, "web", "orchid-db")


def test_another_end_is_a_change_of_that_rule() -> None:
    [row] = compare({"web": [rule()]}, {"orchid-web": [rule(peer="0.0.0.0/0")]}, {})
    assert row.kind is Compared.CHANGED
    assert row.source is not None
    assert row.source.peer == "10.0.0.0/8"
    assert row.newly_open


@pytest.mark.parametrize("other", [{"policy": "drop"}, {"priority": 100}, {"peer_kind": "group_id", "peer": "sg-a"}])
def test_so_is_another_policy_priority_or_kind_of_end(other: dict[str, Any]) -> None:
    assert kinds([rule()], [rule(**other)]) == [Compared.CHANGED]


@pytest.mark.parametrize("other", [{"port_range": "22/22"}, {"protocol": "udp"}, {"direction": "egress"}])
def test_other_ports_are_another_rule(other: dict[str, Any]) -> None:
    assert kinds([rule()], [rule(**other)]) == [Compared.ADDED, Compared.MISSING]


def test_what_a_rule_can_not_hold_any_more_is_not_the_same() -> None:
    """A source port range, say, which a handover's file can't hold."""
    assert Compared.SAME not in kinds([rule(beyond=("source ports 1/1",))], [rule()])


def test_a_group_at_the_other_end_is_the_one_made_of_it() -> None:
    from_web = rule(peer_kind="group_id", peer="sg-source")
    from_orchid = rule(peer_kind="group_id", peer="orchid-web")
    assert kinds([from_web], [from_orchid], {"sg-source": "orchid-web"}) == [Compared.SAME]
    assert kinds([from_web], [from_orchid]) == [Compared.CHANGED]
    assert kinds([from_web], [from_orchid], {"sg-source": "orchid-db"}) == [Compared.CHANGED]


def test_what_newly_lets_everybody_in_comes_first_and_what_is_the_same_last() -> None:
    at_source = [rule(), rule(port_range="80/80", peer="0.0.0.0/0"), rule(port_range="21/21")]
    recreated = [rule(), at_source[1], rule(port_range="23/23"), rule(port_range="22/22", peer="::/0")]
    rows = compare({"web": at_source}, {"orchid-web": recreated}, {})
    assert [(row.kind, row.open_to_the_world, row.newly_open) for row in rows] == [
        (Compared.ADDED, True, True),
        (Compared.ADDED, False, False),
        (Compared.MISSING, False, False),
        (Compared.SAME, True, False),
        (Compared.SAME, False, False),
    ]


def test_each_rule_is_listed_once_whichever_groups_have_it() -> None:
    assert len(compare({"web": [rule()], "db": [rule()]}, {"a": [rule()], "b": [rule()]}, {})) == 1


@pytest.mark.parametrize("peer", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3"])
def test_the_world_and_halves_of_it_are_the_world(peer: str) -> None:
    kind = "ipv6_cidr" if ":" in peer else "cidr"
    assert open_to_the_world(rule(peer=peer, peer_kind=kind))
    assert not open_to_the_world(rule(peer=peer, peer_kind=kind, direction="egress"))
    assert not open_to_the_world(rule(peer=peer, peer_kind=kind, policy="drop"))


@pytest.mark.parametrize("peer", ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"])
def test_a_company_s_network_is_not(peer: str) -> None:
    assert not open_to_the_world(rule(peer=peer, peer_kind="ipv6_cidr" if ":" in peer else "cidr"))
