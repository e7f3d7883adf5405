"""A PostgreSQL server of the caller's own on loopback, for Pulumi's state: Debian's package `postgresql`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

DEBIAN = Path("/usr/lib/postgresql")  # its binaries are in a folder a version
USER = "postgres"  # the package's own user: the server refuses to run as root


def found() -> Path | None:
    """The folder of the newest version's commands; None where this machine has none."""
    versions = sorted(DEBIAN.glob("*/bin/pg_ctl"), key=lambda command: int(command.parts[-3]))
    if versions:
        return versions[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def running() -> Iterator[Mapping[str, str]]:
    """The environment of a run whose state is in a database without a password, for this machine only, until the end.

    Raises FileNotFoundError where PostgreSQL is not installed.
    """
    commands = found()
    if commands is None:
        raise FileNotFoundError("PostgreSQL is not installed; Debian: apt-get install postgresql")
    folder = Path(mkdtemp(prefix="postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER, USER)
        data, port = folder / "data", free_port()
        _as_user([str(commands / "initdb"), "-D", str(data), "-A", "trust", "-U", USER, "--no-sync"], folder)
        listening = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        start = ["-D", str(data), "-o", listening, "-l", str(folder / "log"), "-w", "start"]
        _as_user([str(commands / "pg_ctl"), *start], folder)
        try:
            _as_user([str(commands / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", USER, "state"], folder)
            yield {"PULUMI_BACKEND_URL": f"postgres://{USER}@127.0.0.1:{port}/state?sslmode=disable"}
        finally:
            _as_user([str(commands / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_user(command: Sequence[str], folder: Path) -> None:
    user = USER if os.geteuid() == 0 else None
    subprocess.run(command, cwd=folder, user=user, group=user, check=True, stdout=subprocess.DEVNULL)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
