"""What the real engine answered in the stages of a few handovers (answers/), and plans made of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from transfer_provider.cli.engine.preview import EnginePreview, PlannedStep, read_preview
from transfer_provider.cli.plan.assemble import assemble
from transfer_provider.cli.plan.cases import cases
from transfer_provider.cli.plan.decisions import Decision
from transfer_provider.cli.plan.facts import Facts
from transfer_provider.cli.plan.reviewed import Beyond, Finding, Plan, Row, Rules
from transfer_provider.eligibility.left_behind import Item
from transfer_provider.model.inventory import SecurityGroupRule
from transfer_provider.model.rule_comparison import compare

ANSWERS = Path(__file__).parent / "answers"


def answer(name: str) -> str:
    """What `pulumi preview --json` printed, without what depends on the machine."""
    return (ANSWERS / f"{name}.json").read_text()


def preview(name: str) -> EnginePreview:
    return read_preview(answer(name), "", 1 if name == "refused" else 0)


def plan(name: str) -> Plan:
    """The plan that is made where the accounts could not be asked."""
    read = preview(name)
    return assemble("sandbox", read, cases(read, None), None, {}, Facts())


def decisions(some: Plan) -> dict[str, Decision]:
    return {row.name: row.decision for row in some.rows}


def step(op: str, kind: str, name: str = "web-01", old: dict[str, Any] | None = None, **more: Any) -> PlannedStep:
    """A step of a handover's resource; `old` are its outputs before."""
    urn = f"urn:pulumi:s::p::instance-handover:index:Handover${kind}::{name}"
    inputs = more.pop("inputs", {})
    was = {"outputs": old, "inputs": old, **more} if old is not None else {}
    return PlannedStep(op, urn, was, {"inputs": inputs})


def row(name: str = "web-01", decision: Decision = Decision.ACCEPT, **other: Any) -> Row:
    """A row with all that one can have."""
    full = Row(
        name=name,
        decision=decision,
        also=("allocate an address (5 Mbit/s, PayByTraffic)",),
        instance_id="i-bp1web00000000000001",
        instance_name="shop",
        instance_type="ecs.g7.large",
        region="cn-hangzhou",
        source_account="1000000000000001",
        recipient_account="1000000000000002",
        recipient_name="orchid",
        reason="Project Orchid moves to its own company",
        channel="api",
        status="Approved",
        deadlines=("acceptance expires 2026-01-31 09:00 UTC",),
        old_address="203.0.113.12",
        new_address="198.18.0.4",
        source_groups=("web",),
        groups=("orchid-web",),
        findings=(Finding("EipBound", "Its EIP 203.0.113.12 gets unbound."),),
        costs=("The recipient pays for a new EIP.",),
        stays=(Item("private address", "172.16.0.10"),),
    )
    return replace(full, **other)


def opened(text: str = "203.0.113.0/24") -> Rules:
    """A rule that lets everybody in, which the source did not have; `text` is the end of the source's rule."""
    rule = SecurityGroupRule("ingress", "tcp", "22/22", "cidr", text)
    wide = replace(rule, port_range="23/23", peer="0.0.0.0/0")
    return Rules(("web-01",), ("web",), ("orchid-web",), compare({"web": [rule]}, {"orchid-web": [wide]}, {}))


def everything(text: str) -> Plan:
    """A plan in which every text that comes from outside is this one."""
    hostile = row(
        name=text,
        also=(text,),
        instance_id=text,
        instance_name=text,
        instance_type=text,
        region=text,
        source_account=text,
        recipient_account=text,
        recipient_name=text,
        reason=text,
        reason_before=text + ".",
        channel=text,
        status=text,
        deadlines=(text,),
        old_address=text,
        new_address=text,
        source_groups=(text,),
        groups=(text,),
        findings=(Finding(text, text),),
        costs=(text,),
        stays=(Item(text, text),),
    )
    read = preview("rename")
    return Plan(
        stack=text,
        rows=[
            hostile,
            replace(hostile, decision=Decision.SUBMIT),
            replace(hostile, decision=Decision.NOTHING, next=text),
        ],
        rules=[replace(opened(text), handovers=(text,), groups=(text,), not_compared=(text,))],
        beyond=[Beyond("create", text, (text,)), Beyond("delete", text, (text,), irreversible=True)],
        messages=[replace(read.messages[0], text=text)],
        failures=[text],
        steps=[replace(each, new={"inputs": {text: text}}) for each in read.steps if each.changes],
        saved=text,
    )
