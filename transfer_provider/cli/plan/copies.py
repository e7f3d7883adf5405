"""What the engine plans for a handover by a copy: pure, by its steps for the copy's images, its share and its instance.

The steps are those that `status` names (handover/copying/plan.py:next_steps), read of the engine's own plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from transfer_provider.cli.engine.preview import PlannedStep
from transfer_provider.handover.copying import own_image, source_image
from transfer_provider.handover.copying.plan import CopyDue, next_steps
from transfer_provider.handover.copying.state import INSTANCE, SHARE, HeldCopy
from transfer_provider.model.copies import CopyStep, SourcePower, status_of
from transfer_provider.model.lifecycle import Status

TYPES = (source_image.TYPE, own_image.TYPE, SHARE, INSTANCE)

MADE = ("create", "create-replacement", "replace")


def copy_steps(steps: Iterable[PlannedStep]) -> Sequence[CopyStep]:
    """What is made, started, stopped or recorded of one copy, by all its steps that change something."""
    some = list(steps)
    sources = [step for step in some if step.type == source_image.TYPE and step.op in (*MADE, "update")]
    source = sources[-1] if sources else None
    adopted = [step for step in some if step.type == INSTANCE and step.op == "import"]
    due = CopyDue(
        source.name if source else "",
        status_of(source.known("status")) if source else None,
        take_image=bool(source.known("take_image")) if source else False,
        source=str(source.known("source")) if source else SourcePower.AS_IT_IS,
        share=_made(some, SHARE),
        own_image=_made(some, own_image.TYPE),
        instance=_made(some, INSTANCE) or bool(adopted),
        adopt=str(adopted[0].new.get("importID") or "") if adopted else None,
    )
    return next_steps(None if begins(some) else _held(source), due)


def begins(steps: Iterable[PlannedStep]) -> bool:
    """Whether the copy begins with this run."""
    return _made(steps, source_image.TYPE)


def image_of(step: PlannedStep) -> str | None:
    """The image that a step removes, in words; None where it is certain that none was made."""
    image_id = step.had("image_id")
    whose = "source's" if step.type == source_image.TYPE else "recipient's own"
    return None if image_id == "" else f"the {whose} image {image_id or ''}".rstrip()


def starts_again(step: PlannedStep) -> bool:
    """Whether removing the source's image starts the instance that was stopped for it."""
    return step.had("source") == SourcePower.STOPPED and step.had("was_running") is True


def _made(steps: Iterable[PlannedStep], kind: str) -> bool:
    return any(step.type == kind and step.op in MADE for step in steps)


def _held(source: PlannedStep | None) -> HeldCopy:
    """The copy as it was, as far as a step is told by it; of what is made in this run nothing was there."""
    had: Any = source.had if source else lambda _: None
    return HeldCopy(
        name=source.name if source else "",
        instance_id=str(had("instance_id") or ""),
        region=str(had("region") or ""),
        recipient_account_id=str(had("recipient_account_id") or ""),
        status=status_of(had("status")) or Status.IMAGING,
        image_id=str(had("image_id") or ""),
        source=str(had("source") or SourcePower.AS_IT_IS),
        was_running=had("was_running") is True,
    )
