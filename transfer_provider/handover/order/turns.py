"""Whose turn it is: which handovers are not submitted in this run, and why. Pure, and decided before any is declared.

A handover waits
    for others       its `after` names one that has not arrived
    for a stack      the stack's setting `after` names one with a handover that is not settled
    for a wave       with the setting `waves`, once `maxSubmissions` others are submitted in the run, by name
    for a person     in an unattended run, which submits nothing

Only a submission waits. What the state holds, or Alibaba Cloud lists as this very request under way, is declared on:
not declaring it would cancel it. So a changed request of an unfinished transfer is refused while it would have to wait,
and of one that ended without handing over it is put off: the resource stays as the state holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from transfer_provider.handover.guards import differs
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model import order
from transfer_provider.model.lifecycle import FAILED, Status
from transfer_provider.model.text import printable

LISTED = 5  # how many of many a message names


@dataclass(frozen=True)
class Ahead:
    """A handover that has to arrive first; `status` is its transfer's, None where none was submitted."""

    name: str
    status: Status | None = None

    def __str__(self) -> str:
        return f"{printable(self.name)} ({self.status or 'not submitted'})"


@dataclass(frozen=True)
class StackAhead:
    """A stack that has to be settled first: its handovers that are not, as its last run left them.

    None unsettled: it holds no handover at all, and none is known to be declared.
    """

    name: str
    unsettled: Sequence[Ahead] = ()
    unknown: bool = False
    """It could not be read, so that nothing is known of it; a run is an error then."""

    def __str__(self) -> str:
        if self.unknown:
            return f"the stack {self.name}, which could not be read"
        what = f"unsettled there: {_listed(self.unsettled)}" if self.unsettled else "it holds no handover yet"
        return f"the stack {self.name}, as its last run left it ({what})"


@dataclass(frozen=True)
class Wait:
    """Why a handover is not submitted in this run."""

    handovers: Sequence[Ahead] = ()
    stacks: Sequence[StackAhead] = ()
    wave: int | None = None
    """The stack's `maxSubmissions`, where only the next wave has room for it."""
    person: bool = False
    """It is its turn, and nobody started this run."""

    def sentences(self, name: str) -> list[str]:
        """Each reason as a sentence about the handover of this name."""
        found = [f"{name} waits for {_arrival(ahead)}" for ahead in self.handovers[:LISTED]]
        if len(self.handovers) > LISTED:
            found.append(f"{name} waits for {len(self.handovers) - LISTED} more that have not arrived.")
        found += [f"{name} waits for {stack}." for stack in self.stacks]
        if self.wave is not None:
            found.append(f"{name} waits for the next wave: maxSubmissions is {self.wave}.")
        if self.person:
            found.append(f"{name} waits for a person's `pulumi up`: an unattended run submits nothing.")
        return found


@dataclass(frozen=True)
class Turns:
    """What waits in one run, by the handovers' names."""

    waits: Mapping[str, Wait] = field(default_factory=dict)
    """Those that are not submitted."""
    kept: Collection[str] = frozenset()
    """Those whose resource stays as the state holds it: their transfer ended without handing over."""
    refused: Mapping[str, Wait] = field(default_factory=dict)
    """Those that must not replace an unfinished transfer now."""


def waits_for(
    handovers: Sequence[Wanted],
    settings: Settings,
    state: StackState,
    *,
    arrived: Collection[str] = (),
    statuses: Mapping[str, Status] | None = None,
    under_way: Collection[str] = (),
    stacks: Sequence[StackAhead] = (),
) -> Mapping[str, Sequence[str]]:
    """Why each of a stack's handovers that waits is not submitted by the next run: sentences, by its name.

    `handovers` are all that the stack declares. `arrived` are instances that the recipient's account is observed to
    list, `statuses` those of transfers as they are listed now, `under_way` the instances whose declared request is
    under way already; what is left out, the state answers. `stacks` are the unsettled ones of the setting `after`.
    """
    decided = turns(
        handovers,
        settings,
        state,
        known={wanted.name: wanted for wanted in handovers},
        arrived=arrived,
        statuses=statuses or {},
        under_way=under_way,
        stacks=stacks,
        room=settings.maxSubmissions - len(replacing(handovers, state)) if settings.waves else None,
    )
    return {name: wait.sentences(name) for name, wait in decided.waits.items()}


