"""What a run must not do, decided from what is declared and what the stack's state holds: pure, and before any call.

names           a name belongs to its instance for as long as the state holds it
doubled         an instance that two resources of the state track
dropped         a `side`, or a folder without handovers, that drops what the state holds
cancellations   more transfers than `maxCancellations` dropped or replaced
uncancellable   transfers dropped that can't be cancelled any more
unfinishable    resources dropped that Pulumi refuses to delete, so that the run would fail half-way
undeclared      a name that is to be accepted outside of its receive window, and that no handover has

Each returns sentences of what is wrong and what to do; empty where all is well. A request that is cancelled is never
accepted again, and an accepted instance never comes back (design §2, S7 and S14): so no slip may do either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from transfer_provider.handover.plan import Wanted, address_wanted
from transfer_provider.handover.state import Held, StackState
from transfer_provider.inputs.fields import nearest
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status, parse_time, refusal_to_cancel
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer, TransferRequest
from transfer_provider.model.windows import ACCEPT_NOW


def names(declared: Iterable[Wanted], state: StackState, together: Iterable[Wanted]) -> list[str]:
    """Names that the state holds for another instance. `together` is all that this run declares, as far as known."""
    elsewhere = {wanted.instance_id: wanted.name for wanted in together}
    found = []
    for wanted in declared:
        held = state.handovers.get(wanted.name)
        if held is not None and held.instance_id not in (None, wanted.instance_id):
            found.append(
                f"Could not use the name {wanted.name} for {wanted.instance_id}: the stack's state holds {wanted.name} "
                f"for {held.instance_id}, and a name belongs to its instance for as long as the state holds it. "
                f"{_way_out(wanted, held, elsewhere.get(str(held.instance_id)))}"
            )
    return found


def _way_out(wanted: Wanted, held: Held, moved_to: str | None) -> str:
    if moved_to is not None:
        return (
            f"{held.instance_id} is declared as {moved_to} now: give both their former names; or rename in two runs "
            f"of `pulumi up`, first {held.instance_id} alone, to a name that the state does not hold."
        )
    restore = f"Restore instance_id: {held.instance_id} in {wanted.name}, and declare {wanted.instance_id} by another"
    over = (Status.COMPLETED, Status.COPIED)
    if held.receipt or held.copied_to or (held.transfer is not None and held.transfer.status in over):
        return f"{restore} name: {held.instance_id} was handed over, and what the recipient got stays with this name."
    if held.unfinished:
        return (
            f"{restore} name. To give up the transfer of {held.instance_id}, remove {wanted.name}, run `pulumi up`, "
            f"which cancels it for good, and then declare {wanted.instance_id}."
        )
    return f"{restore} name; or remove {wanted.name}, run `pulumi up`, and then declare {wanted.instance_id}."


def doubled(state: StackState) -> list[str]:
    """Instances that several resources of the state track, as a swap of names left them in versions before this."""
    return [
        f"Could not choose which resource tracks the transfer of {instance_id}: the stack's state holds it as "
        f"{' and as '.join(urns)}. Keep the one that its file is named for, and remove each other from state: "
        "`pulumi state delete '<urn>'`, which cancels nothing."
        for instance_id, urns in state.doubled.items()
    ]


def dropped(declared: Collection[Wanted], state: StackState, settings: Settings, where: str | None) -> list[str]:
    """A side, or a folder without handovers, that drops what the state holds. `where` is the folder that declares all
    handovers of the stack, and how it is; None: a program does."""
    handovers = state.handovers.values()
    sent = [held.name for held in handovers if held.transfer is not None]
    received = [held.name for held in handovers if held.receipt or held.address or held.copied_to]
    for runs, names_held, what in (
        (settings.runs_source, sent, "transfers of"),
        (settings.runs_recipient, received, "what the recipient got by"),
    ):
        if not runs and names_held:
            return [
                f"Could not run with side: {settings.side}: the stack's state holds the {what} {_listed(names_held)}, "
                "which this side does not declare, so they would be deleted. Restore `side`; to run the halves apart, "
                "give each its own stack."
            ]
    kept = [held.name for held in handovers if held.unfinished or held.receipt or held.address or held.copied_to]
    if where is None or declared or not kept:
        return []
    return [
        f"Could not go on: {where}, and the stack's state holds {_listed(kept)}, which would be deleted and cancelled. "
        "Restore the files, or the setting `handovers`; to cancel them on purpose, use `pulumi destroy`."
    ]


def cancellations(declared: Collection[Wanted], state: StackState, settings: Settings, *, every: bool) -> list[str]:
    """More unfinished transfers of the state than `maxCancellations` that this run drops, or replaces.

    `every`: these are all handovers of the stack, so that what is missing is dropped.
    """
    instances = {wanted.instance_id for wanted in declared}
    by_instance = {held.instance_id: held for held in state.handovers.values()}
    ended = [
        f"{held.name} ({held.instance_id}, {held.transfer.status}) is no longer declared"
        for held in state.handovers.values()
        if every and held.transfer and held.unfinished and held.instance_id not in instances
    ] + [
        f"{wanted.name} ({wanted.instance_id}) is declared with a changed request, which replaces it"
        for wanted in declared
        if _cancelled_by(wanted.request, by_instance.get(wanted.instance_id))
    ]
    most = settings.maxCancellations
    if len(ended) <= most:
        return []
    copies = any(held.transfer and held.transfer.channel == "image" for held in state.handovers.values())
    what = "handover" if copies else "transfer"
    count = f"{len(ended)} {what if len(ended) == 1 else f'{what}s'}"
    return [
        f"Could not cancel {count} in one run: the stack allows {most}, and a cancelled request is "
        f"never accepted again. {'; '.join(ended)}. Restore what was removed or changed by accident; otherwise change "
        "`maxCancellations` in the stack's settings in a reviewed commit. To cancel all on purpose, use "
        "`pulumi destroy`."
    ]


def _cancelled_by(request: TransferRequest, held: Held | None) -> bool:
    """Whether this request replaces what was submitted at Alibaba Cloud and is unfinished."""
    if held is None or held.transfer is None or not held.unfinished:
        return False
    return held.transfer.status is not Status.AWAITING_INITIATION and differs(held.transfer, request)


def differs(submitted: Transfer, request: TransferRequest) -> bool:
    """Whether the request differs from what was submitted, in what identifies a request (S14).

    A copy is no request: what may change of it is in `copying/guards.py`.
    """
    if submitted.channel == "image":
        return False
    return (submitted.recipient_account_id, submitted.reason) != (request.recipient_account_id, request.reason)


def uncancellable(declared: Collection[Wanted], state: StackState, now: datetime) -> list[str]:
    """Unfinished transfers that the stack no longer declares, and that can't be cancelled any more, at this time."""
    found = []
    for name, transfer in _to_be_cancelled(declared, state):
        why = refusal_to_cancel(transfer.status, parse_time(transfer.cancellable_until), now)
        if why:
            found.append(
                f"Could not remove {name} ({transfer.instance_id}), whose transfer would have to be cancelled: {why}."
            )
    return found


