"""The look at an account's instances, against the sandbox: what it reports, and how many calls it makes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.instances import Disk
from sandbox.models.world import DEMO, World, load, many_instances
from sandbox.server.server import Sandbox
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, TryAgain
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import TransferRequest

REGION = "cn-hangzhou"
SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
WEB_01, DB_01 = "i-bp1web00000000000001", "i-bp1db000000000000001"


def source() -> Cloud:
    return Cloud("sandbox-source", REGION, sleep=lambda _: None)


def calls(sandbox: Sandbox) -> Counter[str]:
    return Counter(str(entry.action) for entry in sandbox.log.entries())


@contextmanager
def many(monkeypatch: pytest.MonkeyPatch, folder: Path, count: int, disks_each: int) -> Iterator[Sandbox]:
    """A sandbox with so many more instances, each with so many disks, and this process's clients led to it."""
    world = many_instances(load(DEMO), SOURCE, REGION, count)
    account = world.account(SOURCE)
    with_disks = tuple(
        instance.model_copy(
            update={"disks": tuple(Disk(id=f"d-{instance.id[2:]}{number:03d}") for number in range(disks_each))}
            if instance.name.startswith("many-")
            else {}
        )
        for instance in account.instances
    )
    grown = account.model_copy(update={"instances": with_disks})
    accounts = tuple(grown if account.id == SOURCE else account for account in world.accounts)
    whole = World.model_validate(world.model_copy(update={"accounts": accounts}).model_dump())
    with Sandbox.running(whole, directory=folder) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def test_an_instance_is_listed_with_its_disks_image_transfers_and_account(sandbox: Sandbox) -> None:
    operations.submit(source(), TransferRequest(DB_01, REGION, RECIPIENT, reason="It moves"), "token-1")

    facts = cloud_inventory.query(source(), [WEB_01, DB_01, "i-bp1nosuchinstance001"])

    assert facts.account_id == SOURCE
    assert facts.instances.keys() == {WEB_01, DB_01}
    web, db = facts.instances[WEB_01], facts.instances[DB_01]
    assert (web.name, web.status, web.eip, web.expires) == ("web-01", "Running", "203.0.113.12", None)
    assert (db.charge_type, db.expires and db.expires.year) == ("PrePaid", 2098)
    assert db.resource_group_id == "rg-acmeorchid00001"
    assert [(disk.disk_id, disk.type) for disk in facts.disks[DB_01]] == [
        ("d-bp1db000000000000001", "system"),
        ("d-bp1db000000000000002", "data"),
    ]
    assert web.image_id is not None
    assert facts.images[web.image_id].owner == "system"
    assert facts.verified is True
    assert facts.transfers is not None
    (move,) = facts.transfers[DB_01]
    assert (move.recipient_account_id, move.reason, move.status) == (RECIPIENT, "It moves", Status.UNDER_REVIEW)


def test_groups_are_listed_with_their_rules_and_those_they_refer_to(sandbox: Sandbox) -> None:
    facts = cloud_inventory.with_network(source(), cloud_inventory.query_instances(source(), [DB_01]))

    # Its own group is db, whose rule names web.
    assert facts.groups is not None
    assert sorted(group.name for group in facts.groups.values()) == ["db", "web"]
    db = next(group for group in facts.groups.values() if group.name == "db")
    assert (db.type, db.inner_access_policy, db.description) == ("normal", "Drop", "Databases of the project Orchid")
    assert [(rule.direction, rule.protocol, rule.port_range, rule.policy, rule.priority) for rule in db.rules] == [
        ("ingress", "tcp", "5432/5432", "accept", 1),
        ("egress", "tcp", "443/443", "accept", 1),
        ("egress", "all", "-1/-1", "drop", 100),
    ]
    assert (db.rules[0].peer_kind, db.rules[0].peer) == ("group_id", "sg-bp1acme00000000web")
    assert facts.vpc_cidrs is not None
    assert facts.vpc_cidrs.keys() == {"vpc-bp1acme0000000001"}


