"""Are the stack's files right, is its state reachable, and does somebody hold its lock?"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from transfer_provider.cli.doctor.backend_address import shown
from transfer_provider.cli.doctor.checkup import Check, NotReady, Report, not_checked, ok, problem, warning
from transfer_provider.cli.doctor.engine import Engine, EngineFailed
from transfer_provider.cli.doctor.examined_stack import ExaminedStack
from transfer_provider.cli.terminal import count
from transfer_provider.inputs.yaml_file import FilesRefused, load, name_of
from transfer_provider.model.text import printable

FILE = "file://"
PASSPHRASE = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def checks(stack: ExaminedStack, backend: Backend) -> list[Check]:
    """The checks, in their order."""
    return [
        Check("project", partial(_project, stack)),
        Check("files", partial(_files, stack)),
        Check("backend", partial(_backend, stack, backend)),
        Check("lock", partial(_lock, stack, backend)),
    ]


def _project(stack: ExaminedStack) -> Iterator[Report]:
    settings, folder = stack.read()
    root = stack.find()
    side = {"both": "both sides", "source": "the source's half", "recipient": "the recipient's half"}[settings.side]
    yield ok(
        f"{name_of(stack.stack_file, root)} is valid: {side}, {settings.region}, handovers in {name_of(folder, root)}."
    )


def _files(stack: ExaminedStack) -> Iterator[Report]:
    declared = stack.load_handovers()
    if declared:
        yield ok(f"{count(len(declared), 'handover')}: {', '.join(handover.name for handover in declared)}.")
    else:
        yield warning("There is no handover's file yet.", "Write one, or have it written by `handover capture`.")


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
        if self.hostname != socket.gethostname():
            return None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except (PermissionError, OverflowError):
            return True
        return True


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


def _backend(stack: ExaminedStack, backend: Backend) -> Iterator[Report]:
    try:
        where = shown(backend.url)
        listed = backend.listed
    except EngineFailed as error:
        yield problem(
            f"The state can't be reached: {error}.",
            "Check PULUMI_BACKEND_URL, or run `pulumi login`.",
        )
        return
    if listed is None:
        yield problem(f"{where} has no stack {stack.name} of this project.", f"Run `pulumi stack init {stack.name}`.")
        return
    yield _passphrase(stack, backend) or ok(f"{where} has the stack.")


def _passphrase(stack: ExaminedStack, backend: Backend) -> Report | None:
    """What is wrong with the passphrase of the stack's secrets, where it has one."""
    try:
        values = load(stack.stack_file, stack.stack_file.name, may_be_empty=True).values
    except FilesRefused:
        raise NotReady("project") from None
    provider = str(values.get("secretsprovider") or "")
    own = provider == "passphrase" or (not provider and backend.own_files)
    if not (own or values.get("encryptionsalt")) or PASSPHRASE[0] in os.environ:
        return None
    file = os.environ.get(PASSPHRASE[1])
    if file and os.access(file, os.R_OK):
        return None
    observed = (
        f"{PASSPHRASE[1]} names a file that can't be read" if file else f"Neither {' nor '.join(PASSPHRASE)} is set"
    )
    return problem(f"{observed}, and the stack's secrets are under a passphrase.", f"Set {PASSPHRASE[0]}.")


def _lock(stack: ExaminedStack, backend: Backend) -> Iterator[Report]:
    try:
        listed = backend.listed
        locks = backend.locks()
    except EngineFailed:
        raise NotReady("backend") from None
    if listed is None:
        raise NotReady("backend")
    if locks is None and backend.own_files:
        yield not_checked(
            "Only Pulumi's next run shows whether a state in a bucket is locked.",
            f"Where it says so, look for the process that it names on that machine. {_cancel(stack.name)}",
        )
    elif locks is None and listed.get("updateInProgress"):
        yield warning("An update of the stack is in progress.", f"Wait for its end. {_cancel(stack.name)}")
    elif not locks:
        yield ok("Nobody holds it.")
    else:
        yield from (_lock_report(lock, stack.name) for lock in locks)


def _lock_report(lock: Lock, stack: str) -> Report:
    held = printable(f"{lock.username}@{lock.hostname} (process {lock.pid}) holds it since {lock.timestamp}")
    match lock.alive:
        case True:
            return warning(
                f"{held}, and runs.",
                f"Wait for its end; `ps -p {lock.pid}` shows whether it is `pulumi`. {_cancel(stack)}",
            )
        case False:
            return problem(f"{held}, and that process is gone.", f"Run `pulumi cancel --stack {stack}`.")
        case None:
            return problem(
                f"{held}.", f"Run `ps -p {lock.pid}` on {printable(lock.hostname)}, or ask there. {_cancel(stack)}"
            )


def _cancel(stack: str) -> str:
    return (
        f"Only where that process is gone: `pulumi cancel --stack {stack}`. It takes the lock away and stops nobody, "
        "and two runs at once make things twice."
    )


def _read_lock(path: Path) -> Lock:
    try:
        lock = json.loads(path.read_text("utf-8"))
        return Lock(
            str(lock.get("username", "?")), str(lock.get("hostname", "?")), int(lock["pid"]), str(lock["timestamp"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Lock("somebody", "an unknown machine", 0, "an unknown time")
