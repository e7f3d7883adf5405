"""What happened to a handover and what is ahead, in the order of time: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from transfer_provider.cli.follow.standing import Observation, Standing, read_time
from transfer_provider.model.lifecycle import Status


@dataclass(frozen=True)
class Event:
    """Something that happened, or will; `at` is None where it is known without its time."""

    at: datetime | None
    what: str
    ahead: bool = False


def timeline(observed: Observation, standing: Standing, now: datetime) -> Sequence[Event]:
    """Everything with a time, in its order; then what is known without one."""
    cancellable_until = read_time(observed.cancellable_until)
    past = [
        (read_time(observed.submitted_at), "submitted"),
        (read_time(observed.reviewed_at), _reviewed(standing.status)),
        (cancellable_until if cancellable_until and cancellable_until <= now else None, "cancel window closed"),
        (read_time(observed.accept_before) if standing.status is Status.EXPIRED else None, "expired"),
        (read_time(observed.left_source_at), "not listed by the source's account any more"),
        (read_time(observed.completed_at), "completed"),
    ]
    events = [Event(at, what) for at, what in past if at is not None]
    events += [Event(deadline.at, deadline.kind.value, ahead=True) for deadline in standing.deadlines]
    events.sort(key=lambda event: (event.ahead, event.at is None, event.at))
    untimed = []
    if standing.status is Status.CANCELLED:
        untimed.append(Event(None, "cancelled"))
    if observed.arrived:
        untimed.append(Event(None, "arrived: the recipient's account lists the instance"))
    if observed.bound:
        untimed.append(Event(None, "its new address is bound"))
    happened = sum(not event.ahead for event in events)
    return [*events[:happened], *untimed, *events[happened:]]


def _reviewed(status: Status | None) -> str:
    return "reviewed: rejected" if status is Status.REJECTED else "reviewed: approved"