def test_an_eip_is_listed_with_what_it_costs(sandbox: Sandbox) -> None:
    facts = cloud_inventory.with_network(source(), cloud_inventory.query_instances(source(), [WEB_01]))
    assert facts.addresses is not None
    (address,) = facts.addresses.values()
    assert (address.ip_address, address.bandwidth, address.internet_charge_type) == ("203.0.113.12", 10, "PayByTraffic")


def test_250_instances_with_two_disks_cost_calls_by_the_hundred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with many(monkeypatch, tmp_path / "cloud", 250, 2) as sandbox:
        wanted = [f"i-bp1many{number:013d}" for number in range(1, 251)]
        facts = cloud_inventory.query(source(), wanted)
        assert facts.instances.keys() == set(wanted)
        assert sum(len(disks) for disks in facts.disks.values()) == 500
        counted = calls(sandbox)
        assert counted["DescribeInstances"] == counted["DescribeInstanceTransfers"] == 3
        assert counted["DescribeInstancesFullStatus"] == 3
        assert counted["DescribeDisks"] == 6
        assert counted["DescribeImages"] == counted["DescribeAccountAttributes"] == 1


def test_few_instances_of_an_account_with_many_disks_are_requested_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with many(monkeypatch, tmp_path / "cloud", 250, 2) as sandbox:
        facts = cloud_inventory.query(source(), ["i-bp1many0000000000250"])
        assert len(facts.disks["i-bp1many0000000000250"]) == 2
        assert calls(sandbox)["DescribeDisks"] == 2


def test_ram_roles_are_queried_of_50_instances_a_call_as_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with many(monkeypatch, tmp_path / "cloud", 120, 0) as sandbox:
        ids = [f"i-bp1many{number:013d}" for number in range(1, 121)]
        facts = cloud_inventory.with_ram_roles(source(), cloud_inventory.query(source(), ids))
        assert facts.ram_roles == {}
        asked = [entry for entry in sandbox.log.entries() if entry.action == "DescribeInstanceRamRole"]
        assert [len(json.loads(entry.parameters["InstanceIds"])) for entry in asked] == [50, 50, 20]


def test_what_the_credentials_may_not_see_is_unknown_and_not_empty(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = Cloud("sandbox-source-ram", REGION)
    for action in ("DescribeAccountAttributes", "DescribeInstancesFullStatus", "DescribeInstanceRamRole"):
        sandbox.faults.add(Fault(action=action, kind="not-offered"))
    facts = cloud_inventory.with_ram_roles(blind, cloud_inventory.query(blind, [WEB_01]))
    assert (facts.verified, facts.maintenance, facts.ram_roles) == (None, None, None)


def test_transfers_that_are_not_offered_are_unknown(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(action="DescribeInstanceTransfers", kind="not-offered"))
    assert cloud_inventory.query(source(), [WEB_01]).transfers is None


@pytest.mark.parametrize(
    "action", ["DescribeInstances", "DescribeDisks", "DescribeImages", "DescribeAccountAttributes"]
)
def test_no_answer_is_never_an_empty_one(sandbox: Sandbox, action: str) -> None:
    sandbox.faults.add(Fault(action=action, kind="cut-before"))
    with pytest.raises(TryAgain):
        cloud_inventory.query(source(), [WEB_01])


def test_a_throttled_query_is_continued(sandbox: Sandbox) -> None:
    for action in ("DescribeInstances", "DescribeDisks", "DescribeImages"):
        sandbox.faults.add(Fault(action=action, kind="throttle", times=2))
    assert cloud_inventory.query(source(), [WEB_01]).instances


def test_instances_nobody_may_see_are_no_answer(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed):
        cloud_inventory.query(Cloud("sandbox-recipient-denied", REGION), [WEB_01])


def test_all_of_a_region_is_looked_at_page_by_page(sandbox: Sandbox) -> None:
    facts = cloud_inventory.query_all(source())
    assert WEB_01 in facts.instances
    assert {instance.region for instance in facts.instances.values()} == {REGION}
