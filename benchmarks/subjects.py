"""What is measured: N handovers in this project's own program, and the floor beside them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

from benchmarks import measured
from benchmarks.measured import Measured
from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.engine.project import LESS_GARBAGE_COLLECTION, ROOT, SOURCE, Project

GROUPS = 12  # security groups that whole handovers share
GROUPS_OF_EACH = 3
VSWITCH, VPC = "vsw-bp1orchid00000001", "vpc-bp1orchid00000001"

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "up": ("up", "--yes", "--skip-preview", "--suppress-progress"),
    "preview": ("preview", "--suppress-progress"),
    "refresh": ("refresh", "--yes", "--skip-preview", "--suppress-progress"),
}
FLOOR, FLOOR_OF_TWO = "floor", "floor of two"
SUBJECTS = (FLOOR, FLOOR_OF_TWO, "transfers", "whole")


@dataclass(frozen=True)
class Result:
    """A command of a subject of N: what it took, and which calls of Alibaba Cloud's API it made, by action."""

    subject: str
    count: int
    command: str
    measured: Measured
    calls: Mapping[str, int]
    state_bytes: int
    """Of the state file afterwards."""


def run(subject: str, count: int) -> Iterator[Result]:
    """The first `up`, then a `preview` and a `refresh` of what is unfinished, in a project and a cloud of their own."""
    with _made(subject, count) as (project, cloud):
        for name, arguments in COMMANDS.items():
            cloud.log.clear()
            took = measured.run(project.command(*arguments), project.folder, project.environment)
            calls = dict(Counter(str(entry.action) for entry in cloud.log.entries()))
            yield Result(subject, count, name, took, calls, _state_bytes(project))


@contextmanager
def _made(subject: str, count: int) -> Iterator[tuple[Project, Sandbox]]:
    folder = Path(mkdtemp(prefix="benchmark-"))
    world = many_instances(load(DEMO), SOURCE, "cn-hangzhou", count)
    program = ROOT / ("benchmarks/floor_program.py" if subject in (FLOOR, FLOOR_OF_TWO) else "__main__.py")
    try:
        with Sandbox.running(world, directory=folder / "cloud") as cloud:
            project = Project.made(folder / "project", cloud, program=program)
            project.environment["PYTHONPATH"] = str(ROOT)
            for tuned in LESS_GARBAGE_COLLECTION:  # A user's engine is not.
                del project.environment[tuned]
            (project.folder / "count").write_text(str(count))
            if subject == FLOOR_OF_TWO:
                (project.folder / "component").touch()
            if subject == "transfers":
                _declare(project, count)
            if subject == "whole":
                project.configure(side="both", recipientProfile="sandbox-recipient")
                _declare(project, count, whole=True)
            yield project, cloud
            project.end_strays()
    finally:
        shutil.rmtree(folder)


def _declare(project: Project, count: int, *, whole: bool = False) -> None:
    for number in range(1, count + 1):
        recreate = {"vswitch_id": VSWITCH, "security_groups": _groups_of(number), "eip": {"allocate": "now"}}
        more: dict[str, Any] = {"recreate": recreate} if whole else {}
        project.declare(f"many-{number}", f"i-bp1many{number:013d}", **more)
    if whole:
        groups = {
            f"group-{number}": {
                "vpc_id": VPC,
                "rules": {
                    "https": _inwards(443, "0.0.0.0/0"),
                    "ssh": _inwards(22, f"198.51.100.{number}/32"),
                },
            }
            for number in range(GROUPS)
        }
        (project.folder / "stacks" / project.stack / "security-groups.yaml").write_text(yaml.safe_dump(groups))


def _inwards(port: int, source: str) -> dict[str, Any]:
    return {"direction": "ingress", "protocol": "tcp", "ports": port, "source": source}


def _groups_of(number: int) -> list[str]:
    return [f"group-{(number + more) % GROUPS}" for more in range(GROUPS_OF_EACH)]


def _state_bytes(project: Project) -> int:
    file = project.folder / ".state/.pulumi/stacks" / "instance-handover" / f"{project.stack}.json"
    return file.stat().st_size
