"""Where one handover stands, what happens next, and who has to act: pure, from what was observed of it.

`status`, `show`, `watch` and the notifications all go by this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from transfer_provider.model.lifecycle import FAILED, Status, parse_time, refusal_to_change
from transfer_provider.model.text import printable


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
    ADOPT = "adopt"  # it is under way already, and the state does not hold it
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
    QUERY_AGAIN = "query again"  # no answer, or no permission: nothing is concluded
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
        return self.actor is Actor.PULUMI_UP and self.step in (Step.ACCEPT, Step.BIND, Step.RECORD)


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
    left_source_at: str | None = None
    """Console channel: when the source was first observed not to list the instance."""
    instance_expires: datetime | None = None
    window_opens: datetime | None = None
    """When the receipt is due next; None: at once, or without a receive window."""
    waits_for: Sequence[str] = ()
    """Why it is not submitted yet, a sentence each."""
    changed: Sequence[str] = ()
    """The inputs of its file that differ from those that the state's transfer was submitted with."""
    conflict: str | None = None
    """Why the next `pulumi up` can't submit or adopt it: another request of its instance is in the way."""
    gone: bool = False
    """Whether Alibaba Cloud is confirmed not to list the transfer that the state holds as unfinished."""
    unknown: str | None = None
    """Why its status could not be observed: no answer, no permission, the wrong account. A sentence."""


def standing(observed: Observation, now: datetime) -> Standing:
    """Where a handover stands, by what was observed of it at `now`."""
    step, actor, what = _next(observed, now)
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


Next = tuple[Step, Actor, str]


def _next(observed: Observation, now: datetime) -> Next:
    if observed.unknown:
        return Step.QUERY_AGAIN, Actor.NOBODY, "Its status is not known now: it could not be queried."
    ended = observed.arrived or observed.status is Status.COMPLETED
    if not observed.declared:
        return _undeclared(observed, ended=ended)
    if observed.changed and observed.declared and observed.runs_source and observed.recorded is not None:
        return _changed(observed, now)
    if observed.conflict and observed.runs_source:
        return Step.DECIDE, Actor.SOURCE, printable(observed.conflict)
    if observed.arrived:
        return _arrived(observed)
    if observed.status is None:
        return _not_submitted(observed)
    if observed.status in FAILED:
        return _failed(observed)
    if _unrecorded(observed) and observed.status is not Status.AWAITING_INITIATION:
        return (
            Step.ADOPT,
            Actor.PULUMI_UP,
            f"{observed.status}, and the state does not hold it: the next `pulumi up` adopts it.",
        )
    return _under_way(observed, now)


def _under_way(observed: Observation, now: datetime) -> Next:
    """Of a transfer that was submitted and has not failed."""
    match observed.status:
        case Status.AWAITING_INITIATION:
            return Step.INITIATE, Actor.SOURCE, _said(observed) or "The source initiates it in the console."
        case Status.UNDER_REVIEW if observed.channel == "console":
            return Step.ACCEPT_IN_CONSOLE, Actor.RECIPIENT, _said(observed) or "The recipient accepts it."
        case Status.UNDER_REVIEW:
            return Step.REVIEW, Actor.ALIBABA_CLOUD, "Alibaba Cloud reviews the request, which takes hours to a day."
        case Status.APPROVED:
            return _approved(observed, now)
        case Status.TRANSFERRING:
            moving = "The instance is moving, which takes about half an hour."
            return Step.MOVE, Actor.ALIBABA_CLOUD, (_said(observed) if observed.channel == "console" else "") or moving
        case Status.COMPLETED if observed.runs_recipient:
            return (
                Step.CHECK,
                Actor.RECIPIENT,
                "The transfer is Completed, and the recipient's account does not list the instance: check that nobody "
                "released it, and ask Alibaba Cloud support.",
            )
    return _recorded(observed, "Completed, as observed on the source's side.")


def _said(observed: Observation) -> str:
    """The status message; it may hold Alibaba Cloud's words."""
    return printable(observed.message or "")


def _not_submitted(observed: Observation) -> Next:
    if observed.waits_for:
        return Step.WAIT, Actor.NOBODY, printable(" ".join(observed.waits_for))
    if not observed.runs_source:
        return Step.WAIT, Actor.SOURCE, "The source has not submitted it yet."
    if observed.gone:
        return (
            Step.SUBMIT,
            Actor.PULUMI_UP,
            f"Alibaba Cloud no longer lists {printable(str(observed.transfer_id))}: the next `pulumi up` removes it "
            "from state and submits the request again.",
        )
    if observed.channel == "console":
        return (
            Step.SUBMIT,
            Actor.PULUMI_UP,
            "The next `pulumi up` records it, and shows the steps that two people take in the console.",
        )
    return Step.SUBMIT, Actor.PULUMI_UP, "The next `pulumi up` submits it."


def _failed(observed: Observation) -> Next:
    advice = "change the reason" if observed.status is Status.CANCELLED else "correct it"
    said = (_said(observed) or str(observed.status)).rstrip(".")
    return Step.DECIDE, Actor.SOURCE, f"{said}: {advice} and submit it again, or remove its file."


