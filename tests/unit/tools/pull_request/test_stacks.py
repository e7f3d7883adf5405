"""Which stacks a change concerns, in a real repository."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.pull_request.stacks import main


class Repository:
    """A git repository with files, each change a commit; `main` is where a change began."""

    def __init__(self, root: Path, *files: str) -> None:
        self.root = root
        self._git("init", "--quiet", "--initial-branch", "main")
        self.commit(*files)
        self._git("checkout", "--quiet", "-b", "change")

    def commit(self, *written: str, removed: Sequence[str] = ()) -> None:
        for name in written:
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(file.read_text() + "#\n" if file.exists() else "#\n")
        for name in removed:
            (self.root / name).unlink()
        self._git("add", "--all")
        self._git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "--message", "change")

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.root, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(
        tmp_path,
        "__main__.py",
        "README.md",
        "stacks/Pulumi.production.yaml",
        "stacks/Pulumi.sandbox.yaml",
        "stacks/Pulumi.staging.yaml",
        "stacks/production/web-01.yaml",
        "stacks/shared/security-groups.yaml",
        "stacks/staging/web-01.yaml",
    )


def stacks(repository: Repository, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["--except", "sandbox", *arguments], repository.root) == 0
    found: list[str] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("changed", "concerned"),
    [
        (["stacks/production/web-02.yaml"], ["production"]),
        (["stacks/Pulumi.staging.yaml"], ["staging"]),
        (["stacks/staging/web-01.yaml", "stacks/production/web-01.yaml"], ["production", "staging"]),
        (["stacks/sandbox/web-01.yaml", "README.md"], []),
        (["stacks/shared/security-groups.yaml"], ["production", "staging"]),
        (["transfer_provider/transfer.py"], ["production", "staging"]),
        (["__main__.py"], ["production", "staging"]),
        (["stacks/Pulumi.development.yaml", "stacks/development/web-01.yaml"], ["development"]),
        (["stacks/production/ name\nwith a line.yaml"], ["production"]),
        (["docs/stacks/production/web-01.yaml"], []),
    ],
)
def test_a_stack_is_concerned_by_its_own_files_and_by_what_all_share(
    repository: Repository, capsys: pytest.CaptureFixture[str], changed: list[str], concerned: list[str]
) -> None:
    repository.commit(*changed)
    assert stacks(repository, capsys, "--since", "main") == concerned


def test_a_removed_handover_concerns_its_stack(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.commit(removed=["stacks/production/web-01.yaml"])
    assert stacks(repository, capsys, "--since", "main") == ["production"]


def test_a_moved_handover_concerns_both_stacks(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    (repository.root / "stacks/staging/web-01.yaml").rename(repository.root / "stacks/production/web-09.yaml")
    repository.commit()
    assert stacks(repository, capsys, "--since", "main") == ["production", "staging"]


def test_a_stack_without_settings_any_more_is_a_warning(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit("stacks/staging/web-01.yaml", removed=["stacks/Pulumi.production.yaml"])
    assert main(["--since", "main", "--except", "sandbox"], repository.root) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == ["staging"]
    assert printed.err.startswith("::warning::stacks/Pulumi.production.yaml is removed")


@pytest.mark.parametrize("since", ["", "0" * 40, "--output=/tmp/x", "nowhere"])
def test_all_are_concerned_where_it_is_not_known_when_the_change_began(
    repository: Repository, capsys: pytest.CaptureFixture[str], since: str
) -> None:
    repository.commit("README.md")
    assert stacks(repository, capsys, f"--since={since}") == ["production", "staging"]


def test_what_is_no_stacks_name_is_left_out(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.commit("stacks/Pulumi.$(touch pwned).yaml", "stacks/Pulumi..yaml", "stacks/Pulumi.-x.yaml")
    assert stacks(repository, capsys) == ["production", "staging"]


def test_the_stacks_to_apply_are_those_whose_plan_has_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, code in {"one": "0", "two": "4", "three": "5", "four": "3", "five": "1", "six": ""}.items():
        (tmp_path / f"handover-plan-{name}").mkdir()
        (tmp_path / f"handover-plan-{name}/exit-code").write_text(f"{code}\n")
    assert main(["--planned", str(tmp_path)], tmp_path) == 0
    assert json.loads(capsys.readouterr().out) == ["three", "two"]


def test_without_any_plan_nothing_is_applied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--planned", str(tmp_path / "plans")], tmp_path) == 0
    assert json.loads(capsys.readouterr().out) == []
