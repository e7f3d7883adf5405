"""What a preview's steps mean for a handover: pure, by what the engine plans for its resources.

Where it is not certain that a step can be undone, it counts as one that can't.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from transfer_provider import receipt, transfer
from transfer_provider.cli.engine.preview import PlannedStep
from transfer_provider.cli.plan import copies
from transfer_provider.handover.copying import source_image
from transfer_provider.handover.copying.state import INSTANCE, SHARE
from transfer_provider.handover.recipient.state import EIP_ADDRESS, EIP_ASSOCIATION
from transfer_provider.handover.state import HANDOVER, SNAPSHOT
from transfer_provider.model.copies import CopyStep
from transfer_provider.model.lifecycle import FAILED, Status

CREATES = ("create", "import")
REPLACES = ("replace", "create-replacement", "delete-replaced", "import-replacement", "discard-replaced")
DELETES = ("delete", "discard")
UPDATES = ("update",)


class Decision(StrEnum):
    """What a reviewer decides on, the gravest first."""

    CANCEL = "cancel"
    RESUBMIT = "cancel and resubmit"
    ACCEPT = "accept"
    DESTROY = "release or delete"
    CLEAN_UP = "clean up the copy"
    SUBMIT_AGAIN = "submit again"
    SUBMIT = "submit"
    ADOPT = "adopt"
    COPY = "copy"
    MAKE_INSTANCE = CopyStep.MAKE_INSTANCE.value
    CUT_OVER = CopyStep.CUT_OVER.value
    GO_ON = "go on with the copy"
    BIND = "bind"
    RECORD = "record"
    RENAME = "rename"
    CHANGE = "change"
    STOP_TRACKING = "stop tracking"
    NOTHING = "nothing"

    @property
    def irreversible(self) -> bool:
        """Whether it can't be undone."""
        return self in CONSEQUENCES


# The decisions that can't be undone, and what each means.
CONSEQUENCES: Mapping[Decision, str] = {
    Decision.CANCEL: "The transfer is cancelled for good: the same request is never accepted again.",
    Decision.RESUBMIT: "The transfer is cancelled for good, and the changed request goes through its review anew.",
    Decision.ACCEPT: "The instance leaves the source account and cannot come back.",
    Decision.DESTROY: "What is released or deleted can't be had back.",
    Decision.CLEAN_UP: "The images made for the copy are deleted with their snapshots; the source's instance stays.",
}

# Whose words say nothing of their own, or not all.
_SPOKEN = (
    Decision.DESTROY,
    Decision.CLEAN_UP,
    Decision.COPY,
    Decision.GO_ON,
    Decision.RECORD,
    Decision.CHANGE,
    Decision.RENAME,
    Decision.STOP_TRACKING,
)

_OF_COPY: Mapping[CopyStep, Decision] = {
    CopyStep.MAKE_INSTANCE: Decision.MAKE_INSTANCE,
    CopyStep.CUT_OVER: Decision.CUT_OVER,
    CopyStep.VERIFIED: Decision.RECORD,
    CopyStep.FAILED: Decision.RECORD,
}


@dataclass(frozen=True)
class Planned:
    """What is planned for one handover: the gravest decision, and in a few words what else."""

    decision: Decision
    also: Sequence[str]
    steps: Sequence[PlannedStep]

    @property
    def irreversible(self) -> bool:
        """Whether any of it can't be undone."""
        return self.decision.irreversible


def handover_of(step: PlannedStep) -> str | None:
    """The name of the handover that a step belongs to; None: it belongs to none."""
    if step.type in (HANDOVER, transfer.TYPE, receipt.TYPE, source_image.TYPE):
        return step.name
    if HANDOVER not in step.parents:
        return None
    return step.name.rpartition("/")[0] if step.type == SNAPSHOT else step.name


