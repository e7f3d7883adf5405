"""Where one handover stands, what happens next, and who has to act: pure, from what was observed of it.

`status`, `show`, `watch` and the notifications all go by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transfer_provider.model.lifecycle import FAILED, Status, parse_time


class Actor(StrEnum):
    """Who has to act next."""

    SOURCE = "source"
    RECIPIENT = "recipient"
    ALIBABA_CLOUD = "Alibaba Cloud"
    PULUMI_UP = "pulumi up"
    NOBODY = "nobody"


class Step(StrEnum):
    """What happens next."""

    WAIT = "wait for its turn"  # `after`, or the next wave
    SUBMIT = "submit"
    INITIATE = "initiate in the console"
    REVIEW = "review"
    ACCEPT_IN_CONSOLE = "accept in the console"
    WAIT_FOR_WINDOW = "wait for the receive window"
    ACCEPT = "accept"
    MOVE = "move"
    BIND = "bind the address"
    RECORD = "record the result"  # the state is behind what Alibaba Cloud lists
    DECIDE = "decide what becomes of it"  # rejected, cancelled or expired; or no file declares it
    CHECK = "check the order"  # the recipient's account does not list what was handed over
    NOTHING = "nothing"


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


@dataclass(frozen=True)
class Standing:
    """Where one handover stands. What is None was not reported, or is not known on this side."""

    name: str
    instance_id: str
    region: str
    recipient_account_id: str
    channel: str
    status: Status | None
    """None: nothing was submitted yet."""
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

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do for anybody."""
        return self.step is Step.NOTHING

    @property
    def waits_for_person(self) -> bool:
        """Whether nothing goes on until a person acts, other than by a due `pulumi up`."""
        return self.step in (Step.SUBMIT, Step.INITIATE, Step.ACCEPT_IN_CONSOLE, Step.DECIDE, Step.CHECK)

    @property
    def due(self) -> bool:
        """Whether an unattended `pulumi up` may take the step: a reviewed change made it due, and it submits and
        cancels nothing."""
        return self.step in (Step.ACCEPT, Step.BIND, Step.RECORD)


@dataclass(frozen=True)
class Observation:
    """What is known of one handover. What is None was not observed, is not there, or belongs to the other half."""

    name: str
    instance_id: str
    region: str
    recipient_account_id: str
    channel: str
    declared: bool
    held: bool
    runs_source: bool
    runs_recipient: bool
    destination: bool
    """Whether a vSwitch and groups of the recipient are declared."""
    address: bool = False
    """Whether an EIP is declared for it."""
    bound: bool = False
    """Whether the state holds that address as bound."""
    received: bool = False
    """Whether the state holds its receipt."""
    arrived: bool = False
    """Whether the recipient's account lists the instance."""
    recorded: Status | None = None
    """The transfer's status in the state."""
    recorded_arrival: bool = False
    """Whether the state holds the receipt as Completed."""
    transfer_id: str | None = None
    status: Status | None = None
    """The transfer's status now."""
    message: str | None = None
    submitted_at: str | None = None
    reviewed_at: str | None = None
    completed_at: str | None = None
    cancellable_until: str | None = None
    accept_before: str | None = None
    instance_expires: datetime | None = None
    window_opens: datetime | None = None
    """When the receipt is due next; None: at once, or without a receive window."""
    waits_for: Sequence[str] = ()
    """Why it is not submitted yet, a sentence each."""


def standing(observed: Observation, now: datetime) -> Standing:
    """Where a handover stands, by what was observed of it at `now`."""
    step, actor, what = _next(observed, now)
    return Standing(
        name=observed.name,
        instance_id=observed.instance_id,
        region=observed.region,
        recipient_account_id=observed.recipient_account_id,
        channel=observed.channel,
        status=observed.status,
        since=_since(observed),
        step=step,
        actor=actor,
        what=what,
        deadlines=_deadlines(observed, now, step),
        transfer_id=observed.transfer_id,
        declared=observed.declared,
        held=observed.held,
    )


Next = tuple[Step, Actor, str]


