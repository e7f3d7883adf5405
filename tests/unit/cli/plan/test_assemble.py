"""A plan put together of what the engine plans, and of what the accounts list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.unit.cli.plan.given import plan, preview, step
from transfer_provider.cli.engine.preview import Message
from transfer_provider.cli.plan import costs
from transfer_provider.cli.plan.assemble import assemble
from transfer_provider.cli.plan.cases import cases
from transfer_provider.cli.plan.decisions import planned
from transfer_provider.cli.plan.facts import Facts
from transfer_provider.cli.plan.reviewed import Finding, Verdict
from transfer_provider.cli.plan.shown import diff
from transfer_provider.cli.plan.shown.as_json import as_json
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.handover.state import SNAPSHOT
from transfer_provider.model.inventory import Instance, Inventory
from transfer_provider.model.text import as_json as json_text


def test_what_the_accounts_could_not_tell_is_taken_from_the_engine_s_steps() -> None:
    by_name = {row.name: row for row in plan("submit").rows}
    web, db = by_name["web-01"], by_name["db-01"]
    assert (web.instance_id, web.region, web.channel) == ("i-bp1web00000000000001", "cn-hangzhou", "api")
    assert web.recipient_account == "1000000000000002"
    assert db.recipient_name == "orchid"
    assert web.new_address == "allocated by this run"
    assert db.reason == "Project Orchid moves to its own company, its database first"


def test_a_changed_reason_is_shown_beside_the_one_before() -> None:
    [shop] = [row for row in plan("rename").rows if row.name == "shop"]
    assert shop.reason_before == "Project Orchid moves to its own company"
    assert shop.reason.startswith("@octocat")


def test_findings_are_with_their_handover_and_all_other_messages_with_the_stack() -> None:
    made = plan("submit")
    [web] = [row for row in made.rows if row.name == "web-01"]
    assert [finding.code for finding in web.findings] == ["EipBound"]
    assert made.messages == []
    assert len(plan("bind").messages) == 6


def test_a_message_about_a_handover_that_is_no_more_is_not_lost() -> None:
    read = preview("settled")
    about = Message("warning", "EipBound: x", "urn:pulumi:s::p::instance-handover:index:Handover::gone")
    other = Message("warning", "Whatever: y")
    made = assemble("s", replace(read, messages=[about, other]), [], None, {}, Facts())
    assert {message.text for message in made.messages} == {"EipBound: x", "Whatever: y"}


def test_a_text_before_a_colon_is_a_code_only_where_it_is_one() -> None:
    read = preview("submit")
    urn = read.messages[0].urn
    made = assemble(
        "s",
        (changed := replace(read, messages=[Message("warning", "Note: z", urn)])),
        cases(changed, None),
        None,
        {},
        Facts(),
    )
    assert [row.findings for row in made.rows if row.name == "web-01"] == [[Finding("", "Note: z")]]


def test_what_stays_behind_and_what_it_costs_is_the_source_s_to_tell() -> None:
    instance = Instance(
        "i-bp1web00000000000001",
        "shop",
        "cn-hangzhou",
        "Running",
        instance_type="ecs.g7.large",
        charge_type="PrePaid",
        expires=datetime(2027, 1, 31, tzinfo=UTC),
        eip="203.0.113.12",
        private_ips=("172.16.0.10",),
        security_group_ids=("sg-a",),
    )
    inventory = Inventory(
        "1000000000000001", "cn-hangzhou", datetime(2026, 1, 1, tzinfo=UTC), {instance.instance_id: instance}
    )
    read = preview("accept")
    made = assemble("s", read, cases(read, None), None, {}, Facts({"cn-hangzhou": inventory}))
    [web] = [row for row in made.rows if row.name == "web-01"]
    assert (web.instance_name, web.instance_type, web.old_address) == ("shop", "ecs.g7.large", "203.0.113.12")
    assert web.source_groups == ["sg-a"]
    assert "private address" in [item.what for item in web.stays]
    assert web.costs == [
        "The source goes on paying for its EIP 203.0.113.12, then bound to nothing, until it releases it.",
        "Paid until 2027-01-31: the remaining time follows the instance, and is not refunded.",
    ]


def test_snapshots_and_addresses_cost_somebody() -> None:
    address = step("create", EIP_ADDRESS, inputs={"bandwidth": "5", "internetChargeType": "PayByTraffic"})
    disks = [step("create", SNAPSHOT, f"web-01/d-{each}", inputs={"retentionDays": 30}) for each in (1, 2)]
    assert costs.of(planned([address, *disks]), None, arrived=False) == [
        "The recipient pays for a new EIP (5 Mbit/s, PayByTraffic) from now on, before the instance arrives.",
        "The source pays for 2 snapshots for 30 days.",
    ]


@pytest.mark.parametrize("name", ["submit", "accept", "resubmit", "rename", "bind", "settled", "refused"])
def test_for_a_script_it_is_json_with_the_exit_code(name: str) -> None:
    made = plan(name)
    value = as_json(made)
    assert json_text(value)
    assert value["exit_code"] == int(made.verdict)
    assert value["verdict"] == made.verdict.name.lower()
    assert len(value["steps"]) == len(made.steps)


def test_exit_codes_are_as_documented() -> None:
    assert {each.name: int(each) for each in Verdict} == {
        "NOTHING": 0,
        "BLOCKED": 3,
        "CHANGES": 4,
        "IRREVERSIBLE": 5,
    }


def test_a_diff_shows_what_is_not_known_yet_and_no_secret() -> None:
    changed = step(
        "update", "random:index:Pet", old={"a": 1, "b": 2, "__defaults": []}, inputs={"a": 1, "b": diff.UNKNOWN}
    )
    assert diff.changes(changed) == {"b": '2 → "[unknown]"'}
    secret = step("create", "random:index:Pet", inputs={"key": {diff.SIGNATURE: "1b47", "ciphertext": "v1:abc"}})
    assert diff.changes(secret) == {"key": '"[secret]"'}
    assert diff.changes(step("delete", "random:index:Pet", old={"a": 1})) == {}
