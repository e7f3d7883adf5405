"""What a plan costs somebody from now on, as far as it is known without prices. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transfer_provider.cli.plan.decisions import CREATES, Decision, Planned
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.handover.state import SNAPSHOT
from transfer_provider.model.inventory import Instance

# After these the instance moves, and what it leaves is left.
LEAVES = (Decision.SUBMIT, Decision.SUBMIT_AGAIN, Decision.RESUBMIT, Decision.ADOPT, Decision.ACCEPT, Decision.RECORD)


def of(plan: Planned, at_source: Instance | None, *, arrived: bool) -> Sequence[str]:
    """What one handover costs, a sentence each."""
    return list(_of(plan, at_source, arrived=arrived))


def _of(plan: Planned, at_source: Instance | None, *, arrived: bool) -> Iterator[str]:
    for step in plan.steps:
        if step.type == EIP_ADDRESS and step.op == "create":
            when = "from now on" if arrived else "from now on, before the instance arrives"
            size = f"{step.known('bandwidth')} Mbit/s, {step.known('internetChargeType')}"
            yield f"The recipient pays for a new EIP ({size}) {when}."
    snapshots = [step for step in plan.steps if step.type == SNAPSHOT and step.op in CREATES]
    if snapshots:
        days = snapshots[0].known("retentionDays")
        kept = f" for {days} days" if days else ""
        yield f"The source pays for {len(snapshots)} snapshot{'s' if len(snapshots) > 1 else ''}{kept}."
    if at_source is None or plan.decision not in LEAVES:
        return
    if at_source.eip:
        yield f"The source goes on paying for its EIP {at_source.eip}, then bound to nothing, until it releases it."
    if at_source.charge_type == "PrePaid" and at_source.expires:
        yield (
            f"Paid until {at_source.expires:%Y-%m-%d}: the remaining time follows the instance, and is not refunded."
        )
