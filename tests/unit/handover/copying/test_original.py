"""What the copy has of the source's instance, where nothing else is declared."""

from __future__ import annotations

import pytest

from transfer_provider import Copy, DataDisk, SystemDisk
from transfer_provider.handover.copying.original import disks_of, name_of, original_of, tags_of
from transfer_provider.model.inventory import Disk, Instance

WEB = "i-bp1web00000000000001"
INSTANCE = Instance(WEB, "web", "cn-hangzhou", "Running", instance_type="ecs.g7.large", tags={"project": "orchid"})
DISKS = [
    Disk("d-2", WEB, size_gib=80, category="cloud_ssd", device="/dev/xvdb", encrypted=True),
    Disk("d-1", WEB, type="system", size_gib=40, category="cloud_essd", device="/dev/xvda"),
]
ORIGINAL = original_of(INSTANCE, DISKS)


def test_disks_are_as_the_sources_and_all_encrypted_where_one_is() -> None:
    system, data = disks_of(ORIGINAL, Copy())
    assert system == {"category": "cloud_essd", "size_gib": 40, "encrypted": True}
    assert data == [{"device": "/dev/xvdb", "category": "cloud_ssd", "size": 80, "encrypted": True}]


def test_disks_that_are_declared_differ_in_that_alone() -> None:
    copy = Copy(
        system_disk=SystemDisk(size_gib=60),
        data_disks=[DataDisk(device="/dev/xvdb", category="cloud_auto")],
        kms_key_id="key-0001",
    )
    system, data = disks_of(ORIGINAL, copy)
    assert system == {"category": "cloud_essd", "size_gib": 60, "encrypted": True, "kms_key_id": "key-0001"}
    assert data[0]["category"] == "cloud_auto"
    assert (data[0]["size"], data[0]["kms_key_id"]) == (80, "key-0001")


def test_tags_are_kept_as_far_as_they_may_be_set_beside_this_tools_own() -> None:
    own = {"instance-handover:stack": "sandbox"}
    there = {"tags": {"project": "orchid", "aliyun:x": "1", "acs:y": "2", "instance-handover:stack": "other"}}
    assert tags_of(there, Copy(), own) == {"project": "orchid"} | own
    assert tags_of(there, Copy(tags=False), own) == own
    many = {"tags": {f"key-{number:02}": "x" for number in range(20)}}
    assert len(tags_of(many, Copy(), dict.fromkeys("abcd", ""))) == 20


@pytest.mark.parametrize("name", ["", "x", "evil\x1b[31m", "a b", "https://x.example", "1web", "a" * 129])
def test_a_name_that_no_new_instance_may_have_is_left_behind(name: str) -> None:
    assert name_of({"name": name}, "web-01") == "copy-web-01"
    assert name_of({"name": "web-01"}, "shop") == "web-01"
    assert name_of({"name": "网站-1"}, "shop") == "网站-1"
