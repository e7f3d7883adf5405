"""A plan as JSON, for scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from transfer_provider.cli.plan.reviewed import Plan, Row, Rules
from transfer_provider.cli.plan.shown import diff, words


def as_json(plan: Plan) -> dict[str, Any]:
    """Everything of it, and what it comes to."""
    return {
        "stack": plan.stack,
        "verdict": plan.verdict.name.lower(),
        "exit_code": int(plan.verdict),
        "complete": not plan.failures,
        "failures": list(plan.failures),
        "errors": list(plan.errors),
        "handovers": [_row(row) for row in plan.rows],
        "rules": [_rules(some) for some in plan.rules],
        "beyond": [asdict(each) for each in plan.beyond],
        "messages": [asdict(message) for message in plan.messages],
        "steps": [
            {"op": step.op, "type": step.type, "name": step.name, "urn": step.urn, "changes": dict(diff.changes(step))}
            for step in plan.steps
        ],
        "saved": plan.saved,
    }


def _row(row: Row) -> dict[str, Any]:
    return {**asdict(row), "decision": row.decision.value, "irreversible": row.irreversible}


def _rules(some: Rules) -> dict[str, Any]:
    return {
        "handovers": list(some.handovers),
        "source_groups": list(some.source_groups),
        "groups": list(some.groups),
        "rules": [
            {
                "kind": row.kind.value,
                "open_to_the_world": row.open_to_the_world,
                "source_group": row.source_group,
                "source": words.rule(row.source) if row.source else None,
                "group": row.group,
                "recreated": words.rule(row.recreated) if row.recreated else None,
            }
            for row in some.rows
        ],
        "notes": list(some.notes),
        "not_compared": list(some.not_compared),
    }
