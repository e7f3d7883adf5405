"""What happens next of one handover, who has to act, and why: pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from transfer_provider.cli.follow.observed.observation import Observation, read_time
from transfer_provider.model.lifecycle import FAILED, Status, refusal_to_change
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
    MAKE_IMAGE = "make the image"  # or the recipient's own, or start its instance: Alibaba Cloud is at it
    COPY = "go on with the copy"
    BIND = "bind the address"
    RECORD = "record the result"  # the state is behind what Alibaba Cloud lists
    DECIDE = "decide what becomes of it"  # rejected, cancelled or expired; or no file declares it
    CHECK = "check the order"  # the recipient's account does not list what was handed over
    QUERY_AGAIN = "query again"  # no answer, or no permission: nothing is concluded
    NOTHING = "nothing"


Next = tuple[Step, Actor, str]


def next_step(observed: Observation, now: datetime) -> Next:
    """What happens next of a handover, and who has to act, by what was observed of it at `now`."""
    if observed.unknown:
        return Step.QUERY_AGAIN, Actor.NOBODY, "Its status is not known now: it could not be queried."
    if observed.channel == "image":
        return copy_step(observed, now)
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


def copy_step(observed: Observation, now: datetime) -> Next:
    """The same of a handover by a copy."""
    said = _said(observed)
    if not observed.declared and observed.given_up:
        if observed.copy_due is not None:
            return Step.COPY, Actor.PULUMI_UP, observed.copy_due
        return Step.MAKE_IMAGE, Actor.ALIBABA_CLOUD, said or "It is given up, and cleaned up once its image is made."
    if not observed.declared:
        return (
            Step.DECIDE,
            Actor.SOURCE,
            "No file declares it: the next `pulumi up` cleans up what was made for the copy, or is refused where that "
            "is protected. Restore its file to keep it.",
        )
    if observed.conflict:
        return Step.DECIDE, Actor.SOURCE, printable(observed.conflict)
    if observed.status is None:
        if observed.waits_for:
            return Step.WAIT, Actor.NOBODY, printable(" ".join(observed.waits_for))
        return Step.SUBMIT, Actor.PULUMI_UP, "The next `pulumi up` begins the copy."
    if observed.copy_due is not None and observed.recorded is not Status.COPY_FAILED:
        return Step.COPY, Actor.PULUMI_UP, observed.copy_due
    if observed.status is Status.COPY_FAILED:
        return Step.DECIDE, Actor.SOURCE, said or "The copy failed."
    if observed.status is Status.COPIED:
        if observed.address and not observed.bound:
            return Step.BIND, Actor.PULUMI_UP, "It is copied: the next `pulumi up` binds its address."
        return Step.NOTHING, Actor.NOBODY, said or "The recipient's instance runs."
    if observed.window_opens is not None and observed.window_opens > now:
        return Step.WAIT_FOR_WINDOW, Actor.NOBODY, said or "It goes on when the receive window opens."
    return Step.MAKE_IMAGE, Actor.ALIBABA_CLOUD, said or "The image is being made."


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
