"""The life of a transfer: its statuses, which status may come after which, and when it may be changed or cancelled.

Pure rules: no I/O, no Pulumi, no cloud. Times are timezone-aware UTC datetimes.

    AwaitingInitiation ──▶ UnderReview ──▶ Approved ──▶ Transferring ──▶ Completed
                                │             │
                                ├▶ Rejected   ├▶ Expired
                                └▶ Cancelled  └▶ Cancelled

A copy, which is no transfer, has statuses of its own: the image is made, shared, and copied for the recipient; then the
recipient's instance starts.

    Imaging ──▶ Shared ──▶ Copying ──▶ Starting ──▶ Copied
        └────────┴────────────┴───────────┴──▶ CopyFailed

Where a rule comes from: the article's review, window and cancellation rules (design §2, S6, S13, S14).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a transfer stands, in Alibaba Cloud's words; or where a copy does, in ours."""

    AWAITING_INITIATION = "AwaitingInitiation"
    UNDER_REVIEW = "UnderReview"
    APPROVED = "Approved"
    TRANSFERRING = "Transferring"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"
    IMAGING = "Imaging"
    SHARED = "Shared"
    COPYING = "Copying"
    STARTING = "Starting"
    COPIED = "Copied"
    COPY_FAILED = "CopyFailed"

    @property
    def terminal(self) -> bool:
        """Whether no other status can come after it: such a transfer is never queried again."""
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
    Status.IMAGING: frozenset({Status.SHARED, Status.COPYING, Status.STARTING, Status.COPY_FAILED}),
    Status.SHARED: frozenset({Status.COPYING, Status.STARTING, Status.COPY_FAILED}),
    Status.COPYING: frozenset({Status.SHARED, Status.STARTING, Status.COPY_FAILED}),
    Status.STARTING: frozenset({Status.COPIED, Status.COPY_FAILED}),
    Status.COPIED: frozenset(),
    Status.COPY_FAILED: frozenset(),
}

OF_A_COPY = (
    Status.IMAGING,
    Status.SHARED,
    Status.COPYING,
    Status.STARTING,
    Status.COPIED,
    Status.COPY_FAILED,
)
OF_A_TRANSFER = tuple(status for status in Status if status not in OF_A_COPY)
UNFINISHED = tuple(status for status in OF_A_TRANSFER if not status.terminal)
TERMINAL = tuple(status for status in OF_A_TRANSFER if status.terminal)

# Nothing was handed over, and the same handover may be submitted again, of Cancelled only as another request.
FAILED = (Status.REJECTED, Status.CANCELLED, Status.EXPIRED, Status.COPY_FAILED)

SUPPORT = (
    "only Alibaba Cloud support can stop it; to stop tracking it here and leave it running, use `pulumi state delete`, "
    "or set retain_on_delete on the resource before removing it"
)


def parse_time(text: str | None) -> datetime | None:
    """Alibaba Cloud's `YYYY-MM-DDThh:mm:ssZ` as an aware datetime; None for None or an empty text."""
    return datetime.fromisoformat(text) if text else None


# A transfer keeps the channel it was submitted through (S14); what was not submitted, or failed, may change it.
MAY_CHANGE_CHANNEL = (Status.AWAITING_INITIATION, Status.REJECTED, Status.CANCELLED, Status.EXPIRED)

# What identifies a request: Alibaba Cloud does not accept the same request again once it was cancelled (S14).
REQUEST = frozenset({"instance_id", "recipient_account_id", "reason"})


def refusal_to_change(
    changed: Collection[str], status: Status, cancellable_until: datetime | None, now: datetime
) -> str | None:
    """Why inputs of a transfer can't change now, as a message; None where the transfer may be replaced."""
    names = ", ".join(changed)
    if status is Status.AWAITING_INITIATION:
        return None  # Nothing was submitted.
    if status is Status.COMPLETED:
        return (
            f"Could not change {names}: the transfer is Completed and the instance belongs to the recipient. "
            "Restore the previous value; to hand over another instance, declare another transfer."
        )
    refusal = refusal_to_cancel(status, cancellable_until, now)
    if refusal:
        return f"Could not change {names}: the transfer has to be cancelled first, and {refusal}."
    if not REQUEST.intersection(changed) and status not in (Status.REJECTED, Status.EXPIRED):
        return (
            f"Could not change only {names}: Alibaba Cloud does not accept a cancelled request again, and the same "
            "instance, recipient and reason are the same request. Change the reason as well."
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
    """What removing a terminal transfer from the state means, for the log."""
    outcome = {
        Status.COMPLETED: "the instance belongs to the recipient, and nothing is given back",
        Status.REJECTED: "it was rejected, so there is nothing to cancel",
        Status.CANCELLED: "it was cancelled before",
        Status.EXPIRED: "it expired, so there is nothing to cancel",
    }[status]
    return f"removed from state, no call made: {outcome}"
