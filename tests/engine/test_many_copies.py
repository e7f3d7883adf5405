"""Fifty copies in one stack: calls grow linearly, polls are batched, and no run waits for the slowest."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from sandbox.models.world import DEMO, World, load, many_instances
from sandbox.server.server import Sandbox
from tests.engine.project import SOURCE, Project
from transfer_provider.model.copies import AT_ONCE

COUNT = 50
OWN = AT_ONCE + 3
"""How many of them get an image of their own at the recipient; the others' instances are made from the source's."""
ADDRESSES = 3
MADE_IN = timedelta(minutes=8)
RECREATE: dict[str, Any] = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}
# What the plugin calls to make an instance and to read it, of which some it calls several times.
OF_AN_INSTANCE = 14
TO_READ_ONE = 10


@pytest.fixture
def world() -> World:
    """A world whose source account has 50 more instances to copy; of the last one the image fails."""
    many = many_instances(load(DEMO), SOURCE, "cn-hangzhou", COUNT)
    last = [one.name for one in many.account(SOURCE).instances if one.name.startswith("many-")][-1]
    accounts = tuple(
        account.model_copy(
            update={
                "instances": tuple(
                    instance.model_copy(update={"image_fails": True}) if instance.name == last else instance
                    for instance in account.instances
                )
            }
        )
        for account in many.accounts
    )
    return many.model_copy(update={"accounts": accounts})


def statuses(project: Project) -> Counter[str]:
    return Counter(handover["status"] for handover in project.outputs()["handovers"].values())


def test_fifty_copies(project: Project, cloud: Sandbox, world: World) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    instances = [one for one in world.account(SOURCE).instances if one.name.startswith("many-")]
    for number, instance in enumerate(instances):
        address = {"eip": {"bandwidth": 5}} if OWN <= number < OWN + ADDRESSES else {}
        copy = {"own_image": number < OWN}
        project.declare(instance.name, instance.id, channel="image", recreate=RECREATE | address, copy=copy)

    # Begun: of each the instance, the image, and the image again.
    begun = project.up()
    assert begun.ok, begun.text
    assert len(cloud.log.entries("CreateImage")) == COUNT
    assert len(cloud.log.entries()) <= 3 * COUNT + 40

    # Half-way all of them are looked at in a few calls, and nothing waits.
    cloud.clock.advance(timedelta(minutes=2))
    cloud.log.clear()
    preview = project.preview("--expect-no-changes")
    assert preview.ok, preview.text
    assert len(cloud.log.entries("DescribeImages")) <= 4
    assert len(cloud.log.entries()) <= 20

    # Made: all are shared, as many copied at a time as the account may, and the other instances are made. One that
    # failed, and those that wait, keep nobody.
    cloud.clock.advance(MADE_IN)
    cloud.log.clear()
    shared = project.up()
    assert shared.ok, shared.text
    without = COUNT - OWN - 1
    assert statuses(project) == {"Copying": AT_ONCE, "Shared": OWN - AT_ONCE, "Starting": without, "CopyFailed": 1}
    assert len(cloud.log.entries("ModifyImageSharePermission")) == COUNT - 1
    assert len(cloud.log.entries("CopyImage")) == AT_ONCE
    assert len(cloud.log.entries("RunInstances")) == without
    assert len(cloud.log.entries("DescribeImages")) <= 4 + AT_ONCE
    assert len(cloud.log.entries()) <= OF_AN_INSTANCE * without + 2 * COUNT + 40

    # Verified, by a few calls beside those of the plugin, which reads each share and each instance by itself.
    cloud.clock.advance(MADE_IN)
    cloud.log.clear()
    verified = project.up()
    assert verified.ok, verified.text
    waited = OWN - AT_ONCE
    assert statuses(project) == {"Copied": without, "Starting": AT_ONCE, "Copying": waited, "CopyFailed": 1}
    assert len(cloud.log.entries("AssociateEipAddress")) == ADDRESSES
    assert len(cloud.log.entries("DescribeDisks")) <= without + AT_ONCE + 2
    assert len(cloud.log.entries("DescribeImages")) <= 4 + waited
    assert len(cloud.log.entries()) <= TO_READ_ONE * without + OF_AN_INSTANCE * AT_ONCE + 2 * COUNT + 40
