"""What one copy declares in each stage, with Pulumi's own mocks in the engine's place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pulumi_alicloud as alicloud
import pytest

from tests.unit.engine_mock import Engine
from tests.unit.handover.copying.test_plan import COPYING, DISKS, HELD, NEW, OWN, OWNED, WEB, due, running, wanted
from transfer_provider.handover.alicloud_providers import AlicloudProviders
from transfer_provider.handover.copying.declare import Place, Providers, declare_copy
from transfer_provider.handover.copying.original import original_of
from transfer_provider.handover.copying.seen import Seen
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.inventory import Disk, Instance
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner

INSTANCE = Instance(WEB, "web", "cn-hangzhou", "Running", instance_type="ecs.g7.large")
THERE = [Disk("d-1", WEB, type="system", size_gib=40, device="/dev/xvda"), Disk("d-2", WEB, device="/dev/xvdb")]
ORIGINAL = original_of(INSTANCE, THERE)
IMAGED = Seen(image=MachineImage("m-1", "", "Available"))


def provider(account: str) -> alicloud.Provider:
    return AlicloudProviders(account, account).of("cn-hangzhou")


def declared(engine: Engine, held: HeldCopy | None, seen: Seen, **copy: Any) -> Engine:
    one = wanted(**copy)
    held = replace(held, original=ORIGINAL) if held else None

    def declare() -> None:
        declare_copy(
            one,
            due(one, held, seen),
            held,
            (INSTANCE, THERE),
            Place("vsw-1", ["sg-bp1orchid000000web"]),
            Providers(
                AlicloudProviders("source", "s").of("cn-hangzhou"), AlicloudProviders("r", "r").of("cn-hangzhou")
            ),
            Owner.of("project", "stack"),
            parent=pulumi.ComponentResource("test:index:Parent", "web-01"),
            protect=True,
        )

    engine.run(declare)
    return engine


@pytest.mark.parametrize(
    ("held", "seen", "kinds"),
    [
        (None, Seen(), ["Parent", "SourceImage"]),
        (HELD, Seen(image=MachineImage("m-1", "", "Creating")), ["Parent", "SourceImage"]),
        (HELD, IMAGED, ["ImageSharePermission", "OwnImage", "Parent", "SourceImage"]),
        (COPYING, OWNED, ["ImageSharePermission", "Instance", "OwnImage", "Parent", "SourceImage"]),
        (
            replace(COPYING, status=Status.COPIED, new_instance_id=NEW),
            Seen(),
            ["ImageSharePermission", "Instance", "OwnImage", "Parent", "SourceImage"],
        ),
        (
            replace(COPYING, status=Status.COPIED, new_instance_id=NEW),
            Seen(share_lost=True),
            ["Instance", "OwnImage", "Parent", "SourceImage"],
        ),
        (
            replace(COPYING, status=Status.COPY_FAILED),
            Seen(),
            ["ImageSharePermission", "OwnImage", "Parent", "SourceImage"],
        ),
    ],
)
def test_each_stage_declares_what_is_due_and_no_transfer(
    engine: Engine, held: HeldCopy | None, seen: Seen, kinds: list[str]
) -> None:
    assert declared(engine, held, seen).kinds() == kinds


def test_the_instance_is_made_from_the_recipients_image_with_the_sources_disks_and_no_password(engine: Engine) -> None:
    made = declared(engine, COPYING, OWNED).named("Instance")["web-01"]
    assert (made["imageId"], made["instanceType"], made["vswitchId"]) == (OWN, "ecs.g7.large", "vsw-1")
    assert made["systemDiskSize"] == 40
    assert [disk["device"] for disk in made["dataDisks"]] == ["/dev/xvdb"]
    assert made["tags"]["instance-handover:instance"] == WEB
    assert not [key for key in made if "assword" in key and made[key]]


def test_the_preview_shows_what_is_done_to_the_source_and_where_the_copy_stands(engine: Engine) -> None:
    seen = replace(OWNED, instance=running(), disks=DISKS)
    held = replace(COPYING, status=Status.STARTING, new_instance_id=NEW)
    image = declared(engine, held, seen).named("SourceImage")["web-01"]
    assert (image["status"], image["source"], image["take_image"]) == ("Copied", "as it is", True)
