"""`handover capture --split` against the sandbox: a migration's files in several stacks, and again with more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.server.server import Sandbox
from tests.wire.test_capture import COUNT, DB_01, WEB_01, capture, large, project, reported
from transfer_provider.cli.stack import read_stack
from transfer_provider.inputs import manifest

__all__ = ["large", "project"]

WEB_02 = "i-bp1web00000000000002"
SPLIT_OF_ONE = ("--split", "1")


def held(project: Path, stack: str) -> list[str]:
    """The instances that a stack's files declare."""
    _, folder = read_stack(project, stack)
    files = sorted(folder.glob("*.yaml")) if folder.exists() else []
    return [yaml.safe_load(file.read_text())["instance_id"] for file in files if file.name != "security-groups.yaml"]


def settings(project: Path, stack: str) -> Path:
    return project / f"stacks/Pulumi.{stack}.yaml"


def test_200_instances_are_split_into_stacks_with_few_calls_and_a_stack_is_whole(large: Sandbox, project: Path) -> None:
    instances = [f"i-bp1many{number:013d}" for number in range(COUNT)]
    known = ("--recipient-account-id", "1000000000000002", "--reason", "It moves")
    there = ("--vswitch-id", "vsw-bp1orchid00000001", "--vpc-id", "vpc-bp1orchid00000001")
    found = reported(project, *instances, "--split", "90", *known, *there)

    calls = len(large.log.entries())
    assert {stack: len(of_stack["handovers"]) for stack, of_stack in found["stacks"].items()} == {
        "prod-1": 90,
        "prod-2": 90,
        "prod-3": 20,
    }
    assert not (project / "stacks/prod").exists()
    declared: list[str] = []
    for stack in found["stacks"]:
        chosen, folder = read_stack(project, stack)
        for file in folder.glob("*.yaml"):
            file.write_text(file.read_text().replace("accept_terms:  #", "accept_terms: true  #"))
        whole = manifest.load_folder(folder, project, chosen)
        declared += [handover.inputs.instance_id for handover in whole.handovers]
        assert len(whole.groups) == 12
    assert sorted(declared) == instances
    assert calls == 17


class TestFurtherRuns:
    def test_the_same_again_writes_nothing(self, sandbox: Sandbox, project: Path) -> None:
        reported(project, WEB_01, DB_01, *SPLIT_OF_ONE)
        found = reported(project, DB_01, WEB_01, *SPLIT_OF_ONE)
        assert (found["written"], found["differences"]) == ([], [])
        assert "stacks/prod-2/db-01.yaml" in found["unchanged"]

    def test_what_is_captured_stays_where_it_is_and_further_instances_follow(
        self, sandbox: Sandbox, project: Path
    ) -> None:
        reported(project, WEB_01)  # into the stack's own folder
        reported(project, DB_01, *SPLIT_OF_ONE)
        found = reported(project, WEB_02, WEB_01, DB_01, "--split", "2")
        assert sorted(found["written"]) == ["stacks/prod-1/web-02.yaml"]
        assert {stack: held(project, stack) for stack in ("prod", "prod-1")} == {
            "prod": [WEB_01],
            "prod-1": [DB_01, WEB_02],
        }

    def test_a_changed_file_is_left_and_its_difference_reported(self, sandbox: Sandbox, project: Path) -> None:
        reported(project, WEB_01, *SPLIT_OF_ONE)
        file = project / "stacks/prod-1/web-01.yaml"
        changed = file.read_text().replace("security_groups: [web, db]", "security_groups: [db]")
        file.write_text(changed)
        (difference,) = reported(project, WEB_01, *SPLIT_OF_ONE)["differences"]
        assert (difference["file"], difference["in_file"]) == ("stacks/prod-1/web-01.yaml", "db")
        assert file.read_text() == changed

    def test_settings_that_are_there_are_never_overwritten(self, sandbox: Sandbox, project: Path) -> None:
        reported(project, WEB_01, *SPLIT_OF_ONE)
        changed = settings(project, "prod-1").read_text() + "  instance-handover:maxSubmissions: 1\n"
        settings(project, "prod-1").write_text(changed)
        found = reported(project, WEB_02, "--split", "2")
        assert settings(project, "prod-1").read_text() == changed
        assert not found["stacks"]["prod-1"]["new"]

    def test_settings_that_are_missing_beside_a_folder_are_written(self, sandbox: Sandbox, project: Path) -> None:
        reported(project, WEB_01, *SPLIT_OF_ONE)
        settings(project, "prod-1").unlink()
        found = reported(project, WEB_01, *SPLIT_OF_ONE)
        assert found["written"] == ["stacks/Pulumi.prod-1.yaml"]

    def test_without_the_option_an_instance_of_a_part_is_not_captured_twice(
        self, sandbox: Sandbox, project: Path
    ) -> None:
        reported(project, WEB_01, *SPLIT_OF_ONE)
        calls = len(sandbox.log.entries())
        done = capture(project, WEB_01)
        assert done.exit_code == 1
        assert f"stacks/prod-1/web-01.yaml:2: instance_id: declares {WEB_01} already" in str(done.exception)
        assert not (project / "stacks/prod").exists()
        assert len(sandbox.log.entries()) == calls


