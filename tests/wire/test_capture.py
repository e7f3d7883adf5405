"""`handover capture` against the sandbox: what it costs, what it writes, and what it leaves alone."""

from __future__ import annotations

import json
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from sandbox.gateway.faults import Fault
from sandbox.models.instances import Instance
from sandbox.models.world import DEMO, SecurityGroup, World, load
from sandbox.server.server import Sandbox
from transfer_provider.cli.app import app

SOURCE, REGION, VPC = "1000000000000001", "cn-hangzhou", "vpc-bp1acme0000000001"
WEB_01, DB_01 = "i-bp1web00000000000001", "i-bp1db000000000000001"
COUNT, GROUPS = 200, 12


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a stack and nothing declared in it."""
    root = tmp_path / "project"
    (root / "stacks").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: instance-handover\nruntime: python\nstackConfigDir: stacks\n")
    (root / "stacks/Pulumi.prod.yaml").write_text(
        "config:\n"
        "  instance-handover:region: cn-hangzhou\n"
        "  instance-handover:sourceProfile: sandbox-source\n"
        "  instance-handover:sourceAccount: '1000000000000001'\n"
        "  instance-handover:recipients: ['1000000000000002']\n"
        "  other:thing: { secure: v1 }\n"
    )
    return root


def capture(project: Path, *arguments: str, stack: str = "prod") -> Result:
    return CliRunner().invoke(app, ["capture", *arguments, "--stack", stack, "--project", str(project)])


def reported(project: Path, *arguments: str) -> Any:
    done = capture(project, *arguments, "--json")
    assert done.exit_code == 0, done.output + str(done.exception)
    return json.loads(done.stdout)


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """200 instances that share 12 groups."""
    world = load(DEMO)
    account = world.account(SOURCE)
    groups = tuple(
        SecurityGroup(id=f"sg-bp1shared{number:08d}", region=REGION, vpc_id=VPC, name=f"shared-{number}")
        for number in range(GROUPS)
    )
    instances = tuple(
        Instance(
            id=f"i-bp1many{number:013d}",
            name=f"many-{number}",
            region=REGION,
            security_groups=(groups[number % GROUPS].id, groups[(number + 1) % GROUPS].id),
        )
        for number in range(COUNT)
    )
    grown = account.model_copy(
        update={"instances": account.instances + instances, "security_groups": account.security_groups + groups}
    )
    others = [account for account in world.accounts if account.id != SOURCE]
    with Sandbox.running(
        world.model_copy(update={"accounts": (grown, *others)}), directory=tmp_path / "cloud"
    ) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def test_200_instances_that_share_12_groups_take_one_run_of_few_calls(large: Sandbox, project: Path) -> None:
    found = reported(project, *(f"i-bp1many{number:013d}" for number in range(COUNT)))

    assert len(found["written"]) == COUNT + 1
    assert len(found["groups"]) == GROUPS
    calls = Counter(str(entry.action) for entry in large.log.entries())
    assert calls == {
        "GetCallerIdentity": 1,
        "DescribeInstances": 2,
        "DescribeVpcs": 1,
        "DescribeSecurityGroups": 1,
        "DescribeSecurityGroupAttribute": GROUPS,
    }


def test_what_is_written_is_reported_with_what_is_left_to_do(sandbox: Sandbox, project: Path) -> None:
    done = capture(project, WEB_01, DB_01)
    assert done.exit_code == 0
    assert "Wrote 2 handovers and 2 security groups" in done.output
    assert "stacks/prod/web-01.yaml" in done.output
    assert "then run `pulumi preview`" in done.output
    written = project / "stacks/prod/web-01.yaml"
    assert stat.S_IMODE(written.stat().st_mode) == 0o644
    assert sorted(path.name for path in written.parent.iterdir()) == [
        "db-01.yaml",
        "security-groups.yaml",
        "web-01.yaml",
    ]


def test_a_dry_run_shows_the_text_and_writes_nothing(sandbox: Sandbox, project: Path) -> None:
    done = capture(project, WEB_01, "--dry-run")
    assert done.exit_code == 0
    assert "instance_id: i-bp1web00000000000001" in done.output
    assert not (project / "stacks/prod").exists()


def test_what_is_known_of_the_recipient_is_filled_in(sandbox: Sandbox, project: Path) -> None:
    known = {
        "--recipient-account-id": "1000000000000002",
        "--vswitch-id": "vsw-bp1orchid00000001",
        "--vpc-id": "vpc-bp1orchid00000001",
        "--reason": "It moves",
    }
    reported(project, WEB_01, *(part for option in known.items() for part in option))
    written = yaml.safe_load((project / "stacks/prod/web-01.yaml").read_text())
    assert (written["recipient_account_id"], written["reason"]) == ("1000000000000002", "It moves")
    assert written["recreate"]["vswitch_id"] == "vsw-bp1orchid00000001"
    # Terms are a person's to accept.
    assert written["accept_terms"] is None


def test_instances_that_are_not_there_are_all_named_and_nothing_is_written(sandbox: Sandbox, project: Path) -> None:
    done = capture(project, WEB_01, "i-bp1nosuchinstance001", "i-bp1nosuchinstance002")
    assert done.exit_code == 1
    assert "i-bp1nosuchinstance001, i-bp1nosuchinstance002" in str(done.exception)
    assert not (project / "stacks/prod").exists()


def test_a_stack_nobody_made_is_reported_with_those_there_are(sandbox: Sandbox, project: Path) -> None:
    done = capture(project, WEB_01, stack="production")
    assert done.exit_code == 1
    assert "stacks/Pulumi.production.yaml:1: does not exist; of stacks, there is prod" in str(done.exception)


def test_no_project_is_reported(sandbox: Sandbox, tmp_path: Path) -> None:
    done = capture(tmp_path, WEB_01)
    assert done.exit_code == 1
    assert "--project" in str(done.exception)


@pytest.mark.parametrize("name", ["other.yaml", "security-groups.yaml"])
def test_a_file_that_is_no_yaml_stops_it_with_its_line(sandbox: Sandbox, project: Path, name: str) -> None:
    (project / "stacks/prod").mkdir()
    (project / "stacks/prod" / name).write_text("a: 1\nb: [\n")
    done = capture(project, WEB_01)
    assert done.exit_code == 1
    assert f"stacks/prod/{name}:" in str(done.exception)
    assert len(list((project / "stacks/prod").iterdir())) == 1
    assert not sandbox.log.entries()


@pytest.mark.parametrize("before", ["", "# ours", "# ours\n", "ours: { vpc_id: vpc-bp1orchid00000001 }"])
def test_what_is_there_is_kept_letter_by_letter(sandbox: Sandbox, project: Path, before: str) -> None:
    (project / "stacks/prod").mkdir()
    file = project / "stacks/prod/security-groups.yaml"
    file.write_text(before)
    reported(project, WEB_01)
    assert file.read_text().startswith(before)
    assert {"web", "db"} <= set(yaml.safe_load(file.read_text()))


def test_a_file_that_can_not_be_added_to_is_reported_and_left(sandbox: Sandbox, project: Path) -> None:
    (project / "stacks/prod").mkdir()
    file = project / "stacks/prod/security-groups.yaml"
    file.write_text("{ ours: { vpc_id: vpc-bp1orchid00000001 } }\n")
    done = capture(project, WEB_01)
    assert done.exit_code == 1
    assert "can't be added to as it is" in str(done.exception)
    assert file.read_text() == "{ ours: { vpc_id: vpc-bp1orchid00000001 } }\n"
    assert not (project / "stacks/prod/web-01.yaml").exists()


def test_no_answer_writes_nothing(sandbox: Sandbox, project: Path) -> None:
    sandbox.faults.add(Fault(action="DescribeSecurityGroupAttribute", kind="cut-before"))
    done = capture(project, WEB_01)
    assert done.exit_code == 1
    assert "Could not look up the rules of" in str(done.exception)
    assert not (project / "stacks/prod").exists()


def test_a_vswitch_for_instances_of_several_vpcs_is_refused(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = load(DEMO)
    account = world.account(SOURCE)
    vswitch = account.vswitches[0].model_copy(update={"id": "vsw-bp1other000000001", "vpc_id": "vpc-bp1other000000001"})
    group = account.security_groups[0].model_copy(
        update={"id": "sg-bp1other00000000001", "vpc_id": "vpc-bp1other000000001", "rules": ()}
    )
    there = Instance(
        id="i-bp1other000000000001", name="other", region=REGION, vswitch=vswitch.id, security_groups=(group.id,)
    )
    grown = account.model_copy(
        update={
            "vswitches": (*account.vswitches, vswitch),
            "security_groups": (*account.security_groups, group),
            "instances": (*account.instances, there),
        }
    )
    whole = World.model_validate(world.model_copy(update={"accounts": (grown, *world.accounts[1:])}).model_dump())
    with Sandbox.running(whole, directory=tmp_path / "cloud") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        done = capture(project, WEB_01, there.id, "--vswitch-id", "vsw-bp1orchid00000001")
    assert done.exit_code == 2
    assert "is for instances of one VPC" in done.output
    assert not (project / "stacks/prod").exists()


def test_a_linked_file_is_written_through_its_link_with_its_mode(sandbox: Sandbox, project: Path) -> None:
    (project / "stacks/prod").mkdir()
    shared = project / "shared.yaml"
    shared.write_text("# ours\n")
    shared.chmod(0o600)
    (project / "stacks/prod/security-groups.yaml").symlink_to(shared)
    reported(project, WEB_01)
    assert (project / "stacks/prod/security-groups.yaml").is_symlink()
    assert "captured_from" in shared.read_text()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o600


def test_a_name_with_line_breaks_adds_nothing_to_a_file(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "web\n    evil: { direction: ingress, protocol: all, source: 0.0.0.0/0 }"
    world = load(DEMO)
    account = world.account(SOURCE)
    (web,) = (instance for instance in account.instances if instance.id == WEB_01)
    renamed = account.model_copy(
        update={
            "instances": (web.model_copy(update={"name": evil}),),
            "security_groups": tuple(
                each.model_copy(update={"name": evil, "description": evil}) for each in account.security_groups
            ),
        }
    )
    hostile = world.model_copy(update={"accounts": (renamed, *world.accounts[1:])})
    with Sandbox.running(hostile, directory=tmp_path / "cloud") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        printed = capture(project, WEB_01).output
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
    groups = yaml.safe_load((project / "stacks/prod/security-groups.yaml").read_text())
    assert all("evil" not in group["rules"] for group in groups.values())
    assert not [
        key for path in (project / "stacks/prod").iterdir() for key in yaml.safe_load(path.read_text()) if " " in key
    ]


def test_groups_that_stacks_share_are_there_already_and_new_ones_go_into_the_stacks_own_file(
    sandbox: Sandbox, project: Path
) -> None:
    capture(project, WEB_01)
    own = project / "stacks/prod/security-groups.yaml"
    shared = project / "stacks/shared/security-groups.yaml"
    shared.parent.mkdir()
    own.rename(shared)
    # The VPC is each stack's own.
    own.write_text("base: ../shared/security-groups.yaml\nweb: { vpc_id: vpc-bp1orchid00000001 }\n")
    before = shared.read_text()
    found = reported(project, WEB_01, DB_01)
    assert found["differences"] == []
    assert "stacks/prod/security-groups.yaml: web" in found["unchanged"]
    assert "stacks/shared/security-groups.yaml: db" in found["unchanged"]
    assert (found["groups"], found["written"]) == ([], ["stacks/prod/db-01.yaml"])

    shared.write_text(before.replace("ports: 443", "ports: 444"))
    changed = shared.read_text()
    differences = reported(project, WEB_01)["differences"]
    assert {found["file"] for found in differences} == {"stacks/shared/security-groups.yaml"}
    assert all("444" in changed.splitlines()[found["line"] - 1] for found in differences if "444" in found["in_file"])
    assert any("444" in found["in_file"] for found in differences)
    assert shared.read_text() == changed