def _next(observed: Observation, now: datetime) -> Next:
    status = observed.status
    if not observed.declared and not (observed.arrived or status is Status.COMPLETED):
        return _undeclared(observed)
    if observed.arrived:
        return _arrived(observed)
    if status is None:
        if observed.waits_for:
            return Step.WAIT, Actor.NOBODY, " ".join(observed.waits_for)
        if not observed.runs_source:
            return Step.WAIT, Actor.SOURCE, "The source has not submitted it yet."
        return Step.SUBMIT, Actor.PULUMI_UP, "The next `pulumi up` submits it."
    if status in FAILED:
        advice = "change the reason" if status is Status.CANCELLED else "correct it"
        return (
            Step.DECIDE,
            Actor.SOURCE,
            f"{(observed.message or str(status)).rstrip('.')}: {advice} and submit it again, or remove its file.",
        )
    match status:
        case Status.AWAITING_INITIATION:
            return Step.INITIATE, Actor.SOURCE, observed.message or "The source initiates it in the console."
        case Status.UNDER_REVIEW if observed.channel == "console":
            return Step.ACCEPT_IN_CONSOLE, Actor.RECIPIENT, observed.message or "The recipient accepts it."
        case Status.UNDER_REVIEW:
            return Step.REVIEW, Actor.ALIBABA_CLOUD, "Alibaba Cloud reviews the request, which takes hours to a day."
        case Status.APPROVED:
            return _approved(observed, now)
        case Status.TRANSFERRING:
            return Step.MOVE, Actor.ALIBABA_CLOUD, "The instance is moving, which takes about half an hour."
        case Status.COMPLETED if observed.runs_recipient:
            return (
                Step.CHECK,
                Actor.RECIPIENT,
                "The transfer is Completed, and the recipient's account does not list the instance: check that nobody "
                "released it, and ask Alibaba Cloud support.",
            )
    return _recorded(observed, "Completed, as observed on the source's side.")


def _approved(observed: Observation, now: datetime) -> Next:
    if observed.channel == "console":
        return Step.ACCEPT_IN_CONSOLE, Actor.RECIPIENT, observed.message or "The recipient accepts it in the console."
    if not observed.runs_recipient or not observed.destination:
        return Step.ACCEPT, Actor.RECIPIENT, "Approved: the recipient accepts it."
    if observed.window_opens is not None and observed.window_opens > now:
        return Step.WAIT_FOR_WINDOW, Actor.NOBODY, "Approved: it is accepted when the receive window opens."
    return Step.ACCEPT, Actor.PULUMI_UP, "Approved: the next `pulumi up` accepts it, and the instance begins to move."


def _arrived(observed: Observation) -> Next:
    if observed.runs_recipient and observed.declared and observed.address and not observed.bound:
        return Step.BIND, Actor.PULUMI_UP, "It has arrived: the next `pulumi up` binds its address."
    if observed.runs_recipient and observed.declared and observed.destination and not observed.recorded_arrival:
        return Step.RECORD, Actor.PULUMI_UP, "It has arrived: the next `pulumi up` records that."
    return _recorded(observed, "The recipient's account lists the instance; nothing is left to do.")


def _recorded(observed: Observation, what: str) -> Next:
    behind = observed.runs_source and observed.held and observed.recorded is not Status.COMPLETED
    if behind and observed.declared:
        return Step.RECORD, Actor.PULUMI_UP, "It is Completed: the next `pulumi up` records that."
    return Step.NOTHING, Actor.NOBODY, what


def _undeclared(observed: Observation) -> Next:
    if observed.status is None or observed.status.terminal:
        return Step.DECIDE, Actor.SOURCE, "No file declares it; the next `pulumi up` removes it from state."
    return (
        Step.DECIDE,
        Actor.SOURCE,
        "No file declares it: the next `pulumi up` would cancel it, for good. Restore its file to keep it.",
    )


def _since(observed: Observation) -> datetime | None:
    """Since when the status is what it is; None where no time was reported that says so."""
    match observed.status:
        case Status.UNDER_REVIEW:
            return parse_time(observed.submitted_at)
        case Status.APPROVED | Status.REJECTED:
            return parse_time(observed.reviewed_at)
        case Status.COMPLETED:
            return parse_time(observed.completed_at)
    return None


def _deadlines(observed: Observation, now: datetime, step: Step) -> list[Deadline]:
    """What is still ahead, in the order of time."""
    if step is Step.NOTHING:
        return []
    pending = observed.status in (Status.UNDER_REVIEW, Status.APPROVED)
    known = {
        DeadlineKind.CANCEL_WINDOW: parse_time(observed.cancellable_until) if pending else None,
        DeadlineKind.ACCEPTANCE: parse_time(observed.accept_before) if observed.status is Status.APPROVED else None,
        DeadlineKind.INSTANCE_EXPIRY: observed.instance_expires,
        DeadlineKind.RECEIVE_WINDOW: observed.window_opens if step is Step.WAIT_FOR_WINDOW else None,
    }
    ahead = [Deadline(kind, at) for kind, at in known.items() if at is not None and at > now]
    return sorted(ahead, key=lambda deadline: deadline.at)
