"""When a watch polls, when it has `pulumi up` run, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from pulumi.automation.events import OpType

from transfer_provider import receipt
from transfer_provider.cli.engine.command import EngineFailed
from transfer_provider.cli.engine.due_run import Locked, Planned
from transfer_provider.cli.follow.standing import Actor, Standing, Step
from transfer_provider.cli.follow.watcher import LONGEST, Outcome, Watcher
from transfer_provider.cloud.errors import TryAgain
from transfer_provider.model.lifecycle import Status

ACCEPTED = Planned(OpType.CREATE, receipt.TYPE, "web-01")
SUBMITTED = Planned(OpType.CREATE, "pulumi-python:dynamic/transfer:InstanceTransfer", "web-02")


def at(step: Step, name: str = "web-01") -> Standing:
    return Standing(
        name, "i-bp1", "cn-hangzhou", "1000000000000002", "api", Status.APPROVED, None, step, Actor.PULUMI_UP, "…"
    )


@dataclass
class Screen:
    said: list[str] = field(default_factory=list)
    shown: int = 0

    def show(self, standings: Sequence[Standing]) -> None:
        self.shown += 1

    def say(self, note: str) -> None:
        self.said.append(note)


@dataclass
class Engine:
    """Runs that plan these steps; `fails` are raised by the next `up`s, in turn."""

    plan: Sequence[Planned] = (ACCEPTED,)
    fails: list[Exception] = field(default_factory=list)
    previews: int = 0
    ups: int = 0

    def preview(self) -> Sequence[Planned]:
        self.previews += 1
        return self.plan

    def up(self) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.ups += 1


class Handovers:
    """What is seen at each look, in turn; the last for ever."""

    def __init__(self, looks: Iterable[Sequence[Standing] | Exception]) -> None:
        self.looks = list(looks)

    def __call__(self) -> Sequence[Standing]:
        seen = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(seen, Exception):
            raise seen
        return seen


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert len(self.slept) < 5_000, "it polls for ever"
        self.slept.append(seconds)
        self.now += seconds


def watcher(handovers: Handovers, engine: Engine | None, time: Time, screen: Screen) -> Watcher:
    return Watcher(handovers, screen, engine, sleep=time.sleep, clock=time)


def watch(*looks: Sequence[Standing] | Exception, engine: Engine | None = None) -> tuple[Outcome, Time, Screen]:
    time, screen = Time(), Screen()
    return watcher(Handovers(looks), engine, time, screen).watch(), time, screen


def test_it_ends_when_all_are_settled() -> None:
    outcome, time, screen = watch([at(Step.REVIEW)], [at(Step.MOVE)], [at(Step.MAKE_IMAGE)], [at(Step.NOTHING)])

    assert outcome is Outcome.SETTLED
    assert (len(time.slept), screen.shown) == (3, 4)


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.INITIATE, Step.DECIDE, Step.CHECK, Step.WAIT, Step.ACCEPT])
def test_it_ends_where_nothing_goes_on_without_a_person(step: Step) -> None:
    outcome, time, _ = watch([at(step), at(Step.NOTHING, "db-01")])

    assert (outcome, time.slept) == (Outcome.WAITING, [])


def test_it_goes_on_while_another_handover_goes_on() -> None:
    outcome, time, _ = watch([at(Step.DECIDE), at(Step.REVIEW, "db-01")], [at(Step.DECIDE), at(Step.NOTHING, "db-01")])

    assert (outcome, len(time.slept)) == (Outcome.WAITING, 1)


def test_a_due_step_is_taken_at_once_and_looked_at() -> None:
    engine = Engine()
    outcome, time, _ = watch([at(Step.ACCEPT)], [at(Step.MOVE)], [at(Step.NOTHING)], engine=engine)

    assert (outcome, engine.ups, len(time.slept)) == (Outcome.SETTLED, 1, 1)


def test_a_plan_that_holds_more_is_left_to_a_person_and_not_previewed_again() -> None:
    engine = Engine(plan=[ACCEPTED, SUBMITTED])
    held = [at(Step.ACCEPT), at(Step.REVIEW, "db-01")]
    outcome, _, screen = watch(held, held, held, [at(Step.ACCEPT), at(Step.NOTHING, "db-01")], engine=engine)

    assert (outcome, engine.ups) == (Outcome.WAITING, 0)
    assert engine.previews == 2  # once more when something changed
    assert "create InstanceTransfer web-02" in screen.said[0]


def test_a_run_that_changes_nothing_is_not_repeated() -> None:
    engine = Engine()
    outcome, _, _ = watch([at(Step.RECORD)], engine=engine)

    assert (outcome, engine.ups) == (Outcome.WAITING, 1)


def test_a_locked_stack_is_waited_for() -> None:
    engine = Engine(fails=[Locked(), Locked()])
    outcome, time, screen = watch(
        [at(Step.ACCEPT)], [at(Step.ACCEPT)], [at(Step.ACCEPT)], [at(Step.NOTHING)], engine=engine
    )

    assert (outcome, engine.ups, len(time.slept)) == (Outcome.SETTLED, 1, 2)
    assert "in progress" in screen.said[1]


def test_it_gives_up_after_runs_that_failed() -> None:
    engine = Engine(fails=[EngineFailed("no plugin")] * 9)
    outcome, time, screen = watch([at(Step.ACCEPT)], engine=engine)

    assert (outcome, len(time.slept)) == (Outcome.FAILED, 2)
    assert [said for said in screen.said if "no plugin" in said] == ["`pulumi up` failed: no plugin"] * 3


def test_without_an_answer_it_goes_on_polling() -> None:
    outcome, time, screen = watch([at(Step.REVIEW)], TryAgain("No answer."), [at(Step.NOTHING)])

    assert (outcome, screen.said, len(time.slept)) == (Outcome.SETTLED, ["No answer."], 2)


def test_the_longer_nothing_changes_the_rarer_it_polls() -> None:
    day = 24 * 3600
    time, screen = Time(), Screen()

    def look() -> Sequence[Standing]:
        return [at(Step.REVIEW if time.now < day else Step.NOTHING)]

    assert Watcher(look, screen, sleep=time.sleep, clock=time).watch() is Outcome.SETTLED
    assert time.slept[0] == 30
    assert sorted(time.slept) == time.slept
    assert time.slept[-1] == LONGEST
    assert len(time.slept) < 150


def test_once_looks_takes_what_is_due_and_ends() -> None:
    engine, time, screen = Engine(), Time(), Screen()
    announced: list[Sequence[Standing]] = []
    once = watcher(Handovers([[at(Step.ACCEPT)], [at(Step.MOVE)]]), engine, time, screen)
    once.announce = announced.append

    assert once.watch(once=True) is Outcome.WAITING
    assert (engine.ups, time.slept, len(announced)) == (1, [], 2)