def turns(
    handovers: Sequence[Wanted],
    settings: Settings,
    state: StackState,
    *,
    known: Mapping[str, Wanted],
    arrived: Collection[str],
    statuses: Mapping[str, Status],
    under_way: Collection[str],
    stacks: Sequence[StackAhead],
    room: int | None,
    unattended: bool = False,
) -> Turns:
    """Decide which of these wait. `known` are all handovers so far, by name; `room` is how many more this run may
    submit, None: without waves; `unattended`: nobody started it, so that it adopts nothing either. The rest is as in
    `waits_for`."""
    if not settings.runs_source:
        return Turns()  # There is nothing to submit.
    waits: dict[str, Wait] = {}
    kept: set[str] = set()
    refused: dict[str, Wait] = {}
    ahead: dict[str, Ahead | None] = {}  # What is named once is named by many.
    in_turn: list[Wanted] = []
    for wanted in handovers:
        submits = to_be_submitted(wanted, state) and (unattended or wanted.instance_id not in under_way)
        found = []
        for name in wanted.after:
            if name not in ahead:
                ahead[name] = _ahead(known[name], settings, state, arrived, statuses)
            found.append(ahead[name])
        # What needs a person comes first.
        wait = Wait(sorted((one for one in found if one), key=lambda one: one.status not in FAILED), stacks)
        if not wait.handovers and not wait.stacks:
            if submits:
                in_turn.append(wanted)
            continue
        if submits:
            waits[wanted.name] = wait
        if _failed(wanted, state) and wanted.instance_id not in under_way:
            kept.add(wanted.name)
        if replaces(wanted, state):
            refused[wanted.name] = wait
            # Where it has ended meanwhile, it is not refused after all.
            kept.add(wanted.name)
    if room is not None:
        for wanted in sorted(in_turn, key=lambda one: one.name)[max(room, 0) :]:
            waits[wanted.name] = Wait(wave=settings.maxSubmissions)
            if _failed(wanted, state):
                kept.add(wanted.name)
    if unattended:
        in_turn = [wanted for wanted in in_turn if wanted.name not in waits]
        waits |= {wanted.name: Wait(person=True) for wanted in in_turn}
        kept.update(wanted.name for wanted in in_turn if _failed(wanted, state))
    return Turns(waits, kept, refused)


def out_of_turn(handovers: Iterable[Wanted], refused: Mapping[str, Wait], state: StackState) -> list[str]:
    """The changed requests that would be submitted in the place of an unfinished transfer, out of their turn."""
    unfinished = {held.instance_id for held in state.handovers.values() if held.unfinished}
    return [
        f"Could not change the request of {wanted.name} ({wanted.instance_id}): its transfer would be cancelled, and "
        f"the changed request has to wait. {' '.join(refused[wanted.name].sentences(wanted.name))} Restore its "
        "request; to take it back, remove its declaration and run `pulumi up`, which cancels it for good."
        for wanted in handovers
        if wanted.name in refused and wanted.instance_id in unfinished
    ]


def misnamed(handovers: Sequence[Wanted], known: Mapping[str, Wanted], *, every: bool) -> list[str]:
    """What is wrong with the `after` of handovers that a program declares; `known` are all of them so far, by name.

    `every`: there are no others. Of one declared by itself, only those before it are known, so that there is no circle.
    """
    where = (
        "is not declared. Correct it, or remove it" if every else "is not declared before it. Correct it, or declare"
    )
    remedy = "" if every else " that handover first, or all at once by declare_handovers"
    found = []
    for wanted in handovers:
        for name in dict.fromkeys(wanted.after):
            if name == wanted.name:
                found.append(f"{wanted.name}: `after` names the handover itself. Remove it.")
            elif name not in known:
                found.append(f"{wanted.name}: `after` names {printable(name)}, which {where}{remedy}.")
    if not every:
        return found
    circles = order.cycles({wanted.name: set(wanted.after) - {wanted.name} for wanted in handovers})
    return found + [
        f"{circle[0]}: `after` goes in a circle: {order.spelled_out(circle)}, so that none is ever submitted. "
        "Remove one of these."
        for circle in circles
    ]