class TestSettings:
    def test_a_new_stack_gets_the_settings_without_secrets_and_says_so(self, sandbox: Sandbox, project: Path) -> None:
        with settings(project, "prod").open("a") as file:
            file.write("encryptionsalt: v1:salt\n")
        done = capture(project, WEB_01, *SPLIT_OF_ONE)
        assert "New stacks, each to be made with `pulumi stack init <stack>`: prod-1." in done.output
        assert "as it is secret or belongs to one stack: other:thing, encryptionsalt." in done.output
        text = settings(project, "prod-1").read_text()
        assert "v1" not in text
        assert read_stack(project, "prod-1")[0] == read_stack(project, "prod")[0]

    def test_the_folder_that_the_settings_name_is_numbered_too(self, sandbox: Sandbox, project: Path) -> None:
        with settings(project, "prod").open("a") as file:
            file.write("  instance-handover:handovers: shared\n")
        found = reported(project, WEB_01, WEB_02, *SPLIT_OF_ONE)
        assert "stacks/shared-2/web-02.yaml" in found["written"]
        assert (held(project, "prod-1"), held(project, "prod-2")) == ([WEB_01], [WEB_02])
        assert reported(project, WEB_01, WEB_02, *SPLIT_OF_ONE)["written"] == []

    def test_settings_that_can_not_be_copied_are_refused(self, sandbox: Sandbox, project: Path) -> None:
        values = yaml.safe_load(settings(project, "prod").read_text())
        settings(project, "prod").write_text(json.dumps(values))
        done = capture(project, WEB_01, *SPLIT_OF_ONE)
        assert done.exit_code == 1
        assert "stacks/Pulumi.prod.yaml:1: can't be copied to Pulumi.prod-1.yaml as it is" in str(done.exception)
        assert sorted(path.name for path in (project / "stacks").iterdir()) == ["Pulumi.prod.yaml"]


