"""A base file: which it may be, what is joined, and that each problem has the file and line it comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.inputs.security_groups_file import load, schema
from transfer_provider.inputs.yaml_file import FilesRefused

OWN, SHARED = "stacks/prod/security-groups.yaml", "stacks/shared/security-groups.yaml"
BASE = "base: ../shared/security-groups.yaml\n"
WEB = """\
web:
  description: Web servers
  rules:
    https: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }
    ssh: { direction: ingress, protocol: tcp, ports: 22, source: 198.51.100.0/24, priority: 10 }
"""
PLACED = "web: { vpc_id: vpc-bp1orchid00000001 }\n"


class Project:
    """A project's folder, with one stack's groups and those it shares."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, file: str, text: str | bytes) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def groups(self, own: str, shared: str | bytes | None = WEB) -> Mapping[str, SecurityGroupInputs]:
        if shared is not None:
            self.write(SHARED, shared)
        return load(self.write(OWN, own), self.root, "cn-hangzhou")

    def problems(self, own: str, shared: str | bytes | None = WEB) -> list[str]:
        with pytest.raises(FilesRefused) as refused:
            self.groups(own, shared)
        return [str(problem) for problem in refused.value.problems]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "stacks/prod").mkdir(parents=True)
    return Project(root)


class TestJoining:
    def test_a_group_has_the_base_s_keys_and_those_of_the_stack(self, project: Project) -> None:
        web = project.groups(BASE + PLACED)["web"]
        assert (web.vpc_id, web.description, list(web.rules)) == (
            "vpc-bp1orchid00000001",
            "Web servers",
            ["https", "ssh"],
        )

    def test_the_groups_of_both_are_the_stack_s(self, project: Project) -> None:
        own = f"{BASE}{PLACED}db:\n  vpc_id: vpc-bp1orchid00000001\n  rules:\n"
        own += "    sql: { direction: ingress, protocol: tcp, ports: 5432, source: web }\n"
        groups = project.groups(own)
        assert list(groups) == ["web", "db"]
        assert groups["db"].rules["sql"].peer_kind == "group"

    def test_a_key_of_the_stack_takes_the_place_of_the_base_s(self, project: Project) -> None:
        own = BASE + "web: { vpc_id: vpc-bp1orchid00000001, description: Ours }\n"
        assert project.groups(own, "web: { vpc_id: vpc-bp1shared, description: Theirs }\n") == project.groups(
            "web: { vpc_id: vpc-bp1orchid00000001, description: Ours }\n"
        )

    def test_a_rule_of_the_stack_takes_the_place_of_the_base_s_as_a_whole(self, project: Project) -> None:
        own = BASE + "web:\n  vpc_id: vpc-bp1orchid00000001\n  rules:\n"
        own += "    ssh: { direction: ingress, protocol: tcp, ports: 2222, source: 10.0.0.0/8 }\n"
        own += "    ping: { direction: ingress, protocol: icmp, source: 0.0.0.0/0 }\n"
        rules = project.groups(own)["web"].rules
        assert list(rules) == ["https", "ssh", "ping"]
        # Not the base's priority, 10.
        assert (rules["ssh"].ports, rules["ssh"].source, rules["ssh"].priority) == ("2222/2222", "10.0.0.0/8", 1)

    def test_a_rule_of_the_base_may_name_a_group_of_the_stack(self, project: Project) -> None:
        shared = "web:\n  rules:\n    db: { direction: ingress, protocol: all, source: db }\n"
        groups = project.groups(f"{BASE}{PLACED}db: {{ vpc_id: vpc-bp1orchid00000001 }}\n", shared)
        assert groups["web"].rules["db"].source == "db"

    def test_a_vpc_that_the_base_leaves_open_is_the_stack_s_to_set(self, project: Project) -> None:
        assert project.groups(BASE + PLACED, "web:\n  vpc_id:  # each stack's own\n")["web"].vpc_id.endswith(
            "orchid00000001"
        )

    def test_a_mapping_called_base_is_a_group(self, project: Project) -> None:
        assert list(project.groups("base: { vpc_id: vpc-bp1orchid00000001 }\n")) == ["base"]
        assert list(project.groups(BASE, "base: { vpc_id: vpc-bp1orchid00000001 }\n")) == ["base"]

    def test_two_stacks_read_the_same_base_each_with_its_own_vpc(self, project: Project) -> None:
        production = project.groups(BASE + PLACED)
        staging = load(
            project.write("stacks/staging/security-groups.yaml", BASE + "web: { vpc_id: vpc-bp1staging }\n"),
            project.root,
            "cn-hangzhou",
        )
        assert production["web"].rules == staging["web"].rules
        assert production["web"].vpc_id != staging["web"].vpc_id


