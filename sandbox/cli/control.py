"""Sandboxes that run in a process of their own: start one, find the running one, talk to it, stop it."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from sandbox.models.errors import SandboxError
from sandbox.server.admin import PREFIX
from sandbox.server.home import LOOPBACK, Facts, Home

STACK = "sandbox"
STACK_FILES = (Path(f"stacks/Pulumi.{STACK}.yaml"), Path(f"Pulumi.{STACK}.yaml"))

LONGEST_START_SECONDS = 20
LONGEST_STOP_SECONDS = 10


class Control:
    """A running sandbox, through its admin routes."""

    def __init__(self, home: Home, facts: Facts) -> None:
        self.home = home
        self.facts = facts
        self._trust = ssl.create_default_context(cafile=str(home.authority))

    def ask(self, method: str, path: str, *, body: Any = None, **query: str | None) -> Any:
        """What the route answers. Raises SandboxError with what the sandbox says, or where it does not answer."""
        asked = {name: value for name, value in query.items() if value is not None}
        try:
            answer = httpx.request(
                method,
                f"https://{LOOPBACK}:{self.facts.port}{PREFIX}{path}",
                params=asked,
                json=body,
                headers={"content-type": "application/json"},
                verify=self._trust,
                trust_env=False,
            )
            said = answer.json()
        except (httpx.HTTPError, ValueError):
            raise SandboxError("The sandbox does not answer any more. `alicloud-sandbox up` starts it anew.") from None
        if answer.is_error:
            raise SandboxError(said["error"])
        return said


def running(home: Home) -> Control | None:
    """The sandbox of this folder, where it runs: whoever presents its certificate is the one that wrote it.

    Raises SandboxError where it runs and does not answer.
    """
    facts = home.facts()
    if facts is None or not home.authority.exists():
        return None
    try:
        control = Control(home, facts)
        control.ask("GET", "/status")
    except (SandboxError, ssl.SSLError):
        if home.taken():
            raise SandboxError(
                f"The sandbox of {home.directory} (process {facts.pid}) does not answer. Wait for it, or end it with "
                f"`kill -9 {facts.pid}`."
            ) from None
        return None
    return control


def start(home: Home, world: Path, port: int) -> Control:
    """Start a sandbox that outlives this process and its terminal, and wait until it answers.

    Raises SandboxError with what it said where it ended instead.
    """
    home.prepare()
    home.remove()
    command = [sys.executable, "-P", "-m", "sandbox.cli", "up", "--foreground"]
    options = ["--world", str(world.absolute()), "--port", str(port), "--directory", str(home.directory)]
    with home.log.open("wb") as log:
        process = subprocess.Popen(
            command + options, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline:
        control = running(home)
        if control is not None:
            return control
        if process.poll() is not None:
            said = home.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise SandboxError(said[-1].removeprefix("Error: ") if said else "The sandbox ended without a word.")
        time.sleep(0.05)
    process.terminate()
    raise SandboxError(f"The sandbox did not answer within {LONGEST_START_SECONDS} s; {home.log} says more.")


def stop(control: Control) -> None:
    """Stop it and wait until it has tidied up. Raises SandboxError where it does not end."""
    os.kill(control.facts.pid, signal.SIGTERM)
    deadline = time.monotonic() + LONGEST_STOP_SECONDS
    while control.home.facts() is not None:
        if time.monotonic() > deadline:
            raise SandboxError(f"The sandbox (process {control.facts.pid}) does not stop; end it with `kill -9`.")
        time.sleep(0.05)


def make_stack(environment: dict[str, str]) -> None:
    """Make the Pulumi stack `sandbox` in the sandbox's state, where this folder's project has one by that name.

    So `pulumi preview -s sandbox` works at once. Raises SandboxError with what Pulumi says where it can't be made.
    """
    pulumi = shutil.which("pulumi", path=environment["PATH"])
    if pulumi is None or not any(file.is_file() for file in STACK_FILES):
        return
    command = [pulumi, "stack", "select", "--create", STACK, "--non-interactive", "--color", "never"]
    done = subprocess.run(
        command, env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SandboxError(f"Can't make the stack {STACK}: {(done.stderr or done.stdout).strip()}")