def planned(
    steps: Iterable[PlannedStep], *, adopts: bool = False, moved: bool = False, renamed_from: str | None = None
) -> Planned:
    """What these steps of one handover mean.

    `adopts`: its request is under way at Alibaba Cloud already; `moved`: its instance is observed to be on its way to
    the recipient, or there; `renamed_from`: the name that the state has it by.
    """
    changing = [step for step in steps if step.changes]
    found: list[tuple[Decision, str]] = []
    for step in changing:
        found += _of_step(step, adopts=adopts, moved=moved)
    found += _of_copy([step for step in changing if step.type in copies.TYPES])
    snapshots = [step for step in changing if step.type == SNAPSHOT]
    found += _of_snapshots(snapshots)
    if renamed_from is not None:
        found.append((Decision.RENAME, f"rename from {renamed_from}"))
    order = list(Decision)
    found.sort(key=lambda pair: order.index(pair[0]))
    if not found:
        return Planned(Decision.NOTHING, (), changing)
    first = found[0][0]
    # The decision's own words come first by themselves, unless it is of several kinds.
    also = [words for decision, words in found if words and (first in _SPOKEN or words != found[0][1])]
    return Planned(first, list(dict.fromkeys(also)), changing)


def _of_step(step: PlannedStep, *, adopts: bool, moved: bool) -> list[tuple[Decision, str]]:
    match step.type:
        case transfer.TYPE:
            return [_of_transfer(step, adopts=adopts)]
        case receipt.TYPE:
            return [_of_receipt(step, moved=moved)]
        case kind if kind == EIP_ADDRESS:
            return [_of_address(step)]
        case kind if kind == EIP_ASSOCIATION:
            return [_of_binding(step)]
        case kind if kind in (HANDOVER, SNAPSHOT, *copies.TYPES):
            return []
    return [(Decision.CHANGE, f"{step.op} {short_type(step.type)} {step.name}")]


def _of_transfer(step: PlannedStep, *, adopts: bool) -> tuple[Decision, str]:
    if step.op in CREATES:
        if step.known("channel") == "console":
            return Decision.RECORD, "record the request, which two people make in the console"
        return (Decision.ADOPT, "adopt") if adopts else (Decision.SUBMIT, "submit")
    if step.op in REPLACES:
        if _cancellable(step):
            return Decision.RESUBMIT, "cancel and resubmit"
        return Decision.SUBMIT_AGAIN, "submit again"
    if step.op in DELETES:
        if _cancellable(step):
            return Decision.CANCEL, "cancel"
        return Decision.STOP_TRACKING, "stop tracking the transfer"
    return Decision.CHANGE, f"{step.op} the transfer"


def _cancellable(step: PlannedStep) -> bool:
    """Whether removing it cancels a request at Alibaba Cloud, as far as that can't be excluded."""
    if step.old.get("retainOnDelete") is True or step.had("channel") == "console":
        return False
    status = step.had("status")
    return status not in (Status.AWAITING_INITIATION, Status.COMPLETED, *FAILED)


def _of_receipt(step: PlannedStep, *, moved: bool) -> tuple[Decision, str]:
    if step.op in CREATES or step.op in REPLACES:
        if moved:
            return Decision.RECORD, "record the receipt"
        if step.known("channel") == "console":
            return Decision.RECORD, "record the receipt, which the recipient makes in the console"
        return Decision.ACCEPT, "accept"
    if step.op in DELETES:
        return Decision.STOP_TRACKING, "stop tracking the receipt"
    return Decision.CHANGE, "change the groups it is in"


def _of_address(step: PlannedStep) -> tuple[Decision, str]:
    size = f"{step.known('bandwidth')} Mbit/s, {step.known('internetChargeType')}"
    if step.op == "import":
        return Decision.CHANGE, f"take over the address {step.new.get('importID') or step.new.get('id') or ''}".strip()
    if step.op in CREATES:
        return Decision.CHANGE, f"allocate an address ({size})"
    kept = step.old.get("retainOnDelete") is True
    if step.op in DELETES:
        address = step.had("ipAddress") or "its address"
        if kept:
            return Decision.STOP_TRACKING, f"stop tracking the address {address}"
        return Decision.DESTROY, f"release the address {address}"
    if step.op in REPLACES:
        return Decision.DESTROY, f"replace the address {step.had('ipAddress') or ''}".strip()
    return Decision.CHANGE, "change the address's settings"


