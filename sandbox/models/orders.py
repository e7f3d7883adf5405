"""Orders of the console's resource transfer (资源过户), and how they move on by themselves: pure rules over times.

PendingConfirmation ──▶ Processing ──▶ Completed
        ├▶ Expired
        └▶ Cancelled
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sandbox.models.transfers import Destination
from sandbox.models.world import Times


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING_CONFIRMATION = "PendingConfirmation"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    EXPIRED = "Expired"
    CANCELLED = "Cancelled"

    @property
    def terminal(self) -> bool:
        """Whether nothing can follow."""
        return self not in (OrderStatus.PENDING_CONFIRMATION, OrderStatus.PROCESSING)


@dataclass(frozen=True)
class Order:
    """A 过户单. Times are UTC; None: has not happened."""

    number: int
    id: str
    instance_id: str
    source_account_id: str
    recipient_account_id: str
    initiated: datetime
    confirm_before: datetime
    status: OrderStatus = OrderStatus.PENDING_CONFIRMATION
    destination: Destination | None = None
    completed: datetime | None = None

    def confirmed(self, now: datetime, times: Times, destination: Destination) -> Order:
        """The recipient chose where it goes; from now on it can't be taken back."""
        done = now + times.console_execution
        return replace(self, status=OrderStatus.PROCESSING, destination=destination, completed=done)

    def cancelled(self) -> Order:
        """The source took it back."""
        return replace(self, status=OrderStatus.CANCELLED)

    def advanced_to(self, now: datetime) -> Order:
        """What it is by now, with nobody doing anything."""
        if self.status is OrderStatus.PENDING_CONFIRMATION and now >= self.confirm_before:
            return replace(self, status=OrderStatus.EXPIRED)
        if self.status is OrderStatus.PROCESSING and self.completed is not None and now >= self.completed:
            return replace(self, status=OrderStatus.COMPLETED)
        return self
