"""`handover doctor` with the real `pulumi`: a fault of engine, plugin or state is found, alone, and nothing changes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests import warm
from tests.engine.project import RECIPIENT, WEB_01, Project
from transfer_provider.cli.engine.command import fits, read_version

FINDINGS = ("problem", "warning")


@pytest.fixture
def stack(project: Project) -> Project:
    """A stack that nothing is wrong with."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", recipients=[RECIPIENT])
    project.declare("web-01", WEB_01)
    return project


def doctor(project: Project, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [warm.python(), "-m", "transfer_provider.cli", "doctor", "--stack", project.stack, *options],
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def reported(project: Project) -> list[dict[str, Any]]:
    """What it prints for scripts, but for the sandbox's own endpoints, which always gets a warning."""
    done = doctor(project, "--json")
    answer = json.loads(done.stdout)
    problems = [check for check in answer["checks"] if check["outcome"] == "problem"]
    assert (done.returncode, answer["healthy"]) == ((3, False) if problems else (0, True)), done.stderr
    return [check for check in answer["checks"] if (check["check"], check["outcome"]) != ("endpoints", "warning")]


def fault(project: Project) -> dict[str, Any]:
    """The one thing it finds."""
    found = [check for check in reported(project) if check["outcome"] in FINDINGS]
    assert len(found) == 1, found
    return found[0]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_healthy_stack_is_healthy_and_stays_as_it_is(stack: Project, cloud: Sandbox) -> None:
    before = files(stack.folder / ".state"), files(stack.folder / "stacks")
    assert [check["check"] for check in reported(stack)] == [
        "python",
        "engine",
        "language host",
        "plugin",
        "project",
        "files",
        "backend",
        "lock",
        "source profile",
        "recipient profile",
        "source permissions",
        "source permissions",
        "recipient permissions",
        "action offered",
        "action offered",
        "source real name",
        "recipient real name",
        "size",
        "pending operations",
        "untracked transfers",
        "orphans",
        "undeclared rules",
        "copies left",
        "clock",
    ]
    assert [check for check in reported(stack) if check["outcome"] in FINDINGS] == []
    assert (files(stack.folder / ".state"), files(stack.folder / "stacks")) == before
    assert cloud.desk.transfers() == []


def test_people_get_a_table_and_a_verdict(stack: Project) -> None:
    done = doctor(stack)
    assert done.returncode == 0
    assert "sandbox: no problems, 1 warning." in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_a_stack_has_to_be_named(stack: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "transfer_provider.cli", "doctor"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--stack" in done.stderr


class TestTheEngine:
    def test_that_is_not_on_path(self, stack: Project, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        stack.environment["PATH"] = str(tmp_path / "empty")
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("engine", "problem")
        assert "no `pulumi` on PATH" in found["seen"]
        assert "make setup" in found["advice"]

    def test_that_is_older_than_the_project_requires(self, stack: Project) -> None:
        file = stack.folder / "Pulumi.yaml"
        file.write_text(file.read_text().replace(">=3.259.0", ">=99.0.0"))
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("engine", "problem")
        assert "the project requires >=99.0.0" in found["seen"]

    def test_that_has_no_language_host(self, stack: Project, tmp_path: Path) -> None:
        alone = tmp_path / "alone"
        alone.mkdir()
        (alone / "pulumi").write_text(f'#!/bin/sh\nPATH="{stack.environment["PATH"]}"\nexec pulumi "$@"\n')
        (alone / "pulumi").chmod(0o755)
        stack.environment["PATH"] = os.pathsep.join((str(alone), "/usr/bin", "/bin"))
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("language host", "problem")
        assert "pulumi-language-python" in found["seen"]

    def test_whose_virtual_environment_is_not_there(self, stack: Project) -> None:
        (stack.folder / ".venv").unlink()
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("language host", "problem")
        assert ".venv" in found["seen"]

    @pytest.mark.parametrize(("fetched", "outcome"), [("", "warning"), ("1", "problem")])
    def test_whose_plugin_is_missing(self, stack: Project, tmp_path: Path, fetched: str, outcome: str) -> None:
        stack.environment["PULUMI_HOME"] = str(tmp_path / "elsewhere")
        stack.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = fetched
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("plugin", outcome)
        assert "pulumi plugin install resource alicloud 4." in found["advice"]


class TestTheState:
    def test_that_has_no_such_stack(self, stack: Project) -> None:
        for suffix in ("", ".yaml"):
            (stack.folder / f"stacks/{'Pulumi.' if suffix else ''}sandbox{suffix}").rename(
                stack.folder / f"stacks/{'Pulumi.' if suffix else ''}other{suffix}"
            )
        stack.stack = "other"
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("backend", "problem")
        assert found["advice"] == "Run `pulumi stack init other`."

    def test_that_is_not_begun_is_not_begun_by_looking(self, stack: Project, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        stack.environment["PULUMI_BACKEND_URL"] = f"file://{tmp_path / 'new'}"
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("backend", "problem")
        assert list((tmp_path / "new").iterdir()) == []

    def test_that_is_not_there(self, stack: Project, tmp_path: Path) -> None:
        stack.environment["PULUMI_BACKEND_URL"] = f"file://{tmp_path / 'nowhere'}"
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("backend", "problem")
        assert "can't be reached" in found["seen"]

    def test_that_nobody_logged_in_to(self, stack: Project) -> None:
        del stack.environment["PULUMI_BACKEND_URL"]
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("backend", "problem")
        assert "pulumi login" in found["advice"]

    def test_whose_passphrase_is_not_set(self, stack: Project) -> None:
        del stack.environment["PULUMI_CONFIG_PASSPHRASE"]
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("backend", "problem")
        assert "PULUMI_CONFIG_PASSPHRASE" in found["seen"]

    def test_whose_passphrase_is_in_a_file(self, stack: Project, tmp_path: Path) -> None:
        del stack.environment["PULUMI_CONFIG_PASSPHRASE"]
        stack.environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(tmp_path / "passphrase")
        assert "can't be read" in fault(stack)["seen"]
        (tmp_path / "passphrase").write_text("test")
        assert [check for check in reported(stack) if check["outcome"] in FINDINGS] == []

    def test_that_a_killed_run_left_locked(self, stack: Project, cloud: Sandbox) -> None:
        stack.broken_off(signal.SIGKILL, lambda: bool(cloud.log.entries("DescribeInstances")))
        stack.end_strays()
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("lock", "problem")
        assert "that process is gone" in found["seen"]
        assert found["advice"] == "Run `pulumi cancel --stack sandbox`."
        assert stack.pulumi("cancel", "--yes").ok
        assert [check for check in reported(stack) if check["outcome"] in FINDINGS] == []

    def test_that_somebody_is_just_updating(self, stack: Project) -> None:
        locked(stack, socket.gethostname(), os.getpid())
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("lock", "warning")
        assert "maria@" in found["seen"]
        assert f"Wait for its end; `ps -p {os.getpid()}` shows whether it is `pulumi`." in found["advice"]
        assert "Only where that process is gone: `pulumi cancel --stack sandbox`." in found["advice"]

    def test_that_somebody_locked_on_another_machine(self, stack: Project) -> None:
        locked(stack, "build-7", 4711)
        found = fault(stack)
        assert (found["check"], found["outcome"]) == ("lock", "problem")
        assert found["seen"] == "maria@build-7 (process 4711) holds it since 2026-11-02T09:30:00Z."
        assert found["advice"].startswith("Run `ps -p 4711` on build-7, or ask there. Only where that process is gone")


def locked(project: Project, hostname: str, pid: int) -> None:
    """The stack under a lock as Pulumi notes it."""
    folder = project.folder / ".state/.pulumi/locks/organization/instance-handover/sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    lock = {"pid": pid, "username": "maria", "hostname": hostname, "timestamp": "2026-11-02T09:30:00Z"}
    (folder / "8b2a.json").write_text(json.dumps(lock))


class TestReadingWhatPulumiSays:
    @pytest.mark.parametrize(
        ("version", "wanted", "verdict"),
        [
            ("3.259.0", ">=3.259.0", True),
            ("3.258.9", ">=3.259.0", False),
            ("3.300.1", ">=3.259.0, <4.0.0", True),
            ("4.0.0", ">=3.259.0 <4.0.0", False),
            ("3.259.0", "3.259.0", True),
            ("3.259.0", "^3.2.0 || 5", None),
        ],
    )
    def test_versions_are_compared_with_ranges(self, version: str, wanted: str, verdict: bool | None) -> None:
        numbers = read_version(f"v{version}")
        assert numbers is not None
        assert fits(numbers, wanted) is verdict
