"""What a program knows before it declares anything: its stack's state, and what the survey observed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

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
