"""Which of the handovers' standings are news, given what was announced of them before. Pure.

News is: another status; a step that waits for a person, or that came due, where the status is the same; a handover
that was not there before; a deadline that came near. Everything else is recorded and not announced.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transfer_provider.cli.follow.standing import Deadline, DeadlineKind, Standing, Step
from transfer_provider.model.lifecycle import Status

KEY_LENGTH = 7


class Mark(StrEnum):
    """A reminder of a deadline. It is given once for each deadline; what was given is recorded by these."""

    CANCEL_WINDOW = "cancel window, 15 minutes before"
    ACCEPTANCE_DAY = "acceptance, 24 hours before"
    ACCEPTANCE_HOURS = "acceptance, 3 hours before"
    INSTANCE_EXPIRY = "instance expiry, 3 days before"
    RECEIVE_WINDOW = "receive window, 2 hours before"


NEAR: Mapping[Mark, tuple[DeadlineKind, timedelta]] = {
    Mark.CANCEL_WINDOW: (DeadlineKind.CANCEL_WINDOW, timedelta(minutes=15)),
    Mark.ACCEPTANCE_DAY: (DeadlineKind.ACCEPTANCE, timedelta(hours=24)),
    Mark.ACCEPTANCE_HOURS: (DeadlineKind.ACCEPTANCE, timedelta(hours=3)),
    Mark.INSTANCE_EXPIRY: (DeadlineKind.INSTANCE_EXPIRY, timedelta(days=3)),
    Mark.RECEIVE_WINDOW: (DeadlineKind.RECEIVE_WINDOW, timedelta(hours=2)),
}


@dataclass(frozen=True)
class Known:
    """What was announced, or passed over, of one handover."""

    status: Status | None
    step: Step
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True)
class News:
    """What is announced of one handover: that it stands otherwise, or that deadlines came near, or both."""

    key: str
    standing: Standing
    known: Known
    """What is recorded with it."""
    changed: bool
    before: Known | None
    near: Sequence[Deadline] = ()


@dataclass(frozen=True)
class Found:
    """Of one observation: the news, what is recorded without being announced, and the keys that are gone."""

    news: Sequence[News]
    overview: Sequence[News]
    """Handovers seen for the first time where nothing is known to compare them with: listed in one message."""
    quiet: Mapping[str, Known]
    gone: frozenset[str]


def keyed(standings: Sequence[Standing]) -> dict[str, Standing]:
    """The handovers by what they are recorded under: the instance; its name as well where several share it."""
    shared = Counter(standing.instance_id for standing in standings)
    return {key_of(s.instance_id if shared[s.instance_id] == 1 else f"{s.instance_id} {s.name}"): s for s in standings}


def key_of(text: str) -> str:
    """A short hash: of 1,000 handovers two share one with a probability of 1 in 70,000. Persisted: never changed."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:KEY_LENGTH]


def compare(standings: Sequence[Standing], known: Mapping[str, Known], now: datetime, *, whole: bool) -> Found:
    """What is news at `now`. `standings` are all of the stack's; `known` is what the record has.

    `whole` is whether the record has everything that was announced. Where it hasn't (there is none yet, or it is
    damaged), a handover that it does not have may have been announced already: only what waits for a person, or is
    near a deadline, is listed, in one message. Of a handover whose status is not known now nothing is concluded.
    """
    news: list[News] = []
    overview: list[News] = []
    quiet: dict[str, Known] = {}
    by_key = keyed(standings)
    for key, standing in by_key.items():
        before = known.get(key)
        if standing.unknown:
            if before is None and not whole:
                quiet[key] = Known(standing.status, Step.QUERY_AGAIN)
            continue
        compared = whole
        if before is not None and before.step is Step.QUERY_AGAIN:
            before, compared = None, False
        marks, near = _reminders(standing, before, now)
        after = Known(standing.status, standing.step, marks)
        if before is None and not compared:
            changed = standing.waits_for_person
            found = overview
        else:
            changed = before is None or _changed(before, standing)
            found = news
        if changed or near:
            found.append(News(key, standing, after, changed, before, near))
        elif after != before:
            quiet[key] = after
    for some in (news, overview):
        some.sort(key=lambda each: (not each.standing.waits_for_person, each.standing.name))
    # Nothing at all is more likely a folder that was mislaid than a stack that was finished.
    gone = frozenset(known.keys() - by_key.keys()) if standings else frozenset[str]()
    return Found(news, overview, quiet, gone)


def _changed(before: Known, standing: Standing) -> bool:
    if standing.status is not before.status:
        return True
    if standing.step is before.step:
        return False
    return (
        standing.waits_for_person
        or standing.step in (Step.ACCEPT, Step.BIND)
        or (standing.settled and before.step is not Step.RECORD)
    )


def _reminders(standing: Standing, before: Known | None, now: datetime) -> tuple[frozenset[Mark], list[Deadline]]:
    """The marks to record, and the deadlines to remind of.

    A mark goes where the deadline has moved away, or another request was submitted; not where it is not known now.
    """
    marks = set(before.marks) if before and not _submitted_again(before, standing) else set[Mark]()
    near: list[Deadline] = []
    for mark, (kind, margin) in NEAR.items():
        deadline = next((each for each in standing.deadlines if each.kind is kind), None)
        if deadline is None:
            continue
        if deadline.at - now > margin:
            marks.discard(mark)
        elif mark not in marks:
            marks.add(mark)
            if deadline not in near:
                near.append(deadline)
    return frozenset(marks), near


def _submitted_again(before: Known, standing: Standing) -> bool:
    ended = before.status is None or before.status.terminal
    return ended and standing.status is not None and not standing.status.terminal
