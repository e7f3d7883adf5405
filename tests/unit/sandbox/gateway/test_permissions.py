"""What a caller without a permission gets of a read: an empty list, which only a dry run tells from "there is none"."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from alibabacloud_ecs20140526 import models

from sandbox.actions.ecs.product import ECS
from sandbox.actions.products import PRODUCTS
from sandbox.models.world import DEMO, DeniedReads, Profile, World, load
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import WEB, Api

LISTINGS = [action.name for action in ECS.actions if action.lists]
WITH_DRY_RUN = [action.name for action in ECS.actions if action.lists and "DryRun" in action.parameters]


def world_of(denied_reads: DeniedReads) -> World:
    """The demo's world with a profile of the source that may call nothing."""
    world = load(DEMO)
    every = tuple(action.name for product in PRODUCTS for action in product.actions if product.name != "Sts")
    nothing = Profile(name="nothing", kind="ram", denied=every)
    source, *others = world.accounts
    source = source.model_copy(update={"profiles": (*source.profiles, nothing)})
    return world.model_copy(update={"accounts": (source, *others), "denied_reads": denied_reads})


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with Sandbox.running(world_of("empty"), directory=tmp_path_factory.mktemp("empty")) as running:
        yield Api(running, "nothing")


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with Sandbox.running(load(DEMO), directory=tmp_path_factory.mktemp("allowed")) as running:
        yield Api(running)


@pytest.mark.parametrize("action", LISTINGS)
def test_a_denied_listing_of_ecs_is_empty(denied: Api, action: str) -> None:
    answer = denied.call(action, {"InstanceIds": f'["{WEB}"]'} if action == "DescribeInstanceRamRole" else {})
    lists = [entries for value in answer.values() if isinstance(value, dict) for entries in value.values()]
    assert lists == [[]]
    assert not answer.get("TotalCount")
    assert not answer.get("NextToken")


@pytest.mark.parametrize("action", WITH_DRY_RUN)
def test_a_dry_run_tells_why(denied: Api, allowed: Api, action: str) -> None:
    assert denied.refused(action, {"DryRun": "true"}) == (403, "Forbidden.RAM")
    assert allowed.refused(action, {"DryRun": "true"}) == (400, "DryRunOperation")
    assert allowed.refused(action, {"DryRun": "true", "RegionId": "nowhere"}) == (404, "InvalidRegionId.NotFound")


def test_a_dry_run_is_offered_of_every_listing_that_has_it_and_of_no_other() -> None:
    def has_dry_run(action: str) -> bool:
        return "dry_run" in inspect.signature(getattr(models, f"{action}Request").__init__).parameters

    assert list(filter(has_dry_run, LISTINGS)) == WITH_DRY_RUN
    assert len(WITH_DRY_RUN) == 5


@pytest.mark.parametrize(
    "action",
    [
        "DescribeAccountAttributes",
        "DescribeSecurityGroupAttribute",
        "DescribeInstanceTransfers",
        "TransferInstance",
        "CreateSecurityGroup",
    ],
)
def test_what_lists_nothing_of_ecs_is_forbidden(denied: Api, action: str) -> None:
    assert denied.refused(action) == (403, "Forbidden.RAM")


@pytest.mark.parametrize("action", ["DescribeEipAddresses", "DescribeVpcs"])
def test_a_denied_listing_of_another_product_is_forbidden(denied: Api, action: str) -> None:
    assert denied.refused(action, version="2016-04-28") == (403, "Forbidden.RAM")


def test_a_world_may_forbid_denied_listings_as_the_real_cloud_announced(tmp_path: Path) -> None:
    with Sandbox.running(world_of("forbidden"), directory=tmp_path) as running:
        api = Api(running, "nothing")
        assert {api.refused(action) for action in LISTINGS} == {(403, "Forbidden.RAM")}
