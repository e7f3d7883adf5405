"""Where a stack's state is, and who holds its lock."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.examined_stack import ExaminedStack

FILE = "file://"


def alive(pid: int) -> bool:
    """Whether a process of this machine still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@dataclass(frozen=True)
class Lock:
    """Who holds the stack's lock, as Pulumi notes it; `timestamp` as it is written."""

    username: str
    hostname: str
    pid: int
    timestamp: str

    @property
    def alive(self) -> bool | None:
        """Whether that process still runs; None where it is on another machine."""
        return alive(self.pid) if self.hostname == socket.gethostname() else None


class Backend:
    """Where the stack's state is. Asked once."""

    def __init__(self, stack: ExaminedStack, engine: Engine) -> None:
        self._stack = stack
        self._engine = engine

    @cached_property
    def url(self) -> str:
        """Its address. Raises EngineFailed where Pulumi is not logged in or can't reach it."""
        if self._named and self._untouched(self._named):
            # Asking Pulumi would make a new state there, and nothing is to be changed.
            return self._named
        return str(self._engine.ask("whoami", folder=self._stack.root, backend=self._named).get("url") or "")

    @cached_property
    def listed(self) -> Mapping[str, Any] | None:
        """The stack as it is listed there; None where it is not."""
        if self._untouched(self.url):
            return None
        for stack in self._engine.ask("stack", "ls", folder=self._stack.root, backend=self.url):
            if str(stack.get("name")).rsplit("/", 1)[-1] == self._stack.name:
                return dict(stack)
        return None

    @property
    def own_files(self) -> bool:
        """Whether it is a folder or a bucket, and not a service."""
        return not self.url.startswith(("https://", "http://"))

    def locks(self) -> list[Lock] | None:
        """Who holds the stack's lock in a folder; None where the state is elsewhere."""
        if not self.url.startswith(FILE):
            return None
        project = str(self._stack.project.get("name"))
        folder = self._folder(self.url) / ".pulumi" / "locks" / "organization" / project / self._stack.name
        return [_read_lock(path) for path in sorted(folder.glob("*.json"))]

    @cached_property
    def _named(self) -> str:
        """The address by the environment or the project; empty where a login decides."""
        backend = self._stack.project.get("backend")
        url = backend.get("url") if isinstance(backend, dict) else None
        return os.environ.get("PULUMI_BACKEND_URL") or str(url or "")

    def _untouched(self, url: str) -> bool:
        """Whether it is a folder that Pulumi has not kept a state in yet."""
        return url.startswith(FILE) and self._folder(url).is_dir() and not (self._folder(url) / ".pulumi").exists()

    def _folder(self, url: str) -> Path:
        path = Path(url.removeprefix(FILE).split("?")[0]).expanduser()
        return path if path.is_absolute() else self._stack.root / path


def _read_lock(path: Path) -> Lock:
    try:
        lock = json.loads(path.read_text("utf-8"))
        return Lock(
            str(lock.get("username", "?")), str(lock.get("hostname", "?")), int(lock["pid"]), str(lock["timestamp"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Lock("somebody", "an unknown machine", 0, "an unknown time")
