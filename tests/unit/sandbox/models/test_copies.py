"""World files: copies of instances, addresses made up for them, durations, and transfers there at the start."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.models.errors import SandboxError
from sandbox.models.transfers import Status
from sandbox.models.world import WORLDS, World, load, shipped
from sandbox.state.clock import Clock
from sandbox.state.cloud import CloudState
from tests.unit.sandbox.api import SOURCE

ACCOUNT = """
  - id: "100000000000000{number}"
    name: account-{number}
    email: it@account.example
    profiles: [{{name: profile-{number}}}]
    vswitches: [{{id: vsw-{number}, region: cn-hangzhou, zone: cn-hangzhou-h, vpc_id: vpc-{number}}}]
    security_groups: [{{id: sg-{number}, region: cn-hangzhou, vpc_id: vpc-{number}, created: -P10D}}]
    instances: [{instances}]
"""
WEB, DB = "i-bp1web00000000000000", "i-bp1db000000000000000"


def instance(id_: str, rest: str = "") -> str:
    return f"{{id: {id_}, name: web, region: cn-hangzhou{rest and ', '}{rest}}}"


def world(tmp_path: Path, first: str, second: str = "", more: str = "") -> World:
    accounts = ACCOUNT.format(number=1, instances=first) + ACCOUNT.format(number=2, instances=second)
    file = tmp_path / "world.yaml"
    file.write_text(f"regions: [cn-hangzhou]\naccounts:{accounts}{more}")
    return load(file)


def stated(tmp_path: Path, first: str) -> str:
    with pytest.raises(SandboxError) as raised:
        world(tmp_path, first)
    return str(raised.value).replace(f"{tmp_path}/", "")


class TestCopies:
    def test_they_have_ids_names_disks_and_interfaces_of_their_own_and_share_the_rest(self, tmp_path: Path) -> None:
        rest = (
            "copies: 12, wrong: [Spot], disks: [{id: d-bp1web00000000000000}], secondary_interfaces: [eni-bp1web0000]"
        )
        instances = world(tmp_path, instance(WEB, rest)).account(SOURCE).instances
        assert [copied.id for copied in instances] == [f"i-bp1web000000000000{number:02d}" for number in range(1, 13)]
        assert [copied.name for copied in instances] == [f"web-{number}" for number in range(1, 13)]
        assert [copied.disks[0].id for copied in instances][-1] == "d-bp1web00000000000012"
        assert [copied.secondary_interfaces for copied in instances][-1] == ("eni-bp1web0012",)
        assert {copied.wrong for copied in instances} == {("Spot",)}

    def test_one_copy_is_the_instance_itself(self, tmp_path: Path) -> None:
        (copied,) = world(tmp_path, instance(WEB, "copies: 1")).account(SOURCE).instances
        assert (copied.id, copied.name) == (WEB, "web")

    def test_each_has_an_address_of_its_own_and_so_have_those_of_other_accounts(self, tmp_path: Path) -> None:
        made = world(tmp_path, instance(WEB, "copies: 3, eip: true"), instance(DB, "eip: true"))
        eips = [eip for account in made.accounts for eip in account.eips]
        assert [eip.instance for eip in eips] == [f"{WEB[:-1]}{number}" for number in (1, 2, 3)] + [DB]
        assert len({eip.ip_address for eip in eips}) == len({eip.id for eip in eips}) == 4

    def test_an_address_that_the_file_gives_is_not_given_twice(self, tmp_path: Path) -> None:
        more = "    eips: [{id: eip-1, region: cn-hangzhou, ip_address: 198.18.0.2}]\n"
        made = world(tmp_path, "", instance(WEB, "copies: 2, eip: true"), more)
        addresses = [eip.ip_address for eip in made.accounts[1].eips]
        assert addresses[0] == "198.18.0.2"
        assert len(set(addresses)) == 3

    @pytest.mark.parametrize(
        ("rest", "reported"),
        [
            ("copies: 0", f"copies of instance {WEB} has to be a number from 1 to 1000"),
            ("copies: many", f"copies of instance {WEB} has to be a number from 1 to 1000"),
            ("copies: true", f"copies of instance {WEB} has to be a number from 1 to 1000"),
            ("copies: 1001", f"copies of instance {WEB} has to be a number from 1 to 1000"),
            ("eip: 203.0.113.1", f"eip of instance {WEB} has to be true or false"),
            ("copies: 2, disks: 5", "accounts[0].instances[0].disks: Input should be a valid tuple"),
            ("copies: 2, disks: [5]", "accounts[0].instances[0].disks[0]: Input should be"),
            ("copies: 10, disks: [{id: d-1}]", "d-1 is too short an id for copies: their numbers take its last 2"),
            (
                "copies: 2, secondary_interfaces: [5]",
                "instances[0].secondary_interfaces[0]: Input should be a valid str",
            ),
            ("disks: [{id: d-1}, {id: d-1}]", "disks: d-1 is there more than once"),
        ],
    )
    def test_what_makes_no_sense_is_reported(self, tmp_path: Path, rest: str, reported: str) -> None:
        assert reported in stated(tmp_path, instance(WEB, rest))

    @pytest.mark.parametrize(
        ("first", "reported"),
        [
            ("{copies: 2, eip: true}", "accounts[0].instances[0].id: Field required"),
            ("{id: [1], name: web, copies: 2}", "accounts[0].instances[0].id: Input should be a valid string"),
            ("5", "accounts[0].instances[0]: Input should be"),
            (f"{instance(WEB, 'copies: 2')}, {instance(WEB[:-1] + '1')}", f"instances: {WEB[:-1]}1 is there more than"),
        ],
    )
    def test_what_is_no_instance_is_reported_as_ever(self, tmp_path: Path, first: str, reported: str) -> None:
        assert reported in stated(tmp_path, first)

    @pytest.mark.parametrize("accounts", ["5", "[5]", "[{eips: 5, instances: [{eip: true}]}]", "[{instances: 5}]"])
    def test_what_is_no_account_is_reported_as_ever(self, tmp_path: Path, accounts: str) -> None:
        file = tmp_path / "world.yaml"
        file.write_text(f"regions: [cn-hangzhou]\naccounts: {accounts}")
        with pytest.raises(SandboxError, match="accounts"):
            load(file)


class TestDurations:
    def test_they_count_from_one_moment_wherever_they_are(self, tmp_path: Path) -> None:
        rest = "created: -P2D, expires: P3D, auto_release: P3D, maintenance: P3D"
        account = world(tmp_path, instance(WEB, rest)).account(SOURCE)
        (copied,) = account.instances
        assert copied.expires == copied.auto_release == copied.maintenance == copied.created + timedelta(days=5)
        assert account.security_groups[0].created == copied.created - timedelta(days=8)
        assert abs(copied.created - (datetime.now(UTC) - timedelta(days=2))) < timedelta(minutes=1)

    @pytest.mark.parametrize("wrong", ["P", "-P", "P3X", "P999999999D", "-P9999Y"])
    def test_one_that_is_none_or_too_long_is_reported(self, tmp_path: Path, wrong: str) -> None:
        reported = stated(tmp_path, instance(WEB, f"expires: {wrong}"))
        assert reported == (
            f"world.yaml: accounts[0].instances[0].expires: {wrong} is no duration such as P3D or -PT2H, "
            "or too long a one"
        )


class TestTransfersAtTheStart:
    @pytest.mark.parametrize("recipient", ["1000000000000001", "1000000000000009"])
    def test_they_go_to_another_account_of_the_world(self, tmp_path: Path, recipient: str) -> None:
        reported = stated(tmp_path, instance(WEB, f'transfer: {{recipient: "{recipient}"}}'))
        assert reported == f"world.yaml: the transfer of instance {WEB} names {recipient}, not another of the accounts"

    def test_an_approved_one_expires_as_any_other(self, tmp_path: Path) -> None:
        transfer = 'transfer: {recipient: "1000000000000002", status: Approved}'
        clock = Clock()
        state = CloudState(world(tmp_path, instance(WEB, transfer)), clock)
        (approved,) = state.transfers()
        assert (approved.status, approved.accept_before is not None) == (Status.APPROVED, True)
        clock.advance(timedelta(hours=25))
        assert [transfer.status for transfer in state.transfers()] == [Status.EXPIRED]

    def test_a_rejected_one_states_that_the_review_refused_it(self, tmp_path: Path) -> None:
        transfer = 'transfer: {recipient: "1000000000000002", status: Rejected}'
        (rejected,) = CloudState(world(tmp_path, instance(WEB, transfer)), Clock()).transfers()
        assert (rejected.status, rejected.failure_code) == (Status.REJECTED, "ReviewRejected")


class TestTheWorldOfTroubles:
    def test_every_trouble_is_there_ten_times_and_ten_instances_are_fit(self) -> None:
        account = load(shipped("troubles")).account(SOURCE)
        assert account.real_name == "yes"
        alone = Counter(copied.wrong[0] for copied in account.instances if len(copied.wrong) == 1)
        assert alone.keys() == {
            "IncorrectStatus",
            "Locked",
            "Recycling",
            "Expired",
            "ExpiresSoon",
            "AutoRelease",
            "Spot",
            "EncryptedDisk",
            "SharedDisk",
            "DiskNotAttached",
            "CreatedRecently",
            "ScheduledMaintenance",
            "TransferInProgress",
            "CancelledBefore",
            "EipBound",
            "FixedPublicAddress",
            "Marketplace",
            "DedicatedHost",
            "DeploymentSet",
            "SecondaryInterfaces",
            "DeletionProtection",
        }
        assert min(alone.values()) >= 10
        assert sum(copied.name.startswith("fit-") and not copied.wrong for copied in account.instances) == 10
        assert sum(len(copied.wrong) > 1 for copied in account.instances) >= 30

    def test_the_account_that_is_not_verified_has_ten_fit_instances(self) -> None:
        (account,) = [account for account in load(shipped("troubles")).accounts if account.wrong]
        assert (account.wrong, account.real_name) == (("SourceNotVerified",), "none")
        assert (len(account.instances), {copied.wrong for copied in account.instances}) == (10, {()})

    def test_ids_are_as_alibaba_clouds(self) -> None:
        for file in WORLDS.glob("*.yaml"):
            for account in load(file).accounts:
                assert all(re.fullmatch(r"i-[0-9a-z]{6,40}", copied.id) for copied in account.instances)


class TestTheWorldOfRules:
    def test_it_has_rules_of_every_kind(self) -> None:
        account = load(shipped("every-rule")).account(SOURCE)
        groups = {group.id: group for group in account.security_groups}
        rules = [(group, rule) for group in groups.values() for rule in group.rules]
        assert {rule.protocol for _, rule in rules} == {"tcp", "udp", "icmp", "icmpv6", "gre", "all"}
        assert {(rule.direction, rule.policy) for _, rule in rules} == {
            (direction, policy) for direction in ("ingress", "egress") for policy in ("accept", "drop")
        }
        named = [(group.id, rule.group) for group, rule in rules if rule.group]
        assert any(this == that for this, that in named)
        assert any(this != that and (that, this) in named for this, that in named)
        for kind in ("cidr", "ipv6_cidr", "group", "prefix_list"):
            assert any(getattr(rule, kind) for _, rule in rules), kind
        members = {group for copied in account.instances for group in copied.security_groups}
        assert any(that not in members for _, that in named)
        assert {groups[group].type for group in members} == {"normal", "enterprise"}

    def test_its_groups_have_names_that_are_awkward(self) -> None:
        names = [group.name for group in load(shipped("every-rule")).account(SOURCE).security_groups]
        assert {"db", "DB", ""} <= set(names)
        assert any(name.startswith("sg-") for name in names)
        assert any(not name.isascii() for name in names)
