"""What is looked up before copies begin: in batches; and what may not be seen is neither there nor not there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.gateway.faults import Fault
from sandbox.models.instances import Instance
from sandbox.models.world import Profile, World, load, many_instances, shipped
from sandbox.server.server import Sandbox
from transfer_provider.cli.app import app
from transfer_provider.cloud import inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import interfaces, vcpus
from transfer_provider.cloud.errors import NotAllowed, TryAgain
from transfer_provider.eligibility.codes import Finding
from transfer_provider.handover.copying.checks import Asked, CopyChecks
from transfer_provider.inputs.handover import Copy
from transfer_provider.model.transfer import TransferRequest

REGION, SOURCE, RECIPIENT = "cn-hangzhou", "1000000000000001", "1000000000000002"
VSWITCH, THEIRS = "vsw-bp1orchid00000001", "i-bp1theirs00000000001"
MANY = 120
LOOK_UPS = (
    "DescribeVSwitches",
    "DescribeAvailableResource",
    "DescribeNetworkInterfaces",
    "DescribeAccountAttributes",
    "DescribeInstanceTypes",
)
BLIND = {"Whether the recipient has the vSwitch": "DescribeVSwitches", "Whether a private": "DescribeNetworkInterfaces"}
BLIND |= {"Whether the zone": "DescribeAvailableResource", "Whether the recipient may": "DescribeAccountAttributes"}


def changed(world: World, account_id: str, **changes: Any) -> World:
    accounts = [
        account.model_copy(update=changes) if account.id == account_id else account for account in world.accounts
    ]
    return World.model_validate(world.model_copy(update={"accounts": tuple(accounts)}).model_dump())


@pytest.fixture(scope="module")
def world() -> World:
    world = many_instances(load(shipped("images")), SOURCE, REGION, MANY)
    recipient = world.account(RECIPIENT)
    theirs = Instance(
        id=THEIRS, name="theirs", region=REGION, private_ip="172.16.0.21", secondary_interfaces=("eni-1",)
    )
    blind = [Profile(name=f"blind-{action}", denied=(action,)) for action in LOOK_UPS]
    return changed(world, RECIPIENT, instances=(theirs,), profiles=(*recipient.profiles, *blind), vcpu_quota=8)


@pytest.fixture
def sandbox(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox.running(world, directory=tmp_path / "cloud") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def asked(instance_id: str, **copy: Any) -> Asked:
    return Asked(TransferRequest(instance_id, REGION, RECIPIENT), Copy(**copy), VSWITCH)


def found(copies: Sequence[Asked], profile: str = "sandbox-recipient") -> tuple[list[Finding], list[str]]:
    """The findings, and what could not be checked."""
    there = inventory.query(Cloud("sandbox-source", REGION), [one.request.instance_id for one in copies])
    checks = CopyChecks(lambda region: Cloud(profile, region), expiry_days=7)
    return checks.findings(there, copies), checks.not_checked


def codes(findings: Sequence[Finding]) -> list[tuple[str, bool]]:
    return [(one.code, one.blocks) for one in findings]


def counted(sandbox: Sandbox) -> dict[str, int]:
    calls = Counter(entry.action for entry in sandbox.log.entries() if entry.profile == "sandbox-recipient")
    return {action: calls[action] for action in LOOK_UPS}


PLAIN, SPOT, LICENSED = "i-bp1plain000000000001", "i-bp1spot0000000000001", "i-bp1redhat00000000001"


def test_many_copies_take_as_many_look_ups_as_one(sandbox: Sandbox) -> None:
    many = [asked(f"i-bp1many{number:013d}", private_ip="keep") for number in range(1, MANY + 1)]
    findings, not_checked = found(many)
    # Of 8 vCPUs its own instance has 2; each copy takes 2.
    assert Counter(codes(findings))["VcpuQuota", True] == MANY - 3
    assert not_checked == []
    assert counted(sandbox) == dict(zip(LOOK_UPS, (1, 1, 1, 1, 0), strict=True))


def test_only_what_is_declared_is_looked_up(sandbox: Sandbox) -> None:
    found([asked(PLAIN, instance_type="ecs.c7.large"), asked(SPOT, charge_type="PrePaid", period=1)])
    assert counted(sandbox) == dict(zip(LOOK_UPS, (1, 3, 0, 1, 1), strict=True)) | {"DescribeAvailableResource": 2}


def test_an_address_in_use_blocks_what_declares_it_and_warns_of_what_keeps_it(sandbox: Sandbox) -> None:
    findings, _ = found([asked(PLAIN, private_ip="172.16.0.21")])
    assert codes(findings) == [("PrivateAddressTaken", True)]
    assert THEIRS in findings[0].message
    assert codes(found([asked(SPOT, private_ip="keep")])[0]) == [("PrivateAddressTaken", False)]


def test_every_address_is_listed_primary_or_not_page_by_page(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "LARGEST_PAGE", 10)
    source = Cloud("sandbox-source", REGION)
    there = interfaces.in_use(source, "vsw-bp1acme0000000001")
    instances = inventory.query_all(source).instances.values()
    assert set(there) == {address for instance in instances for address in instance.private_ips}
    assert len(sandbox.log.entries("DescribeNetworkInterfaces")) == -(-len(instances) // 10)
    theirs = interfaces.in_use(Cloud("sandbox-recipient", REGION), VSWITCH)
    assert list(theirs.values()) == [THEIRS, THEIRS]


@pytest.mark.parametrize(("sentence", "action"), BLIND.items())
def test_what_may_not_be_seen_is_reported_as_not_checked(sandbox: Sandbox, sentence: str, action: str) -> None:
    sandbox.owner.set_quotas(RECIPIENT, {"vcpu_quota": 2})
    findings, not_checked = found([asked(PLAIN, private_ip="172.16.0.21")], f"blind-{action}")
    assert [one for one in not_checked if one.startswith(sentence)] == not_checked
    assert len(not_checked) == 1
    expected = {("PrivateAddressTaken", True), ("VcpuQuota", True)}
    unseen = {
        "DescribeNetworkInterfaces": {("PrivateAddressTaken", True)},
        "DescribeVSwitches": {("PrivateAddressTaken", True)},
        "DescribeAccountAttributes": {("VcpuQuota", True)},
    }
    assert set(codes(findings)) == expected - unseen.get(action, set())


@pytest.mark.parametrize("action", LOOK_UPS)
def test_no_answer_is_no_finding_but_an_error(sandbox: Sandbox, action: str) -> None:
    sandbox.faults.add(Fault(kind="error", action=action, account=RECIPIENT))
    with pytest.raises(TryAgain):
        found([asked(PLAIN, private_ip="172.16.0.21", instance_type="ecs.c7.large")])


def test_without_credentials_nothing_is_taken_for_not_allowed(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed):
        found([asked(PLAIN)], "no-such-profile")


def test_the_vcpus_are_those_of_the_account_and_its_region(sandbox: Sandbox) -> None:
    assert vcpus.limit_and_used(Cloud("sandbox-recipient", REGION)) == (8, 2)
    assert vcpus.limit_and_used(Cloud("sandbox-recipient", "cn-shanghai")) == (8, 0)
    assert vcpus.of_types(Cloud("sandbox-recipient", REGION), ["ecs.c7.4xlarge", "ecs.none.large"]) == {
        "ecs.c7.4xlarge": 16
    }


class TestInspect:
    def reported(self, instance_id: str, *more: str) -> Any:
        arguments = ["inspect", instance_id, "--profile", "sandbox-source", "--recipient-profile", "sandbox-recipient"]
        done = CliRunner().invoke(app, [*arguments, "--region", REGION, "--json", *more])
        assert done.exit_code in (0, 3), done.output
        return json.loads(done.stdout)

    def channel(self, instance_id: str, *more: str) -> Any:
        (one,) = self.reported(instance_id, *more)["instances"]
        return one["channels"]["image"]

    def test_shows_what_the_recipients_account_and_the_system_mean_for_a_copy(self, sandbox: Sandbox) -> None:
        assert self.channel(LICENSED)["warnings"] == ["SystemLicence"]
        sandbox.owner.set_quotas(RECIPIENT, {"vcpu_quota": 3})
        assert self.channel(PLAIN)["blocking"] == ["VcpuQuota"]

    def test_goes_by_what_a_stacks_file_declares(self, sandbox: Sandbox, tmp_path: Path) -> None:
        folder = tmp_path / "stacks/copies"
        folder.mkdir(parents=True)
        (tmp_path / "Pulumi.yaml").write_text("name: instance-handover\nruntime: python\nstackConfigDir: stacks\n")
        settings = {"region": REGION, "sourceAccount": SOURCE, "recipients": [RECIPIENT], "side": "both"}
        settings |= {"sourceProfile": "sandbox-source", "recipientProfile": "sandbox-recipient"}
        config = {f"instance-handover:{key}": value for key, value in settings.items()}
        (tmp_path / "stacks/Pulumi.copies.yaml").write_text(json.dumps({"config": config}))
        file = folder / "plain-01.yaml"
        declared = {"instance_id": PLAIN, "channel": "image", "recreate": {"vswitch_id": VSWITCH}}
        stack = ("--stack", "copies", "--project", str(tmp_path))

        def blocking(copy: Any) -> Any:
            file.write_text(json.dumps(declared | {"copy": copy}))
            return self.channel(PLAIN, *stack)["blocking"]

        assert blocking({"private_ip": "172.16.0.21"}) == ["PrivateAddressTaken"]
        assert blocking({"private_ip": "172.16.255.254"}) == ["PrivateAddressOutside"]
        assert blocking({"instance_type": "ecs.g8i.large"}) == ["TypeNotOffered"]
        assert blocking({"instance_type": "ecs.g7.4xlarge"}) == ["VcpuQuota"]
        assert blocking({"private_ip": "somewhere"}) == []  # A program's run reports the file.
        assert blocking("nothing") == []
