"""Runs of the real `pulumi` that are broken off at a moment that repeats, and waited for, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox.server.server import Sandbox
from tests.campaign.steps import Interruption
from tests.engine.project import Project

LONGEST_RUN_SECONDS = 330
# A killed engine's language host and alicloud plugin never end by themselves; our own processes do.
LONGEST_STRAY_SECONDS = 5

ARGUMENTS = {
    "up": ("up", "--yes", "--skip-preview", "--suppress-progress"),
    "preview": ("preview", "--suppress-progress"),
    "settled": ("preview", "--diff", "--expect-no-changes", "--suppress-progress"),
    "refresh": ("refresh", "--yes", "--skip-preview", "--suppress-progress"),
    "cancel": ("cancel", "--yes"),
}


@dataclass(frozen=True)
class Ended:
    """How a run ended. `signalled`: it got the signal; `endless`: it had to be killed after five minutes."""

    code: int
    text: str
    signalled: bool = False
    endless: bool = False

    @property
    def ok(self) -> bool:
        return self.code == 0


def run(project: Project, cloud: Sandbox, kind: str, interruption: Interruption | None = None) -> Ended:
    """Run it to its end, or to the signal and what follows of it."""
    return finish(begin(project, kind), cloud, interruption)


def begin(project: Project, kind: str) -> subprocess.Popen[str]:
    """Start a run."""
    return subprocess.Popen(
        project.command(*ARGUMENTS[kind]),
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # So that Ctrl-C for the campaign is none for the engine.
        start_new_session=True,
    )


def finish(running: subprocess.Popen[str], cloud: Sandbox, interruption: Interruption | None = None) -> Ended:
    """Signal it when it is time, and wait for its end."""
    after = (cloud.log.entries() or (None,))[-1]
    first = after.number if after else 0
    over, signalled = threading.Event(), threading.Event()

    def watch() -> None:
        assert interruption is not None
        while not over.wait(0.004):
            calls = [entry for entry in cloud.log.entries() if entry.number > first]
            wanted = [entry for entry in calls if interruption.action in ("*", entry.action)]
            if len(wanted) >= interruption.count:
                if running.poll() is None:
                    signalled.set()
                    running.send_signal(getattr(signal, interruption.signal))
                return

    watcher = threading.Thread(target=watch, daemon=True) if interruption else None
    if watcher:
        watcher.start()
    try:
        text, _ = running.communicate(timeout=LONGEST_RUN_SECONDS)
        endless = False
    except subprocess.TimeoutExpired:
        running.kill()
        text, endless = _rest(running), True
    except BaseException:
        running.kill()
        raise
    finally:
        over.set()
        if watcher:
            watcher.join()
    return Ended(running.returncode, text, signalled.is_set(), endless)


def _rest(running: subprocess.Popen[str]) -> str:
    """What it printed; its children may hold its output open after its death."""
    try:
        return running.communicate(timeout=5)[0]
    except subprocess.TimeoutExpired as error:
        return error.stdout.decode(errors="replace") if isinstance(error.stdout, bytes) else (error.stdout or "")


def strays(folder: Path) -> list[int]:
    """The processes of this project that are still there."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and int(process.name) != os.getpid():
                found.append(int(process.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found


def wait_for_strays(project: Project) -> int:
    """Wait for what a killed engine left to end by itself; end the rest. Returns how many had to be ended."""
    limit = time.monotonic() + LONGEST_STRAY_SECONDS
    left = strays(project.folder)
    while left and time.monotonic() < limit:
        time.sleep(0.1)
        left = strays(project.folder)
    project.end_strays()
    return len(left)
