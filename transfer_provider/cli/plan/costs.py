"""What a plan costs somebody from now on, as far as it is known without prices. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transfer_provider.cli.plan import copies
from transfer_provider.cli.plan.decisions import CREATES, Decision, Planned
from transfer_provider.handover.copying.state import INSTANCE
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.handover.state import SNAPSHOT
from transfer_provider.model.copies import CopyStep
from transfer_provider.model.inventory import Instance

# After these the instance moves, and what it leaves is left.
LEAVES = (Decision.SUBMIT, Decision.SUBMIT_AGAIN, Decision.RESUBMIT, Decision.ADOPT, Decision.ACCEPT, Decision.RECORD)


def of(plan: Planned, at_source: Instance | None, *, arrived: bool, by_copy: bool = False) -> Sequence[str]:
    """What one handover costs, a sentence each; `by_copy`: the source keeps its instance."""
    costs = [*_of_copy(plan)] if by_copy else []
    return [*costs, *_of(plan, None if by_copy else at_source, arrived=arrived or by_copy)]


def _of_copy(plan: Planned) -> Iterator[str]:
    """What a copy costs from now on; the source's own instance goes on costing whatever is planned."""
    taken = copies.copy_steps([step for step in plan.steps if step.type in copies.TYPES])
    if plan.decision is Decision.COPY:
        yield "The source pays for the image's snapshots until they are deleted."
        yield "Once the recipient's instance is made, it is a second bill."
    if CopyStep.COPY_IMAGE in taken:
        yield "The recipient pays for the snapshots of its own image until they are deleted."
    if CopyStep.MAKE_INSTANCE in taken:
        made = next(step for step in plan.steps if step.type == INSTANCE and step.op in copies.MADE)
        size = ", ".join(str(each) for key in ("instanceType", "instanceChargeType") if (each := made.known(key)))
        yield (
            f"A second bill: the recipient pays for its instance{f' ({size})' if size else ''} from now on, the source "
            "for its own until somebody releases it."
        )
    if CopyStep.CUT_OVER in taken:
        yield "The source's stopped instance goes on costing until somebody releases it."


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
