"""Filters by name, of every listing that has one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance.cases import CASES
from tests.conformance.client import OFFERED, Caller

# The field that a filter by name compares.
BY_NAME = {
    ("Ecs", "DescribeInstances", "InstanceName"): "InstanceName",
    ("Ecs", "DescribeDisks", "DiskName"): "DiskName",
    ("Ecs", "DescribeSecurityGroups", "SecurityGroupName"): "SecurityGroupName",
    ("Ecs", "DescribeSnapshots", "SnapshotName"): "SnapshotName",
    ("Ecs", "DescribeImages", "ImageName"): "ImageName",
    ("Ecs", "DescribeKeyPairs", "KeyPairName"): "KeyPairName",
    ("Vpc", "DescribeEipAddresses", "EipName"): "Name",
}
# A role is named exactly.
NO_FILTER = {("Ecs", "DescribeInstanceRamRole", "RamRoleName")}


def test_every_filter_by_name_is_compared() -> None:
    offered = {
        (*names, parameter)
        for names, (_, action) in OFFERED.items()
        for parameter in action.parameters
        if CASES[names].listing and parameter.endswith("Name")
    }
    assert offered == set(BY_NAME) | NO_FILTER


@pytest.mark.parametrize(("product", "action", "parameter"), BY_NAME)
@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [("thing-1", {"1"}), ("thing-1*", {"1", "10", "11", "12"}), ("*ing-*2", {"2", "12"}), ("thing-?", set())],
)
def test_a_star_is_any_text_in_a_name_and_nothing_else_is(
    caller: Callable[[tuple[str, str]], Caller],
    product: str,
    action: str,
    parameter: str,
    pattern: str,
    numbers: set[str],
) -> None:
    call = caller((product, action))
    assert call.case.listing
    wrapper, entries = call.case.listing
    found = call.answer(**{parameter: pattern, "PageSize": 50})[wrapper][entries]
    names = {entry[BY_NAME[product, action, parameter]] for entry in found}
    assert names == {f"thing-{number}" for number in numbers}
