"""What is reported of a rule that nobody declared, and which are removed."""

from __future__ import annotations

from typing import Any

import pytest

from transfer_provider.handover.recipient.rule_differences import Kind, RuleDifference
from transfer_provider.handover.recipient.undeclared_rules import UndeclaredRule, undeclared
from transfer_provider.model.inventory import SecurityGroupRule

GROUP = "sg-bp1web"


def difference(kind: Kind = Kind.UNDECLARED, **more: Any) -> RuleDifference:
    given: dict[str, Any] = {
        "direction": "ingress",
        "protocol": "tcp",
        "port_range": "22/22",
        "peer_kind": "cidr",
        "peer": "0.0.0.0/0",
        "rule_id": "sgr-1",
    } | more
    return RuleDifference(kind, "web", GROUP, SecurityGroupRule(**given))


def of(difference: RuleDifference, *, removes: bool = True, tagged: bool = True) -> UndeclaredRule:
    (found,) = undeclared([difference], {GROUP} if tagged else (), removes=removes)
    return found


def test_by_default_none_is_removed_and_the_setting_is_named() -> None:
    found = of(difference(), removes=False)
    assert not found.removed
    assert found.observed == (
        "OPEN TO THE WORLD: security group web (sg-bp1web) has a rule that no file declares: ingress tcp port 22 from "
        "0.0.0.0/0, accept, priority 1."
    )
    assert "undeclaredRules: remove" in found.remedy


def test_where_it_is_set_a_rule_of_a_tagged_group_is_removed() -> None:
    found = of(difference())
    assert found.removed
    assert found.remedy.startswith("`pulumi up` revokes it")


@pytest.mark.parametrize("kept", [{"tagged": False}, {"rule_id": ""}])
def test_a_group_without_the_stacks_tags_keeps_its_rules_and_so_does_a_rule_without_an_id(kept: dict[str, Any]) -> None:
    tagged = kept.pop("tagged", True)
    found = of(difference(**kept), tagged=tagged)
    assert not found.removed
    assert "does not revoke it" in found.remedy


def test_removing_a_rule_that_denies_is_said_to_open() -> None:
    assert "may be let in" in of(difference(policy="drop")).remedy
    assert "may be let in" not in of(difference(policy="drop"), removes=False).remedy


@pytest.mark.parametrize("kind", [Kind.DROPPED, Kind.MISSING])
def test_what_the_file_declares_or_the_state_tracks_is_pulumis_to_remove(kind: Kind) -> None:
    assert undeclared([difference(kind)], {GROUP}, removes=True) == []
