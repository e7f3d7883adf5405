"""An instance that a stack hands over which this one comes after: refused, with both files and lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.inputs.test_corpus import SETTINGS
from transfer_provider.inputs import manifest
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.several_stacks import same_instance
from transfer_provider.inputs.yaml_file import Document, FilesRefused, load

FILE = 'instance_id: {}\nrecipient_account_id: "1000000000000002"\naccept_terms: true\n'
WEB_01, WEB_02 = "i-bp1web00000000000001", "i-bp1web00000000000002"


class Project:
    """A project in which the stack prod comes after staging; both hand over web-01's instance."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stacks").mkdir(parents=True)
        (root / "Pulumi.yaml").write_text("name: instance-handover\nstackConfigDir: stacks\n")
        self.settings()
        self.declare("staging", "web-01", f"# shop\n{FILE.format(WEB_01)}")
        self.declare("prod", "shop", FILE.format(WEB_01))

    def settings(self, stack: str = "staging", **config: object) -> None:
        text = yaml.safe_dump(
            {"config": {f"instance-handover:{key}": value for key, value in (SETTINGS | config).items()}}
        )
        (self.root / f"stacks/Pulumi.{stack}.yaml").write_text(text)

    def declare(self, stack: str, name: str, text: str) -> None:
        path = self.root / f"stacks/{stack}/{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def problems(self, **changed: object) -> list[str]:
        chosen = {
            "region": "cn-hangzhou",
            "sourceAccount": "1000000000000001",
            "recipients": ("1000000000000002",),
            "after": ("staging",),
        } | changed
        try:
            manifest.load_folder(self.root / "stacks/prod", self.root, Settings.model_validate(chosen))
        except FilesRefused as refused:
            return [str(problem) for problem in refused.problems]
        return []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_it_is_refused_with_both_files_and_lines(project: Project) -> None:
    assert project.problems() == [
        f"stacks/prod/shop.yaml:1: instance_id: {WEB_01} is handed over by stacks/staging/web-01.yaml:2 of stack "
        "staging, which this stack comes after; give this stack's own instance, or remove one file"
    ]


def test_one_that_is_only_mentioned_there_is_no_problem(project: Project) -> None:
    project.declare("staging", "web-01", f"# not {WEB_01}\n{FILE.format(WEB_02)}")
    assert project.problems() == []


def test_the_folder_is_the_one_that_the_other_stack_s_settings_name(project: Project) -> None:
    project.settings(handovers="elsewhere")
    assert project.problems() == []
    project.declare("elsewhere", "web-09", FILE.format(WEB_01))
    (problem,) = project.problems()
    assert "handed over by stacks/elsewhere/web-09.yaml:1 of stack staging" in problem


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({}, {"after": ()}),  # moving a handover between stacks is a way that docs/life-cycle.md has
        ({}, {"after": ("dev",)}),
        ({"sourceAccount": "1000000000000007"}, {}),  # on to the next owner
        ({"side": "recipient"}, {}),  # the other half
        ({}, {"side": "recipient"}),
        ({"handovers": "prod"}, {}),
    ],
    ids=str,
)
def test_what_hands_over_something_else_is_no_problem(
    project: Project, theirs: dict[str, str], ours: dict[str, object]
) -> None:
    project.settings(**theirs)
    assert project.problems(**ours) == []


def test_the_stacks_before_those_before_count_too_and_a_circle_ends(project: Project) -> None:
    project.settings("test", after=["staging", "test"])
    project.settings("staging", after=["test"])
    (problem,) = project.problems(after=("test",))
    assert "stacks/staging/web-01.yaml:2 of stack staging" in problem


def test_files_without_any_of_the_instances_are_not_read_as_yaml(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        project.declare("staging", f"more-{number}", FILE.format(f"i-bp1more{number:014}"))
    read: list[Path] = []

    def counted(path: Path, file: str, **more: bool) -> Document:
        read.append(path)
        return load(path, file, **more)

    monkeypatch.setattr(same_instance, "load", counted)
    assert len(project.problems()) == 1
    assert [path.name for path in read] == ["Pulumi.staging.yaml", "web-01.yaml"]


@pytest.mark.parametrize("text", ["", "a: &a\n", "config: 7\n", "config:\n", "\x00"])
def test_a_stack_whose_settings_can_not_be_read_is_left_to_those_who_read_them(project: Project, text: str) -> None:
    (project.root / "stacks/Pulumi.staging.yaml").write_text(text)
    assert project.problems() == []
    (project.root / "stacks/Pulumi.staging.yaml").unlink()
    assert project.problems() == []


def test_another_file_there_that_is_not_right_hides_nothing_and_a_folder_in_its_place_neither(
    project: Project,
) -> None:
    project.declare("staging", "a", f"instance_id: &a {WEB_01}\n")
    (project.root / "stacks/staging/b.yaml").mkdir()
    assert len(project.problems()) == 1


def test_a_stack_without_a_folder_has_none(project: Project) -> None:
    (project.root / "stacks/staging/web-01.yaml").unlink()
    (project.root / "stacks/staging").rmdir()
    assert project.problems() == []
