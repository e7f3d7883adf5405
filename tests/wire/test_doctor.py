"""What `handover doctor` finds in a stack's files and at both accounts: each fault alone, and nothing else with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, Profile, World, load
from sandbox.server.server import Sandbox
from tests.known_secrets import known_secrets
from transfer_provider.cli.doctor import checks
from transfer_provider.cli.doctor.checkup import Outcome, Result, run
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.stack import read_stack
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest

SOURCE, RECIPIENT, OTHER, UNVERIFIED = (f"100000000000000{number}" for number in range(1, 5))
WEB_01, WEB_02 = "i-bp1web00000000000001", "i-bp1web00000000000002"
ROOT = Path(__file__).parents[2]
BY_ENGINE = (
    "python",
    "engine",
    "language host",
    "plugin",
    "backend",
    "lock",
    "size",
    "pending operations",
    "untracked transfers",
)
SETTINGS: dict[str, Any] = {
    "region": "cn-hangzhou",
    "sourceProfile": "sandbox-source",
    "sourceAccount": SOURCE,
    "recipientProfile": "sandbox-recipient",
    "recipients": [RECIPIENT],
}
HANDOVER: dict[str, Any] = {
    "instance_id": WEB_01,
    "recipient_account_id": RECIPIENT,
    "recipient_email": "cloud@orchid.example",
    "reason": "Project Orchid moves",
    "accept_terms": True,
    "backup": "snapshots",
    "recreate": {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"], "eip": {}},
}


class Stack:
    """A project's files, and what the doctor reports of them. In a sandbox, that calls go there is always reported."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stacks/orchid").mkdir(parents=True)
        (root / "Pulumi.yaml").write_text("name: instance-handover\nruntime: python\nstackConfigDir: stacks\n")
        self.set()
        self.declare()

    def set(self, **changes: Any) -> None:
        settings = {f"instance-handover:{key}": value for key, value in (SETTINGS | changes).items()}
        (self.root / "stacks/Pulumi.orchid.yaml").write_text(yaml.safe_dump({"config": settings}))

    def declare(self, name: str = "web-01", **changes: Any) -> None:
        (self.root / f"stacks/orchid/{name}.yaml").write_text(yaml.safe_dump(HANDOVER | changes))

    def results(self) -> list[Result]:
        stack = ExaminedStack("orchid", lambda: self.root, read_stack)
        return list(run(check for check in checks.of(stack) if check.name not in BY_ENGINE))

    def of(self, check: str) -> list[Result]:
        return [result for result in self.results() if result.check == check]

    def faults(self) -> list[Result]:
        return [
            result
            for result in self.results()
            if result.outcome in (Outcome.PROBLEM, Outcome.WARNING)
            and (result.check, result.outcome) != ("endpoints", Outcome.WARNING)
        ]

    def fault(self) -> Result:
        """The only fault; anything beside it fails the test."""
        (only,) = self.faults()
        return only


