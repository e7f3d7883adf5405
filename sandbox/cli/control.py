"""Sandboxes that run in a process of their own: start a sandbox, find the running sandbox, call it, stop it."""

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
from sandbox.server.admin_request import TOKEN_HEADER
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
        self._token = _read_token(home)

    def request(self, method: str, path: str, *, body: Any = None, **query: str | None) -> Any:
        """What the route answers. Raises SandboxError with the sandbox's message, or where it does not answer."""
        parameters = {name: value for name, value in query.items() if value is not None}
        try:
            response = httpx.request(
                method,
                f"https://{LOOPBACK}:{self.facts.port}{PREFIX}{path}",
                params=parameters,
                json=body,
                headers={"content-type": "application/json", TOKEN_HEADER: self._token},
                verify=self._trust,
                trust_env=False,
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError):
            raise SandboxError("The sandbox no longer answers. Start it again with `alicloud-sandbox up`.") from None
        if response.is_error:
            raise SandboxError(answer["error"])
        return answer


def _read_token(home: Home) -> str:
    """The admin side's token. Without one, or with another user's file, the sandbox refuses the requests."""
    try:
        return home.token.read_text(encoding="ascii").strip()
    except PermissionError:
        raise SandboxError(
            f"Could not read {home.token}: it belongs to the user who started the sandbox. Call it as that user."
        ) from None
    except (OSError, ValueError):
        return ""


def running(home: Home) -> Control | None:
    """The sandbox of this folder, if it is running: the process that presents the certificate found here.

    Raises SandboxError where it runs and does not answer.
    """
    facts = home.facts()
    if facts is None or not home.authority.exists():
        return None
    try:
        control = Control(home, facts)
        control.request("GET", "/status")
    except (SandboxError, ssl.SSLError):
        if home.taken():
            raise SandboxError(
                f"The sandbox of {home.directory} (process {facts.pid}) does not answer. Wait for it, or end it with "
                f"`kill -9 {facts.pid}`."
            ) from None
        return None
    return control


def require_running(directory: Path) -> Control:
    """The sandbox of this folder. Raises SandboxError where it is not running."""
    control = running(Home(directory))
    if control is None:
        raise SandboxError("The sandbox is not running. Start it with `alicloud-sandbox up`.")
    return control


def start(home: Home, world: Path, port: int, denied_reads: str | None = None) -> Control:
    """Start a sandbox that outlives this process and its terminal, and wait until it answers.

    Raises SandboxError with its last message where it ended instead.
    """
    home.prepare()
    home.remove()
    command = [sys.executable, "-P", "-m", "sandbox.cli", "up", "--foreground"]
    options = ["--world", str(world.absolute()), "--port", str(port), "--directory", str(home.directory)]
    if denied_reads is not None:
        options += ["--denied-reads", denied_reads]
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
            printed = home.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise SandboxError(
                printed[-1].removeprefix("Error: ") if printed else "The sandbox ended without a message."
            )
        time.sleep(0.05)
    process.terminate()
    raise SandboxError(f"The sandbox did not answer within {LONGEST_START_SECONDS} s. See {home.log}.")


def stop(control: Control) -> None:
    """Stop it and wait until it has removed its files. Raises SandboxError where it does not end."""
    os.kill(control.facts.pid, signal.SIGTERM)
    deadline = time.monotonic() + LONGEST_STOP_SECONDS
    while control.home.facts() is not None:
        if time.monotonic() > deadline:
            raise SandboxError(f"The sandbox (process {control.facts.pid}) does not stop. End it with `kill -9`.")
        time.sleep(0.05)


def create_stack(environment: dict[str, str]) -> None:
    """Create the Pulumi stack `sandbox` in the sandbox's state, where this folder's project has a stack of that name.

    So `pulumi preview -s sandbox` works at once. Raises SandboxError with Pulumi's message where it can't be created.
    """
    pulumi = shutil.which("pulumi", path=environment["PATH"])
    if pulumi is None or not any(file.is_file() for file in STACK_FILES):
        return
    command = [pulumi, "stack", "select", "--create", STACK, "--non-interactive", "--color", "never"]
    done = subprocess.run(
        command, env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SandboxError(f"Could not create the stack {STACK}: {(done.stderr or done.stdout).strip()}")