def _changed(observed: Observation, now: datetime) -> Next:
    """Of a file that was changed since its transfer was submitted: to submit the change is a person's decision."""
    status = Status.COMPLETED if observed.arrived else observed.status
    names = ", ".join(observed.changed)
    if status is None or status in FAILED or status is Status.AWAITING_INITIATION:
        return Step.SUBMIT, Actor.PULUMI_UP, f"Its file changes {names}: the next `pulumi up` submits the new request."
    refusal = refusal_to_change(observed.changed, status, read_time(observed.cancellable_until), now)
    if refusal:
        return Step.DECIDE, Actor.SOURCE, f"{refusal.rstrip('.')}. The next `pulumi up` is refused because of it."
    return (
        Step.DECIDE,
        Actor.SOURCE,
        f"Its file changes {names}: the next `pulumi up` would cancel it, for good, and submit the new request. "
        "Restore the file to keep it.",
    )


def _unrecorded(observed: Observation) -> bool:
    """Whether this stack, which runs the source's half, declares the transfer and does not hold it."""
    return observed.runs_source and observed.declared and observed.recorded is None


def _approved(observed: Observation, now: datetime) -> Next:
    if observed.channel == "console":
        return Step.ACCEPT_IN_CONSOLE, Actor.RECIPIENT, _said(observed) or "The recipient accepts it in the console."
    if not observed.runs_recipient or not observed.destination:
        return Step.ACCEPT, Actor.RECIPIENT, "Approved: the recipient accepts it."
    if observed.window_opens is not None and observed.window_opens > now:
        return Step.WAIT_FOR_WINDOW, Actor.NOBODY, "Approved: it is accepted when the receive window opens."
    return Step.ACCEPT, Actor.PULUMI_UP, "Approved: the next `pulumi up` accepts it, and the instance begins to move."


def _arrived(observed: Observation) -> Next:
    if _unrecorded(observed):
        return (
            Step.ADOPT,
            Actor.PULUMI_UP,
            "It has arrived, and the state does not hold it: the next `pulumi up` adopts it.",
        )
    if observed.runs_recipient and observed.declared and observed.address and not observed.bound:
        return Step.BIND, Actor.PULUMI_UP, "It has arrived: the next `pulumi up` binds its address."
    if observed.runs_recipient and observed.declared and observed.destination and not observed.recorded_arrival:
        return Step.RECORD, Actor.PULUMI_UP, "It has arrived: the next `pulumi up` records that."
    return _recorded(observed, "The recipient's account lists the instance; nothing is left to do.")


def _recorded(observed: Observation, what: str) -> Next:
    if _unrecorded(observed):
        return Step.ADOPT, Actor.PULUMI_UP, "Completed, and the state does not hold it: the next `pulumi up` adopts it."
    behind = observed.runs_source and observed.held and observed.recorded is not Status.COMPLETED
    if behind and observed.declared:
        return Step.RECORD, Actor.PULUMI_UP, "It is Completed: the next `pulumi up` records that."
    return Step.NOTHING, Actor.NOBODY, what


def _undeclared(observed: Observation, *, ended: bool) -> Next:
    if ended:
        what = "Completed, and no file declares it: the next `pulumi up` removes it from state; nothing is given back."
        return Step.NOTHING, Actor.NOBODY, what
    if observed.status is None or observed.status.terminal:
        return Step.DECIDE, Actor.SOURCE, "No file declares it; the next `pulumi up` removes it from state."
    if observed.recorded is None:
        return Step.DECIDE, Actor.RECIPIENT, "No file declares it any more. Restore its file to go on with it."
    if observed.channel == "console" or observed.status is Status.TRANSFERRING:
        return (
            Step.DECIDE,
            Actor.SOURCE,
            "No file declares it, and it can't be cancelled from here: the next `pulumi up` refuses to, or stops "
            "tracking it. Restore its file to go on tracking it.",
        )
    return (
        Step.DECIDE,
        Actor.SOURCE,
        "No file declares it: the next `pulumi up` would cancel it, for good. Restore its file to keep it.",
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


def _deadlines(observed: Observation, now: datetime, step: Step) -> list[Deadline]:
    """What is still ahead, in the order of time."""
    if step is Step.NOTHING:
        return []
    pending = observed.status in (Status.UNDER_REVIEW, Status.APPROVED)
    known = {
        DeadlineKind.CANCEL_WINDOW: read_time(observed.cancellable_until) if pending else None,
        DeadlineKind.ACCEPTANCE: read_time(observed.accept_before) if observed.status is Status.APPROVED else None,
        DeadlineKind.INSTANCE_EXPIRY: observed.instance_expires,
        DeadlineKind.RECEIVE_WINDOW: observed.window_opens if step is Step.WAIT_FOR_WINDOW else None,
    }
    ahead = [Deadline(kind, at) for kind, at in known.items() if at is not None and at > now]
    return sorted(ahead, key=lambda deadline: deadline.at)


def read_time(text: str | None) -> datetime | None:
    """A time that Alibaba Cloud reported; None where it is none, for no report may fail because of it."""
    try:
        at = parse_time(text)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