def to_be_submitted(wanted: Wanted, state: StackState) -> bool:
    """Whether declaring it submits a request, by the state: a first one, or a changed one after one that failed; or
    begins a copy."""
    if wanted.copy is not None:
        return wanted.instance_id not in state.copies
    submitted = state.submitted.get(wanted.instance_id)
    if submitted is None:
        return wanted.instance_id not in state.tracked
    return submitted.status in FAILED and differs(submitted, wanted.request)


def replaces(wanted: Wanted, state: StackState) -> bool:
    """Whether declaring it would replace the unfinished transfer that the state holds of its instance."""
    submitted = state.submitted.get(wanted.instance_id)
    if submitted is None or submitted.status.terminal:
        return False
    elsewhere = submitted.status is Status.AWAITING_INITIATION and submitted.channel != wanted.channel
    return elsewhere or differs(submitted, wanted.request)


def replacing(handovers: Iterable[Wanted], state: StackState) -> list[Wanted]:
    """Those that replace an unfinished transfer, which can't wait for a wave."""
    return [wanted for wanted in handovers if replaces(wanted, state)]


def summary(waits: Mapping[str, Wait]) -> str | None:
    """All that waits as one line; None where nothing does."""
    for_others = [f"{name} for {_listed(wait.handovers)}" for name, wait in waits.items() if wait.handovers]
    for_stacks = [name for name, wait in waits.items() if wait.stacks]
    stacks = {stack.name: stack for wait in waits.values() for stack in wait.stacks}
    for_person = [name for name, wait in waits.items() if wait.person]
    in_wave = [wait.wave for wait in waits.values() if wait.wave is not None]
    parts = []
    if for_others:
        parts.append(f"{_count(for_others)} for others of the stack: {_listed(for_others, '; ')}")
    if for_stacks:
        parts.append(f"{_count(for_stacks)} for {' and '.join(map(str, stacks.values()))}: {_listed(for_stacks)}")
    if in_wave:
        parts.append(f"{len(in_wave)} more wait for the next wave: maxSubmissions is {in_wave[0]}")
    if for_person:
        parts.append(f"{_count(for_person)} for a person's `pulumi up`: {_listed(for_person)}")
    return f"Not submitted in this run: {'. '.join(parts)}." if parts else None


def _ahead(
    wanted: Wanted, settings: Settings, state: StackState, arrived: Collection[str], statuses: Mapping[str, Status]
) -> Ahead | None:
    """The handover, where it has not arrived: by the recipient's listing, and in a source's half by its transfer."""
    submitted = state.submitted.get(wanted.instance_id)
    status = statuses.get(wanted.instance_id) or (submitted.status if submitted else None)
    if wanted.instance_id in arrived or (settings.runs_recipient and wanted.instance_id in state.arrived):
        return None
    if not settings.runs_recipient and (status is Status.COMPLETED or wanted.instance_id in state.completed):
        return None
    return Ahead(wanted.name, status)


def _failed(wanted: Wanted, state: StackState) -> bool:
    submitted = state.submitted.get(wanted.instance_id)
    return submitted is not None and submitted.status in FAILED


def _arrival(ahead: Ahead) -> str:
    name = printable(ahead.name)
    if ahead.status in FAILED:
        return f"{name}, which is {ahead.status} and has not arrived: settle {name} first, or remove it from `after`."
    return f"{name}, which has not arrived ({ahead.status or 'not submitted'})."


def _count(some: Sequence[object]) -> str:
    return "1 handover waits" if len(some) == 1 else f"{len(some)} handovers wait"


def _listed(some: Sequence[object], between: str = ", ") -> str:
    listed = between.join(map(str, some[:LISTED]))
    return f"{listed} and {len(some) - LISTED} more" if len(some) > LISTED else listed
