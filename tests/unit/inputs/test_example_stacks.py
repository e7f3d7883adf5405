"""The example stacks of the repository are read without a problem, and name nothing that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_provider.cli.stack import read_stack
from transfer_provider.inputs import manifest
from transfer_provider.inputs.manifest import Stack

ROOT = Path(__file__).parents[3]
STACKS = sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))


def read(stack: str) -> Stack:
    settings, folder = read_stack(ROOT, stack)
    return manifest.load_folder(folder, ROOT, settings)


@pytest.mark.parametrize("stack", STACKS)
def test_each_is_read_without_a_problem(stack: str) -> None:
    assert read(stack).handovers


def test_staging_and_production_share_rules_and_differ_in_accounts_windows_and_approvals() -> None:
    (staging, _), (production, _) = read_stack(ROOT, "staging"), read_stack(ROOT, "production")
    of_staging, of_production = read("staging").groups["web"], read("production").groups["web"]
    assert of_staging.rules["https"] == of_production.rules["https"]
    assert of_staging.vpc_id != of_production.vpc_id
    assert not set(staging.recipients) & set(production.recipients)
    assert staging.sourceAccount != production.sourceAccount
    assert (staging.window, production.after) == (None, ("staging",))
    assert production.window is not None
    assert staging.maxCancellations > production.maxCancellations
    assert production.protect


@pytest.mark.parametrize("stack", sorted(set(STACKS) - {"sandbox"}))
def test_no_example_hands_over_an_instance_that_there_could_be(stack: str) -> None:
    assert all(declared.inputs.instance_id.startswith("i-bp1example") for declared in read(stack).handovers)
