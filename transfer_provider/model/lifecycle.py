"""The life of a transfer: its statuses, what may follow what, and when it may still be changed or cancelled.

Pure rules: no I/O, no Pulumi, no cloud. Times are timezone-aware UTC datetimes.

    AwaitingInitiation ──▶ UnderReview ──▶ Approved ──▶ Transferring ──▶ Completed
                                │             │
                                ├▶ Rejected   ├▶ Expired
                                └▶ Cancelled  └▶ Cancelled

Where a rule comes from: the article's review, window and cancellation rules (design §2, S6, S13, S14).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a transfer stands, in Alibaba Cloud's words."""

    AWAITING_INITIATION = "AwaitingInitiation"
    UNDER_REVIEW = "UnderReview"
    APPROVED = "Approved"
    TRANSFERRING = "Transferring"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow: such a transfer is never asked about again."""
        return not MAY_FOLLOW[self]


MAY_FOLLOW: dict[Status, frozenset[Status]] = {
    Status.AWAITING_INITIATION: frozenset({Status.UNDER_REVIEW, Status.CANCELLED, Status.EXPIRED}),
    Status.UNDER_REVIEW: frozenset({Status.APPROVED, Status.REJECTED, Status.CANCELLED, Status.EXPIRED}),
    Status.APPROVED: frozenset({Status.TRANSFERRING, Status.CANCELLED, Status.EXPIRED}),
    Status.TRANSFERRING: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.REJECTED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
}

UNFINISHED = tuple(status for status in Status if not status.terminal)
TERMINAL = tuple(status for status in Status if status.terminal)

SUPPORT = (
    "only Alibaba Cloud support can stop it; to stop tracking it here and leave it running, use `pulumi state delete`, "
    "or set retain_on_delete on the resource before removing it"
)


def parse_time(text: str | None) -> datetime | None:
    """Alibaba Cloud's `YYYY-MM-DDThh:mm:ssZ` as an aware datetime; None for None or an empty text."""
    return datetime.fromisoformat(text) if text else None


# The channel a transfer was submitted through is kept (S14); another one may take what was not, or has failed.
MAY_CHANGE_CHANNEL = (Status.AWAITING_INITIATION, Status.REJECTED, Status.CANCELLED, Status.EXPIRED)

# What makes a request another one: Alibaba Cloud never takes the same again once it was cancelled (S14).
REQUEST = frozenset({"instance_id", "recipient_account_id", "reason"})


def refusal_to_change(
    changed: Collection[str], status: Status, cancellable_until: datetime | None, now: datetime
) -> str | None:
    """Why inputs of a transfer can't change now, or None where cancel-and-submit-again may be possible."""
    names = ", ".join(changed)
    if status is Status.AWAITING_INITIATION:
        return None  # Nothing was submitted.
    if status is Status.COMPLETED:
        return (
            f"{names} can't change: the transfer is Completed and the instance belongs to the recipient. "
            "Put the old value back; to hand over another instance, declare another transfer."
        )
    refusal = refusal_to_cancel(status, cancellable_until, now)
    if refusal:
        return f"{names} can't change: that needs the transfer cancelled first, and {refusal}."
    if not REQUEST.intersection(changed) and status not in (Status.REJECTED, Status.EXPIRED):
        return (
            f"{names} can't change alone: Alibaba Cloud never takes a cancelled request again, and the same instance, "
            "recipient and reason are the same request. Change the reason as well."
        )
    return None


def refusal_to_cancel(status: Status, cancellable_until: datetime | None, now: datetime) -> str | None:
    """Why a transfer can't be cancelled any more, or None where it can be (or has nothing left to cancel)."""
    if status is Status.TRANSFERRING:
        return f"it is Transferring already: {SUPPORT}"
    if not status.terminal and cancellable_until is not None and now >= cancellable_until:
        closed = cancellable_until.strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"its cancel window closed at {closed}: {SUPPORT}"
    return None


def stop_tracking(status: Status) -> str:
    """The line that says what removing a finished transfer from the stack means."""
    outcome = {
        Status.COMPLETED: "the instance belongs to the recipient, and nothing is given back",
        Status.REJECTED: "it was rejected, so there is nothing to cancel",
        Status.CANCELLED: "it was cancelled before",
        Status.EXPIRED: "it expired, so there is nothing to cancel",
    }[status]
    return f"removed from state, no call made: {outcome}"


def describe(
    status: Status,
    *,
    failure: str | None = None,
    cancellable_until: str | None = None,
    accept_before: str | None = None,
) -> str:
    """The sentence a reader of the stack's outputs sees beside the status."""
    failure = failure.rstrip(".") if failure else None
    match status:
        case Status.AWAITING_INITIATION:
            return "Waiting for the source to initiate it in the console."
        case Status.UNDER_REVIEW:
            until = f"; it can be cancelled until {cancellable_until}" if cancellable_until else ""
            return f"Alibaba Cloud is reviewing the request{until}."
        case Status.APPROVED:
            until = f" before {accept_before}" if accept_before else ""
            return f"The recipient has to accept it{until}."
        case Status.TRANSFERRING:
            return "The recipient accepted; the instance is moving."
        case Status.COMPLETED:
            return "Alibaba Cloud reports the transfer complete; this was seen on the source's side."
        case Status.REJECTED:
            return f"The review refused the request: {failure or 'no reason was given'}."
        case Status.CANCELLED:
            return "The same request can't be submitted again; change the reason to ask anew."
        case Status.EXPIRED:
            return f"It expired: {failure or 'the recipient did not accept in time'}."
