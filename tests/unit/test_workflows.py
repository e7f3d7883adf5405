"""The GitHub workflows are valid, and hold what docs/pull-requests.md promises of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.toolchain import actionlint

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
HANDOVER = ROOT / ".github/workflows/handover.yml"
PREPARE = ROOT / ".github/actions/prepare/action.yml"


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(HANDOVER.read_text())["jobs"]
    return found


@pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed, which builds actionlint")
def test_actionlint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [actionlint.command(), "-shellcheck=", "-pyflakes=", *WORKFLOWS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_jobs_of_one_stack_never_run_at_once_and_none_is_dropped() -> None:
    of_a_stack = {name: job for name, job in jobs().items() if "matrix" in job.get("strategy", {})}
    assert set(of_a_stack) == {"plan", "apply", "watch"}
    for job in of_a_stack.values():
        assert job["concurrency"] == {"group": "handover-${{ matrix.stack }}", "queue": "max"}
        assert job["strategy"]["fail-fast"] is False


def test_each_kind_of_job_has_an_environment_of_its_own_with_roles_of_its_own() -> None:
    names = {name: job["environment"] for name, job in jobs().items() if "environment" in job}
    stack = "${{ matrix.stack }}"
    assert names == {"plan": f"{stack}-plan", "apply": stack, "watch": f"{stack}-watch"}


def test_only_the_job_that_comments_may_write_to_a_pull_request() -> None:
    workflow = yaml.safe_load(HANDOVER.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    writes = {name: job["permissions"] for name, job in jobs().items() if "permissions" in job}
    assert all(permissions["contents"] == "read" for permissions in writes.values())
    assert [name for name, permissions in writes.items() if "pull-requests" in permissions] == ["plan"]


@pytest.mark.parametrize("file", [HANDOVER, PREPARE], ids=lambda file: file.name)
def test_no_expression_stands_in_a_command_where_a_name_could_become_one(file: Path) -> None:
    loaded = yaml.safe_load(file.read_text())
    lists = [job["steps"] for job in loaded["jobs"].values()] if "jobs" in loaded else [loaded["runs"]["steps"]]
    commands = [step["run"] for steps in lists for step in steps if "run" in step]
    assert commands
    assert not [command for command in commands if "${{" in command]


def test_no_credentials_of_git_are_left_for_the_program() -> None:
    checkouts = [step for job in jobs().values() for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert len(checkouts) == len(jobs())
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
