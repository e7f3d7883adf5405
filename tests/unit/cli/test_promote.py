"""`handover promote`: what is carried over to the next stack, what is left open, and when nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from transfer_provider.cli.app import app
from transfer_provider.cli.stack import read_stack
from transfer_provider.inputs import manifest
from transfer_provider.inputs.yaml_file import FilesRefused

FILE = """\
# yaml-language-server: $schema=../handover.schema.json
# The shop's web server.
instance_id: i-bp1staging0000000001   # shop-web-01
recipient_account_id: "1000000000000002"
recipient_account_name: orchid
reason: The shop moves # as agreed
accept_terms: true
backup: { kind: snapshots, retention_days: 90 }
# The database goes first.
after: [db-01]

recreate:
  # Beside the load balancer.
  vswitch_id: vsw-bp1staging00000001
  security_groups: [web, db]
  eip: { bandwidth: 5, allocate: now }
"""
OPEN_ALWAYS = ["instance_id", "accept_terms", "recreate.vswitch_id"]


class Project:
    """A project with the stacks staging and prod, of which staging has the handover web-01."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stacks/shared").mkdir(parents=True)
        (root / "Pulumi.yaml").write_text("name: instance-handover\nruntime: python\nstackConfigDir: stacks\n")
        (root / "stacks/shared/groups.yaml").write_text("web: { description: Web servers }\n")
        for stack in ("staging", "prod"):
            self.settings(stack)
            self.write(stack, "security-groups", f"base: ../shared/groups.yaml\nweb: {{ vpc_id: vpc-bp1{stack} }}\n")
        self.write("staging", "web-01", FILE)

    def settings(self, stack: str, recipients: str = "1000000000000002", **more: Any) -> None:
        config = {
            "region": "cn-hangzhou",
            "sourceAccount": "1000000000000001",
            "recipients": recipients.split(),
        } | more
        text = yaml.safe_dump({"config": {f"instance-handover:{key}": value for key, value in config.items()}})
        (self.root / f"stacks/Pulumi.{stack}.yaml").write_text(text)

    def path(self, stack: str, name: str = "web-01") -> Path:
        return self.root / f"stacks/{stack}/{name}.yaml"

    def write(self, stack: str, name: str, text: str) -> Path:
        path = self.path(stack, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def edit(self, old: str, new: str) -> None:
        text = self.path("staging").read_text()
        assert old in text
        self.write("staging", "web-01", text.replace(old, new))

    def promote(self, *options: str, name: str = "web-01", origin: str = "staging", to: str = "prod") -> Result:
        arguments = ["promote", name, "--from", origin, "--to", to, "--project", str(self.root), *options]
        return CliRunner().invoke(app, arguments)

    def promoted(self) -> str:
        done = self.promote()
        assert done.exit_code == 0, done.output + str(done.exception)
        return self.path("prod").read_bytes().decode()

    def left_open(self) -> list[str]:
        """The keys that the command reports as open, which are those that the stack's own reading refuses."""
        done = self.promote("--json")
        assert done.exit_code == 0, done.output + str(done.exception)
        reported: list[str] = list(json.loads(done.stdout)["to_fill_in"])
        chosen, folder = read_stack(self.root, "prod")
        with pytest.raises(FilesRefused) as refused:
            manifest.load_folder(folder, self.root, chosen)
        empty = {problem.key for problem in refused.value.problems if problem.message.startswith("is empty; ")}
        # Nothing after `region` means the stack's.
        assert empty == set(reported) - {"region"}
        return reported

    def refused(self, *options: str, **given: str) -> str:
        before = self.files()
        done = self.promote(*options, **given)
        assert done.exit_code == 1, done.output
        assert self.files() == before
        assert done.exception is not None
        return str(done.exception)

    def files(self) -> dict[str, bytes]:
        found = sorted(path for path in (self.root / "stacks").rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in found}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


class TestWhatIsWritten:
    def test_the_file_with_its_comments_and_the_keys_that_differ_left_open(self, project: Project) -> None:
        assert project.promoted() == (
            "# yaml-language-server: $schema=../handover.schema.json\n"
            "# The shop's web server.\n"
            "instance_id:  # fill in the instance that prod hands over; never the one of staging\n"
            'recipient_account_id: "1000000000000002"\n'
            "recipient_account_name: orchid\n"
            "reason: The shop moves # as agreed\n"
            "accept_terms:  # true, once you accept the provider's terms of transfer for the source account\n"
            "backup: { kind: snapshots, retention_days: 90 }\n"
            "# The database goes first.\n"
            "after:  # fill in, or remove this line; in staging it is db-01, and prod has no db-01 yet\n"
            "\n"
            "recreate:\n"
            "  # Beside the load balancer.\n"
            "  vswitch_id:  # fill in the recipient's vSwitch; in staging it is vsw-bp1staging00000001\n"
            "  security_groups:  # fill in; in staging it is web, db, and prod does not define db\n"
            "  eip: { bandwidth: 5, allocate: now }\n"
        )

    def test_the_instance_is_nowhere_in_it(self, project: Project) -> None:
        assert "i-bp1staging0000000001" not in project.promoted()
        assert "shop-web-01" not in project.path("prod").read_text()

    def test_what_was_promoted_can_be_promoted_once_it_is_filled_in(self, project: Project) -> None:
        project.settings("next")
        project.write("next", "security-groups", "")
        project.promoted()
        assert "is empty" in project.refused(origin="prod", to="next")

    def test_a_dry_run_prints_it_and_writes_nothing(self, project: Project) -> None:
        done = project.promote("--dry-run")
        assert done.exit_code == 0
        assert "--- stacks/prod/web-01.yaml" in done.output
        assert "instance_id:  # fill in the instance that prod hands over" in done.output
        assert not project.path("prod").exists()
        found = json.loads(project.promote("--dry-run", "--json").stdout)
        assert (found["written"], list(found["would_write"])) == ([], ["stacks/prod/web-01.yaml"])
        assert found["would_write"]["stacks/prod/web-01.yaml"] == project.promoted()

    def test_json_has_what_is_open_by_key(self, project: Project) -> None:
        found = json.loads(project.promote("--json").stdout)
        assert found["written"] == ["stacks/prod/web-01.yaml"]
        assert list(found["to_fill_in"]) == [
            "instance_id",
            "accept_terms",
            "after",
            "recreate.vswitch_id",
            "recreate.security_groups",
        ]
        assert (found["comments_kept"], found["comes_after"]) == (True, False)

    def test_a_stack_that_does_not_wait_for_the_other_is_pointed_to_it(self, project: Project) -> None:
        assert "Stack prod does not wait for staging" in project.promote("--dry-run").output
        project.settings("prod", after=["staging"])
        assert "does not wait" not in project.promote("--dry-run").output

    def test_line_breaks_of_windows_stay(self, project: Project) -> None:
        project.write("staging", "web-01", FILE.replace("\n", "\r\n"))
        text = project.promoted()
        assert text.count("\r\n") == text.count("\n") == FILE.count("\n")


class TestWhatIsLeftOpen:
    def test_what_the_other_stack_has_too_is_carried_over(self, project: Project) -> None:
        project.write("prod", "db-01", FILE.replace("0001 ", "0002 ").replace("after: [db-01]\n", ""))
        project.edit("[web, db]", "[web]")
        done = project.promote("--json")
        assert list(json.loads(done.stdout)["to_fill_in"]) == OPEN_ALWAYS
        assert "after: [db-01]\n" in project.path("prod").read_text()
        assert "security_groups: [web]\n" in project.path("prod").read_text()

    @pytest.mark.parametrize("recipients", ["1000000000000003", "1000000000000002 1000000000000003"])
    def test_the_recipient_with_its_name_where_the_stack_may_hand_over_to_others(
        self, project: Project, recipients: str
    ) -> None:
        project.settings("prod", recipients)
        project.edit("recipient_account_name: orchid", "recipient_email: cloud@orchid.example")
        project.edit("  eip:", "  resource_group_id: rg-orchidprod00001\n  eip:")
        opened = project.left_open()
        assert opened[1:3] == ["recipient_account_id", "recipient_email"]
        assert "recreate.resource_group_id" in opened
        assert "cloud@orchid.example" not in project.path("prod").read_text()

    @pytest.mark.parametrize(
        ("old", "new", "key"),
        [
            ("accept_terms", "resource_group_id: rg-acmeorchid00001\naccept_terms", "resource_group_id"),
            ("accept_terms", "region: cn-shanghai\naccept_terms", "region"),
            ("[web, db]", "[web, sg-bp1orchid000000web]", "recreate.security_groups"),
            ("allocate: now", "adopt: eip-bp1orchid000000001", "recreate.eip.adopt"),
            ("  eip:", "  window: always\n  eip:", "recreate.window"),
        ],
    )
    def test_what_belongs_to_one_instance_or_stack(self, project: Project, old: str, new: str, key: str) -> None:
        project.edit(old, new)
        assert key in project.left_open()
        value = new.split(": ")[-1].splitlines()[0] if "sg-" not in new else "[web, sg-"
        assert f"{key.rpartition('.')[2]}: {value}" not in project.path("prod").read_text()

    def test_a_region_that_is_the_other_stacks_too_is_kept(self, project: Project) -> None:
        project.settings("prod", region="cn-shanghai")
        project.edit("accept_terms", "region: cn-shanghai\naccept_terms")
        assert "region" not in project.left_open()
        assert "region: cn-shanghai\n" in project.path("prod").read_text()

    def test_only_the_line_of_an_adopted_address_where_it_has_one(self, project: Project) -> None:
        project.edit(
            "  eip: { bandwidth: 5, allocate: now }\n",
            "  eip:\n    # Announced.\n    adopt: eip-bp1orchid000000001\n    bandwidth: 5\n",
        )
        assert project.promoted().endswith(
            "  eip:\n    # Announced.\n"
            "    adopt:  # fill in an address the recipient has, never the one of staging; or remove this line\n"
            "    bandwidth: 5\n"
        )

    def test_a_list_over_several_lines_as_a_whole(self, project: Project) -> None:
        project.edit("after: [db-01]\n", "after:\n  - db-01 # first\n  - cache-01\n# Then the rest.\n")
        text = project.promoted()
        assert "db-01 # first" not in text
        assert "in staging it is db-01, cache-01, and prod has no db-01, cache-01 yet\n# Then the rest.\n" in text


class TestHowItIsWritten:
    @pytest.mark.parametrize(
        "text",
        [
            "{ instance_id: i-bp1staging0000000001, recipient_account_id: '1000000000000002', accept_terms: true }\n",
            "--- {instance_id: i-bp1staging0000000001,\n recipient_account_id: '1000000000000002', accept_terms: true}",
            "instance_id: i-bp1staging0000000001\nrecipient_account_id: 1000000000000002\nregion:\naccept_terms: true\n"
            "recreate: {\n  vswitch_id: vsw-bp1staging00000001,\n  security_groups: [web] }\n",
        ],
    )
    def test_what_can_not_be_edited_by_lines_is_written_anew_and_says_so(self, project: Project, text: str) -> None:
        project.write("staging", "web-01", text)
        done = project.promote()
        assert done.exit_code == 0, done.output + str(done.exception)
        assert "written anew, without the comments of stacks/staging/web-01.yaml" in " ".join(done.output.split())
        written = project.path("prod").read_text()
        assert "instance_id:  # fill in" in written
        assert "i-bp1staging" not in written

    def test_braces_on_one_line_are_written_anew_by_themselves(self, project: Project) -> None:
        text = (
            FILE[: FILE.index("recreate:")]
            + "recreate: { vswitch_id: vsw-bp1staging00000001, security_groups: [web] }\n"
        )
        project.write("staging", "web-01", text)
        assert project.promoted().endswith(
            "recreate:\n  vswitch_id:  # fill in the recipient's vSwitch; in staging it is vsw-bp1staging00000001\n"
            "  security_groups: [web]\n"
        )
        assert "# The shop's web server.\n" in project.path("prod").read_text()

    def test_texts_that_look_like_yaml_stay_texts(self, project: Project) -> None:
        project.edit("The shop moves # as agreed", "'accept_terms: true # yes, \"all\" \U0001f600'")
        project.promoted()
        written = yaml.safe_load(project.path("prod").read_text())
        assert written["reason"] == 'accept_terms: true # yes, "all" \U0001f600'
        assert written["accept_terms"] is None


class TestNothingIsWritten:
    def test_where_the_stack_has_the_handover(self, project: Project) -> None:
        project.promoted()
        assert project.refused().endswith(
            "stacks/prod/web-01.yaml:1: is there already, so stack prod has this handover; it was left as it is"
        )

    def test_where_a_link_has_its_name(self, project: Project) -> None:
        project.path("prod").symlink_to(project.root / "elsewhere.yaml")
        assert "is there already" in project.refused()
        assert not (project.root / "elsewhere.yaml").exists()

    def test_where_the_stack_has_parked_it(self, project: Project) -> None:
        project.write("prod", "web-01.yaml.bak", FILE).rename(project.path("prod").with_suffix(".yaml.bak"))
        assert "stacks/prod/web-01.yaml.bak:3: declares an instance, but is not read" in project.refused()

    @pytest.mark.parametrize("name", ["web-1", "../prod/web-01", "security-groups", "web-01.yaml", "\x1b[31m", ""])
    def test_of_a_handover_that_the_stack_does_not_have(self, project: Project, name: str) -> None:
        message = project.refused(name=name)
        assert message.endswith(" in stack staging: did you mean web-01?")
        assert message.isprintable()

    def test_for_a_stack_without_settings(self, project: Project) -> None:
        assert "stacks/Pulumi.production.yaml:1: does not exist; of stacks, there is prod, staging" in project.refused(
            to="production"
        )

    def test_for_a_stack_without_a_folder(self, project: Project) -> None:
        project.settings("next")
        assert "stacks/next:1: does not exist; it is the folder of the handovers of stack next" in project.refused(
            to="next"
        )

    def test_where_both_stacks_read_the_same_folder(self, project: Project) -> None:
        project.settings("prod", handovers="staging", side="recipient")
        assert "stacks/staging/web-01.yaml:1: is there already" in project.refused()

    def test_where_both_are_the_same(self, project: Project) -> None:
        done = project.promote(to="staging")
        assert done.exit_code == 2
        assert "both name the stack staging" in done.output

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (FILE.replace("true", ""), "stacks/staging/web-01.yaml:7: accept_terms: is empty"),
            (FILE.replace("reason", "reson"), "stacks/staging/web-01.yaml:6: reson: is not a key here"),
            ("", "stacks/staging/web-01.yaml:1: is empty"),
            ("a: &a 1\n", "stacks/staging/web-01.yaml:1: a: uses an anchor"),
        ],
    )
    def test_of_a_file_that_is_not_right_itself(self, project: Project, text: str, expected: str) -> None:
        project.write("staging", "web-01", text)
        assert expected in project.refused()

    def test_where_the_groups_of_the_stack_can_not_be_read(self, project: Project) -> None:
        (project.root / "stacks/shared/groups.yaml").unlink()
        assert "stacks/prod/security-groups.yaml:1: base: names stacks/shared/groups.yaml" in project.refused()

    def test_where_the_folder_can_not_be_written(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("tempfile.mkstemp", full)
        assert "No space left on device" in project.refused()


def test_other_handovers_that_are_still_open_do_not_keep_one_from_being_promoted(project: Project) -> None:
    project.write("staging", "web-02", FILE.replace("0001   #", "0002   #"))
    project.promoted()
    assert project.promote(name="web-02").exit_code == 0
    assert {path.stem for path in project.path("prod").parent.iterdir()} == {"security-groups", "web-01", "web-02"}
