"""What the formats of a report have in common, beside their texts: pure."""

from __future__ import annotations

from collections import Counter

from transfer_provider.cli.report.facts import CostKind, HandoverFacts, Report, Versions


def mapped(report: Report) -> list[HandoverFacts]:
    """The handovers with an old or a new address."""
    return [facts for facts in report.handovers if facts.addresses.old or facts.addresses.new]


def totals(report: Report) -> list[tuple[CostKind, int]]:
    """How many handovers have each kind of cost, in the order of `CostKind`."""
    counted = Counter(cost.kind for facts in report.handovers for cost in facts.costs)
    return [(kind, counted[kind]) for kind in CostKind if counted[kind]]


def versions(found: Versions) -> list[tuple[str, str | None]]:
    """Each version by its name in the catalogue; None where it is not known."""
    return [
        ("library", found.library),
        ("engine", found.engine),
        ("sdk", found.sdk),
        ("plugin", found.plugin),
        ("state_engine", found.state_engine),
        ("state_plugins", ", ".join(found.state_plugins) or None),
        ("state_written_at", found.state_written_at),
        ("program", found.program),
        ("files", found.files),
        ("applied_files", found.applied_files),
    ]
