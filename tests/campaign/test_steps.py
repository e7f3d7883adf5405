"""Sequences are made from a seed: the same each time, of everything there is, and as a list that runs again."""

from __future__ import annotations

import pytest

from tests.campaign.files import Files
from tests.campaign.steps import EDITS, RECIPIENT_EDITS, RUNS, Fault, Interruption, Step, generated, parsed

SEEDS = range(300)


def test_a_seed_is_the_same_sequence_each_time() -> None:
    assert [generated(seed) for seed in SEEDS] == [generated(seed) for seed in SEEDS]


def test_seeds_are_different_sequences() -> None:
    assert len({generated(seed).with_steps(generated(seed).steps).listed() for seed in SEEDS}) == len(SEEDS)


def test_a_sequence_starts_with_up_and_has_five_to_ten_steps_more() -> None:
    for sequence in map(generated, SEEDS):
        assert sequence.steps[0].kind == "up"
        assert 6 <= len(sequence.steps) <= 11


def test_every_signal_every_run_and_every_slip_comes_up() -> None:
    steps = [step for sequence in map(generated, SEEDS) for step in sequence.steps]
    assert {step.interruption.signal for step in steps if step.interruption} == {"SIGINT", "SIGTERM", "SIGKILL"}
    kinds = {step.kind for step in steps}
    assert set(RUNS) | {"swap", "chain", "reuse", "overwrite", "park", "move-folder", "side", "hand-cancel"} <= kinds


def test_every_edit_is_known_to_the_files() -> None:
    for kind in EDITS | RECIPIENT_EDITS:
        assert hasattr(Files, "_" + kind.replace("-", "_"))


def test_about_a_third_of_the_sequences_transfer_only_and_have_no_step_of_the_recipients_side() -> None:
    transfers_only = [sequence for sequence in map(generated, SEEDS) if not sequence.both_sides]
    assert len(SEEDS) / 4 < len(transfers_only) < len(SEEDS) / 2
    kinds = {step.kind for sequence in transfers_only for step in sequence.steps}
    assert not kinds & {"edit-rule", "side", "hand-release-address"}


@pytest.mark.parametrize("seed", range(20))
def test_a_printed_list_is_the_same_sequence_again(seed: int) -> None:
    assert parsed(generated(seed).listed()) == generated(seed)


def test_a_step_is_printed_without_what_is_as_usual() -> None:
    assert str(Step("up")) == '{"kind": "up"}'
    step = Step("up", faults=(Fault("error", "*", 2),), interruption=Interruption("SIGKILL", "*", 3))
    assert str(step) == (
        '{"kind": "up", "faults": [{"kind": "error", "action": "*", "times": 2}], '
        '"interruption": {"signal": "SIGKILL", "action": "*", "count": 3}}'
    )