class TestRefused:
    @pytest.mark.parametrize(
        ("key", "value"),
        [("region", "cn-shanghai"), ("sourceAccount", "'1000000000000003'"), ("side", "source")],
    )
    def test_a_stack_that_only_has_a_parts_name(self, sandbox: Sandbox, project: Path, key: str, value: str) -> None:
        values: dict[str, Any] = yaml.safe_load(settings(project, "prod").read_text())["config"]
        values[f"instance-handover:{key}"] = yaml.safe_load(value)
        settings(project, "prod-2").write_text(yaml.safe_dump({"config": values}))
        done = capture(project, WEB_01, *SPLIT_OF_ONE)
        assert done.exit_code == 1
        assert f"stacks/Pulumi.prod-2.yaml:1: sets {key} to " in str(done.exception)
        assert "split a stack of another name" in str(done.exception)
        assert not sandbox.log.entries()

    def test_a_part_that_is_split_itself(self, sandbox: Sandbox, project: Path) -> None:
        reported(project, WEB_01, *SPLIT_OF_ONE)
        done = capture(project, WEB_02, *SPLIT_OF_ONE, stack="prod-1")
        assert done.exit_code == 1
        assert "stacks/Pulumi.prod-1.yaml:1: is a part of stack prod; split that stack again" in str(done.exception)

    def test_two_stacks_with_a_folder(self, sandbox: Sandbox, project: Path) -> None:
        text = settings(project, "prod").read_text()
        settings(project, "prod-1").write_text(f"{text}  instance-handover:handovers: prod\n")
        done = capture(project, WEB_01, *SPLIT_OF_ONE)
        assert done.exit_code == 1
        assert "stacks/Pulumi.prod-1.yaml:1: has the folder of stack prod" in str(done.exception)
        assert not sandbox.log.entries()

    @pytest.mark.parametrize("number", ["0", "301", "-1", "many"])
    def test_more_handovers_than_a_stack_should_hold_and_none(
        self, sandbox: Sandbox, project: Path, number: str
    ) -> None:
        assert capture(project, WEB_01, "--split", number).exit_code == 2
        assert not sandbox.log.entries()

    def test_stacks_past_the_highest_number(self, sandbox: Sandbox, project: Path) -> None:
        settings(project, "prod-999").write_text(settings(project, "prod").read_text())
        reported(project, WEB_01, *SPLIT_OF_ONE)
        done = capture(project, WEB_02, *SPLIT_OF_ONE)
        assert done.exit_code == 2
        assert "past prod-999" in done.output

    def test_files_of_a_part_that_are_no_yaml_are_all_reported(self, sandbox: Sandbox, project: Path) -> None:
        for stack in ("prod", "prod-1"):
            (project / "stacks" / stack).mkdir()
            (project / "stacks" / stack / "a.yaml").write_text("a: [\n")
        done = capture(project, WEB_01, *SPLIT_OF_ONE)
        assert done.exit_code == 1
        assert "stacks/prod/a.yaml:" in str(done.exception)
        assert "stacks/prod-1/a.yaml:" in str(done.exception)


def test_groups_that_several_stacks_get_are_reported_with_the_stacks(sandbox: Sandbox, project: Path) -> None:
    done = capture(project, WEB_01, DB_01, *SPLIT_OF_ONE)
    assert "what they allowed each other ends between stacks" in done.output
    assert "db (sg-bp1acme000000000db)" in done.output
    again = reported(project, WEB_02, "--split", "1")
    assert again["groups_of_several_stacks"]["web (sg-bp1acme00000000web)"] == ["prod-3", "prod-1", "prod-2"]


def test_a_dry_run_shows_every_stacks_files_and_writes_none(sandbox: Sandbox, project: Path) -> None:
    done = capture(project, WEB_01, DB_01, *SPLIT_OF_ONE, "--dry-run")
    assert "Would write 2 handovers and 4 security groups in 2 stacks" in done.output
    for file in ("Pulumi.prod-1.yaml", "Pulumi.prod-2.yaml", "prod-1/web-01.yaml", "prod-2/db-01.yaml"):
        assert f"--- stacks/{file}" in done.output
    assert sorted(path.name for path in (project / "stacks").iterdir()) == ["Pulumi.prod.yaml"]


def test_a_file_in_the_place_of_a_folder_leaves_every_stack_as_it_is(sandbox: Sandbox, project: Path) -> None:
    (project / "stacks/prod-2").write_text("")
    done = capture(project, WEB_01, DB_01, *SPLIT_OF_ONE)
    assert done.exit_code == 1
    assert sorted(path.name for path in (project / "stacks").iterdir()) == ["Pulumi.prod.yaml", "prod-2"]
