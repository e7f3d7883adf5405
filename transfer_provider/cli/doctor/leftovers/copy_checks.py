"""What the stack made for copies at both accounts, and nobody owns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.checkup import Check, Report, not_checked, ok, warning
from transfer_provider.cli.doctor.leftovers.exported_state import ExportedState
from transfer_provider.cli.doctor.leftovers.object_checks import declared_by, owner_of, unanswered
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.cloud.errors import NotAllowed, TryAgain
from transfer_provider.handover.recipient import orphans
from transfer_provider.handover.recipient.orphans import Orphan
from transfer_provider.inputs.manifest import Stack
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.inventory import Instance


def checks(stack: ExaminedStack, state: ExportedState, accounts: Accounts) -> list[Check]:
    """The one check."""
    return [Check("copies left", partial(_copies, stack, state, accounts))]


def _copies(stack: ExaminedStack, state: ExportedState, accounts: Accounts) -> Iterator[Report]:
    if accounts.sides.keys() != {"source", "recipient"}:
        yield not_checked("The stack does not run both halves, as channel: image needs.")
        return
    declared = declared_by(stack)
    source, recipient = (accounts.trusted(side).cloud.profile for side in ("source", "recipient"))
    regions = {stack.settings.region, *(handover.inputs.region for handover in declared.handovers)}
    tags = owner_of(stack).tags
    theirs: list[MachineImage] = []
    ours: list[MachineImage] = []
    made: list[Instance] = []
    try:
        for region in sorted(regions):
            ours += images.tagged(Cloud(source, region), tags)
            theirs += images.tagged(Cloud(recipient, region), tags)
            made += instances.tagged(Cloud(recipient, region), tags)
    except NotAllowed as error:
        yield not_checked(str(error))
        return
    except TryAgain as error:
        yield unanswered(error)
        return
    found = [] if not (ours or theirs or made) else _unowned(declared, state, ours, theirs, made)
    for orphan in found:
        yield warning(orphan.observed, orphan.remedy)
    if not found:
        yield ok("Every image and instance with this stack's tags is declared, or in its state.")


def _unowned(
    declared: Stack,
    state: ExportedState,
    ours: list[MachineImage],
    theirs: list[MachineImage],
    made: list[Instance],
) -> list[Orphan]:
    copies = state.handovers.copies
    settled = {instance_id for instance_id, held in copies.items() if held.settled}
    awaited = {one.inputs.instance_id for one in declared.handovers if one.inputs.channel == "image"} - settled
    held = {id_ for copy in copies.values() for id_ in (copy.image_id, copy.own_image_id, copy.new_instance_id)}
    return [
        *orphans.images(ours, held, awaited, "source"),
        *orphans.images(theirs, held, awaited, "recipient"),
        *orphans.instances(made, held, awaited),
    ]
