"""All that is known of one handover, as where it stands is decided by it: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from transfer_provider.model.lifecycle import Status, parse_time


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
    copy_due: str | None = None
    """Channel `image`: what the next `pulumi up` does of the copy; None where it only looks again."""
    given_up: bool = False
    """Channel `image`: whether a person's run gave the copy up, which is cleaned up once its image is made."""
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


def read_time(text: str | None) -> datetime | None:
    """A time that Alibaba Cloud reported; None where it is none, for no report may fail because of it."""
    try:
        at = parse_time(text)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
