"""`handover inspect` against worlds whose files say what is wrong with each instance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, World, load, shipped
from sandbox.server.server import Sandbox
from transfer_provider.cli.app import app
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest

REGION = "cn-hangzhou"
RECIPIENT = "1000000000000002"
WEB_01, EXPIRED = "i-bp1web00000000000001", "i-bp1expired0000000001"
FIXED_ADDRESS = "i-bp1publicip000000001"


def inspect(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["inspect", *arguments])


def reported(*arguments: str) -> Any:
    """What it reports a script."""
    done = inspect(*arguments, "--json")
    assert done.exit_code in (0, 3), done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def world() -> World:
    return load(shipped("troubles"))


@pytest.fixture(scope="module")
def troubles(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.running(world, directory=tmp_path_factory.mktemp("troubles")) as running:
        yield running


@pytest.fixture
def led(troubles: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The world of troubles, with this process's clients led to it."""
    for name, value in troubles.environment().items():
        monkeypatch.setenv(name, value)
    return troubles


def codes(findings: list[dict[str, Any]]) -> list[str]:
    return sorted(finding["code"] for finding in findings)


@pytest.mark.parametrize("profile", ["sandbox-source", "sandbox-unverified"])
def test_it_finds_what_the_worlds_file_states_is_wrong_no_more_and_no_less(
    led: Sandbox, world: World, profile: str
) -> None:
    (account,) = [account for account in world.accounts if profile in {each.name for each in account.profiles}]
    instances = {instance.id: sorted(instance.wrong) for instance in account.instances if instance.region == REGION}
    assert len(instances) > 0

    found = reported(*instances, "--region", REGION, "--profile", profile)

    assert codes(found["findings"]) == sorted(account.wrong)
    assert {instance["instance_id"]: codes(instance["findings"]) for instance in found["instances"]} == instances


def test_the_world_has_ten_instances_of_every_trouble(world: World) -> None:
    seeded = [code for account in world.accounts for instance in account.instances for code in instance.wrong]
    from transfer_provider.eligibility.judge import CODES

    not_of_an_instance = {"NotFound", "SameAccount", "SourceNotVerified", "RecipientNotVerified"}
    of_transfers = {code for code, rule in CODES.items() if "api" in rule.channels}
    for code in of_transfers - not_of_an_instance:
        assert seeded.count(code) >= 10, code


def test_every_finding_states_what_to_do_and_whose_rule_it_is(led: Sandbox, world: World) -> None:
    found = reported(
        *(instance.id for instance in world.accounts[0].instances), "--region", REGION, "--profile", "sandbox-source"
    )
    for instance in found["instances"]:
        for finding in instance["findings"]:
            assert finding["message"].endswith(".")
            assert finding["remedy"].endswith(".")
            assert finding["source"]
    assert found["check_yourself"]


def test_what_the_credentials_may_not_see_is_stated_and_not_guessed(led: Sandbox, world: World) -> None:
    instance = world.accounts[0].instances[0].id
    found = reported(instance, "--region", REGION, "--profile", "sandbox-source-blind")
    assert len(found["not_checked"]) >= 2
    assert not reported(instance, "--region", REGION, "--profile", "sandbox-source")["not_checked"]


def test_no_permission_for_what_is_needed_is_an_error_and_no_finding(led: Sandbox, world: World) -> None:
    done = inspect(world.accounts[0].instances[0].id, "--region", REGION, "--profile", "sandbox-source-denied")
    assert done.exit_code == 1
    assert "Forbidden.RAM" in str(done.exception)


