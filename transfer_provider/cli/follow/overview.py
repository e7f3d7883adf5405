"""Where every handover of a stack stands, by its files, its state and both accounts: read-only.

    files      read once, by `Overview.look`
    state      exported once
    source     transfers by id, or by instance where the state holds none: 100 a call; instances: 100 a call
    recipient  which instances it lists, where one may have arrived; and on the recipient's half, or where the source
               could not be queried, its transfers: 100 a call

What the state holds as final is not queried. A side that the stack does not run is never queried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches as nearest_names
from pathlib import Path

from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.follow.observed.account import recipient_of, source_of
from transfer_provider.cli.follow.observed.case import Case, cases
from transfer_provider.cli.follow.observed.copies import CopiesSeen
from transfer_provider.cli.follow.observed.observe import Accounts, current, needs_arrival, observe, tracked
from transfer_provider.cli.follow.observed.stack_state import Exported, StateReader
from transfer_provider.cli.follow.order import listed, stacks_ahead
from transfer_provider.cli.follow.standing import Observation, Standing, standing
from transfer_provider.cli.follow.waiting import Waiting, waiting
from transfer_provider.cli.stack import read_stack
from transfer_provider.cloud import permissions
from transfer_provider.cloud.errors import NotAllowed, Refused
from transfer_provider.inputs import manifest
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner
from transfer_provider.model.text import printable

MOST_NAMED = 10  # how many names an error lists

# Past these the instance may be the recipient's.
MOVED = (Status.TRANSFERRING, Status.COMPLETED)


@dataclass(frozen=True)
class Followed:
    """One handover: how it is declared and held, what was observed of it, and where it stands."""

    case: Case
    observed: Observation
    standing: Standing


@dataclass(frozen=True)
class Look:
    """One look at a stack."""

    stack: str
    settings: Settings
    handovers: Sequence[Followed]
    """By name."""
    failures: Sequence[str]
    """What could not be queried, a sentence each: what depends on it is not known."""
    wrong_account: str | None
    """The failure, where credentials are missing, or of another account than the stack names."""
    notes: Sequence[str]
    """What else a reader should know, a sentence each."""
    now: datetime
    """The time at Alibaba Cloud, by its answers; this machine's where none came."""
    declared: manifest.Stack
    """What the stack's files declare."""
    exported: Exported
    """What its state holds."""
    accounts: Accounts
    """Both accounts, with what was queried of them."""

    @property
    def standings(self) -> Sequence[Standing]:
        """Where each stands."""
        return [followed.standing for followed in self.handovers]


class Overview:
    """A stack of a project, looked at as often as it is asked for; each look is at everything anew.

    `root` is the project's folder. Every method that looks raises FilesRefused with all problems of the files, and
    Refused where the state can't be read.
    """

    def __init__(self, root: Path, stack: str, *, engine: Engine | None = None) -> None:
        self._stack = ExaminedStack(stack, lambda: root, read_stack)
        self._engine = engine or Engine()
        self._state = StateReader(self._stack, self._engine)
        self._clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """The time at Alibaba Cloud, by the answers of the last look; this machine's before there were any."""
        return self._clock()

    def standings(self) -> Sequence[Standing]:
        """Where each handover stands, by name. Where a side gave no answer, what depends on it is `unknown`; raises
        NotAllowed where credentials are missing, or of another account than the stack names."""
        look = self.look()
        if look.wrong_account:
            raise NotAllowed(look.wrong_account)
        return look.standings

    def look(self, report: Callable[[str], None] = lambda _: None, *, only: Collection[str] = ()) -> Look:
        """Where each handover stands, as far as it could be queried; what could not is among its `failures`.

        `only` are the names of those to look at; none: of all. Raises Refused where there is none of a name.
        """
        name = self._stack.name
        settings, folder = self._stack.read()
        loaded = manifest.load_folder(folder, self._stack.root, settings)
        report(f"{name}: reading the state")
        exported = self._state.read()
        known = cases(loaded.handovers, exported, files=not loaded.folder_missing)
        if only:
            names = {case.name for case in known}
            for missing in (each for each in only if each not in names):
                raise unknown_name(missing, name, names)
            known = [case for case in known if case.name in only]
        accounts = Accounts(
            settings,
            source_of(settings) if settings.runs_source else None,
            recipient_of(settings) if settings.runs_recipient else None,
        )
        # Permissions may have been given or taken since the last look.
        permissions.begin_run()
        report(f"{name}: querying Alibaba Cloud")
        _query([case for case in known if not case.settled(settings)], accounts)
        self._clock = next(filter(None, (account.clock for account in accounts.known)), self._clock)
        now = self.now()
        ahead = stacks_ahead(self._stack.root, settings, loaded.handovers, exported.state, self._engine)
        seen = listed(loaded.handovers, accounts)
        waits = waiting(
            settings,
            loaded.handovers,
            exported.state,
            now,
            arrived=seen.arrived,
            statuses=seen.statuses,
            under_way=seen.under_way,
            stacks=ahead.stacks,
        )
        by_copy = [case for case in known if case.channel == "image"]
        copies = CopiesSeen(by_copy, accounts, exported.state, Owner.of(self._stack.project_name, name))
        followed = []
        for case in known:
            waiting_for = waits.get(case.name, Waiting())
            if case.channel == "image":
                observed = copies.observe(case, waiting_for, now)
            else:
                observed = observe(case, accounts, waiting_for, now)
                if refused := copies.refused(case):
                    observed = replace(observed, changed=(), conflict=refused)
            followed.append(Followed(case, observed, standing(observed, now)))
        return Look(
            stack=name,
            settings=settings,
            handovers=followed,
            failures=[*_failures(accounts, followed), *ahead.failures],
            wrong_account=next(filter(None, (account.wrong_account for account in accounts.known)), None),
            notes=_notes(name, exported, folder_missing=loaded.folder_missing),
            now=now,
            declared=loaded,
            exported=exported,
            accounts=accounts,
        )