def undated(declared: Collection[Wanted], state: StackState) -> list[Transfer]:
    """Those of the transfers that this run would cancel of which the state does not hold until when it can.

    The answer of a submission does not tell it; a refresh adds it.
    """
    return [transfer for _, transfer in _to_be_cancelled(declared, state) if transfer.cancellable_until is None]


def _to_be_cancelled(declared: Collection[Wanted], state: StackState) -> Iterator[tuple[str, Transfer]]:
    """The unfinished transfers that the stack no longer declares, with their handovers' names.

    What people cancel in the console, its channel refuses or stops to track.
    """
    instances = {wanted.instance_id for wanted in declared}
    for held in state.handovers.values():
        if held.transfer is None or not held.unfinished or held.instance_id in instances:
            continue
        if held.transfer.channel == "api":
            yield held.name, held.transfer


def unfinishable(
    declared: Collection[Wanted],
    arrived: Collection[str],
    groups: Collection[str] | None,
    state: StackState,
    settings: Settings,
    *,
    every: bool,
) -> list[str]:
    """Protected resources of the recipient that this run drops: Pulumi would refuse after it cancelled other transfers.

    `arrived` are the instances that the recipient's account lists; `groups` are the declared security groups by name,
    None: a program declares its own.
    """
    by_instance = {wanted.instance_id: wanted for wanted in declared}
    by_name = {wanted.name: wanted for wanted in declared}
    found = []
    for held in state.handovers.values():
        wanted = by_instance.get(held.instance_id) if held.instance_id else by_name.get(held.name)
        if not _protected(held, settings) or (wanted is None and not every):
            continue
        if held.copied_to and not (wanted and wanted.copy):
            found.append(_still_in_use(held, wanted, "copy", f"The recipient has {held.copied_to}, which stays."))
        elif held.receipt and not (wanted and wanted.destination):
            found.append(_still_in_use(held, wanted, "receipt", "The recipient has received the instance."))
        elif held.address and not (wanted and address_wanted(wanted, arrived=wanted.instance_id in arrived)):
            found.append(_still_in_use(held, wanted, "EIP", "The address may be known to others already."))
    if groups is not None and any(_protected(held, settings) for held in state.handovers.values()):
        found += [
            f"Could not remove the security group {group}: it is protected, and the stack's state holds it. Restore it "
            "in security-groups.yaml, or in its base; or keep it with the recipient without the stack: `pulumi state "
            "delete --force '<its URN>'`."
            for group in sorted(set(state.groups) - set(groups))
        ]
    return found


def undeclared(accept_now: Collection[str], declared: Collection[str]) -> list[str]:
    """Names to accept outside of a receive window that no handover has, given by name as well."""
    return [
        f"Could not accept {printable(name)} outside of its receive window: {ACCEPT_NOW} names it, and no handover of "
        f"that name is declared; {nearest(name, declared)}Correct the name, or unset {ACCEPT_NOW}."
        for name in sorted(set(accept_now) - set(declared))
    ]


def _protected(held: Held, settings: Settings) -> bool:
    """Whether its resources are protected; by the settings where no run that ended recorded it."""
    return settings.protect if held.protected is None else held.protected


def _still_in_use(held: Held, wanted: Wanted | None, what: str, why: str) -> str:
    removed = "its file was removed" if wanted is None else "its file no longer declares it"
    return (
        f"Could not remove the {what} of {held.name} ({held.instance_id or 'instance unknown'}): {removed}, and it is "
        f"protected. {why} Restore it; to take it out of this stack and leave it with the recipient: `pulumi state "
        f"delete --force '<its URN>'` (`pulumi stack --show-urns` lists it), and then remove it from the file."
    )


def _listed(some: Sequence[str]) -> str:
    return ", ".join(sorted(some))
