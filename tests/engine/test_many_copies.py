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
RECREATE: dict[str, Any] = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}


@pytest.fixture
def world() -> World:
    """A world whose source account has 50 more instances to copy."""
    return many_instances(load(DEMO), SOURCE, "cn-hangzhou", COUNT)


def test_fifty_copies(project: Project, cloud: Sandbox, world: World) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    for instance in world.account(SOURCE).instances:
        if instance.name.startswith("many-"):
            project.declare(instance.name, instance.id, channel="image", recreate=RECREATE)

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

    # Made: all are shared, and as many copied at a time as the account may.
    cloud.clock.advance(timedelta(minutes=6))
    cloud.log.clear()
    shared = project.up()
    assert shared.ok, shared.text
    assert len(cloud.log.entries("ModifyImageSharePermission")) == COUNT
    assert len(cloud.log.entries("CopyImage")) == AT_ONCE
    assert len(cloud.log.entries("DescribeImages")) <= 4 + AT_ONCE
    handovers = project.outputs()["handovers"]
    statuses = Counter(handover["status"] for handover in handovers.values())
    assert statuses == {"Copying": AT_ONCE, "Shared": COUNT - AT_ONCE}

    cloud.log.clear()
    waiting = project.preview("--expect-no-changes")
    assert waiting.ok, waiting.text
    # The plugin reads each share by itself.
    assert len(cloud.log.entries("DescribeImageSharePermission")) == COUNT
    assert len(cloud.log.entries()) <= COUNT + 20
