"""One stack of many transfers against several of some, on several backends, and Pulumi's own switches.

    python -m benchmarks.stacks --count 1000 --stacks 10

Each line is the first `up`. Several stacks are run side by side, as many at once as there are stacks.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from benchmarks import measured
from benchmarks.backends import BACKEND_URL, BACKENDS
from benchmarks.subjects import COMMANDS
from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.engine.project import ROOT, SOURCE, Project
from tools.signals import heed_interrupts
from tools.toolchain.go_build import CannotBuild

SWITCHES: Mapping[str, Mapping[str, str]] = {
    "as Pulumi comes": {},
    "state compressed (gzip)": {"PULUMI_DIY_BACKEND_GZIP": "true"},
    "state compressed (zstd)": {"PULUMI_DIY_BACKEND_ZSTD": "true"},
    "no backups": {"PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true"},
    "no checkpoints": {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"},
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stacks", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="transfers in all")
    parser.add_argument("--stacks", type=int, default=10, help="over how many stacks they are split")
    parser.add_argument(
        "--backends", type=lambda text: text.split(","), default=["file", "PostgreSQL"], help="of file, PostgreSQL, S3"
    )
    parser.add_argument("--switches", type=int, default=300, help="transfers in one stack for each switch; 0: none")
    given = parser.parse_args()
    heed_interrupts()
    print("| transfers | stacks | backend | switch | s |\n|---|---|---|---|---|")
    try:
        for backend in given.backends:
            with BACKENDS[backend]() as elsewhere:
                for stacks in (1, given.stacks):
                    took = _first_ups(given.count, stacks, elsewhere)
                    print(f"| {given.count:,} | {stacks} | {backend} | | {took:.0f} |", flush=True)
        for name, switch in SWITCHES.items() if given.switches else ():
            took = _first_ups(given.switches, 1, switch)
            print(f"| {given.switches:,} | 1 | file | {name} | {took:.0f} |", flush=True)
    except (measured.Failed, FileNotFoundError, CannotBuild) as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    return 0


def _first_ups(count: int, stacks: int, environment: Mapping[str, str]) -> float:
    """Seconds until all stacks are up, each in a project folder of its own."""
    with made(count, stacks, environment) as projects:
        began = time.perf_counter()
        with ThreadPoolExecutor(len(projects)) as side_by_side:
            list(side_by_side.map(_up, projects))
        took = time.perf_counter() - began
        held = sum(len(project.transfers()) for project in projects)
        if held != count:
            raise measured.Failed(f"{held} of {count} transfers are in the states afterwards")
        return took


def _up(project: Project) -> None:
    measured.run(project.command(*COMMANDS["up"]), project.folder, project.environment)


@contextmanager
def made(count: int, stacks: int, environment: Mapping[str, str]) -> Iterator[list[Project]]:
    """Stacks that together declare so many transfers, each in a project folder of its own, none of them up."""
    folder = Path(mkdtemp(prefix="benchmark-"))
    world = many_instances(load(DEMO), SOURCE, "cn-hangzhou", count)
    try:
        with Sandbox.running(world, directory=folder / "cloud") as cloud:
            projects = []
            for number in range(stacks):
                name = f"wave-{number}"
                project = Project.made(
                    folder / name, cloud, program=ROOT / "__main__.py", stack=name, environment=environment
                )
                for each in range(number + 1, count + 1, stacks):
                    project.declare(f"many-{each}", f"i-bp1many{each:013d}")
                projects.append(project)
            yield projects
            for project in projects:
                if BACKEND_URL in environment:
                    project.pulumi("stack", "rm", "--force", "--yes")
                project.end_strays()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
