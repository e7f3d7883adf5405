"""A transfer and how it moves on by itself: pure rules over times, no I/O and no API.

UnderReview ──▶ Approved ──▶ Transferring ──▶ Completed
     │             │
     ├▶ Rejected   ├▶ Expired
     └▶ Cancelled  └▶ Cancelled
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sandbox.models.world import Times


class Status(StrEnum):
    """Where a transfer stands."""

    UNDER_REVIEW = "UnderReview"
    APPROVED = "Approved"
    TRANSFERRING = "Transferring"
    COMPLETED = "Completed"
    REJECTED = "Rejected"
    CANCELLED = "Cancelled"
    EXPIRED = "Expired"

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow."""
        return self not in (Status.UNDER_REVIEW, Status.APPROVED, Status.TRANSFERRING)


@dataclass(frozen=True)
class Destination:
    """Where the recipient takes the instance."""

    vswitch_id: str
    security_group_ids: tuple[str, ...]
    resource_group_id: str | None


@dataclass(frozen=True)
class Transfer:
    """A request that an instance changes owner, and what became of it. Times are UTC; None: has not happened."""

    number: int
    id: str
    instance_id: str
    region: str
    source_account_id: str
    recipient_account_id: str
    recipient_account_name: str | None
    resource_group_id: str | None
    reason: str | None
    created: datetime
    cancellable_until: datetime
    status: Status = Status.UNDER_REVIEW
    reviewed: datetime | None = None
    accept_before: datetime | None = None
    destination: Destination | None = None
    completed: datetime | None = None
    failure_code: str | None = None
    failure_message: str | None = None

    def same_request(self, other: Transfer) -> bool:
        """Whether both request the same: instance, recipient, reason."""
        return (self.instance_id, self.recipient_account_id, self.reason) == (
            other.instance_id,
            other.recipient_account_id,
            other.reason,
        )

    def approved(self, now: datetime, times: Times) -> Transfer:
        """The review let it pass; the recipient's time to accept begins."""
        return replace(self, status=Status.APPROVED, reviewed=now, accept_before=now + times.acceptance)

    def rejected(self, now: datetime, reason: str) -> Transfer:
        """The review refused it."""
        return replace(
            self, status=Status.REJECTED, reviewed=now, failure_code="ReviewRejected", failure_message=reason
        )

    def accepted(self, now: datetime, times: Times, destination: Destination) -> Transfer:
        """The recipient took it; `completed` is when the instance will have moved."""
        return replace(self, status=Status.TRANSFERRING, destination=destination, completed=now + times.transferring)

    def cancelled(self) -> Transfer:
        """The source took it back."""
        return replace(self, status=Status.CANCELLED)

    def expired(self) -> Transfer:
        """Its time ran out."""
        return replace(
            self,
            status=Status.EXPIRED,
            failure_code="TransferExpired",
            failure_message="The recipient did not accept the transfer in time.",
        )

    def advanced_to(self, now: datetime) -> Transfer:
        """What it is by now, with nobody doing anything."""
        if self.status is Status.APPROVED and self.accept_before is not None and now >= self.accept_before:
            return self.expired()
        if self.status is Status.TRANSFERRING and self.completed is not None and now >= self.completed:
            return replace(self, status=Status.COMPLETED)
        return self
