"""What a stack's state holds of the recipient's network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.model.inventory import SecurityGroupRule

BEFORE = Path(__file__).parents[3] / "engine/state_before/state.json"


def resources() -> dict[str, Any]:
    exported = json.loads(BEFORE.read_text(encoding="utf-8"))
    return {resource["urn"]: resource for resource in exported["deployment"]["resources"]}


def test_groups_addresses_and_bindings_are_read_by_their_names() -> None:
    state = RecipientState.of(resources())
    assert set(state.groups) == {"data", "front", "shanghai"}
    assert set(state.addresses) == {"api-01", "desk-02", "web-01", "web-02", "web-sh-01"}
    assert all(allocation_id.startswith("eip-") for allocation_id in state.addresses.values())
    assert state.bound == {"desk-02", "web-01", "web-02"}


def test_rules_are_read_as_the_account_lists_them() -> None:
    state = RecipientState.of(resources())
    assert sum(map(len, state.rules.values())) == 9
    front, data = state.groups["front"], state.groups["data"]
    assert SecurityGroupRule("ingress", "tcp", "443/443", "ipv6_cidr", "::/0") in state.rules[front]
    assert (
        SecurityGroupRule("ingress", "tcp", "8000/8080", "prefix_list", "pl-bp1orchid000000001") in state.rules[front]
    )
    assert SecurityGroupRule("ingress", "tcp", "5432/5432", "group_id", front) in state.rules[data]
    assert SecurityGroupRule("egress", "all", "-1/-1", "cidr", "0.0.0.0/0", "drop", 100) in state.rules[data]


def test_a_stack_without_resources_holds_nothing() -> None:
    assert RecipientState.of({}) == RecipientState()
