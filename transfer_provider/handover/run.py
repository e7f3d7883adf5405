"""What all handovers of one program share: its settings, its state, its queries of the accounts, its providers.

`prepare` makes every check of every handover and decides what each declares, before the first resource is declared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider.channels.process import end_with_engine
from transfer_provider.cloud.errors import HandoverError, Refused, TryAgain
from transfer_provider.handover import guards
from transfer_provider.handover.copying import given_up
from transfer_provider.handover.copying import guards as copying_guards
from transfer_provider.handover.copying.due import due_of, observed_of
from transfer_provider.handover.order import turns
from transfer_provider.handover.order.decision import Order
from transfer_provider.handover.order.stacks import unsettled_stacks
from transfer_provider.handover.order.turns import StackAhead, Turns
from transfer_provider.handover.plan import Due, Observed, Wanted, due
from transfer_provider.handover.recipient.network import RecipientNetwork, this_owner
from transfer_provider.handover.reports import receive_windows
from transfer_provider.handover.reports.copies import of_copy
from transfer_provider.handover.reports.ended import ended
from transfer_provider.handover.reports.unbindable import unbindable
from transfer_provider.handover.state import StackState, read_state
from transfer_provider.handover.unattended import accepted_outside_of_windows
from transfer_provider.inputs import settings
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

if TYPE_CHECKING:
    from transfer_provider.handover.copying.copies import Copies
    from transfer_provider.handover.copying.given_up import GivenUp
    from transfer_provider.handover.copying.plan import CopyDue
    from transfer_provider.handover.preflight import Checked, Preflight
    from transfer_provider.handover.recipient.objects import RecipientObjects
    from transfer_provider.handover.snapshots import PlannedSnapshot, Snapshots
    from transfer_provider.handover.survey import Survey
    from transfer_provider.inputs.security_groups import SecurityGroupInputs
    from transfer_provider.inputs.stack_files import StackFiles


@dataclass(frozen=True)
class Prepared:
    """One handover, checked and decided: what was observed of it, and what it declares."""

    observed: Observed
    checked: Checked
    plan: Due
    reports: Sequence[str] = ()
    """What every run warns of until somebody acts."""
    adopted_address: str | None = None
    """The allocation id of the address to take over, by an import."""
    adopted_binding: str | None = None
    """The import id of the binding that exists already."""
    snapshots: Sequence[PlannedSnapshot] = ()
    wait: turns.Wait | None = None
    """Why its transfer is not submitted in this run, where it waits."""
    kept: bool = False
    """Its transfer's resource stays as the state holds it: the changed request waits."""
    copy: CopyDue | None = None
    """Channel `image`: what is due of the copy."""


