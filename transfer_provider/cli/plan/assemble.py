"""A reviewer's plan, put together of the engine's preview, of where each handover stands, and of what accounts list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from transfer_provider import transfer
from transfer_provider.cli.engine.preview import EnginePreview
from transfer_provider.cli.follow.overview import Look
from transfer_provider.cli.plan import costs
from transfer_provider.cli.plan.beyond import beyond
from transfer_provider.cli.plan.cases import Case, handover_of_urn
from transfer_provider.cli.plan.decisions import Decision, handover_of
from transfer_provider.cli.plan.facts import Facts
from transfer_provider.cli.plan.reviewed import Finding, Plan, Row
from transfer_provider.cli.plan.rules import rules_of
from transfer_provider.eligibility import left_behind
from transfer_provider.eligibility.codes import CODES
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import Instance

# What comes before the instance has left its old account: its rules there are compared, its addresses shown.
BEFORE_IT_MOVES = (
    Decision.SUBMIT,
    Decision.SUBMIT_AGAIN,
    Decision.ADOPT,
    Decision.RESUBMIT,
    Decision.ACCEPT,
    Decision.RECORD,
    Decision.COPY,
    Decision.GO_ON,
    Decision.MAKE_INSTANCE,
)

_CODE = re.compile(r"([A-Za-z.]+): ")


def assemble(
    stack: str,
    preview: EnginePreview,
    some: Sequence[Case],
    look: Look | None,
    groups: Mapping[str, SecurityGroupInputs],
    facts: Facts,
    failures: Sequence[str] = (),
) -> Plan:
    """The plan. `groups` are the declared security groups; `failures` is what else could not be queried."""
    if preview.refused:
        # What it planned until then is not a plan.
        errors = [message.text for message in preview.errors]
        others = [message for message in preview.messages if message.severity != "error"]
        return Plan(stack, messages=others, errors=errors, failures=failures)
    order = list(Decision)
    source_account = look.settings.sourceAccount if look else ""
    # A message of no resource that names a handover is shown with all others, so that none is missing.
    shown = {case.name for case in some}
    resting = {case.name for case in some if case.plan.decision is Decision.NOTHING}
    rows = sorted(
        (_row(case, facts, source_account) for case in some), key=lambda row: (order.index(row.decision), row.name)
    )
    # The engine prints steps as it comes to them, which is another order in each run.
    changing = sorted((step for step in preview.steps if step.changes), key=lambda step: (step.name, step.urn))
    rules = rules_of([case for case in some if case.plan.decision in BEFORE_IT_MOVES], groups, facts)
    compared = {name for each in rules if each.rows for name in each.groups}
    return Plan(
        stack=stack,
        rows=rows,
        rules=rules,
        beyond=beyond([step for step in changing if (name := handover_of(step)) is None or name in resting], compared),
        messages=sorted(
            {
                message
                for message in preview.messages
                if message.severity != "error" and handover_of_urn(message.urn) not in shown
            },
            key=lambda message: (message.severity != "warning", message.text),
        ),
        failures=list(dict.fromkeys([*failures, *(look.failures if look else ()), *facts.failures])),
        steps=changing,
    )


def _row(case: Case, facts: Facts, source_account: str) -> Row:
    at_source = facts.at_source(case.region, case.instance_id)
    instance = at_source or facts.recipient.get(case.instance_id)
    standing, decision = case.standing, case.plan.decision
    before_it_moves = decision in BEFORE_IT_MOVES and not case.moved
    inventory = facts.source.get(case.region)
    behind = (
        left_behind.left_behind(inventory, case.instance_id).stays
        if inventory and at_source and before_it_moves and not case.by_copy  # Of a copy's source all stays.
        else ()
    )
    return Row(
        name=case.name,
        decision=decision,
        also=case.plan.also,
        instance_id=case.instance_id,
        instance_name=instance.name if instance else "",
        instance_type=instance.instance_type if instance else "",
        region=case.region,
        source_account=case.request("source_account_id") or source_account,
        recipient_account=case.request("recipient_account_id"),
        recipient_name=case.request("recipient_account_name"),
        reason=case.request("reason"),
        reason_before=_reason_before(case),
        channel=case.request("channel"),
        status=(f"{standing.status}?" if standing.unknown else str(standing.status))
        if standing and standing.status
        else "",
        deadlines=[f"{each.kind.value} {each.at:%Y-%m-%d %H:%M} UTC" for each in standing.deadlines]
        if standing
        else (),
        next=standing.what if standing and decision is Decision.NOTHING else "",
        old_address=_old_address(case, at_source),
        new_address=_new_address(case),
        source_groups=_source_groups(at_source, facts, case.region),
        groups=case.declared.recreate.security_groups if case.declared and case.declared.recreate else (),
        findings=[_finding(message.text) for message in case.messages],
        costs=costs.of(case.plan, at_source, arrived=case.moved, by_copy=case.by_copy),
        stays=behind,
    )


def _reason_before(case: Case) -> str:
    for step in case.plan.steps:
        if step.type == transfer.TYPE and step.old:
            before = step.had("reason")
            if isinstance(before, str) and before != case.request("reason"):
                return before
    return ""


def _old_address(case: Case, at_source: Instance | None) -> str:
    if at_source is not None:
        if at_source.fixed_public_ip:
            return f"{at_source.fixed_public_ip} (fixed, {'stays' if case.by_copy else 'goes with it'})"
        return at_source.eip or "none"
    recorded: Any = case.followed.case.submitted.get("source_public_ip") if case.followed else None
    return "" if recorded is None else str(recorded) or "none"


def _new_address(case: Case) -> str:
    held = case.followed.case.new_address if case.followed else None
    step = next((step for step in case.plan.steps if step.type == EIP_ADDRESS), None)
    if step is not None and step.op == "create":
        return "allocated by this run"
    if step is not None and step.op == "import":
        return "taken over by this run"
    if held:
        return held
    eip = case.declared.recreate.eip if case.declared and case.declared.recreate else None
    if eip is None:
        return ""
    when = "once the copy is verified" if case.by_copy else "on arrival"
    return f"{eip.adopt}, taken over {when}" if eip.adopt else f"allocated {when}"


def _source_groups(at_source: Instance | None, facts: Facts, region: str) -> Sequence[str]:
    groups = facts.source[region].groups if at_source else None
    ids = at_source.security_group_ids if at_source else ()
    return [groups[each].name or each if groups and each in groups else each for each in ids]


def _finding(text: str) -> Finding:
    code = _CODE.match(text)
    return Finding(code[1], text[code.end() :]) if code and code[1] in CODES else Finding("", text)
