"""What is due for one handover, decided from the stack's settings, its state, the survey and the inputs: pure.

A plan holds plain values known when the program starts, so a preview shows each resource exactly when the next `up`
creates it, and what was declared once stays declared.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from transfer_provider.inputs.handover import Backup, Copy, Cutover, Eip
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.window import Window, effective
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest
from transfer_provider.model.windows import ReceiveWindow, next_receipt

if TYPE_CHECKING:
    from transfer_provider.handover.state import StackState


@dataclass(frozen=True)
class Observed:
    """How far one handover is: its transfer as the recipient's account lists it, and what follows from that."""

    transfer: Transfer | None = None
    received: bool = False
    """The transfer was approved or more: the receipt is declared, in its receive window."""
    arrived: bool = False
    """The recipient's account lists the instance: its address is bound."""
    fixed_public_ip: str | None = None
    """The instance's fixed public address, beside which no EIP can be bound; None: it has none, or that was not
    queried."""


@dataclass(frozen=True)
class Wanted:
    """What one handover declares, as far as it is known when the program starts: all that is decided depends on it."""

    name: str
    request: TransferRequest
    channel: str = "api"
    destination: bool = False
    """A vSwitch and security groups of the recipient are given."""
    backup: Backup | None = None
    eip: Eip | None = None
    window: Window | None = None
    """Its own receive window; None: the stack's."""
    half_a_destination: bool = False
    """Something of the recipient's side is given, and not both vSwitch and security groups."""
    own_provider: bool = False
    """The program brings the alicloud provider of the recipient's account."""
    after: tuple[str, ...] = ()
    """The names of the handovers that have to arrive before it is submitted."""
    copy: Copy | None = None
    """Channel `image`: what the copy is like; None: it is handed over by a transfer."""
    cutover: Cutover | None = None
    """The same: what becomes of the source's instance."""
    vswitch_id: str | None = None
    """The recipient's vSwitch, where it is known when the program starts."""
    groups: tuple[str, ...] = field(default=(), compare=False)
    """The security groups, by name or id, as far as they are known when the program starts; a handover that is declared
    with what it made of the names is the same."""

    @property
    def instance_id(self) -> str:
        """The instance that is handed over."""
        return self.request.instance_id

    @property
    def address(self) -> bool:
        """Whether the recipient is to get an EIP for it."""
        return self.destination and self.eip is not None

    def receive_window(self, settings: Settings) -> ReceiveWindow | None:
        """Its receive window, or the stack's; None: it is received as soon as it is approved."""
        return effective(self.window, settings.window)

    @property
    def allocates_now(self) -> bool:
        """Whether that EIP is allocated before the instance arrives."""
        return self.eip is not None and self.eip.allocate == "now"


@dataclass(frozen=True)
class Due:
    """Which resources one handover declares in this run."""

    state_name: str
    """The handover's name in the state: its earlier name where its file was renamed."""
    snapshots: bool
    transfer: bool
    receipt: bool
    receipt_channel: str
    """The channel the transfer was submitted through, which is kept."""
    address: bool
    adopts_address: bool
    """The state holds no address of it, so an address that a killed run left is imported, if there is any."""
    binding: bool
    chosen_by_recipient: bool
    """Console channel: the recipient has yet to choose the vSwitch and the groups there."""
    held_until: datetime | None = None
    """When its receive window opens, which holds its receipt back; None: nothing does."""
    outside_window: bool = False
    """Its receipt is due outside of its receive window, because this run was started to accept it."""


def address_wanted(wanted: Wanted, *, arrived: bool) -> bool:
    """Whether the handover's address is declared by now."""
    return wanted.address and (wanted.allocates_now or arrived)


def due(
    wanted: Wanted,
    settings: Settings,
    state: StackState,
    observed: Observed,
    *,
    now: datetime,
    accept_now: Collection[str] = (),
    waits: bool = False,
) -> Due:
    """Decide what one handover declares: its transfer at once, its receipt once approved and in its receive window, its
    binding once arrived.

    `accept_now` are the handovers that this run accepts outside of their window, by name. Beside a fixed public address
    no address is bound, and so none allocated; one that the state holds is kept. What `waits` for its turn is not
    submitted in this run, and not backed up; snapshots that the state holds are kept.
    """
    state_name = state.name(wanted.instance_id, wanted.name)
    channel = state.channel(wanted.instance_id, wanted.channel)
    approved = observed.received and wanted.destination
    opens = None
    if approved and channel == "api" and _accepts(wanted, state, observed):
        opens = next_receipt(wanted.receive_window(settings), now)
    outside_window = opens is not None and wanted.name in accept_now
    receipt = approved and (opens is None or outside_window)
    bindable = observed.fixed_public_ip is None
    address = (
        settings.runs_recipient
        and address_wanted(wanted, arrived=observed.arrived)
        and (bindable or state_name in state.addresses)
    )
    return Due(
        state_name=state_name,
        snapshots=settings.runs_source and wanted.backup is not None and (not waits or state_name in state.snapshots),
        transfer=settings.runs_source and not waits,
        receipt=receipt,
        receipt_channel=channel,
        address=address,
        adopts_address=address and not wanted.own_provider and state_name not in state.addresses,
        binding=address and receipt and observed.arrived and bindable,
        chosen_by_recipient=wanted.channel == "console"
        and settings.runs_source
        and wanted.destination
        and not approved,
        held_until=None if receipt else opens,
        outside_window=outside_window,
    )


def _accepts(wanted: Wanted, state: StackState, observed: Observed) -> bool:
    """Whether declaring the receipt accepts the transfer: one that the state holds, or of an instance that moves or has
    arrived, only records what happened, and is declared at any time."""
    if wanted.instance_id in state.received or observed.arrived:
        return False
    return observed.transfer is None or observed.transfer.status is Status.APPROVED