class TestProblemsAreReportedWhereTheyAre:
    @pytest.mark.parametrize(
        ("own", "shared", "expected"),
        [
            (PLACED, WEB.replace("443", "0"), f"{SHARED}:4: web.rules.https.ports: is no port or range"),
            (PLACED, WEB.replace("priority", "prio"), f"{SHARED}:5: web.rules.ssh.prio: is not a key here"),
            (PLACED, "web: { colour: red }\n", f"{SHARED}:1: web.colour: is not a key here"),
            (PLACED, "web:\n  description:\n", f"{SHARED}:2: web.description: is empty"),
            (PLACED, "web:\n  rules:\n", f"{SHARED}:2: web.rules: is empty"),
            ("web:\n  vpc_id: vpc-bp1orchid\n  rules:\n", WEB, f"{OWN}:4: web.rules: is empty"),
            ("web:\n", WEB, f"{OWN}:2: web: is empty"),
            (PLACED, "web:\n", f"{SHARED}:1: web: is empty"),
            ("web: { vpc_id: 7 }\n", WEB, f"{OWN}:2: web.vpc_id: has the wrong type"),
            ("web: { description: Ours }\n", WEB, f"{OWN}:2: web.vpc_id: is missing"),
            ("", WEB, f"{SHARED}:1: web.vpc_id: is missing"),
            (PLACED, WEB + "db: { vpc_id: x }\n", f"{SHARED}:6: db.vpc_id: is malformed"),
            (
                PLACED,
                "web:\n  rules:\n    db: { direction: ingress, protocol: all, source: db }\n",
                f"{SHARED}:3: web.rules.db.source: names the group 'db', which security-groups.yaml does not define",
            ),
            (
                "web:\n  vpc_id: vpc-bp1orchid\n  rules:\n"
                "    tls: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }\n",
                WEB,
                f"{OWN}:5: web.rules.tls: is the same as rule https in {SHARED}:4; keep one",
            ),
            (
                f"{PLACED}db: {{ vpc_id: vpc-bp1other }}\n",
                WEB + "    db: { direction: ingress, protocol: all, source: db }\n",
                f"{SHARED}:6: web.rules.db.source: points at db, which is in another VPC",
            ),
        ],
    )
    def test_in_the_file_and_line_it_comes_from(self, project: Project, own: str, shared: str, expected: str) -> None:
        (problem,) = project.problems(BASE + own, shared)
        assert problem.startswith(expected)

    def test_those_of_both_files_at_once(self, project: Project) -> None:
        found = project.problems(BASE + "web: { vpc_id: x }\n", WEB.replace("tcp", "tpc"))
        assert [problem.partition(": ")[0] for problem in found] == [f"{OWN}:2", f"{SHARED}:4", f"{SHARED}:5"]

    def test_a_vpc_that_neither_sets_can_be_set_in_either(self, project: Project) -> None:
        (problem,) = project.problems(BASE)
        assert problem.endswith(f"; here, or under web in {OWN}")

    def test_a_misspelt_base_is_no_group(self, project: Project) -> None:
        (problem,) = project.problems(BASE.replace("base", "bsae"))
        assert problem == f"{OWN}:1: bsae: has to be a mapping with at least vpc_id; did you mean base?"


