"""A handover by a copy as it is now: decided as the next run would, with nothing declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from transfer_provider.cli.follow.observed.case import Case
from transfer_provider.cli.follow.observed.observation import Observation
from transfer_provider.cli.follow.observed.observe import Accounts, wrong_recipient
from transfer_provider.cli.follow.waiting import Waiting
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover.copying import guards
from transfer_provider.handover.copying.copies import Copies
from transfer_provider.handover.copying.given_up import not_yet
from transfer_provider.handover.copying.plan import CopyDue, next_steps
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.handover.wanted import wanted_of
from transfer_provider.inputs.manifest import Declared
from transfer_provider.model.copies import CopyStep
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner


class CopiesSeen:
    """The copies among a stack's handovers, queried in one batch a region; nothing where there is none to query."""

    def __init__(self, some: Sequence[Case], accounts: Accounts, state: StackState, owner: Owner) -> None:
        self._accounts = accounts
        self._state = state
        self._copies = Copies(accounts.settings, state, owner)
        self._failed: str | None = None
        self._wanted = {case.name: wanted for case in some if (wanted := wanted_by(case.declared)) is not None}
        unsettled = [case for case in some if case.name in self._wanted and not case.settled(accounts.settings)]
        held = [case for case in unsettled if case.instance_id in state.copies]
        given_up = [
            copy
            for case in some
            if case.declared is None and (copy := state.copies.get(case.instance_id)) and copy.given_up
        ]
        self._not_yet: Mapping[str, str] = {}
        regions = [case.region for case in held] + [copy.region for copy in given_up]
        if not regions:
            return
        for account in accounts.known:
            if account.verified(regions[0]) is None:
                self._failed = account.wrong
                return
        try:
            self._copies.query([self._wanted[case.name] for case in held])
        except HandoverError as error:
            self._failed = str(error)
        left = not_yet(accounts.settings.source_profile, given_up)
        self._not_yet = {each.held.instance_id: each.later for each in left}

    def observe(self, case: Case, waits: Waiting, now: datetime) -> Observation:
        """All that is known of one of them."""
        due, unknown, conflict = self._decided(case, waits, now)
        held = self._state.copies.get(case.instance_id)
        if held is not None and held.given_up and case.declared is None:
            return self._given_up(case)
        known = None if unknown or due is None else due
        steps = next_steps(held, known) if known and case.declared else []
        return replace(
            self._recorded(case),
            declared=case.by_file,
            held=case.held,
            destination=True,
            address=case.address,
            bound=case.bound,
            # What the next run takes a step from: until then it stands where it stood.
            status=known.status if known and held and not steps else case.recorded,
            message=(known.message if known else None) or (held.why if held else None) or None,
            copy_due=_in_words(steps) if held else None,
            # While an image is made it is that which takes its time.
            window_opens=known.held_until if known and known.waits_for_window else None,
            waits_for=() if held else waits.reasons,
            conflict=conflict,
            unknown=unknown,
        )

    def refused(self, case: Case) -> str | None:
        """Why the next run refuses what its file declares, be it a copy of a transfer under way or the other way
        round."""
        declared = wanted_by(case.declared) or by_another_channel(case.declared)
        refused = guards.refusals([declared], self._state, self._accounts.settings) if declared else []
        return f"{refused[0]} The next `pulumi up` is refused because of it." if refused else None

    def _given_up(self, case: Case) -> Observation:
        """Of one that a person's run gave up while its image was being made."""
        later = self._not_yet.get(case.instance_id)
        return replace(
            self._recorded(case),
            status=case.recorded,
            message=later,
            copy_due=None if later else "The next `pulumi up` cleans up what was made for the copy.",
            given_up=True,
            unknown=self._failed,
        )

    def _recorded(self, case: Case) -> Observation:
        """What the state holds of a copy that no file declares."""
        settings = self._accounts.settings
        return Observation(
            name=case.name,
            instance_id=case.instance_id,
            region=case.region,
            recipient_account_id=case.recipient_account_id,
            channel="image",
            declared=False,
            held=True,
            runs_source=settings.runs_source,
            runs_recipient=settings.runs_recipient,
            destination=False,
            recorded=case.recorded,
            transfer_id=case.transfer_id,
        )

    def _decided(self, case: Case, waits: Waiting, now: datetime) -> tuple[CopyDue | None, str | None, str | None]:
        """What the next run decides; or why that is not known; or why it will be refused."""
        refused = self.refused(case)
        if refused:
            return None, None, refused
        wanted = self._wanted.get(case.name)
        if wanted is None:
            return None, None, None
        settled = case.settled(self._accounts.settings)
        why = None if settled or case.recorded is None else self._failed or wrong_recipient(case, self._accounts)
        if why:
            return None, why, None
        if case.recorded is None:
            return CopyDue(case.name, None if waits.reasons else Status.IMAGING), None, None
        try:
            return self._copies.decided(wanted, now=now, declares=False), None, None
        except HandoverError as error:
            return None, str(error), None


def wanted_by(declared: Declared | None) -> Wanted | None:
    """What a file declares of a copy, as decisions depend on it; None where it declares none."""
    if declared is None or declared.copy is None or declared.recreate is None:
        return None
    recreate = declared.recreate
    return wanted_of(
        declared.name,
        **declared.inputs.model_dump(),
        vswitch_id=recreate.vswitch_id,
        security_group_ids=recreate.security_groups,
        eip=recreate.eip,
        window=recreate.window,
        after=declared.after,
        copy=declared.copy,
        cutover=declared.cutover,
    )


def by_another_channel(declared: Declared | None) -> Wanted | None:
    """What a file declares whose channel was changed since the copy began."""
    if declared is None or declared.copy is not None:
        return None
    return Wanted(declared.name, declared.inputs.request(), channel=declared.inputs.channel)


def _in_words(steps: Sequence[CopyStep]) -> str | None:
    if not steps:
        return None
    *first, last = [step.of_a_run for step in steps]
    return f"The next `pulumi up` {', '.join(first)}{' and ' if first else ''}{last}."
