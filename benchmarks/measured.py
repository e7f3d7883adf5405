"""A command with the time it took, and the most memory its engine and its providers' processes had."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Measured:
    """`seconds` it took, and of the processors by it and its children; the peak resident memory in MiB of each kind of
    process, by kind."""

    seconds: float
    cpu_seconds: float
    memory_mib: Mapping[str, float]


class Failed(Exception):
    """The command failed; its output."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Run a command to its end. Raises Failed with its output where it fails."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.perf_counter()
        running = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        watch = _Watch(running.pid)
        _, status, used = os.wait4(running.pid, 0)
        seconds = time.perf_counter() - began
        running.returncode = os.waitstatus_to_exitcode(status)
        peaks = watch.stopped()
        if running.returncode:
            output.seek(0)
            raise Failed(output.read())
    return Measured(seconds, used.ru_utime + used.ru_stime, peaks)


class _Watch:
    """Looks at a process and its children now and then."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stopped(self) -> Mapping[str, float]:
        self._ended.set()
        self._thread.join()
        return self._peaks

    def _look(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            now: dict[str, float] = {}
            for pid in _tree(self._pid):
                kind = _kind(pid)
                if kind:
                    now[kind] = now.get(kind, 0) + _resident_mib(pid)
            for kind, mib in now.items():
                self._peaks[kind] = max(self._peaks.get(kind, 0), mib)


def _tree(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def _kind(pid: int) -> str | None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    if "pulumi.dynamic" in command:
        return "dynamic provider"
    name = Path(command[0]).name
    if name == "pulumi":
        return "engine"
    if name.startswith("pulumi-resource-alicloud"):
        return "alicloud plugin"
    if any(part.endswith("pulumi-language-python-exec") for part in command):
        return "program"
    return None


def _resident_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
