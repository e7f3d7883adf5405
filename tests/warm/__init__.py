"""A Python that has imported already what takes half of a run's time; the processes of tests are forked from it.

To the engine and to everybody else it is a virtual environment. With COLD_PYTHON=1, and elsewhere than on Linux, it is
the real one, and every process starts as a user's does.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
COMMANDS = ("handover", "alicloud-sandbox")
CLIENT, SERVER = (Path(__file__).with_name(name) for name in ("client.py", "server.py"))


@functools.cache
def environment() -> Path:
    """The folder of the virtual environment; the first use starts the process, which ends with this one."""
    if os.environ.get("COLD_PYTHON") or sys.platform != "linux":
        return BIN.parent
    folder = Path(tempfile.mkdtemp(prefix="warm-python-"))
    (folder / "bin").mkdir()
    (folder / "lib").symlink_to(BIN.parent / "lib")
    shutil.copy(BIN.parent / "pyvenv.cfg", folder)
    at = folder / "socket"
    server = subprocess.Popen(
        [BIN / "python", SERVER, at],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: os.environ[name] for name in ("PATH", "HOME")},
        start_new_session=True,
    )
    atexit.register(_end, server, folder)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n", "the warm process could not be started"
    arguments = [str(each) for each in (BIN / "python", at, folder / "packages.json")]
    client = (
        f"#!{Path(sys.executable).resolve()} -ISE\n"
        f"import sys; sys.path.insert(0, {str(CLIENT.parent)!r}); import client; client.main(*{arguments!r})\n"
    )
    scripts = dict.fromkeys(("python", "python3"), client)
    for command in COMMANDS:
        scripts[command] = f'#!/bin/sh\nexec "{folder}/bin/python" "{BIN / command}" "$@"\n'
    for program in BIN.iterdir():
        if program.name not in scripts:
            (folder / "bin" / program.name).symlink_to(program)
    for name, text in scripts.items():
        script = folder / "bin" / name
        script.write_text(text)
        script.chmod(0o755)
    return folder


def python() -> Path:
    """Its interpreter."""
    return environment() / "bin" / "python"


def _end(server: subprocess.Popen[bytes], folder: Path) -> None:
    server.communicate()
    shutil.rmtree(folder, ignore_errors=True)