def _of_binding(step: PlannedStep) -> tuple[Decision, str]:
    if step.op in CREATES or step.op in REPLACES:
        return Decision.BIND, "bind"
    return (Decision.CHANGE, "unbind its address") if step.op in DELETES else (Decision.CHANGE, "change the binding")


def _of_copy(steps: Sequence[PlannedStep]) -> list[tuple[Decision, str]]:
    """Of a copy's resources, together: what a step means follows from the others."""
    begins = copies.begins(steps)
    taken = copies.copy_steps(steps)
    found = [(Decision.COPY if begins else _OF_COPY.get(step, Decision.GO_ON), step.value) for step in taken]
    for step in steps:
        if step.op in DELETES or step.op in REPLACES:
            found += _removed_of_copy(step)
        elif step.op in UPDATES and step.type != source_image.TYPE:
            what = "the recipient's instance" if step.type == INSTANCE else short_type(step.type)
            found.append((Decision.CHANGE, f"change {what}"))
        elif step.op in UPDATES and step.known("given_up") is True:
            given_up = "give the copy up, and delete its image once that is made"
            found.append((Decision.CLEAN_UP, given_up) if not step.had("given_up") else (Decision.CHANGE, "wait"))
        elif step.op in UPDATES and not taken:
            now, before = step.known("status"), step.had("status")
            changed = (Decision.RECORD, f"record that it is {now}") if now != before else None
            found.append(changed or (Decision.CHANGE, "change what is declared of the copy"))
    return found


def _removed_of_copy(step: PlannedStep) -> list[tuple[Decision, str]]:
    kept = step.old.get("retainOnDelete") is True
    if step.type == INSTANCE:
        named = f"the recipient's instance {step.old.get('id') or ''}".rstrip()
        if kept:
            return [(Decision.STOP_TRACKING, f"stop tracking {named}, which stays")]
        return [(Decision.DESTROY, f"release {named}")]
    if step.type == SHARE:
        return [(Decision.CHANGE, "share the image with the recipient no longer")]
    if kept:
        return [(Decision.STOP_TRACKING, f"stop tracking {copies.image_of(step) or 'the copy'}")]
    image = copies.image_of(step)
    deleted = (Decision.CLEAN_UP, f"delete {image} and its snapshots, as far as nothing needs them")
    found = [deleted if image else (Decision.STOP_TRACKING, "stop tracking the copy, of which no image was made")]
    if step.type == source_image.TYPE and copies.starts_again(step):
        found.append((Decision.STOP_TRACKING, CopyStep.START_SOURCE.value))
    return found


def _of_snapshots(steps: Sequence[PlannedStep]) -> list[tuple[Decision, str]]:
    made = [step for step in steps if step.op in CREATES]
    lost = [
        step
        for step in steps
        if (step.op in DELETES or step.op in REPLACES) and step.old.get("retainOnDelete") is not True
    ]
    other = [step for step in steps if step not in made and step not in lost]
    found = []
    if made:
        found.append((Decision.CHANGE, f"make {_snapshots(made)} first"))
    if lost:
        found.append((Decision.DESTROY, f"delete {_snapshots(lost)}"))
    if other:
        found.append((Decision.CHANGE, f"change or stop tracking {_snapshots(other)}"))
    return found


def _snapshots(steps: Sequence[PlannedStep]) -> str:
    return f"{len(steps)} snapshot{'' if len(steps) == 1 else 's'}"


def short_type(token: str) -> str:
    """`SecurityGroupRule` of a type token."""
    name = token.rsplit(":", 1)[-1]
    return f"{name} provider" if token.startswith("pulumi:providers:") else name
