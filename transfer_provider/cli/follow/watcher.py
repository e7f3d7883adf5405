"""Poll a stack's handovers until they are settled or wait for a person, and take the steps that are due.

It may be stopped or killed at any moment and run twice: it keeps nothing that the next one needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from transfer_provider.cli.engine.command import EngineFailed
from transfer_provider.cli.engine.due_run import Locked, Planned
from transfer_provider.cli.follow.standing import Standing, Step
from transfer_provider.cloud.errors import TryAgain

SHORTEST = 30.0  # seconds between two polls, when something has just changed
LONGEST = 15 * 60.0
GROWTH = 0.1  # of the time since the last change
MOST_FAILURES = 3  # of runs in a row

# What becomes another step by itself, by time or by Alibaba Cloud.
GOES_ON = (Step.REVIEW, Step.MOVE, Step.MAKE_IMAGE, Step.WAIT_FOR_WINDOW, Step.QUERY_AGAIN)


class Outcome(IntEnum):
    """How a watch ended: the command's exit code."""

    SETTLED = 0
    FAILED = 1
    WAITING = 3


class Runs(Protocol):
    """The unattended runs of the stack."""

    def preview(self) -> Sequence[Planned]: ...

    def up(self) -> None: ...


class View(Protocol):
    """Where somebody watches."""

    def show(self, standings: Sequence[Standing]) -> None:
        """Show the handovers as they stand."""

    def say(self, note: str) -> None:
        """Say what the watch does, or what kept it from it."""


Key = Mapping[str, tuple[object, ...]]


@dataclass
class Watcher:
    """`look` queries the stack's handovers; `runs` are None where no `pulumi up` is to be run; `announce` is called
    with each look. `shortest` are the seconds between two polls at first."""

    look: Callable[[], Sequence[Standing]]
    view: View
    runs: Runs | None = None
    announce: Callable[[Sequence[Standing]], None] = lambda _: None
    shortest: float = SHORTEST
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _seen: Key = field(default_factory=dict)
    _changed_at: float = 0.0
    _blocked: Key | None = None
    """What was seen when a run was made, or a plan held more than the due steps: none is begun again for the same."""
    _failures: int = 0

    def watch(self, *, once: bool = False) -> Outcome:
        """Poll until nothing goes on any more; `once`: look once, and take the steps that are due by then.

        Raises as a query does; where no answer comes, it goes on polling.
        """
        self._changed_at = self.clock()
        while True:
            try:
                standings = self.look()
            except TryAgain as error:
                if once:
                    raise
                self.view.say(str(error))
                self.sleep(self._interval())
                continue
            self._take_in(standings)
            acted = self._act(standings)
            if acted and not once:
                continue
            if acted:
                standings = self.look()
                self._take_in(standings)
            if self._failures >= MOST_FAILURES or (once and self._failures):
                return Outcome.FAILED
            if all(standing.settled for standing in standings):
                return Outcome.SETTLED
            if once or not self._goes_on(standings):
                return Outcome.WAITING
            self.sleep(self._interval())

    def _act(self, standings: Sequence[Standing]) -> bool:
        """Whether the due steps were taken."""
        due = [standing for standing in standings if standing.due]
        if self.runs is None or not due or self._blocked == self._seen:
            return False
        names = ", ".join(f"{standing.name} ({standing.step.value})" for standing in due)
        try:
            planned = self.runs.preview()
            beyond = [step for step in planned if not step.due]
            if beyond:
                self._blocked = self._seen
                listed = ", ".join(map(str, beyond[:5])) + (f" and {len(beyond) - 5} more" if len(beyond) > 5 else "")
                self.view.say(f"A person has to run `pulumi up`: the plan holds more than the due steps: {listed}.")
                return False
            self.view.say(f"Running `pulumi up`: {names}.")
            self.runs.up()
        except Locked:
            self.view.say(
                "Another run of the stack is in progress; waiting for its end. Where nobody runs, `handover doctor` "
                "has who holds its lock, and what to do."
            )
            return False
        except EngineFailed as failed:
            self._failures += 1
            self.view.say(f"`pulumi up` failed: {failed}")
            return False
        self._failures = 0
        self._blocked = self._seen  # Where the run has not changed a thing, neither would the next.
        return True

    def _goes_on(self, standings: Sequence[Standing]) -> bool:
        """Whether anything goes on without a person."""
        acts = self.runs is not None and self._blocked != self._seen
        return any(standing.step in GOES_ON or (standing.due and acts) for standing in standings)

    def _take_in(self, standings: Sequence[Standing]) -> None:
        """Note what changed, show it and announce it."""
        seen = {standing.name: (standing.instance_id, standing.status, standing.step) for standing in standings}
        if seen != self._seen:
            self._seen = seen
            self._changed_at = self.clock()
        self.view.show(standings)
        self.announce(standings)

    def _interval(self) -> float:
        """Seconds until the next poll: the longer nothing has changed, the longer."""
        return min(max((self.clock() - self._changed_at) * GROWTH, self.shortest), max(LONGEST, self.shortest))