@pytest.fixture
def stack(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr("transfer_provider.cloud.client.ATTEMPTS", 1)
    return Stack(tmp_path / "project")


def is_problem(result: Result, check: str, *words: str) -> None:
    assert (result.check, result.outcome) == (check, Outcome.PROBLEM)
    for word in words:
        assert word in f"{result.observed} {result.advice}"


def test_a_healthy_stack_is_healthy(stack: Stack) -> None:
    assert stack.faults() == []
    assert {result.check for result in stack.results() if result.outcome is Outcome.OK} == {
        "project",
        "files",
        "source profile",
        "recipient profile",
        "source permissions",
        "recipient permissions",
        "action offered",
        "source real name",
        "recipient real name",
        "orphans",
        "copies left",
        "undeclared rules",
        "clock",
    }


def test_nothing_that_is_called_changes_anything(stack: Stack, sandbox: Sandbox) -> None:
    stack.results()
    writes = [entry for entry in sandbox.log.entries() if not str(entry.action).startswith(("Describe", "Get"))]
    assert {entry.action for entry in writes} == {"TransferInstance"}
    assert {entry.parameters["DryRun"] for entry in writes} == {"true"}
    assert sandbox.desk.transfers() == []


def test_no_secret_is_reported(stack: Stack, sandbox: Sandbox) -> None:
    printed = json.dumps([[result.observed, result.advice] for result in stack.results()])
    assert not [secret for secret in known_secrets(sandbox) if secret in printed]
    assert "cloud@orchid.example" not in printed


def test_what_has_no_dry_run_is_stated_to_be_unchecked(stack: Stack) -> None:
    (unchecked,) = (result for result in stack.of("recipient permissions") if result.outcome is Outcome.NOT_CHECKED)
    assert "JoinSecurityGroup" in unchecked.observed
    assert "no way to try" in unchecked.observed


@pytest.mark.parametrize("side", ["source", "recipient"])
def test_it_speaks_of_every_action_that_the_sides_policy_allows_and_of_no_other(stack: Stack, side: str) -> None:
    policy = json.loads((ROOT / f"docs/policies/{side}.json").read_text())
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    spoken_of = " ".join(result.observed for result in stack.of(f"{side} permissions"))
    assert set(re.findall(r"(?:ecs|vpc):\w+", spoken_of)) == allowed


def test_where_calls_do_not_go_to_alibaba_cloud_that_is_reported(stack: Stack, sandbox: Sandbox) -> None:
    (endpoints,) = stack.of("endpoints")
    assert endpoints.outcome is Outcome.WARNING
    assert f"go to {sandbox.endpoint}" in endpoints.observed


class TestProfiles:
    @pytest.mark.parametrize("side", ["source", "recipient"])
    def test_one_that_is_not_there(self, stack: Stack, side: str) -> None:
        stack.set(**{f"{side}Profile": "sandbx"})
        is_problem(stack.fault(), f"{side} profile", "has no profile 'sandbx'", f"{side}Profile")

    def test_one_with_a_wrong_key(self, stack: Stack, sandbox: Sandbox) -> None:
        config = json.loads(sandbox.home.credentials.read_text())
        profile = next(profile for profile in config["profiles"] if profile["name"] == "sandbox-source")
        profile["access_key_secret"] = "x" * 30
        sandbox.home.credentials.write_text(json.dumps(config))
        is_problem(stack.fault(), "source profile", "SignatureDoesNotMatch", "secret is wrong")

    def test_a_source_that_is_not_the_named_account(self, stack: Stack) -> None:
        stack.set(sourceProfile="sandbox-other")
        is_problem(stack.fault(), "source profile", f"belongs to account {OTHER}", f"sourceAccount is {SOURCE}")

    def test_a_recipient_that_is_not_approved(self, stack: Stack) -> None:
        stack.set(recipientProfile="sandbox-other")
        is_problem(
            stack.fault(), "recipient profile", f"belongs to account {OTHER}", f"web-01.yaml hands over to {RECIPIENT}"
        )

    def test_a_handover_that_goes_to_another_approved_account(self, stack: Stack) -> None:
        stack.set(recipients=[RECIPIENT, OTHER])
        stack.declare("web-02", instance_id=WEB_02, recipient_account_id=OTHER)
        fault = stack.fault()
        is_problem(fault, "recipient profile", f"web-02.yaml hands over to {OTHER}")
        assert "web-01" not in fault.observed

    def test_the_same_account_twice(self, stack: Stack) -> None:
        stack.set(recipientProfile="sandbox-source-ram")
        is_problem(stack.fault(), "recipient profile", "that of the source, and both have to be two")

    @pytest.mark.parametrize(("side", "other"), [("source", "recipient"), ("recipient", "source")])
    def test_the_half_that_is_not_run_needs_none(self, stack: Stack, sandbox: Sandbox, side: str, other: str) -> None:
        stack.set(side=side, **{f"{other}Profile": "nobody-has-this"})
        assert stack.faults() == []
        assert {result.outcome for result in stack.of(f"{other} permissions")} == {Outcome.NOT_CHECKED}
        assert {entry.profile for entry in sandbox.log.entries()} == {f"sandbox-{side}"}


def test_authorities_that_are_not_there_are_a_problem_and_no_reason_to_run_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    faults = stack.faults()
    assert [fault.check for fault in faults] == ["source profile", "recipient profile"]
    for fault in faults:
        is_problem(fault, fault.check, "SSL_CERT_FILE names", "nowhere.pem", "unset SSL_CERT_FILE")
        assert "again" not in fault.observed + fault.advice


class TestPermissions:
    def test_one_that_the_source_lacks(self, stack: Stack) -> None:
        stack.set(sourceProfile="sandbox-source-denied")
        is_problem(stack.fault(), "source permissions", "ecs:TransferInstance", "docs/policies/source.json")

    def test_one_that_the_recipient_lacks(self, stack: Stack) -> None:
        stack.set(recipientProfile="sandbox-recipient-denied")
        is_problem(stack.fault(), "recipient permissions", "ecs:DescribeInstances", "docs/policies/recipient.json")

    def test_a_transfer_that_is_refused_for_another_reason_is_allowed(self, stack: Stack) -> None:
        stack.declare(instance_id="i-bp1expired0000000001")
        assert stack.faults() == []
        assert "ecs:TransferInstance" in stack.of("source permissions")[0].observed

    def test_what_is_submitted_already_is_not_tried_again(self, stack: Stack, sandbox: Sandbox) -> None:
        request = TransferRequest(WEB_01, "cn-hangzhou", RECIPIENT)
        operations.submit(Cloud("sandbox-source", "cn-hangzhou"), request, "token")
        sandbox.log.clear()
        assert stack.faults() == []
        assert sandbox.log.entries("TransferInstance") == ()
        assert "ecs:TransferInstance" in stack.of("source permissions")[-1].observed

    def test_the_console_channel_needs_none_to_transfer(self, stack: Stack, sandbox: Sandbox) -> None:
        stack.set(sourceProfile="sandbox-source-denied")
        stack.declare(channel="console")
        sandbox.faults.add(Fault(kind="not-offered", action="DescribeInstanceTransfers"))
        assert stack.faults() == []
        assert [result.observed for result in stack.of("action offered")] == ["No handover takes the api channel."] * 2


class TestPermissionsThatSomethingWorksWithout:
    @pytest.fixture
    def sandbox(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
        world = load(DEMO)
        blind = Profile(name="sandbox-blind", denied=("DescribeAccountAttributes",))
        accounts = tuple(
            account.model_copy(update={"profiles": (*account.profiles, blind)}) if account.id == SOURCE else account
            for account in world.accounts
        )
        grown = World.model_validate(world.model_copy(update={"accounts": accounts}).model_dump())
        with Sandbox.running(grown, directory=tmp_path / "blind") as running:
            for name, value in running.environment().items():
                monkeypatch.setenv(name, value)
            yield running

    def test_only_warn(self, stack: Stack) -> None:
        stack.set(sourceProfile="sandbox-blind")
        fault = stack.fault()
        assert (fault.check, fault.outcome) == ("source permissions", Outcome.WARNING)
        assert "ecs:DescribeAccountAttributes: the account's real-name state is not checked" in fault.observed
        assert [result.outcome for result in stack.of("source real name")] == [Outcome.NOT_CHECKED]


def test_an_action_that_is_not_offered_leads_to_the_console_channel(stack: Stack, sandbox: Sandbox) -> None:
    for action in ("TransferInstance", "DescribeInstanceTransfers"):
        sandbox.faults.add(Fault(kind="not-offered", action=action, account=SOURCE))
    fault = stack.fault()
    assert (fault.check, fault.outcome) == ("action offered", Outcome.WARNING)
    assert f"Account {SOURCE} is not offered" in fault.observed
    assert "channel: console" in fault.advice


def test_a_recipient_that_is_not_verified(stack: Stack) -> None:
    stack.set(recipientProfile="sandbox-unverified", recipients=[UNVERIFIED])
    stack.declare(recipient_account_id=UNVERIFIED)
    is_problem(stack.fault(), "recipient real name", f"Account {UNVERIFIED} is not real-name verified")


class TestTheClock:
    def test_an_hour_off_is_a_problem(self, stack: Stack, sandbox: Sandbox) -> None:
        sandbox.clock.advance(timedelta(hours=1))
        is_problem(stack.fault(), "clock", "s behind Alibaba Cloud", "NTP")

    def test_ten_minutes_off_is_a_warning(self, stack: Stack, sandbox: Sandbox) -> None:
        sandbox.clock.advance(timedelta(minutes=10))
        fault = stack.fault()
        assert (fault.check, fault.outcome) == ("clock", Outcome.WARNING)

    def test_so_far_off_that_every_call_is_refused_is_reported_as_that(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        long_ago = "2020-01-01T00:00:00Z"
        monkeypatch.setattr("alibabacloud_tea_openapi.utils.Utils.get_timestamp", lambda *_: long_ago)
        is_problem(stack.fault(), "clock", "the clock here is off", "NTP")


class TestEndpoints:
    def test_that_nobody_answers(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        for product in ("ECS", "STS", "VPC"):
            monkeypatch.setenv(f"ALIBABA_CLOUD_ENDPOINT_{product}", "127.0.0.1:1")
        is_problem(stack.fault(), "endpoints", "STS does not answer at 127.0.0.1:1", "ALIBABA_CLOUD_ENDPOINT_STS")

    def test_that_only_one_product_does_not_answer(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALIBABA_CLOUD_ENDPOINT_VPC", "127.0.0.1:1")
        is_problem(stack.fault(), "endpoints", "VPC does not answer at 127.0.0.1:1")

    def test_an_account_that_is_throttled_is_unchecked_and_not_ill(self, stack: Stack, sandbox: Sandbox) -> None:
        sandbox.faults.add(Fault(kind="throttle"))
        assert stack.faults() == []


class TestFiles:
    def test_a_broken_manifest(self, stack: Stack) -> None:
        stack.declare("web-02", instance_id="web-02")
        is_problem(stack.fault(), "files", "stacks/orchid/web-02.yaml:", "instance_id: is malformed")

    def test_every_problem_is_reported(self, stack: Stack) -> None:
        stack.declare("web-02", instance_id="web-02")
        (stack.root / "stacks/orchid/security-groups.yaml").write_text("web: { vpc: 1 }\n")
        faults = stack.faults()
        assert {result.check for result in faults} == {"files"}
        assert len(faults) >= 3

    def test_broken_settings(self, stack: Stack) -> None:
        stack.set(region="Hangzhou")
        is_problem(stack.fault(), "project", "Pulumi.orchid.yaml:", "region: is malformed")

    def test_no_stack_file(self, stack: Stack) -> None:
        (stack.root / "stacks/Pulumi.orchid.yaml").unlink()
        is_problem(stack.fault(), "project", "Pulumi.orchid.yaml", "does not exist")

    def test_no_handover_is_a_warning(self, stack: Stack) -> None:
        (stack.root / "stacks/orchid/web-01.yaml").unlink()
        fault = stack.fault()
        assert (fault.check, fault.outcome) == ("files", Outcome.WARNING)


def test_a_check_that_fails_itself_hides_no_other(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Cloud) -> bool:
        raise RuntimeError("with something secret")

    monkeypatch.setattr("transfer_provider.cloud.inventory.verified", broken)
    results = stack.results()
    ill = [result for result in results if "RuntimeError" in result.observed]
    assert [result.check for result in ill] == ["source real name", "recipient real name"]
    assert "secret" not in ill[0].observed
    assert results[-1] == replace(results[-1], check="clock", outcome=Outcome.OK)
