"""The results as a table in Markdown, as JSON, and as a plot of the time over N."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.subjects import COMMANDS, FLOOR, FLOOR_OF_TWO, Result

LABELS = {FLOOR: "do-nothing resources", FLOOR_OF_TWO: "the same in a component each"}


def table(results: Sequence[Result]) -> str:
    """Medians a subject, N and command: seconds, ratio to the floor, calls, memory, state."""
    columns = ["handovers", "N", "command", "median s", "to the floor's", "CPU s", "to the floor's", "calls"]
    columns += ["engine MiB", "provider MiB", "state KiB each"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for subject in dict.fromkeys(result.subject for result in results):
        for count in dict.fromkeys(result.count for result in results):
            for command in COMMANDS:
                mine = _of(results, subject, count, command)
                floor = _of(results, FLOOR, count, command)
                if mine:
                    lines.append(_line(subject, count, command, mine, floor))
    return "\n".join(lines) + "\n"


def as_json(results: Iterable[Result]) -> str:
    """Every run by itself."""
    return json.dumps([asdict(result) for result in results], indent=1) + "\n"


def plot(results: Sequence[Result], file: Path) -> None:
    """Time over N, a panel a command and a line a subject, as SVG."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "benchmark"
    figure, panels = pyplot.subplots(1, len(COMMANDS), figsize=(11, 3.6), layout="constrained")
    for panel, command in zip(panels, COMMANDS, strict=True):
        for subject in dict.fromkeys(result.subject for result in results):
            counts = sorted({result.count for result in results if result.subject == subject})
            seconds = [_seconds(_of(results, subject, count, command)) for count in counts]
            panel.plot(counts, seconds, marker="o", label=LABELS.get(subject, subject))
        panel.set(title=command, xlabel="N", ylim=(0, None))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("median seconds")
    panels[0].legend()
    figure.savefig(file, metadata={"Date": None})


def _of(results: Iterable[Result], subject: str, count: int, command: str) -> list[Result]:
    return [result for result in results if (result.subject, result.count, result.command) == (subject, count, command)]


def _seconds(results: Sequence[Result]) -> float:
    return median(result.measured.seconds for result in results)


def _cpu_seconds(results: Sequence[Result]) -> float:
    return median(result.measured.cpu_seconds for result in results)


def _line(subject: str, count: int, command: str, mine: Sequence[Result], floor: Sequence[Result]) -> str:
    last = mine[-1]
    memory = last.measured.memory_mib
    cells = [
        subject,
        f"{count:,}",
        command,
        f"{_seconds(mine):.1f}",
        f"{_seconds(mine) / _seconds(floor):.2f}" if floor else "",
        f"{_cpu_seconds(mine):.1f}",
        f"{_cpu_seconds(mine) / _cpu_seconds(floor):.2f}" if floor else "",
        f"{sum(last.calls.values()):,}",
        f"{memory.get('engine', 0):.0f}",
        f"{memory.get('dynamic provider', 0):.0f}",
        f"{last.state_bytes / count / 1024:.1f}",
    ]
    return f"| {' | '.join(cells)} |"