def unknown_name(name: str, stack: str, known: Iterable[str]) -> Refused:
    """The error of a handover that a stack does not have."""
    names = sorted(known)
    close = [*nearest_names(name, names, n=3, cutoff=0.5)] or names[:MOST_NAMED]
    hint = f"did you mean {', '.join(close)}?" if close else "it has none."
    return Refused(f"Could not find the handover {printable(name)} in stack {stack}: {printable(hint)}")


def _failures(accounts: Accounts, followed: Iterable[Followed]) -> Sequence[str]:
    """What could not be queried, each once: of both accounts, then of single handovers."""
    of_accounts = [failure for account in accounts.known for failure in account.failures]
    of_handovers = [
        f"{each.standing.name}: {each.standing.unknown}"
        for each in followed
        if each.standing.unknown and each.standing.unknown not in of_accounts
    ]
    return list(dict.fromkeys([*of_accounts, *of_handovers]))


def _query(unsettled: Sequence[Case], accounts: Accounts) -> None:
    """The batched look-ups, of both accounts."""
    source, recipient = accounts.source, accounts.recipient
    by_api = [case for case in unsettled if case.channel == "api" and case.recorded is not Status.COMPLETED]
    if source is not None:
        source.query_transfers(_transfers(by_api))
        source.query_transfers_of(_instances(case for case in by_api if case.declared and not tracked(case)))
        source.query_instances(_instances(case for case in unsettled if _at_source(case, accounts)))
    if recipient is None:
        return
    if source is None or any(source.transfers_failed(case.region) for case in by_api):
        recipient.query_transfers_of(_instances(by_api))
    recipient.query_instances(
        _instances(case for case in unsettled if needs_arrival(case, accounts, current(case, accounts)))
    )


def _at_source(case: Case, accounts: Accounts) -> bool:
    """Whether the source may still list the instance, so that its expiry matters."""
    if case.channel == "image":
        return False
    if case.channel == "console":
        return case.recorded is not Status.COMPLETED
    return case.by_file and current(case, accounts).status not in MOVED


def _transfers(some: Iterable[Case]) -> Iterable[tuple[str, str]]:
    return [(case.region, case.transfer_id) for case in some if case.transfer_id and tracked(case)]


def _instances(some: Iterable[Case]) -> Iterable[tuple[str, str]]:
    return [(case.region, case.instance_id) for case in some]


def _notes(stack: str, exported: Exported, *, folder_missing: bool) -> list[str]:
    if exported.no_state is not None:
        where = exported.no_state or "the backend"
        return [f"Stack {stack} has no state at {where} yet: what its files declare was never submitted by it."]
    if folder_missing and exported.names:
        return [
            f"Stack {stack} has no folder of handovers: what its state holds is shown as declared by a program of your "
            "own. Where it had a folder, restore that."
        ]
    return []
