"""What the engine's steps mean for a handover, and which of it can't be undone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.plan.given import decisions, plan, step
from transfer_provider import receipt, transfer
from transfer_provider.cli.plan.beyond import beyond
from transfer_provider.cli.plan.decisions import Decision, planned
from transfer_provider.cli.plan.reviewed import Verdict
from transfer_provider.handover.recipient.state import EIP_ADDRESS, EIP_ASSOCIATION, SECURITY_GROUP, SECURITY_GROUP_RULE
from transfer_provider.handover.state import SNAPSHOT
from transfer_provider.model.lifecycle import OF_A_TRANSFER, Status

UNDER_REVIEW = {"status": "UnderReview", "channel": "api"}


@pytest.mark.parametrize(
    ("name", "expected", "verdict"),
    [
        ("submit", dict.fromkeys(("db-01", "web-01", "web-02"), Decision.SUBMIT), Verdict.CHANGES),
        ("accept", dict.fromkeys(("db-01", "web-01", "web-02"), Decision.ACCEPT), Verdict.IRREVERSIBLE),
        ("resubmit", {"web-02": Decision.RESUBMIT, "db-01": Decision.ACCEPT}, Verdict.IRREVERSIBLE),
        ("rename", {"web-02": Decision.CANCEL, "shop": Decision.RESUBMIT}, Verdict.IRREVERSIBLE),
        ("bind", {"web-01": Decision.BIND, "web-02": Decision.BIND}, Verdict.CHANGES),
        ("settled", {}, Verdict.NOTHING),
        ("refused", {}, Verdict.BLOCKED),
    ],
)
def test_what_the_real_engine_plans(name: str, expected: dict[str, Decision], verdict: Verdict) -> None:
    made = plan(name)
    assert {each: what for each, what in decisions(made).items() if what is not Decision.NOTHING} == expected
    assert made.verdict is verdict


def test_what_is_irreversible_comes_first() -> None:
    assert [row.name for row in plan("rename").rows][:2] == ["web-02", "shop"]


@pytest.mark.parametrize("op", ["delete", "discard"])
@pytest.mark.parametrize("status", [*OF_A_TRANSFER, None, "SomethingNew"])
def test_a_removed_transfer_is_cancelled_unless_that_is_excluded(op: str, status: str | None) -> None:
    decided = planned([step(op, transfer.TYPE, old={"status": status, "channel": "api"})]).decision
    ended = status in (Status.AWAITING_INITIATION, Status.COMPLETED, Status.REJECTED, Status.CANCELLED, Status.EXPIRED)
    assert decided is (Decision.STOP_TRACKING if ended else Decision.CANCEL)


@pytest.mark.parametrize("op", ["replace", "create-replacement", "delete-replaced"])
def test_a_changed_request_is_cancelled_and_submitted_again(op: str) -> None:
    assert planned([step(op, transfer.TYPE, old=UNDER_REVIEW)]).decision is Decision.RESUBMIT
    rejected = {**UNDER_REVIEW, "status": "Rejected"}
    assert planned([step(op, transfer.TYPE, old=rejected)]).decision is Decision.SUBMIT_AGAIN


@pytest.mark.parametrize("old", [{**UNDER_REVIEW, "channel": "console"}, UNDER_REVIEW])
def test_what_is_only_taken_out_of_the_state_is_not_cancelled(old: dict[str, str]) -> None:
    kept = old["channel"] == "api"
    removed = step("delete", transfer.TYPE, old=old, retainOnDelete=kept)
    assert planned([removed]).decision is Decision.STOP_TRACKING


def test_a_receipt_accepts_unless_the_instance_moves_already() -> None:
    made = [step("create", receipt.TYPE, inputs={"channel": "api"})]
    assert planned(made).decision is Decision.ACCEPT
    assert planned(made, moved=True).decision is Decision.RECORD
    assert planned([step("replace", receipt.TYPE, old={"channel": "api"})]).decision is Decision.ACCEPT
    in_console = [step("create", receipt.TYPE, inputs={"channel": "console"})]
    assert planned([*in_console]).irreversible is False


@pytest.mark.parametrize(
    ("some", "irreversible", "words"),
    [
        ([step("delete", EIP_ADDRESS, old={"ipAddress": "198.18.0.4"})], True, "release the address 198.18.0.4"),
        ([step("replace", EIP_ADDRESS, old={"ipAddress": "198.18.0.4"})], True, "replace the address 198.18.0.4"),
        ([step("delete", EIP_ADDRESS, old={}, retainOnDelete=True)], False, "stop tracking the address its address"),
        (
            [step("delete", SNAPSHOT, "web-01/d-1", old={}), step("delete", SNAPSHOT, "web-01/d-2", old={})],
            True,
            "delete 2 snapshots",
        ),
        (
            [step("delete", SNAPSHOT, "web-01/d-1", old={}, retainOnDelete=True)],
            False,
            "change or stop tracking 1 snapshot",
        ),
        ([step("delete", EIP_ASSOCIATION, old={})], False, "unbind its address"),
        ([step("update", receipt.TYPE, old={})], False, "change the groups it is in"),
        ([step("create", "random:index:Pet")], False, "create Pet web-01"),
    ],
)
def test_what_can_not_be_had_back_is_marked(some: list[Any], irreversible: bool, words: str) -> None:
    decided = planned(some)
    assert decided.irreversible is irreversible
    assert words in decided.also


def test_the_gravest_step_decides_and_the_others_are_said_as_well() -> None:
    decided = planned(
        [
            step("create", EIP_ASSOCIATION),
            step("create", SNAPSHOT, "web-01/d-1"),
            step("delete", transfer.TYPE, old=UNDER_REVIEW),
        ],
        renamed_from="shop",
    )
    assert decided.decision is Decision.CANCEL
    assert decided.also == ["bind", "rename from shop", "make 1 snapshot first"]


def test_a_request_that_is_under_way_is_adopted() -> None:
    made = [step("create", transfer.TYPE, inputs={"channel": "api"})]
    assert planned(made).decision is Decision.SUBMIT
    assert planned(made, adopts=True).decision is Decision.ADOPT


def test_whatever_is_planned_beyond_is_listed_the_irreversible_first() -> None:
    pets = [step("delete", "random:index:Pet", name, old={}) for name in ("b", "a")]
    groups = [step("create", SECURITY_GROUP, "web"), step("delete", SECURITY_GROUP, "db", old={})]
    listed = beyond([*groups, *pets])
    assert [(each.op, each.kind, list(each.names), each.irreversible) for each in listed] == [
        ("delete", "Pet", ["a", "b"], True),
        ("delete", "SecurityGroup", ["db"], False),
        ("create", "SecurityGroup", ["web"], False),
    ]


def test_a_rule_that_opens_a_group_is_marked_where_no_comparison_shows_it() -> None:
    rule = {"type": "ingress", "ipProtocol": "tcp", "portRange": "23/23", "cidrIp": "0.0.0.0/0", "policy": "accept"}
    made = [step("create", SECURITY_GROUP_RULE, "web/telnet", inputs=rule), step("create", SECURITY_GROUP_RULE, "db/x")]
    opened, other = beyond(made)
    assert (list(opened.names), opened.opens) == (
        ["web/telnet (ingress tcp port 23 from 0.0.0.0/0, accept, priority 1)"],
        True,
    )
    assert (list(other.names), other.opens) == (["db/x"], False)
    [together] = beyond(made, compared=["web"])
    assert (list(together.names), together.opens) == (["db/x", "web/telnet"], False)
    assert not any(each.opens for each in beyond([step("delete", SECURITY_GROUP_RULE, "web/telnet", old=rule)]))


@pytest.mark.parametrize("name", ["submit", "accept", "resubmit", "rename", "bind"])
def test_no_step_of_the_engine_s_is_hidden(name: str) -> None:
    made = plan(name)
    in_rows = {row.name for row in made.rows if row.decision is not Decision.NOTHING}
    in_beyond = {each.partition(" (")[0] for some in made.beyond for each in some.names}
    for each in made.steps:
        assert each.name in in_rows | in_beyond
