"""How long a run takes with its state in a folder, in PostgreSQL and in a bucket, side by side.

    python -m benchmarks.states --count 100 --rounds 3

The backends are taken in turn, round by round, and the table has the shortest time and the median: where they are far
apart, the machine had other things to do. On loopback, so that the way to a server elsewhere comes on top.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from statistics import median

from benchmarks import measured
from benchmarks.backends import BACKENDS
from benchmarks.stacks import made
from tests.engine.project import Project
from tools.signals import heed_interrupts
from tools.toolchain.go_build import CannotBuild

UP = ("up", "--yes", "--skip-preview", "--suppress-progress")
# In this order: the second and the third of a stack that is up.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "first `up`": UP,
    "`up` without changes": (*UP, "--expect-no-changes"),
    "`preview`": ("preview", "--suppress-progress"),
    "read the state": ("stack", "export"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.states", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="transfers in the stack")
    parser.add_argument("--rounds", type=int, default=3, help="how often each backend is taken, in turn")
    given = parser.parse_args()
    heed_interrupts()
    took: dict[str, dict[str, list[float]]] = {name: {command: [] for command in COMMANDS} for name in BACKENDS}
    try:
        for number in range(1, given.rounds + 1):
            for name, backend in BACKENDS.items():
                with backend() as environment, made(given.count, 1, environment) as (project,):
                    for command, seconds in _run(project).items():
                        took[name][command].append(seconds)
                        print(f"round {number}: {name}, {command}: {seconds:.1f} s", file=sys.stderr)
    except (measured.Failed, FileNotFoundError, CannotBuild) as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(f"| {given.count:,} transfers, s: shortest, median | {' | '.join(COMMANDS)} |\n|---{'|---' * len(COMMANDS)}|")
    for name, by_command in took.items():
        shown = (f"{min(seconds):.1f}, {median(seconds):.1f}" for seconds in by_command.values())
        print(f"| {name} | {' | '.join(shown)} |")
    return 0


def _run(project: Project) -> Mapping[str, float]:
    return {
        command: measured.run(project.command(*arguments), project.folder, project.environment).seconds
        for command, arguments in COMMANDS.items()
    }


if __name__ == "__main__":
    sys.exit(main())