class TestTheDemosWorld:
    @pytest.fixture(autouse=True)
    def led(self, sandbox: Sandbox) -> Sandbox:
        return sandbox

    def test_an_instance_that_is_fit_ends_with_0_and_its_left_behind_list(self) -> None:
        done = inspect(WEB_01, "--region", REGION, "--profile", "sandbox-source")
        assert done.exit_code == 0
        assert "web-01" in done.output
        assert "203.0.113.12" in done.output
        assert "Stays behind" in done.output
        assert "Can't be observed from here" in done.output

    def test_one_that_is_not_ends_with_3_and_states_why(self) -> None:
        done = inspect(WEB_01, EXPIRED, "--region", REGION, "--profile", "sandbox-source")
        assert done.exit_code == 3
        assert "Expired" in done.output
        assert "2 checked, 1 blocked." in done.output

    def test_one_that_is_not_there_is_a_finding(self) -> None:
        (one,) = reported("i-bp1nosuchinstance001", "--region", REGION, "--profile", "sandbox-source")["instances"]
        assert codes(one["findings"]) == ["NotFound"]
        assert one["facts"] is None

    def test_a_recipient_is_judged_with_it(self) -> None:
        with_recipient = ("--region", REGION, "--profile", "sandbox-source", "--recipient", "1000000000000004")
        found = reported(WEB_01, *with_recipient, "--recipient-profile", "sandbox-unverified")
        assert codes(found["findings"]) == ["RecipientNotVerified"]

    @pytest.fixture
    def stack(self, tmp_path: Path) -> Path:
        """The folder of a stack named old."""
        folder = tmp_path / "stacks" / "old"
        folder.mkdir(parents=True)
        (tmp_path / "Pulumi.yaml").write_text("name: instance-handover\nruntime: python\nstackConfigDir: stacks\n")
        (tmp_path / "stacks/Pulumi.old.yaml").write_text(
            "config:\n"
            "  instance-handover:region: cn-hangzhou\n"
            "  instance-handover:sourceProfile: sandbox-source\n"
            "  instance-handover:sourceAccount: '1000000000000001'\n"
            "  instance-handover:recipientProfile: sandbox-recipient\n"
            "  instance-handover:recipients: ['1000000000000002']\n"
            "  instance-handover:warnOnly: [Expired]\n"
        )
        return folder

    def test_a_stack_states_where_to_query_and_what_only_warns(self, tmp_path: Path, stack: Path) -> None:
        found = reported(EXPIRED, "--stack", "old", "--project", str(tmp_path))
        (finding,) = found["instances"][0]["findings"]
        assert (finding["code"], finding["blocks"]) == ("Expired", False)

    @pytest.mark.parametrize(
        ("file", "expected"),
        [
            (None, [("FixedPublicAddress", False)]),
            ("recreate: {eip: {}}", [("FixedPublicAddress", True)]),
            ("recreate: {security_groups: [web]}", []),
            ("recreate: [", [("FixedPublicAddress", False)]),
        ],
    )
    def test_a_fixed_public_address_blocks_where_the_stacks_file_declares_an_eip(
        self, tmp_path: Path, stack: Path, file: str | None, expected: list[tuple[str, bool]]
    ) -> None:
        if file is not None:
            (stack / "public-ip-01.yaml").write_text(f"instance_id: {FIXED_ADDRESS}\n{file}\n")
        found = reported(FIXED_ADDRESS, "--stack", "old", "--project", str(tmp_path))
        findings = found["instances"][0]["findings"]
        assert [(finding["code"], finding["blocks"]) for finding in findings] == expected

    def test_a_recipients_profile_that_is_not_there_is_an_error_and_not_unchecked(self) -> None:
        options = ("--region", REGION, "--profile", "sandbox-source", "--recipient-profile", "nobody")
        done = inspect(WEB_01, *options)
        assert done.exit_code == 1
        assert "has no profile 'nobody'" in str(done.exception)

    def test_without_a_region_or_a_stack_it_requests_one(self) -> None:
        done = inspect(WEB_01)
        assert done.exit_code == 2
        assert "--region" in done.output

    def test_no_answer_is_an_error_and_no_finding(self, led: Sandbox) -> None:
        led.faults.add(Fault(action="DescribeDisks", kind="error"))
        done = inspect(WEB_01, "--region", REGION, "--profile", "sandbox-source")
        assert done.exit_code == 1
        assert "Could not look up disks" in str(done.exception)


class TestAWorldOfHostileNames:
    HOSTILE = "web\n::error file=a,line=1::gone\x1b[31m\x9b##vso[task.complete]\u202e"

    @pytest.fixture(autouse=True)
    def led(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
        """The demo's world with hostile names, tags and reasons."""
        demo = load(DEMO)
        accounts = tuple(
            account.model_copy(
                update={
                    "instances": tuple(
                        instance.model_copy(update={"name": self.HOSTILE, "tags": {self.HOSTILE: self.HOSTILE}})
                        for instance in account.instances
                    ),
                    "security_groups": tuple(
                        group.model_copy(update={"name": self.HOSTILE}) for group in account.security_groups
                    ),
                }
            )
            for account in demo.accounts
        )
        with Sandbox.running(demo.model_copy(update={"accounts": accounts}), directory=tmp_path) as running:
            for name, value in running.environment().items():
                monkeypatch.setenv(name, value)
            operations.submit(
                Cloud("sandbox-source", REGION),
                TransferRequest(WEB_01, REGION, RECIPIENT, reason=f"moves {self.HOSTILE}"),
                "token",
            )
            yield running

    def test_a_table_shows_them_and_obeys_none(self) -> None:
        printed = inspect(WEB_01, "--region", REGION, "--profile", "sandbox-source").output
        assert "\\x1b[31m" in printed
        assert all(letter.isprintable() or letter == "\n" for letter in printed)
        assert "##vso[" not in printed
        assert "::error" not in printed

    def test_json_means_them_and_holds_no_control_character(self) -> None:
        printed = inspect(WEB_01, "--region", REGION, "--profile", "sandbox-source", "--json").output
        assert all(letter.isprintable() or letter == "\n" for letter in printed)
        (instance,) = json.loads(printed)["instances"]
        assert instance["facts"]["name"] == self.HOSTILE
        assert instance["facts"]["transfers"][0]["reason"] == f"moves {self.HOSTILE}"
        assert "TransferInProgress" in codes(instance["findings"])
        assert all(finding["message"].isprintable() for finding in instance["findings"])