@dataclass(frozen=True)
class Run:
    """The stack's settings, what its state holds, the survey of both accounts, the preflight checks, the recipient's
    network, the source's snapshots, what the stack made in the recipient's account, and the unsettled stacks ahead."""

    settings: Settings
    state: StackState
    survey: Survey
    preflight: Preflight
    network: RecipientNetwork
    snapshots: Snapshots
    objects: RecipientObjects
    accept_now: frozenset[str] = frozenset()
    """The handovers that this run accepts outside of their receive window, by name."""
    stacks: Sequence[StackAhead] = ()
    given_up: list[GivenUp] = field(default_factory=list)
    """The copies that are declared no more, and can't be cleaned up yet."""
    _prepared: dict[Wanted, Prepared] = field(default_factory=dict)

    @classmethod
    def of(cls, chosen: Settings, files: StackFiles | None = None) -> Run:
        """For a stack of these settings, with what its state holds; `files` are the stack's, where it has any."""
        # Imported here: a program that only declares transfers does not wait for Alibaba Cloud's SDK.
        from transfer_provider.handover.preflight import Preflight
        from transfer_provider.handover.recipient.objects import RecipientObjects
        from transfer_provider.handover.snapshots import Snapshots
        from transfer_provider.handover.survey import Survey

        state = read_state()
        return cls(
            chosen,
            state,
            Survey(chosen, state),
            Preflight(chosen, state),
            RecipientNetwork(chosen.recipient_profile, protect=chosen.protect),
            Snapshots(chosen.source_profile, state.snapshots),
            RecipientObjects(
                chosen.recipient_profile,
                this_owner(),
                pulumi.get_stack(),
                state.recipient,
                removes_rules=chosen.removes_rules,
            ),
            accepted_outside_of_windows(),
            unsettled_stacks(chosen, files),
        )

    def prepare(
        self,
        handovers: Sequence[Wanted],
        *,
        groups: Mapping[str, SecurityGroupInputs] | None = None,
        where: str | None = None,
    ) -> None:
        """Check all handovers of the stack, and decide what each declares; what the state holds beyond is dropped.

        `groups` are the security groups that the stack declares; `where` is the folder of the handovers and
        how it is (`stacks/production holds no handovers`); both None in a program that declares its own.
        Raises Refused with everything that is wrong, NotAllowed for credentials of a wrong account, also without any
        handover; and as a call does. Nothing was declared then.
        """
        unknown = guards.undeclared(self.accept_now, [wanted.name for wanted in handovers])
        self._refuse(guards.doubled(self.state) + self._wrong_inputs(handovers, handovers) + unknown)
        self._refuse(self._lost(handovers, where, every=True))
        self._decide_all(handovers, groups, every=True)
        self._give_up(handovers)
        if self.settings.runs_recipient:
            for warning in self.objects.warnings(handovers, groups or {}, self.settings.region):
                pulumi.log.warn(warning)

    def _give_up(self, handovers: Sequence[Wanted]) -> None:
        """Find the copies that are declared no more and can't be cleaned up in this run, and report each."""
        gone = given_up.removed(self.state.copies, {wanted.instance_id for wanted in handovers})
        if not gone or not self.settings.runs_source:
            return
        self.given_up.extend(given_up.not_yet(self.settings.source_profile, gone))
        for copy in self.given_up:
            pulumi.log.warn(copy.report)

    def prepared(self, wanted: Wanted) -> Prepared:
        """What the handover declares: as prepared with all others, else decided now, with it alone.

        Raises as `prepare` does. Alone, nothing is known of what the state holds beyond the handovers so far.
        """
        if wanted not in self._prepared:
            so_far = [*self._prepared, wanted]
            self._refuse(guards.doubled(self.state) + self._wrong_inputs([wanted], so_far))
            self._refuse(self._lost(so_far, None, every=False))
            self._decide_all([wanted], None, every=False)
        return self._prepared[wanted]

    def _decide_all(
        self, handovers: Sequence[Wanted], groups: Mapping[str, SecurityGroupInputs] | None, *, every: bool
    ) -> None:
        if every:
            self.survey.identify(handovers[0].request.region if handovers else self.settings.region)
            self.survey.query(handovers)
            if any(wanted.copy for wanted in handovers):
                self.copies.query(handovers)
        turn = self._turns(handovers, every=every)
        if every:
            self.preflight.check(handovers, turn.waits)
        decided: dict[Wanted, Prepared] = {}
        problems: list[str] = []
        for wanted in handovers:
            try:
                decided[wanted] = self._decided(wanted, turn)
            except TryAgain:
                raise
            except HandoverError as error:
                if len(handovers) == 1:
                    raise
                problems.append(f"{wanted.name}: {error}")
        decided, useless = self._since_approval(decided, every=every)
        problems += useless
        if every and self.settings.runs_source:
            problems += self._uncancellable(handovers)
        arrived = {wanted.instance_id for wanted, prepared in decided.items() if prepared.observed.arrived}
        if every and self.settings.runs_recipient:
            to_receive = [wanted for wanted in handovers if wanted.instance_id not in self.state.received]
            problems += self.objects.misfits(to_receive, groups or {})
        if self.settings.runs_recipient:
            problems += guards.unfinishable(
                handovers, arrived.union(self.state.arrived), groups, self.state, self.settings, every=every
            )
        self._refuse(problems)
        self._prepared.update(decided)
        windows = {
            wanted.name: (window, prepared.plan, prepared.observed)
            for wanted, prepared in decided.items()
            if (window := wanted.receive_window(self.settings)) is not None
        }
        receive_windows.report(windows, self.survey.now())

    def _since_approval(
        self, decided: Mapping[Wanted, Prepared], *, every: bool
    ) -> tuple[dict[Wanted, Prepared], list[str]]:
        """The same with what changed since the approval; and why an instance must not be accepted any more."""
        from transfer_provider.handover.reports import approved

        observed = {wanted: prepared.observed for wanted, prepared in decided.items()}
        found = self.preflight.approved.findings(observed, every=every)
        reported = {
            wanted: replace(
                prepared,
                reports=[
                    *prepared.reports,
                    *(
                        approved.warning(finding)
                        for finding in found.get(wanted, ())
                        if not finding.blocks or prepared.plan.held_until is not None
                    ),
                ],
            )
            for wanted, prepared in decided.items()
        }
        useless = [
            approved.refusal(finding)
            for wanted, findings in found.items()
            for finding in findings
            if finding.blocks and decided[wanted].plan.held_until is None
        ]
        return reported, useless

    def report_untracked(self) -> None:
        """Warn of transfers under way that neither the handovers so far nor the state know."""
        from transfer_provider.handover.reports import untracked

        waiting = {wanted.instance_id for wanted, prepared in self._prepared.items() if prepared.wait}
        requests = [wanted.request for wanted in self._prepared if wanted.copy is None]
        untracked.warn(self.settings, self.state, requests, waiting)

    def report_at_its_end(self) -> None:
        """The same of a program that declares each handover by itself, and what `accept_now` names that it did not."""
        self.report_waiting()
        self.report_untracked()
        unknown = guards.undeclared(self.accept_now, [wanted.name for wanted in self._prepared])
        if unknown:
            raise pulumi.RunError("\n".join(unknown))

    def report_waiting(self) -> None:
        """Print what of the handovers so far is not submitted in this run, and why, in one line."""
        waits = {wanted.name: prepared.wait for wanted, prepared in self._prepared.items() if prepared.wait}
        waiting = turns.summary(waits)
        if waiting:
            pulumi.log.info(waiting)

    def _turns(self, handovers: Sequence[Wanted], *, every: bool) -> Turns:
        """Which of these wait. Raises Refused for what is wrong with the order, and as a call does."""
        known = {wanted.name: wanted for wanted in (*self._prepared, *handovers)}
        self._refuse(turns.misnamed(handovers, known, every=every))
        arrived = {wanted.name: prepared.observed.arrived for wanted, prepared in self._prepared.items()}
        decided = self._order.decide(handovers, known, arrived, every=every)
        if decided.refused:
            self._refuse(self._current(lambda state: turns.out_of_turn(handovers, decided.refused, state)))
        return decided

    @functools.cached_property
    def _order(self) -> Order:
        return Order(self.settings, self.state, self.survey, self.preflight, self.stacks)

    @functools.cached_property
    def copies(self) -> Copies:
        """The copies among the handovers."""
        # Imported here: a program without a copy does not wait for it.
        from transfer_provider.handover.copying.copies import Copies

        return Copies(self.settings, self.state, this_owner())

    def _decided(self, wanted: Wanted, turn: Turns) -> Prepared:
        region = wanted.request.region
        observed = self.survey.of(wanted)
        wait = turn.waits.get(wanted.name)
        checked = self.preflight.of_waiting(wanted) if wait else self.preflight.of(wanted)
        observed = replace(observed, fixed_public_ip=observed.fixed_public_ip or checked.fixed_public_ip)
        kept = wanted.name in turn.kept
        copy = None
        of_this_copy: Sequence[str] = ()
        if wanted.copy is not None:
            copy = self.copies.decided(
                wanted, now=self.survey.now(), accept_now=self.accept_now, waits=wait is not None
            )
            observed, plan = observed_of(copy), due_of(wanted, self.state, copy)
            of_this_copy = of_copy(wanted, copy, self.copies.held(wanted))
        else:
            plan = due(
                wanted,
                self.settings,
                self.state,
                observed,
                now=self.survey.now(),
                accept_now=self.accept_now,
                waits=wait is not None and not kept,
            )
        adopted = binding = None
        bound_to = copy.new_instance_id if copy else wanted.instance_id
        if plan.adopts_address and wanted.eip is not None:
            adopted = self.objects.adopt_address(region, wanted.instance_id, wanted.eip, used_by=bound_to or None)
        if plan.binding and not wanted.own_provider:
            binding = self.objects.adopt_binding(region, bound_to, plan.state_name, adopted)
        snapshots: Sequence[PlannedSnapshot] = ()
        if plan.snapshots and wanted.backup is not None:
            snapshots = self.snapshots.plan(wanted.name, plan.state_name, region, wanted.backup, checked.disks)
        reports = list(ended(self.state.submitted.get(wanted.instance_id), wanted.request) if plan.transfer else ())
        reports += of_this_copy
        if self.settings.runs_recipient:
            reports += unbindable(wanted, observed, self.state.addresses.get(plan.state_name))
        return Prepared(observed, checked, plan, reports, adopted, binding, snapshots, wait, kept, copy)

    def _lost(self, handovers: Sequence[Wanted], where: str | None, *, every: bool) -> list[str]:
        """What the run would drop or cancel, and must not."""
        return self._current(
            lambda state: (
                guards.dropped(handovers, state, self.settings, where)
                + guards.cancellations(handovers, state, self.settings, every=every)
            )
        )

    def _current(self, guard: Callable[[StackState], list[str]], state: StackState | None = None) -> list[str]:
        """What a guard refuses by the state, and still refuses without the transfers that have ended meanwhile.

        A program sees the state of before its run's refresh. The transfers are queried only where the guard refuses;
        where that fails, the state counts.
        """
        refused = guard(state or self.state)
        if not refused or not self.settings.runs_source:
            return refused
        unfinished = [held.transfer for held in self.state.handovers.values() if held.transfer and held.unfinished]
        self.survey.identify(self.settings.region)
        try:
            return guard(self.state.as_listed(self.survey.listed(unfinished)))
        except HandoverError:
            return refused

    def _uncancellable(self, handovers: Sequence[Wanted]) -> list[str]:
        """The transfers that the run would cancel and can't any more; queried where the state lacks until when."""
        state, undated = self.state, guards.undated(handovers, self.state)
        if undated:
            state = state.as_listed(self.survey.listed(undated))
        return self._current(lambda state: guards.uncancellable(handovers, state, self.survey.now()), state)

    def _wrong_inputs(self, handovers: Sequence[Wanted], together: Sequence[Wanted]) -> list[str]:
        """What is wrong with the handovers themselves, and with their names."""
        refusals = [
            f"{wanted.name}: {refusal}."
            for wanted in handovers
            if (refusal := self.settings.refusal_of_recipient(wanted.request.recipient_account_id))
        ]
        refusals += [
            f"{wanted.name}: region {wanted.request.region} {refusal}."
            for wanted in handovers
            if (refusal := self.settings.refusal_of_region(wanted.request.region))
        ]
        if self.settings.runs_recipient:
            refusals += [
                f"{wanted.name}: the recipient's side needs vswitch_id and security_group_ids; eip and window go with "
                "them."
                for wanted in handovers
                if wanted.half_a_destination
            ]
        refusals += copying_guards.refusals(handovers, self.state, self.settings)
        return refusals + guards.names(handovers, self.state, together)

    @staticmethod
    def _refuse(problems: Sequence[str]) -> None:
        """Raise what is wrong, where there is anything, before a resource is declared."""
        if not problems:
            return
        if len(problems) == 1:
            raise Refused(f"{problems[0]} Nothing was declared and no changes were made.")
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise Refused(f"{len(problems)} problems, so nothing was declared and no changes were made:\n{listed}")


@functools.cache
def this_run() -> Run:
    """The run of a user's own program, by the stack's settings; see `Settings`. Raises pulumi.RunError."""
    stack_file = Path(f"Pulumi.{pulumi.get_stack()}.yaml")
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), stack_file, Path(), own_program=True)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    end_with_engine()
    run = Run.of(chosen)
    # An output's callback runs once the program has declared everything; then it is known what it declares.
    pulumi.Output.from_input(None).apply(lambda _: run.report_at_its_end())
    return run
