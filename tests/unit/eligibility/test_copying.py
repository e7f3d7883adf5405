"""What keeps an instance from being copied, beside what keeps it from being transferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.eligibility.channels import compared
from transfer_provider.eligibility.copying import judge_copies
from transfer_provider.eligibility.judge import judge
from transfer_provider.eligibility.planned import Offer, Planned, PlannedDisk, Recipient
from transfer_provider.model.addresses import usable
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
        (with_disks(replace(SYSTEM, encrypted=True, kms_key_id="alias/acs/ecs")), "ServiceKeyEncryption"),
        (
            with_disks(SYSTEM, *(replace(DATA, disk_id=f"d-{n}", device=f"/dev/vd{n}") for n in range(17))),
            "TooManyDisks",
        ),
        (with_disks(SYSTEM, replace(DATA, size_gib=10)), "DiskSize"),
        (with_disks(replace(SYSTEM, category="cloud", size_gib=501)), "DiskSize"),
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
        (Planned(system_disk=PlannedDisk(size_gib=20)), Offer(), [("SmallerDisk", True)]),
        (Planned(system_disk=PlannedDisk(size_gib=40), data_disks={"/dev/xvdb": PlannedDisk()}), Offer(), []),
        (Planned(data_disks={"/dev/xvdb": PlannedDisk(size_gib=79)}), Offer(), [("SmallerDisk", True)]),
        (Planned(data_disks={"/dev/xvdb": PlannedDisk("cloud_essd_entry", 32769)}), Offer(), [("DiskSize", True)]),
        (Planned(data_disks={"/dev/xvdb": PlannedDisk("cloud_essd", 32769)}), Offer(), []),
        (Planned(data_disks={"/dev/xvdc": PlannedDisk(size_gib=100)}), Offer(), [("UnknownDisk", True)]),
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
        (Planned(private_ip="10.20.0.0"), Offer("v", True, "h", "10.20.0.0/24"), [("PrivateAddressOutside", True)]),
        (Planned(private_ip="10.20.0.253"), Offer("v", True, "h", "10.20.0.0/24"), [("PrivateAddressOutside", True)]),
        (Planned(private_ip="10.20.0.252"), Offer("v", True, "h", "10.20.0.0/24"), []),
        (
            Planned(private_ip="10.20.0.7"),
            Offer("v", True, "h", "10.20.0.0/24", {"10.20.0.7": "i-2"}),
            [("PrivateAddressTaken", True)],
        ),
        (
            Planned(private_ip="keep"),
            Offer("v", True, "h", "10.20.0.0/24", {"10.20.0.9": "i-2"}),
            [("PrivateAddressTaken", False)],
        ),
        (Planned(), Offer("v", True, "h", "10.20.0.0/24", {"10.20.0.9": "i-2"}), []),
    ],
)
def test_what_is_declared_of_the_copy(planned: Planned, offer: Offer, expected: list[tuple[str, bool]]) -> None:
    assert codes(INVENTORY, planned, offer) == expected


@pytest.mark.parametrize(
    ("system", "image", "says"),
    [
        ("Red Hat Enterprise Linux 8.4 64 bit", Image("m-1", "system"), "charges the licence fee to the recipient"),
        ("", Image("m-1", "self", platform="SUSE"), "charges the licence fee to the recipient"),
        ("Windows Server 2022", Image("m-1", "system"), "in cn-hongkong and outside of mainland China"),
        ("Windows Server 2022", Image("m-1", "self", license_type="BYOL"), "does not cover a second instance"),
    ],
)
def test_a_system_that_is_paid_for_only_warns(system: str, image: Image, says: str) -> None:
    inventory = replace(with_instance(system=system), images={"m-1": image})
    (found,) = judge_copies(inventory, {REQUEST: Planned()})
    assert (found.code, found.blocks) == ("SystemLicence", False)
    assert says in found.message


@pytest.mark.parametrize("system", ["openSUSE 15", "Alibaba Cloud Linux 3", "Ubuntu 22.04", ""])
def test_a_free_system_is_no_finding(system: str) -> None:
    assert codes(with_instance(system=system)) == []


def test_a_key_of_which_ecs_does_not_show_whose_it_is_warns_and_says_what_to_check() -> None:
    sealed = with_disks(*(replace(disk, encrypted=True, kms_key_id="key-1") for disk in (SYSTEM, DATA)))
    (found,) = judge_copies(sealed, {REQUEST: Planned()})
    assert (found.code, found.blocks) == ("EncryptionKey", False)
    assert found.message.count("key-1") == 1
    assert "AliyunECSShareEncryptImageDefaultRole" in found.remedy


class TestSeveralCopies:
    """What one takes, another can't have."""

    @staticmethod
    def judged(
        copies: Mapping[str, Planned], offer: Offer, recipient: Recipient | None = None
    ) -> list[tuple[str, str, bool]]:
        instances = {id_: replace(INSTANCE, instance_id=id_, private_ips=["10.20.0.9"]) for id_ in copies}
        found = judge_copies(
            replace(INVENTORY, instances=instances, disks={}),
            {replace(REQUEST, instance_id=id_): planned for id_, planned in copies.items()},
            dict.fromkeys(copies, offer),
            recipient,
        )
        return [(each.subject, each.code, each.blocks) for each in found]

    def test_that_are_declared_with_one_address_block(self) -> None:
        same = {"i-1": Planned(private_ip="10.20.0.7"), "i-2": Planned(private_ip="10.20.0.7")}
        assert self.judged(same, Offer("vsw-1")) == [("i-2", "PrivateAddressTaken", True)]
        assert self.judged(same, Offer()) == []  # No vSwitch is known: it may be another.

    def test_one_that_keeps_its_address_gives_way_to_one_that_declares_it(self) -> None:
        copies = {"i-1": Planned(private_ip="keep"), "i-2": Planned(private_ip="10.20.0.9")}
        assert self.judged(copies, Offer("vsw-1")) == [("i-1", "PrivateAddressTaken", False)]

    def test_of_those_that_keep_the_same_address_one_keeps_it(self) -> None:
        copies = {"i-1": Planned(private_ip="keep"), "i-2": Planned(private_ip="keep")}
        assert self.judged(copies, Offer("vsw-1")) == [("i-2", "PrivateAddressTaken", False)]

    def test_what_is_declared_for_a_copy_under_way_is_taken(self) -> None:
        begun = Recipient(declared={("vsw-1", "10.20.0.7"): "i-0"})
        copies = {"i-1": Planned(private_ip="10.20.0.7")}
        assert self.judged(copies, Offer("vsw-1"), begun) == [("i-1", "PrivateAddressTaken", True)]
        assert self.judged(copies, Offer("vsw-2"), begun) == []

    @given(st.lists(st.sampled_from([2, 4, 8, 16]), max_size=12), st.integers(0, 60), st.integers(0, 60))
    def test_those_that_are_let_through_fit_into_the_quota_and_no_other_would(
        self, sizes: list[int], limit: int, used: int
    ) -> None:
        kinds = {f"ecs.k{size}.large": size for size in sizes}
        copies = {f"i-{n}": Planned(instance_type=f"ecs.k{size}.large") for n, size in enumerate(sizes)}
        found = self.judged(copies, Offer(vcpus=kinds), Recipient((limit, used)))
        refused = {subject for subject, code, blocks in found if code == "VcpuQuota" and blocks}
        through = [size for n, size in enumerate(sizes) if f"i-{n}" not in refused]
        assert used + sum(through) <= limit or not through
        assert all(used + sum(through) + size > limit for n, size in enumerate(sizes) if f"i-{n}" in refused)

    def test_a_subscription_and_what_is_not_known_take_no_vcpus(self) -> None:
        full = Recipient((2, 2))
        kinds = Offer(vcpus={"ecs.g7.large": 2})
        assert self.judged({"i-1": Planned()}, kinds, full) == [("i-1", "VcpuQuota", True)]
        assert self.judged({"i-1": Planned(charge_type="PrePaid")}, kinds, full) == []
        assert self.judged({"i-1": Planned()}, Offer(), full) == []
        assert self.judged({"i-1": Planned()}, kinds) == []


@given(st.integers(16, 29), st.integers(0, 2**16 - 1))
def test_the_first_and_the_last_three_addresses_of_a_vswitch_are_not_for_instances(prefix: int, place: int) -> None:
    network = ip_network(f"10.20.0.0/{prefix}")
    address = str(network[0] + place)
    assert usable(address, str(network)) == (1 <= place < network.num_addresses - 3)


@pytest.mark.parametrize(
    ("address", "address_range"), [("", "10.0.0.0/8"), ("10.0.0.9", "all"), ("fd00::9", "10.0.0.0/8")]
)
def test_what_is_no_address_is_not_usable(address: str, address_range: str) -> None:
    assert not usable(address, address_range)


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
