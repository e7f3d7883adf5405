"""Sequence after sequence: played, counted, and shrunk where an invariant breaks."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.campaign.scene import Broken, Scene
from tests.campaign.shrink import shrunk, simplified
from tests.campaign.steps import Sequence, Step, generated


@dataclass
class Campaign:
    """What was played so far."""

    shrink_runs: int = 25
    keep_going: bool = False
    verbose: bool = False
    as_json: bool = False
    tolerated: Collection[str] = ()
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, object]] = field(default_factory=list)

    def run(self, seed: int, minutes: float, sequences: int | None) -> int:
        """Play the sequences of this seed and the next until the time is over. Returns the exit status."""
        began = time.monotonic()
        try:
            for number in _counting(sequences):
                if time.monotonic() - began > minutes * 60:
                    break
                failed = self.play(generated(seed + number))
                if failed and not self.keep_going:
                    break
        except KeyboardInterrupt:
            self._say("Stopped.")
        self._say_counts(time.monotonic() - began)
        return 1 if self.failures else 0

    def replay(self, sequence: Sequence) -> int:
        """Play this sequence alone."""
        began = time.monotonic()
        try:
            failed = self._played(sequence)
        except KeyboardInterrupt:
            self._say("Stopped.")
            return 130
        if failed:
            self._say(str(failed))
            self._say(failed.text)
        self._say_counts(time.monotonic() - began)
        return 1 if failed else 0

    def play(self, sequence: Sequence) -> bool:
        """Play a sequence. Returns whether it broke an invariant, which is printed with the shortest list that does."""
        began = time.monotonic()
        failed = self._played(sequence)
        spent = f"{time.monotonic() - began:.0f} s"
        self.counts["sequences"] += 1
        if failed is None:
            kinds = " ".join(step.kind for step in sequence.steps)
            self._say(f"seed {sequence.seed}: holds, {spent} ({kinds}). {self._summary()}")
            return False
        self._say(f"seed {sequence.seed}: BROKEN, {spent}. {failed}")
        self._say(failed.text)
        shortest = self._shortest(sequence, failed)
        self._say("The shortest sequence found that breaks it, for --replay FILE:")
        self._say(shortest.listed())
        violations = [str(violation) for violation in failed.violations]
        self.failures.append({"seed": sequence.seed, "broken": violations, "sequence": shortest.listed()})
        return True

    def _played(self, sequence: Sequence) -> Broken | None:
        with (
            tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True) as folder,
            Scene.made(Path(folder).resolve(), sequence, self.counts, self.tolerated) as scene,
        ):
            try:
                scene.play()
            except Broken as failed:
                return failed
            finally:
                if self.verbose:
                    self._say("\n".join(scene.texts))
        return None

    def _shortest(self, sequence: Sequence, failed: Broken) -> Sequence:
        """By leaving steps out, and then faults and signals."""
        broken = {violation.invariant for violation in failed.violations}
        # Long runs fail by their length: each try would take as long.
        most = self.shrink_runs if "runs end" not in broken else min(4, self.shrink_runs)
        left = [most]

        def still_fails(steps: Iterable[Step]) -> bool:
            left[0] -= 1
            again = self._played(sequence.with_steps(steps))
            same = again is not None and any(violation.invariant in broken for violation in again.violations)
            self._say(f"  shrinking: {len(list(steps))} steps {'still break it' if same else 'hold'}")
            return same

        steps = shrunk(sequence.steps, still_fails, most_tries=most)
        return sequence.with_steps(simplified(steps, _simpler, still_fails, most_tries=max(0, left[0])))

    def _summary(self) -> str:
        names = (
            "sequences",
            "steps",
            "runs",
            "SIGINT",
            "SIGTERM",
            "SIGKILL",
            "faults",
            "refused runs",
            "failed runs",
            "calls",
        )
        return ", ".join(f"{name} {self.counts[name]}" for name in (*names, "strays"))

    def _say_counts(self, seconds: float) -> None:
        counts = {
            "seconds": round(seconds),
            **{name: number for name, number in sorted(self.counts.items()) if number},
            "failures": len(self.failures),
        }
        if self.as_json:
            self._say(json.dumps(counts | {"broken": self.failures}, indent=2))
        else:
            self._say(", ".join(f"{name} {number}" for name, number in counts.items()))

    def _say(self, text: str) -> None:
        print(text, flush=True, file=sys.stdout)


def _simpler(step: Step) -> list[Step]:
    """The step without its signal, without its faults, without both."""
    forms = [replace(step, faults=(), interruption=None), replace(step, interruption=None), replace(step, faults=())]
    return [form for number, form in enumerate(forms) if form != step and form not in forms[:number]]


def _counting(most: int | None) -> Iterator[int]:
    number = 0
    while most is None or number < most:
        yield number
        number += 1
