"""What is captured is read back before it is written, and written whole: through links, with mode and owner kept."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.capture.test_plan import DB, KNOWN, WEB, facts, group, tcp
from transfer_provider.capture.plan import Plan, plan
from transfer_provider.cli.stack_folder import StackFolder
from transfer_provider.cli.whole_files import write_all
from transfer_provider.cloud.errors import Refused
from transfer_provider.inputs.yaml_file import FilesRefused

OURS = "ours: { vpc_id: vpc-bp1orchid00000001 }\n"


def write(folder: StackFolder, planned: Plan) -> None:
    texts = folder.texts(planned)
    folder.require_unchanged(texts)
    write_all(texts)


class Project:
    """A project's folder with a stack's folder in it, and what is captured into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "stacks/prod"
        self.folder.mkdir(parents=True)
        self.groups = self.folder / "security-groups.yaml"

    def captured(self) -> tuple[StackFolder, Plan]:
        folder = StackFolder(self.root, self.folder)
        observed = facts(group(WEB, "web", tcp()), group(DB, "db"))
        return folder, plan([observed], folder.handovers, folder.groups, KNOWN)

    def capture(self) -> None:
        folder, planned = self.captured()
        write(folder, planned)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_file_in_the_folders_place_is_reported_as_that(project: Project) -> None:
    project.folder.rmdir()
    project.folder.write_text("")
    with pytest.raises(FilesRefused, match=r"stacks/prod:1: can't be listed: Not a directory"):
        project.capture()


class TestReadingBack:
    def test_a_rule_that_nobody_captured_is_refused_by_its_key(self, project: Project) -> None:
        folder, planned = project.captured()
        planned.groups["web"] += "    evil: { direction: ingress, protocol: all, source: 0.0.0.0/0 }\n"
        with pytest.raises(
            FilesRefused, match=r"security-groups.yaml:\d+: web.rules.evil: would not read back"
        ) as refused:
            folder.texts(planned)
        assert "nothing was written" in str(refused.value)
        assert project.files() == []

    def test_a_rule_that_reads_back_as_another_is_refused_by_its_key(self, project: Project) -> None:
        folder, planned = project.captured()
        planned.groups["web"] = planned.groups["web"].replace("ports: 443", "ports: '443'")
        with pytest.raises(FilesRefused, match=r"web.rules.in-tcp-443.ports: would not read back"):
            folder.texts(planned)

    def test_a_handover_that_reads_back_otherwise_is_refused_by_its_key(self, project: Project) -> None:
        folder, planned = project.captured()
        planned.handovers["web-01.yaml"] += "accept_terms: true\n"
        with pytest.raises(FilesRefused, match=r"web-01.yaml:\d+: accept_terms"):
            folder.texts(planned)

    def test_half_a_character_is_refused_and_not_written(self, project: Project) -> None:
        folder = StackFolder(project.root, project.folder)
        planned = plan([facts(group())], [], None, replace(KNOWN, reason="half \udc80"))
        with pytest.raises(FilesRefused, match=r"web-01.yaml:\d+: reason: holds half of a character"):
            folder.texts(planned)


