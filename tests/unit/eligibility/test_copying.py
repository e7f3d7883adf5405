"""What keeps an instance from being copied, beside what keeps it from being transferred."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from transfer_provider.eligibility.channels import compared
from transfer_provider.eligibility.copying import Offer, Planned, judge_copies
from transfer_provider.eligibility.judge import judge
from transfer_provider.model.inventory import Disk, Image, Instance, Inventory
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

WEB = "i-bp1web00000000000001"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
REQUEST = TransferRequest(WEB, "cn-hangzhou", "1000000000000002")
INSTANCE = Instance(
    WEB, "web", "cn-hangzhou", "Running", instance_type="ecs.g7.large", private_ips=["10.20.0.9"], image_id="m-1"
)
SYSTEM = Disk("d-1", WEB, type="system", size_gib=40, category="cloud_essd", device="/dev/xvda")
DATA = Disk("d-2", WEB, size_gib=80, category="cloud_essd", device="/dev/xvdb")
INVENTORY = Inventory(
    "1000000000000001", "cn-hangzhou", NOW, {WEB: INSTANCE}, {WEB: [SYSTEM, DATA]}, {"m-1": Image("m-1", "system")}
)


def with_instance(**changes: object) -> Inventory:
    return replace(INVENTORY, instances={WEB: replace(INSTANCE, **changes)})  # type: ignore[arg-type]


def with_disks(*disks: Disk) -> Inventory:
    return replace(INVENTORY, disks={WEB: disks})


def codes(inventory: Inventory, planned: Planned | None = None, offer: Offer | None = None) -> list[tuple[str, bool]]:
    found = judge_copies(inventory, {REQUEST: planned or Planned()}, {WEB: offer or Offer()})
    assert all(each.message.endswith(".") and each.remedy.endswith(".") and each.source for each in found)
    return [(each.code, each.blocks) for each in found]


def test_what_is_fit_has_no_findings() -> None:
    assert codes(INVENTORY) == []


@pytest.mark.parametrize(
    "inventory",
    [
        with_instance(spot=True),
        with_instance(created=NOW),
        with_disks(replace(SYSTEM, encrypted=True, kms_key_id="key-1")),
        with_instance(fixed_public_ip="203.0.113.1"),
    ],
)
def test_much_that_is_not_transferred_can_be_copied(inventory: Inventory) -> None:
    assert codes(inventory) == []
    assert [finding for finding in judge(inventory, [REQUEST], eips={WEB: True}) if finding.blocks]


@pytest.mark.parametrize(
    ("inventory", "code"),
    [
        (replace(INVENTORY, instances={}), "NotFound"),
        (replace(INVENTORY, account_id="1000000000000002"), "SameAccount"),
        (with_instance(status="Starting"), "IncorrectStatus"),
        (with_instance(locks=["security"]), "Locked"),
        (replace(INVENTORY, images={"m-1": Image("m-1", "marketplace")}), "MarketplaceImage"),
        (with_disks(replace(SYSTEM, product_code="cmjj01")), "MarketplaceImage"),
        (with_disks(replace(SYSTEM, encrypted=True)), "ServiceKeyEncryption"),
        (with_disks(SYSTEM, replace(DATA, category="local_disk")), "LocalDisk"),
        (with_disks(SYSTEM, replace(DATA, shared=True)), "SharedDisk"),
        (with_disks(SYSTEM, replace(DATA, status="Detaching")), "DiskNotAttached"),
        (
            replace(INVENTORY, transfers={WEB: [Transfer("it-1", WEB, Status.UNDER_REVIEW, "1000000000000002")]}),
            "TransferInProgress",
        ),
    ],
)
def test_what_can_not_be_copied(inventory: Inventory, code: str) -> None:
    assert (code, True) in codes(inventory)


@pytest.mark.parametrize(
    ("planned", "offer", "expected"),
    [
        (Planned(system_disk_gib=20), Offer(), [("SmallerDisk", True)]),
        (Planned(system_disk_gib=40, data_disks_gib={"/dev/xvdb": 80}), Offer(), []),
        (Planned(data_disks_gib={"/dev/xvdb": 79}), Offer(), [("SmallerDisk", True)]),
        (Planned(data_disks_gib={"/dev/xvdc": 100}), Offer(), [("UnknownDisk", True)]),
        (Planned(), Offer("vsw-1", found=False), [("VSwitchNotFound", True)]),
        (Planned(), Offer("vsw-1", True, "h", types={"ecs.g7.large": False}), [("TypeNotOffered", True)]),
        (
            Planned(instance_type="ecs.c7.large"),
            Offer("vsw-1", True, "h", types={"ecs.g7.large": False, "ecs.c7.large": True}),
            [],
        ),
        (Planned(private_ip="10.30.0.1"), Offer("v", True, "h", "10.20.0.0/16"), [("PrivateAddressOutside", True)]),
        (Planned(private_ip="keep"), Offer("v", True, "h", "10.20.0.0/16"), []),
        (Planned(private_ip="keep"), Offer("v", True, "h", "10.30.0.0/16"), [("PrivateAddressOutside", False)]),
    ],
)
def test_what_is_declared_of_the_copy(planned: Planned, offer: Offer, expected: list[tuple[str, bool]]) -> None:
    assert codes(INVENTORY, planned, offer) == expected


def test_the_channels_side_by_side_say_which_can_take_it_and_what_keeps_the_others() -> None:
    spot = with_instance(spot=True)
    verdicts = compared([WEB], judge(spot, [REQUEST]), judge_copies(spot, {REQUEST: Planned()}))[WEB]
    assert [verdict.row[:2] for verdict in verdicts] == [("api", "no"), ("console", "no"), ("image", "yes")]
    assert verdicts[0].row[2] == "Spot"
    assert verdicts[2].as_json() == {
        "can_take_it": True,
        "blocking": [],
        "warnings": [],
        "needs": "a copy: another id and private address, a bill of its own; the source's instance goes on",
    }
