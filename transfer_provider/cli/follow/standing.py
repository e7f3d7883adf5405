"""Where one handover stands, what happens next, and who has to act: pure, from what was observed of it.

`status`, `show`, `watch` and the notifications all go by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transfer_provider.cli.follow.next_step import Actor, Step, next_step
from transfer_provider.cli.follow.observed.observation import Observation, read_time
from transfer_provider.model.lifecycle import Status

__all__ = ["Actor", "Deadline", "DeadlineKind", "Observation", "Standing", "Step", "read_time", "standing"]


EXPIRY_MATTERS = timedelta(days=60)


class DeadlineKind(StrEnum):
    """What ends, or begins, at a deadline."""

    CANCEL_WINDOW = "cancel window closes"
    ACCEPTANCE = "acceptance expires"
    INSTANCE_EXPIRY = "instance expires"
    RECEIVE_WINDOW = "receive window opens"


@dataclass(frozen=True)
class Deadline:
    """A time that matters to somebody, timezone-aware."""

    kind: DeadlineKind
    at: datetime


# The steps that nobody takes unattended: each submits, cancels or needs somebody's decision.
BY_PERSON = (Step.SUBMIT, Step.ADOPT, Step.INITIATE, Step.ACCEPT_IN_CONSOLE, Step.DECIDE, Step.CHECK)


@dataclass(frozen=True)
class Standing:
    """Where one handover stands. What is None was not reported, or is not known on this side."""

    name: str
    instance_id: str
    region: str
    recipient_account_id: str
    channel: str
    status: Status | None
    """As Alibaba Cloud lists it now; as last recorded where `unknown`. None: nothing was submitted yet."""
    since: datetime | None
    step: Step
    actor: Actor
    what: str
    """What happens next, as a sentence."""
    deadlines: Sequence[Deadline] = ()
    """In the order of their times."""
    transfer_id: str | None = None
    declared: bool = True
    """Whether a file declares it."""
    held: bool = True
    """Whether the stack's state holds it."""
    unknown: str | None = None
    """Why its status could not be observed now; None where it was."""

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do for anybody."""
        return self.step is Step.NOTHING

    @property
    def waits_for_person(self) -> bool:
        """Whether nothing goes on until a person acts, other than by a due `pulumi up`."""
        return self.step in BY_PERSON or (self.step is Step.ACCEPT and self.actor is not Actor.PULUMI_UP)

    @property
    def due(self) -> bool:
        """Whether an unattended `pulumi up` may take the step: a reviewed change made it due, this stack can take it,
        and it submits and cancels nothing."""
        return self.actor is Actor.PULUMI_UP and self.step in (Step.ACCEPT, Step.BIND, Step.RECORD, Step.COPY)


def standing(observed: Observation, now: datetime) -> Standing:
    """Where a handover stands, by what was observed of it at `now`."""
    step, actor, what = next_step(observed, now)
    return Standing(
        name=observed.name,
        instance_id=observed.instance_id,
        region=observed.region,
        recipient_account_id=observed.recipient_account_id,
        channel=observed.channel,
        status=Status.COMPLETED if observed.arrived else observed.status,
        since=_since(observed),
        step=step,
        actor=actor,
        what=what,
        deadlines=_deadlines(observed, now, step),
        transfer_id=observed.transfer_id,
        declared=observed.declared,
        held=observed.held,
        unknown=observed.unknown,
    )


def _since(observed: Observation) -> datetime | None:
    """Since when the status is what it is; None where no time was reported that says so."""
    status = Status.COMPLETED if observed.arrived else observed.status
    match status:
        case Status.UNDER_REVIEW:
            return read_time(observed.submitted_at)
        case Status.APPROVED | Status.REJECTED:
            return read_time(observed.reviewed_at)
        case Status.TRANSFERRING:
            return read_time(observed.left_source_at)
        case Status.COMPLETED:
            return read_time(observed.completed_at)
    return None


def _near(expires: datetime | None, now: datetime) -> bool:
    """Whether an expiry matters to a handover; that of a pay-as-you-go instance is decades ahead."""
    return expires is not None and expires - now <= EXPIRY_MATTERS


def _deadlines(observed: Observation, now: datetime, step: Step) -> list[Deadline]:
    """What is still ahead, in the order of time."""
    if step is Step.NOTHING:
        return []
    status = Status.COMPLETED if observed.arrived else observed.status
    pending = status in (Status.UNDER_REVIEW, Status.APPROVED)
    known = {
        DeadlineKind.CANCEL_WINDOW: read_time(observed.cancellable_until) if pending else None,
        DeadlineKind.ACCEPTANCE: read_time(observed.accept_before) if status is Status.APPROVED else None,
        DeadlineKind.INSTANCE_EXPIRY: observed.instance_expires if _near(observed.instance_expires, now) else None,
        DeadlineKind.RECEIVE_WINDOW: observed.window_opens if step is Step.WAIT_FOR_WINDOW else None,
    }
    ahead = [Deadline(kind, at) for kind, at in known.items() if at is not None and at > now]
    return sorted(ahead, key=lambda deadline: deadline.at)