class TestWhichFileMayBeTheBase:
    @pytest.mark.parametrize(
        ("base", "expected"),
        [
            ("", "is empty; give the path"),
            ("7", "has the wrong type; give the path"),
            ("[../shared/security-groups.yaml]", "has the wrong type; give the path"),
            ("''", "is no path of a .yaml file"),
            ("../shared", "is no path of a .yaml file"),
            ("../shared/", "is no path of a .yaml file"),
            ("../shared/security-groups.yaml.bak", "is no path of a .yaml file"),
            ("'../shared/security-groups.yaml '", "is no path of a .yaml file"),
            ('"../shared/\\x00.yaml"', "is no path of a .yaml file"),
            ('"../shared/\\e[31m.yaml"', "is no path of a .yaml file"),
            ("..\\shared\\security-groups.yaml", "is no path of a .yaml file"),
            ("/etc/security-groups.yaml", "is a path from this machine's root"),
            ("~/security-groups.yaml", "is a path from this machine's root"),
            ("../../../outside.yaml", "leads out of the project's folder"),
            ("../shared/../../../outside.yaml", "leads out of the project's folder"),
            ("security-groups.yaml", "names the file itself"),
            ("../prod/./security-groups.yaml", "names the file itself"),
            ("web-01.yaml", "names a file in the stack's own folder, where each is a handover"),
            (
                "../shared/security-group.yaml",
                "names stacks/shared/security-group.yaml, which does not exist; did you mean security-groups.yaml? "
                "There is security-groups.yaml in that folder",
            ),
            ("../nowhere/x.yaml", "names stacks/nowhere/x.yaml, which does not exist; There is no .yaml file"),
            (f"../{'x' * 300}.yaml", f"names stacks/{'x' * 300}.yaml, which "),
            ("security-groups.yaml/x.yaml", "names stacks/prod/security-groups.yaml/x.yaml, which does not exist"),
        ],
    )
    def test_no_other_than_a_file_of_the_project(self, project: Project, base: str, expected: str) -> None:
        (problem,) = project.problems(f"base: {base}\n{PLACED}")
        if "x" * 300 in base:
            assert problem.startswith(f"stacks/{'x' * 300}.yaml:1: can't be read")
        else:
            assert problem.startswith(f"{OWN}:1: base: {expected}")

    def test_one_that_was_parked_is_named(self, project: Project) -> None:
        project.write(f"{SHARED}.bak", WEB)
        (problem,) = project.problems(BASE + PLACED, None)
        assert problem.endswith(
            "; did you mean security-groups.yaml.bak? There is security-groups.yaml.bak in that folder"
        )

    def test_a_base_has_no_base(self, project: Project) -> None:
        project.write("stacks/shared/more.yaml", "db: { vpc_id: vpc-bp1orchid }\n")
        (problem,) = project.problems(BASE + PLACED, f"{WEB}base: more.yaml\n")
        assert problem.startswith(f"{SHARED}:6: base: is not for a shared file, which has no base of its own")

    def test_two_that_name_each_other_are_refused_and_not_followed(self, project: Project) -> None:
        (problem,) = project.problems(BASE + PLACED, "base: ../prod/security-groups.yaml\n")
        assert problem.startswith(f"{SHARED}:1: base: is not for a shared file")

    def test_a_base_is_given_once(self, project: Project) -> None:
        assert project.problems(BASE + BASE) == [f"{OWN}:2: base: is given twice, first in line 1; keep one"]

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"", "1: is empty; fill it in"),
            (b"# nothing yet\n", "1: is empty; fill it in"),
            (b"- web\n", "1: has no keys"),
            (b"web: &a { vpc_id: vpc-bp1orchid }\ndb: *a\n", "1: web: uses an anchor or alias"),
            (b"web: !!python/object:os.system { }\n", "1: web: has a YAML tag"),
            (b"web: { vpc_id: vpc-bp1orchid }\nweb: { vpc_id: vpc-bp1other }\n", "2: web: is given twice"),
            (b"web:\n\tvpc_id: x\n", "2: has a tab where YAML wants blanks"),
            (b"web: \xff\n", "1: is not UTF-8"),
            (b"# " + b"x" * 1024 * 1024, "1: is over 1024 KiB"),
            (b"web: " + b"{ a: " * 30 + b"1" + b" }" * 30, "1: web: is nested too deeply"),
        ],
    )
    def test_a_base_that_holds_no_groups_is_refused_and_never_taken_for_none(
        self, project: Project, content: bytes, expected: str
    ) -> None:
        assert project.problems(BASE + PLACED, content)[0].startswith(f"{SHARED}:{expected}")

    def test_a_folder_in_its_place(self, project: Project) -> None:
        (project.root / SHARED).mkdir(parents=True)
        (problem,) = project.problems(BASE, None)
        assert problem.startswith(f"{SHARED}:1: is not a regular file")

    def test_a_pipe_in_its_place_is_not_waited_for(self, project: Project) -> None:
        (project.root / "stacks/shared").mkdir()
        os.mkfifo(project.root / SHARED)
        (problem,) = project.problems(BASE, None)
        assert problem.startswith(f"{SHARED}:1: is not a regular file")

    def test_a_file_that_may_not_be_read_is_not_one_that_does_not_exist(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Path, *_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        own = load(project.write(OWN, PLACED), project.root, "cn-hangzhou")
        assert own.keys() == {"web"}
        project.write(SHARED, WEB)
        path = project.write(OWN, BASE)
        opened = Path.open
        monkeypatch.setattr(
            Path, "open", lambda self, *mode: refuse(self) if self.parent.name == "shared" else opened(self, *mode)
        )
        with pytest.raises(FilesRefused, match=rf"{SHARED}:1: can't be read: Permission denied"):
            load(path, project.root, "cn-hangzhou")


class TestLinks:
    def test_one_that_stays_in_the_project_is_followed(self, project: Project) -> None:
        project.write("shared.yaml", WEB)
        (project.root / "stacks/shared").mkdir()
        (project.root / SHARED).symlink_to("../../shared.yaml")
        assert list(project.groups(BASE + PLACED, None)) == ["web"]

    def test_one_that_leads_out_is_refused(self, project: Project) -> None:
        (project.root.parent / "outside.yaml").write_text(WEB)
        (project.root / "stacks/shared").mkdir()
        (project.root / SHARED).symlink_to("../../../outside.yaml")
        (problem,) = project.problems(BASE + PLACED, None)
        assert problem.startswith(f"{OWN}:1: base: names {SHARED}, a link that leads out of the project's folder")

    def test_a_folder_that_leads_out_is_refused(self, project: Project) -> None:
        (project.root.parent / "outside").mkdir()
        (project.root.parent / "outside/security-groups.yaml").write_text(WEB)
        (project.root / "stacks/shared").symlink_to("../../outside")
        (problem,) = project.problems(BASE + PLACED, None)
        assert "a link that leads out of the project's folder" in problem

    def test_one_that_leads_nowhere_or_in_a_circle_is_refused(self, project: Project) -> None:
        (project.root / "stacks/shared").mkdir()
        (project.root / SHARED).symlink_to("nowhere.yaml")
        assert project.problems(BASE, None)[0].startswith(f"{SHARED}:1: is not a regular file")
        (project.root / SHARED).unlink()
        (project.root / SHARED).symlink_to("security-groups.yaml")
        assert project.problems(BASE, None)[0].startswith(f"{SHARED}:1: ")

    def test_one_that_leads_back_to_the_file_itself_is_refused(self, project: Project) -> None:
        (project.root / "stacks/shared").mkdir()
        (project.root / SHARED).symlink_to("../prod/security-groups.yaml")
        assert "which is this file itself by a link" in project.problems(BASE, None)[0]


def test_the_schema_has_the_base_beside_the_groups() -> None:
    made = schema()
    text, group = made["properties"]["base"]["anyOf"]
    assert text["type"] == "string"
    assert group == made["additionalProperties"]
    # Which file sets it, one file's schema can't know.
    assert "required" not in made["$defs"]["SecurityGroupInputs"]
