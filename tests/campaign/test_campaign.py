"""The campaign around its sequences: counts, exit status, failures shrunk and printed as a list that runs again."""

from __future__ import annotations

import json

import pytest

from tests.campaign.campaign import Campaign
from tests.campaign.invariants import Violation
from tests.campaign.scene import Broken
from tests.campaign.steps import Sequence, Step, generated, parsed

LOST = Violation("no orphan", "eip-1 is in no state")


class Played(Campaign):
    """A campaign whose sequences break when a kill comes after a removal."""

    def _played(self, sequence: Sequence) -> Broken | None:
        self.counts["played"] += 1
        removed = False
        for step in sequence.steps:
            removed |= step.kind == "remove"
            if removed and step.interruption and step.interruption.signal == "SIGKILL":
                return Broken(str(step), [LOST], "what the run printed")
        return None


def failing_seed() -> int:
    """A seed whose sequence breaks."""
    return next(seed for seed in range(1000) if Played()._played(generated(seed)))


def test_a_campaign_that_holds_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    seed = next(seed for seed in range(1000) if not Played()._played(generated(seed)))
    assert Played(as_json=True).run(seed, minutes=1, sequences=1) == 0
    printed = capsys.readouterr().out
    assert f"seed {seed}: holds" in printed
    counts = json.loads(printed[printed.index("\n{") :])
    assert (counts["sequences"], counts["failures"], counts["broken"]) == (1, 0, [])


def test_a_failure_ends_it_with_1_and_prints_seed_output_and_the_shortest_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    campaign = Played()
    assert campaign.run(failing_seed(), minutes=1, sequences=5) == 1
    printed = capsys.readouterr().out
    assert f"seed {failing_seed()}: BROKEN" in printed
    assert "no orphan: eip-1 is in no state" in printed
    assert "what the run printed" in printed
    (failure,) = campaign.failures
    listed = str(failure["sequence"])
    assert listed in printed
    shortest = parsed(listed)
    assert [step.kind for step in shortest.steps[:1]] == ["remove"]
    assert len(shortest.steps) == 2
    # Its faults are no part of it, its signal is.
    assert shortest.steps[1].faults == ()
    assert Played().replay(shortest) == 1


def test_the_next_seeds_are_played_after_a_failure_where_that_is_wanted() -> None:
    campaign = Played(keep_going=True, shrink_runs=0)
    assert campaign.run(failing_seed(), minutes=1, sequences=3) == 1
    assert campaign.counts["sequences"] == 3


def test_a_failure_is_shrunk_in_no_more_sequences_than_allowed() -> None:
    campaign = Played(shrink_runs=3)
    campaign.run(failing_seed(), minutes=1, sequences=1)
    assert campaign.counts["played"] <= 1 + 3


def test_ctrl_c_ends_it_cleanly_with_its_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Played, "_played", interrupted)
    assert Played().run(1, minutes=1, sequences=None) == 0
    assert "Stopped.\nseconds 0" in capsys.readouterr().out


def test_another_invariant_broken_on_the_way_is_no_reason_to_keep_a_step() -> None:
    class Elsewhere(Played):
        def _played(self, sequence: Sequence) -> Broken | None:
            if Step("up") in sequence.steps[:1]:
                return Broken("up", [Violation("no traceback", "")], "")
            return super()._played(sequence)

    seed = failing_seed()
    campaign = Elsewhere()
    campaign.run(seed, minutes=1, sequences=1)
    assert len(parsed(str(campaign.failures[0]["sequence"])).steps) == 2
