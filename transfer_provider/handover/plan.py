"""What is due for one handover, decided from the stack's settings, its state, the survey and the inputs: pure.

A plan holds plain values known when the program starts, so a preview shows each resource exactly when the next `up`
creates it, and what was declared once stays declared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import MAY_CHANGE_CHANNEL
from transfer_provider.model.transfer import Transfer


@dataclass(frozen=True)
class Seen:
    """How far one handover is: its transfer as the recipient sees it, and whether the receipt and arrival are due."""

    transfer: Transfer | None = None
    received: bool = False
    """The transfer was approved or more: the receipt is declared."""
    arrived: bool = False
    """The recipient's account lists the instance: its address is bound."""


@dataclass(frozen=True)
class Recorded:
    """What the stack's state holds."""

    submitted: Mapping[str, Transfer] = field(default_factory=dict)
    """The transfers, by instance."""

    received: Collection[str] = frozenset()
    """The instances with a receipt."""
    arrived: Collection[str] = frozenset()
    """Those of them that have arrived."""
    completed: Collection[str] = frozenset()
    """The instances whose transfer is Completed."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The handover's name of each instance."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The allocation id of each address the state holds, by its handover's name."""
    snapshots: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The disks with a snapshot, by their handover's name."""

    def channel(self, instance_id: str, declared: str) -> str:
        """The channel that holds: the one it was submitted through is kept."""
        submitted = self.submitted.get(instance_id)
        kept = submitted is not None and submitted.status not in MAY_CHANGE_CHANNEL
        return submitted.channel if submitted is not None and kept else declared

    def ended(self, instance_id: str) -> bool:
        """Whether the instance's transfer has ended, one way or another."""
        submitted = self.submitted.get(instance_id)
        return submitted is not None and submitted.status.terminal


@dataclass(frozen=True)
class Wanted:
    """What the inputs of one handover ask for, as far as the plan depends on it."""

    name: str
    instance_id: str
    channel: str = "api"
    destination: bool = False
    """A vSwitch and security groups of the recipient are given."""
    backup: bool = False
    eip: Eip | None = None


@dataclass(frozen=True)
class Due:
    """Which resources one handover declares in this run."""

    state_name: str
    """The handover's name in the state: an earlier one where its file was renamed, else its own."""
    snapshots: bool
    transfer: bool
    receipt: bool
    receipt_channel: str
    """The channel the transfer was submitted through, which is kept."""
    address: bool
    adopts_address: bool
    """The state holds no address of it: one that a killed run allocated is imported instead of allocating another."""
    binding: bool
    chosen_by_recipient: bool
    """Console channel: the recipient has yet to choose the vSwitch and the groups there."""


def due(wanted: Wanted, settings: Settings, recorded: Recorded, seen: Seen) -> Due:
    """Decide what one handover declares: its transfer at once, its receipt once approved, its binding once arrived."""
    state_name = recorded.names.get(wanted.instance_id, wanted.name)
    receipt = seen.received and wanted.destination
    address = (
        settings.runs_recipient
        and wanted.destination
        and wanted.eip is not None
        and (wanted.eip.allocate == "now" or seen.arrived)
    )
    return Due(
        state_name=state_name,
        snapshots=settings.runs_source and wanted.backup,
        transfer=settings.runs_source,
        receipt=receipt,
        receipt_channel=recorded.channel(wanted.instance_id, wanted.channel),
        address=address,
        adopts_address=address and state_name not in recorded.addresses,
        binding=address and receipt and seen.arrived,
        chosen_by_recipient=wanted.channel == "console" and settings.runs_source and wanted.destination and not receipt,
    )
