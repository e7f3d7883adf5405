"""Random sequences of what people, Alibaba Cloud and misfortune do to a stack, as a Hypothesis state machine."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import currently_in_test_context, event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sandbox.models.transfers import Status
from tests.twin import outside
from tests.twin.attempts import ATTEMPTS, Attempt
from tests.twin.cloud import WRITES, LocalCloud
from tests.twin.engine import Engine, Killed
from tests.twin.program import File, Side, config, declare, run_by, settings
from tests.twin.world import GROUPS, INSTANCES, OTHER, RECIPIENT, REGION, SOURCE_PROFILE, WORLD
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, Refused
from transfer_provider.model.transfer import TransferRequest

NAMES = ("web-01", "web-02", "db-01", "web-03")
REASONS = ("Orchid", "Orchid again", "Another")
VERDICTS = ("approve", "approve", "approve", "reject", "expire")
RECREATES = (GROUPS[:1], GROUPS, GROUPS[1:], ())


WAS_KILLED = "killed"
MOST_RUNS = 4  # submit, accept, observe that, change nothing
# Which of several: a file, a transfer.
CHOICES = st.integers(0, 5)
INSTANCE = st.sampled_from(INSTANCES)


class Handovers(RuleBasedStateMachine):
    """One stack, its files and its two accounts. Most steps are followed by a run, and each run is checked."""

    def __init__(self) -> None:
        super().__init__()
        self._patches = ExitStack()
        self.cloud = LocalCloud(WORLD)
        self._patches.enter_context(self.cloud.reached())
        self.files: dict[str, File] = {}
        self.removed: dict[str, File] = {}
        self.unbroken = True
        self.side: Side = "both"
        self.engine = Engine(config("both"))
        self.logged: list[str] = []
        self._fresh_reasons = 0

    @initialize(side=st.sampled_from(["both", "both", "source"]), count=st.integers(0, 3), attempt=ATTEMPTS)
    def begin(self, side: Side, count: int, attempt: Attempt | None) -> None:
        """A new stack that runs this side, with some handovers."""
        self.side, self.engine = side, Engine(config(side))
        for name, instance_id in list(zip(NAMES, INSTANCES, strict=False))[:count]:
            self.files[name] = File(instance_id, REASONS[0], groups=RECREATES[0])
        self.run(attempt)

    # What people do with files.

    @rule(
        name=st.sampled_from(NAMES),
        instance_id=INSTANCE,
        reason=st.sampled_from(REASONS),
        groups=st.sampled_from(RECREATES),
        attempt=ATTEMPTS,
    )
    def declare(
        self, name: str, instance_id: str, reason: str, groups: tuple[str, ...], attempt: Attempt | None
    ) -> None:
        if name not in self.files and instance_id not in self._declared():
            self.files[name] = File(instance_id, reason, groups=groups)
            self.run(attempt)

    @rule(choice=CHOICES, reason=st.sampled_from(REASONS), attempt=ATTEMPTS)
    def edit_reason(self, choice: int, reason: str, attempt: Attempt | None) -> None:
        self._edit(choice, attempt, lambda file: replace(file, reason=reason))

    @rule(choice=CHOICES, groups=st.sampled_from(RECREATES), attempt=ATTEMPTS)
    def edit_recreate(self, choice: int, groups: tuple[str, ...], attempt: Attempt | None) -> None:
        self._edit(choice, attempt, lambda file: replace(file, groups=groups))

    @rule(choice=CHOICES, attempt=ATTEMPTS)
    def change_recipient(self, choice: int, attempt: Attempt | None) -> None:
        self._edit(
            choice, attempt, lambda file: replace(file, recipient=OTHER if file.recipient == RECIPIENT else RECIPIENT)
        )

    @rule(choice=CHOICES, instance_id=INSTANCE, attempt=ATTEMPTS)
    def give_name_to_another_instance(self, choice: int, instance_id: str, attempt: Attempt | None) -> None:
        if instance_id not in self._declared():
            self._edit(choice, attempt, lambda file: replace(file, instance_id=instance_id))

    @rule(choice=CHOICES, attempt=ATTEMPTS)
    def remove(self, choice: int, attempt: Attempt | None) -> None:
        name = self._file(choice)
        if name is not None:
            self.removed[name] = self.files.pop(name)
            self.run(attempt)

    @rule(choice=CHOICES, attempt=ATTEMPTS)
    def put_back(self, choice: int, attempt: Attempt | None) -> None:
        names = [
            name
            for name, file in sorted(self.removed.items())
            if name not in self.files and file.instance_id not in self._declared()
        ]
        if names:
            name = names[choice % len(names)]
            self.files[name] = self.removed.pop(name)
            self.run(attempt)

    @rule(choice=CHOICES, name=st.sampled_from(NAMES), attempt=ATTEMPTS)
    def rename(self, choice: int, name: str, attempt: Attempt | None) -> None:
        former = self._file(choice)
        if former is not None and name not in self.files:
            self.files[name] = self.files.pop(former)
            self.run(attempt)

    @rule(choice=CHOICES, other=CHOICES, attempt=ATTEMPTS)
    def swap_names(self, choice: int, other: int, attempt: Attempt | None) -> None:
        first, second = self._file(choice), self._file(other)
        if first is not None and second is not None and first != second:
            self.files[first], self.files[second] = self.files[second], self.files[first]
            self.run(attempt)

    # What happens at Alibaba Cloud.

    @rule(choice=CHOICES, verdict=st.sampled_from(VERDICTS), attempt=ATTEMPTS)
    def review(self, choice: int, verdict: str, attempt: Attempt | None) -> None:
        waiting = [each for each in self.cloud.desk.transfers() if each.status is Status.UNDER_REVIEW]
        if not waiting:
            return
        transfer_id = waiting[choice % len(waiting)].id
        match verdict:
            case "approve":
                self.cloud.desk.approve(transfer_id)
            case "reject":
                self.cloud.desk.reject(transfer_id, reason="No.")
            case "expire":
                self.cloud.desk.expire(transfer_id)
        self.run(attempt)

    @rule(attempt=ATTEMPTS)
    def hand_over(self, attempt: Attempt | None) -> None:
        """All goes well: reviewed, accepted, moved."""
        self.run(Attempt())
        for each in self.cloud.desk.transfers():
            if each.status is Status.UNDER_REVIEW:
                self.cloud.desk.approve(each.id)
        self.run(Attempt())
        self.cloud.clock.advance(timedelta(minutes=2))
        self.run(attempt)

    @rule(minutes=st.sampled_from([2, 2, 2, 180, 25 * 60]), attempt=ATTEMPTS)
    def time_passes(self, minutes: int, attempt: Attempt | None) -> None:
        self.cloud.clock.advance(timedelta(minutes=minutes))
        self.run(attempt)

    @rule(choice=CHOICES, attempt=ATTEMPTS)
    def cancel_by_hand(self, choice: int, attempt: Attempt | None) -> None:
        unfinished = [each for each in self.cloud.state.transfers() if not each.status.terminal]
        if unfinished:
            chosen = unfinished[choice % len(unfinished)]
            source = Cloud(SOURCE_PROFILE, REGION)
            self._by_hand(lambda: operations.cancel(source, chosen.id, chosen.instance_id))
            self.run(attempt)

    @rule(instance_id=INSTANCE, reason=st.sampled_from(REASONS), attempt=ATTEMPTS)
    def submit_by_hand(self, instance_id: str, reason: str, attempt: Attempt | None) -> None:
        request = TransferRequest(instance_id, REGION, RECIPIENT, reason=reason)
        self._by_hand(lambda: operations.submit(Cloud(SOURCE_PROFILE, REGION), request, ""))
        self.run(attempt)

    @rule(choice=CHOICES, attempt=ATTEMPTS)
    def accept_by_hand(self, choice: int, attempt: Attempt | None) -> None:
        """The recipient of a stack that runs the source's side only."""
        approved = [each for each in self.cloud.state.transfers() if each.status is Status.APPROVED]
        if self.side == "source" and approved:
            chosen = approved[choice % len(approved)]
            account = WORLD.account(chosen.recipient_account_id)
            self._by_hand(
                lambda: operations.accept(
                    Cloud(account.profiles[0].name, REGION),
                    chosen.id,
                    vswitch_id=account.vswitches[0].id,
                    security_group_ids=[account.security_groups[0].id],
                )
            )
            self.run(attempt)

    # What befalls a stack.

    @rule(attempt=ATTEMPTS)
    def lose_state(self, attempt: Attempt | None) -> None:
        self.engine.state = ()
        self.run(attempt)

    @rule(attempt=ATTEMPTS)
    def go_on(self, attempt: Attempt | None) -> None:
        self.run(attempt)

    def teardown(self) -> None:
        """Where nothing was broken on the way, everything settles."""
        try:
            if self.unbroken:
                self.settle()
        finally:
            self._patches.close()

    def run(self, attempt: Attempt | None) -> str | None:
        """One run of `pulumi`, checked from outside; why it failed, or None."""
        if attempt is None:
            return None
        self.unbroken = False
        before = outside.moment(self.cloud.state, self.engine.state)
        self.cloud.calls.clear()
        failure = self._carried_out(attempt)
        after = outside.moment(self.cloud.state, self.engine.state)
        outside.check_run(before, after, self.files.values())
        outside.check_claims(self.cloud.state, after)
        if failure is None and attempt.command == "up":
            outside.check_success(after, self.files.values(), self.logged)
        assert "unreadable" not in str(failure), failure
        if failure is not None and "nothing was declared" in failure.lower():
            assert not WRITES.intersection(self.cloud.calls), f"{failure} And yet: {self.cloud.calls}"
        self.unbroken = True
        if currently_in_test_context():
            for what in outside.happened(before, after):
                event(what)
            event(f"a run {'succeeded' if failure is None else 'was killed' if failure == WAS_KILLED else 'failed'}")
        return failure

    def _carried_out(self, attempt: Attempt) -> str | None:
        self.cloud.faults.plan = list(attempt.troubles)
        written = 0

        def wrote() -> None:
            nonlocal written
            written += 1
            if written == attempt.killed_after:
                raise Killed

        self.cloud.wrote = self.engine.wrote = wrote
        order = random.Random(attempt.order)
        try:
            with run_by(self.engine) as self.logged:
                if attempt.command == "up":
                    self.engine.up(lambda: declare(self.files, settings(self.side)), order)
                else:
                    self.engine.refresh(order)
        except Killed:
            return WAS_KILLED
        except HandoverError as error:
            return str(error)
        finally:
            self.cloud.faults.plan = []
            self.cloud.wrote = self.engine.wrote = lambda: None
        return None

    def settle(self) -> None:
        """Without faults runs come to rest: at once, or once the files are what the messages request."""
        failure = self._until_nothing_changes()
        if failure is not None:
            self.correct()
            failure = self._until_nothing_changes()
            assert failure is None, f"corrected files are refused: {failure}"

    def _until_nothing_changes(self) -> str | None:
        """Run until a run changes nothing; why it fails each time, or None."""
        for _ in range(MOST_RUNS):
            before = outside.moment(self.cloud.state, self.engine.state)
            failure = self.run(Attempt())
            if outside.moment(self.cloud.state, self.engine.state) == before:
                return failure
        raise AssertionError(f"still changing after {MOST_RUNS} runs: {self.engine.state}")

    def correct(self) -> None:
        """What people do where a run is refused: wait for what is moving, restore what can't be changed, request anew
        what ended."""
        self.cloud.clock.advance(timedelta(minutes=2))
        for name, file in list(self.files.items()):
            self.files[name] = self._corrected(file)
        for held in self.engine.state:
            instance_id = str(held.outputs["instance_id"])
            if instance_id not in self._declared():
                self.files[self._free_name()] = self._corrected(File(instance_id, "", groups=GROUPS[:1]))
        named = {str(held.outputs["instance_id"]): held.name for held in self.engine.state}
        files = {file.instance_id: file for file in self.files.values()}
        self.files = {named.pop(each): files.pop(each) for each in list(files) if each in named}
        for file in files.values():
            self.files[self._free_name()] = file

    def _corrected(self, file: File) -> File:
        listed = [each for each in self.cloud.state.transfers() if each.instance_id == file.instance_id]
        kept = next((each for each in listed if not each.status.terminal or each.status is Status.COMPLETED), None)
        if kept is not None:
            return replace(file, reason=str(kept.reason), recipient=kept.recipient_account_id)
        self._fresh_reasons += 1
        recipient = RECIPIENT if self.side == "both" else file.recipient
        return replace(file, reason=f"Fresh {self._fresh_reasons}", recipient=recipient)

    def _free_name(self) -> str:
        taken = {held.name for held in self.engine.state} | self.files.keys()
        return next(name for name in (f"new-{number:02}" for number in range(1, 10)) if name not in taken)

    def _declared(self) -> set[str]:
        return {file.instance_id for file in self.files.values()}

    def _file(self, choice: int) -> str | None:
        """The name of one of the files; None where there are none."""
        names = sorted(self.files)
        return names[choice % len(names)] if names else None

    def _edit(self, choice: int, attempt: Attempt | None, edited: Callable[[File], File]) -> None:
        name = self._file(choice)
        if name is not None:
            self.files[name] = edited(self.files[name])
            self.run(attempt)

    @staticmethod
    def _by_hand(doing: Callable[[], Any]) -> None:
        """What the account's owner tries; the cloud may refuse."""
        try:
            doing()
        except Refused:
            return
