"""What the stack made for copies and nobody owns; of addresses and groups see test_adoption.py."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.handover.copying.test_declare import INSTANCE
from transfer_provider.handover.recipient import orphans
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.ownership import Owner

SOURCE = "i-bp1web00000000000001"
TAGS = Owner.of("project", "production").tags_of_address("web-01", SOURCE)
IMAGE = MachineImage("m-1", "", "Available", tags=TAGS)
MADE = replace(INSTANCE, instance_id="i-new", tags=dict(TAGS))


def test_an_image_and_an_instance_that_only_the_account_knows_are_named() -> None:
    (image,) = orphans.images([IMAGE], (), (), "source")
    assert image.object_id == "m-1"
    assert f"The image m-1 at the source, made for the copy of {SOURCE} by handover web-01, is this" in image.observed
    assert "cost money" in image.observed
    assert "Declare a handover of i-bp1web00000000000001 with `channel: image` again" in image.remedy
    (instance,) = orphans.instances([MADE], (), ())
    assert instance.object_id == "i-new"
    assert "this tool never releases it" in instance.observed
    assert "instance-handover:stack away" in instance.remedy


def test_what_the_state_holds_or_a_later_run_takes_over_is_not() -> None:
    assert orphans.images([IMAGE], {"m-1"}, (), "source") == []
    assert orphans.images([IMAGE], (), {SOURCE}, "source") == []
    assert orphans.instances([MADE], {"i-new"}, ()) == []
    assert orphans.instances([MADE], (), {SOURCE}) == []


def test_hostile_tags_are_shown_harmlessly() -> None:
    tags = {**TAGS, "instance-handover:handover": "web\x1b[31m\n01"}
    (image,) = orphans.images([replace(IMAGE, tags=tags)], (), (), "recipient")
    assert "\x1b" not in image.observed
    assert "\n" not in image.observed
