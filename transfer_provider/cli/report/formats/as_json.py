"""A report for scripts. Times are `YYYY-MM-DDThh:mm:ssZ`; what is null is not known: `seen` says why.

The names of keys and values are the same in every language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from transfer_provider.cli.follow.status import standing_as_json
from transfer_provider.cli.follow.times import stamp
from transfer_provider.cli.report.facts import Actor, GroupFacts, HandoverFacts, Moment, Report, Seen
from transfer_provider.cli.report.formats.sections import totals, versions
from transfer_provider.eligibility.left_behind import UNSEEN
from transfer_provider.model.rule_comparison import RuleRow


def as_json(report: Report) -> dict[str, Any]:
    """All of it."""
    return {
        "project": report.project,
        "stack": report.stack,
        "side": report.side,
        "made_at": stamp(report.made_at),
        "complete": report.complete,
        "failures": list(report.failures),
        "notes": list(report.notes),
        "source_account": report.source_account or None,
        "recipients": list(report.recipients),
        "chosen": list(report.chosen),
        "account_findings": [asdict(finding) for finding in report.account_findings],
        "not_checked": list(report.not_checked),
        "handovers": [_handover(facts) for facts in report.handovers],
        "security_groups": [_group(group) for group in report.groups],
        "costs": {kind.value: count for kind, count in totals(report)},
        "not_observable": [item.what for item in UNSEEN],
        "queried_as": [
            {"side": reader.side, "account_id": reader.account_id, "identity": reader.identity, **_seen(reader.seen)}
            for reader in report.readers
        ],
        "versions": dict(versions(report.versions)) | {"files_applied": report.versions.files_applied},
    }


def _handover(facts: HandoverFacts) -> dict[str, Any]:
    return standing_as_json(facts.standing) | {
        "outcome": facts.outcome.value,
        "reason": facts.reason,
        "recipient_name": facts.recipient_name,
        "at_source": _seen(facts.at_source),
        "at_recipient": _seen(facts.at_recipient) | {"recorded": facts.recorded_arrival},
        "submission": _actor(facts.submission),
        "acceptance": _actor(facts.acceptance),
        "timeline": [_moment(moment) for moment in facts.moments],
        "findings": None if facts.findings is None else [asdict(finding) for finding in facts.findings],
        "follows": None if facts.leaves is None else [asdict(item) for item in facts.leaves.follows],
        "stays": None if facts.leaves is None else [asdict(item) for item in facts.leaves.stays],
        "network": _seen(facts.network),
        "old_address": facts.addresses.old,
        "new_address": facts.addresses.new,
        "new_address_state": {"binding": facts.addresses.binding.value, **_seen(facts.addresses.seen)},
        "security_groups": list(facts.groups),
        "vswitch_id": facts.vswitch_id,
        "backup": facts.backup,
        "costs": [{"kind": cost.kind.value, **cost.values} for cost in facts.costs],
        "copy": asdict(facts.copy) if facts.copy else None,
    }


def _group(group: GroupFacts) -> dict[str, Any]:
    return {
        "name": group.name,
        "region": group.region,
        "source": {"id": group.source_id, **_seen(group.source)},
        "recipient": {"id": group.group_id, **_seen(group.recipient)},
        "declared_rules": group.declared,
        "same": None if group.rows is None else group.same,
        "inner_access_policy": None if group.inner is None else list(group.inner),
        "rules": None if group.rows is None else _rules(group.rows),
    }


def _rules(rows: Sequence[RuleRow]) -> list[dict[str, Any]]:
    return [
        {
            "comparison": row.kind.value,
            "source": row.source.in_words if row.source else None,
            "recipient": row.recreated.in_words if row.recreated else None,
            "newly_open": row.newly_open,
        }
        for row in rows
    ]


def _seen(seen: Seen) -> dict[str, Any]:
    return {"seen": seen.evidence.value, "why": seen.why or None}


def _actor(actor: Actor) -> dict[str, Any]:
    return {"account_id": actor.account_id, "how": actor.how, "identity": actor.identity}


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "what": moment.what.value,
        "at": stamp(moment.at) if moment.at else None,
        "certainty": moment.certainty.value,
    }
