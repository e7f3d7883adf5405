"""A copy's decisions in the words that all handovers share: what of its network is due, and how far it is. Pure."""

from __future__ import annotations

from transfer_provider.handover.copying.plan import CopyDue
from transfer_provider.handover.plan import Due, Observed, Wanted, address_wanted
from transfer_provider.handover.state import StackState
from transfer_provider.model.lifecycle import Status


def due_of(wanted: Wanted, state: StackState, copy: CopyDue) -> Due:
    """What is declared of it beside its images and its instance: the address, and its binding once it is verified."""
    copied = copy.status is Status.COPIED
    goes_on = copy.status not in (None, Status.COPY_FAILED)
    held = copy.state_name in state.addresses
    address = (goes_on and address_wanted(wanted, arrived=copied)) or (held and wanted.address)
    return Due(
        state_name=copy.state_name,
        snapshots=False,
        transfer=False,
        receipt=False,
        receipt_channel="image",
        address=address,
        adopts_address=address and not held,
        binding=address and copied,
        chosen_by_recipient=False,
        held_until=copy.held_until,
        outside_window=copy.outside_window,
    )


def observed_of(copy: CopyDue) -> Observed:
    """How far it is."""
    return Observed(received=copy.instance, arrived=copy.status is Status.COPIED)
