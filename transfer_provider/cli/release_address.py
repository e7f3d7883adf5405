"""`handover release-address`: releases an address that a stack made for the recipient and nobody owns any more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from transfer_provider.cli.doctor.leftovers.object_checks import awaited, owner_of
from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.backend_address import shown
from transfer_provider.cli.engine.command import Engine, EngineFailed, NotReady, resources_of
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.stack import find_project, read_stack
from transfer_provider.cli.terminal import say
from transfer_provider.cloud import addresses
from transfer_provider.cloud.accounts import require_recipient
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.recipient.orphans import refusal_to_release
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.model.inventory import Address
from transfer_provider.model.text import printable


def release_address(
    allocation_id: Annotated[str, typer.Argument(metavar="ADDRESS", help="The allocation id, such as eip-bp1….")],
    stack: Annotated[str, typer.Option(help="The stack that made it.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="The address's region; else the stack's.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Release it without asking.")] = False,
) -> None:
    """Release an address that this stack made for the recipient, and that it neither declares nor has in its state.

    It can't be undone. What is bound, of another stack, in the state or declared is refused.
    """
    root = find_project(project)
    settings, _ = read_stack(root, stack)
    examined = ExaminedStack(stack, lambda: root, read_stack)
    if not settings.runs_recipient:
        raise Refused(f"Could not release {allocation_id}: {stack} runs the source's half. Name the recipient's stack.")
    cloud = Cloud(settings.recipient_profile, region or settings.region)
    require_recipient(cloud, settings.recipients, doing=f"release {allocation_id}")
    address = _releasable(cloud, examined, allocation_id)
    say(f"{address.ip_address} ({allocation_id}), {printable(address.name) or 'without a name'}, bound to nothing.")
    if not yes:
        typer.confirm("Release it? It can't be had back.", abort=True)
        # Answering may take its time, and somebody else may use it meanwhile.
        _releasable(cloud, examined, allocation_id)
    addresses.release(cloud, allocation_id)
    say(f"Released {allocation_id}.")


def _releasable(cloud: Cloud, examined: ExaminedStack, allocation_id: str) -> Address:
    """The address. Raises Refused where it may not be released, or where that can't be known."""
    declared = examined.load_stack()
    state = _state(examined, allocation_id)
    asked_for = {
        handover.recreate.eip.adopt
        for handover in declared.handovers
        if handover.recreate and handover.recreate.eip and handover.recreate.eip.adopt
    }
    address = addresses.query(cloud, [allocation_id]).get(allocation_id)
    held = state.addresses.values()
    refusal = refusal_to_release(address, owner_of(examined), held, awaited(declared, state), asked_for)
    if refusal or address is None:
        raise Refused(f"Could not release {allocation_id}: {refusal}")
    return address


def _state(examined: ExaminedStack, allocation_id: str) -> RecipientState:
    """What the stack's state holds. Raises Refused where it can't be read, or where a run may be writing it."""
    engine = Engine()
    backend = Backend(examined, engine)
    try:
        listed = backend.listed
        if listed is None:
            raise EngineFailed(f"{shown(backend.url)} has no stack {examined.name}")
        if listed.get("updateInProgress") or backend.locks():
            raise Refused(
                f"Could not release {allocation_id}: a run of the stack is in progress, or was killed, and may need "
                f"it. Wait for its end; `pulumi cancel --stack {examined.name}` where nobody runs."
            )
        deployment = engine.export(examined.name, folder=examined.root, backend=backend.url)
        return RecipientState.of(resources_of(deployment))
    except NotReady as missing:
        why = f"the {missing.check} is missing"
    except EngineFailed as error:
        why = str(error)
    raise Refused(
        f"Could not release {allocation_id}: the stack's state can't be read ({why}), and may hold it. Check "
        f"PULUMI_BACKEND_URL, or run `pulumi login`; `handover doctor --stack {examined.name}` reports more."
    )
