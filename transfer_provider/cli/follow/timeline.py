"""What happened to a handover and what is ahead, in the order of time: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transfer_provider.cli.follow.standing import DeadlineKind, Observation, Standing, read_time
from transfer_provider.model.lifecycle import Status


class Happening(StrEnum):
    """What happened to a handover."""

    SUBMITTED = "submitted"
    APPROVED = "reviewed: approved"
    REJECTED = "reviewed: rejected"
    CANCEL_WINDOW_CLOSED = "cancel window closed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    LEFT_SOURCE = "not listed by the source's account any more"
    COMPLETED = "completed"
    ARRIVED = "arrived: the recipient's account lists the instance"
    COPIED = "copied: the recipient's account lists its own instance"
    BOUND = "its new address is bound"


@dataclass(frozen=True)
class Event:
    """Something that happened, or will; `at` is None where it is known without its time."""

    at: datetime | None
    what: Happening | DeadlineKind
    ahead: bool = False


def timeline(observed: Observation, standing: Standing, now: datetime) -> Sequence[Event]:
    """Everything with a time, in its order; then what is known without one."""
    cancellable_until = read_time(observed.cancellable_until)
    past = [
        (read_time(observed.submitted_at), Happening.SUBMITTED),
        (read_time(observed.reviewed_at), _reviewed(standing.status)),
        (
            cancellable_until if cancellable_until and cancellable_until <= now else None,
            Happening.CANCEL_WINDOW_CLOSED,
        ),
        (read_time(observed.accept_before) if standing.status is Status.EXPIRED else None, Happening.EXPIRED),
        (read_time(observed.left_source_at), Happening.LEFT_SOURCE),
        (read_time(observed.completed_at), Happening.COMPLETED),
    ]
    events = [Event(at, what) for at, what in past if at is not None]
    events += [Event(deadline.at, deadline.kind, ahead=True) for deadline in standing.deadlines]
    events.sort(key=lambda event: (event.ahead, event.at is None, event.at))
    untimed = []
    if standing.status is Status.CANCELLED:
        untimed.append(Event(None, Happening.CANCELLED))
    if observed.arrived:
        untimed.append(Event(None, Happening.ARRIVED))
    if standing.status is Status.COPIED:
        untimed.append(Event(None, Happening.COPIED))
    if observed.bound:
        untimed.append(Event(None, Happening.BOUND))
    happened = sum(not event.ahead for event in events)
    return [*events[:happened], *untimed, *events[happened:]]


def _reviewed(status: Status | None) -> Happening:
    return Happening.REJECTED if status is Status.REJECTED else Happening.APPROVED