class TestBase:
    """Of a file with a `base`, what the base has is there already, and new groups go into the stack's own file."""

    OWN = "base: ../shared/security-groups.yaml\n"

    def shared(self, project: Project, text: str) -> Path:
        file = project.root / "stacks/shared/security-groups.yaml"
        file.parent.mkdir()
        file.write_text(text)
        project.groups.write_text(self.OWN)
        return file

    def test_new_groups_are_added_to_the_stack_s_file_and_the_base_is_left(self, project: Project) -> None:
        shared = self.shared(project, f"web: {{ captured_from: {WEB}, vpc_id: vpc-bp1orchid }}\n")
        before = shared.read_text()
        folder, planned = project.captured()
        write(folder, planned)
        assert list(planned.groups) == ["db"]
        assert shared.read_text() == before
        assert project.groups.read_text().startswith(f"{self.OWN}\ndb:\n")
        again, planned = project.captured()
        assert (again.groups and list(again.groups.values)) == ["web", "db"]
        assert not planned.groups

    def test_a_difference_is_located_in_the_base(self, project: Project) -> None:
        self.shared(project, f"# ours\nweb: {{ captured_from: {WEB}, vpc_id: vpc-bp1orchid, description: Else }}\n")
        _, planned = project.captured()
        assert {found.file for found in planned.differences} == {"stacks/shared/security-groups.yaml"}
        assert {(found.key, found.line) for found in planned.differences} >= {("web.rules", None)}  # has none at all
        assert {found.line for found in planned.differences} == {2, None}

    def test_a_base_that_is_missing_stops_it(self, project: Project) -> None:
        project.groups.write_text(self.OWN)
        with pytest.raises(FilesRefused, match=r"security-groups.yaml:1: base: names stacks/shared/.*does not exist"):
            project.capture()
        assert project.files() == ["security-groups.yaml"]

    def test_no_captured_group_is_called_base(self, project: Project) -> None:
        planned = plan([facts(group(WEB, "base"))], [], None, KNOWN)
        assert list(planned.groups) == ["base-2"]


class TestWriting:
    def test_a_link_stays_a_link_and_its_file_is_written(self, project: Project) -> None:
        shared = project.root / "shared.yaml"
        shared.write_text(OURS)
        project.groups.symlink_to("../../shared.yaml")
        project.capture()
        assert project.groups.readlink() == Path("../../shared.yaml")
        assert shared.read_text().startswith(OURS)
        assert "in-tcp-443" in shared.read_text()

    def test_a_link_that_leads_nowhere_is_refused(self, project: Project) -> None:
        project.groups.symlink_to("nowhere.yaml")
        with pytest.raises(FilesRefused, match="is not a regular file"):
            project.capture()
        assert project.files() == ["security-groups.yaml"]

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
    def test_the_mode_of_a_file_that_is_there_is_kept(self, project: Project, mode: int) -> None:
        project.groups.write_text(OURS)
        project.groups.chmod(mode)
        project.capture()
        assert stat.S_IMODE(project.groups.stat().st_mode) == mode

    def test_the_owner_of_a_file_that_is_there_is_kept(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.groups.write_text(OURS)
        there = project.groups.stat()
        given: list[tuple[int, int]] = []
        made = os.stat_result((0o100600, 1, 1, 1, there.st_uid + 1, there.st_gid, 0, 0, 0, 0))
        monkeypatch.setattr("os.fstat", lambda _: made)
        monkeypatch.setattr("os.chown", lambda _, uid, gid: given.append((uid, gid)))
        write_all({project.groups: "ours: {}\n"})
        assert given == [(there.st_uid, there.st_gid)]

    def test_a_file_that_can_not_keep_its_owner_is_left_as_it_is(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.groups.write_text(OURS)

        def refuse(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        there = project.groups.stat()
        made = os.stat_result((0o100600, 1, 1, 1, there.st_uid + 1, there.st_gid, 0, 0, 0, 0))
        monkeypatch.setattr("os.fstat", lambda _: made)
        monkeypatch.setattr("os.chown", refuse)
        with pytest.raises(Refused, match=r"Could not write .*: Operation not permitted. Nothing was written"):
            write_all({project.folder / "web-01.yaml": "a: 1\n", project.groups: "b: 1\n"})
        assert project.files() == ["security-groups.yaml"]
        assert project.groups.read_text() == OURS

    def test_all_files_are_written_or_none(self, project: Project) -> None:
        (project.folder / "file").write_text("")
        texts = {project.folder / "web-01.yaml": "a: 1\n", project.folder / "file/web-02.yaml": "a: 1\n"}
        with pytest.raises(Refused, match="Nothing was written"):
            write_all(texts)
        assert project.files() == ["file"]

    def test_a_file_that_came_up_meanwhile_is_left_and_nothing_is_written(self, project: Project) -> None:
        folder, planned = project.captured()
        project.groups.write_text(OURS)
        with pytest.raises(FilesRefused, match="has changed meanwhile"):
            write(folder, planned)
        assert project.files() == ["security-groups.yaml"]
