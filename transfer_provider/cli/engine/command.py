"""The `pulumi` command, for read-only subcommands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer_provider.cli.engine.backend_address import without_secrets
from transfer_provider.cloud.errors import withhold

LONGEST_SECONDS = 60

Version = tuple[int, int, int]

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_BOUND = re.compile(r"(>=|<=|>|<|=|)\s*(v?[0-9.]+\S*)")


class NotReady(Exception):
    """Something needs what is missing: the engine, the project, the backend. `check` is the doctor's check of it."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self.check = check


class EngineFailed(Exception):
    """`pulumi` refused; the message is its own last one, without what may be a secret."""


class Engine:
    """The `pulumi` that PATH finds first."""

    @cached_property
    def command(self) -> Path | None:
        """Where it is; None where PATH has none."""
        found = shutil.which("pulumi")
        return Path(found) if found else None

    @cached_property
    def version(self) -> Version | None:
        """Its version; None where it prints none. Raises NotReady where there is no engine."""
        try:
            return read_version(self._run("version"))
        except EngineFailed:
            return None

    def ask(self, *arguments: str, folder: Path, backend: str) -> Any:
        """What it prints as JSON in a project's folder. Raises EngineFailed, and NotReady where there is no engine.

        `backend` is the address of the state as far as it is known, whose password no message may show.
        """
        try:
            return json.loads(self._run(*arguments, "--json", "--non-interactive", folder=folder, backend=backend))
        except ValueError:
            raise EngineFailed("its answer is no JSON") from None

    def export(self, stack: str, *, folder: Path, backend: str) -> dict[str, Any]:
        """The deployment that `pulumi stack export` prints, secrets encrypted. Raises as `ask` does."""
        arguments = ("stack", "export", "--stack", stack, "--non-interactive")
        try:
            return dict(json.loads(self._run(*arguments, folder=folder, backend=backend)).get("deployment") or {})
        except (ValueError, AttributeError):
            raise EngineFailed("its export of the state is not readable") from None

    def selected(self, *, folder: Path) -> str:
        """The name of the stack that is selected in a project's folder. Raises as `ask` does."""
        return self._run("stack", "--show-name", "--non-interactive", folder=folder).strip().rsplit("/", 1)[-1]

    def tags(self, stack: str, *, folder: Path, backend: str) -> dict[str, str]:
        """The stack's tags. Raises as `ask` does."""
        listed = self.ask("stack", "tag", "ls", "--stack", stack, folder=folder, backend=backend)
        return {str(name): str(value) for name, value in dict(listed or {}).items()}

    def set_tag(self, stack: str, name: str, value: str, *, folder: Path, backend: str) -> None:
        """Set one of the stack's tags. Pulumi reads all of them, and writes all of them anew. Raises as `ask` does."""
        arguments = ("stack", "tag", "set", name, value, "--stack", stack, "--non-interactive")
        self._run(*arguments, folder=folder, backend=backend)

    def remove_tag(self, stack: str, name: str, *, folder: Path, backend: str) -> None:
        """Remove one of the stack's tags. Raises as `ask` does."""
        self._run("stack", "tag", "rm", name, "--stack", stack, "--non-interactive", folder=folder, backend=backend)

    def decrypted(self, stack: str, key: str, *, folder: Path) -> Any:
        """What the stack's configuration sets for `<namespace>:<key>`, decrypted; None where it sets nothing.

        Never to be printed. Raises EngineFailed, which has nothing of it, and NotReady where there is no engine.
        """
        try:
            text = self._run("config", "--stack", stack, "--show-secrets", "--json", "--non-interactive", folder=folder)
            entry = json.loads(text).get(key) or {}
            return entry.get("objectValue", entry.get("value"))
        except (EngineFailed, ValueError, AttributeError):
            pass  # Whatever it printed may hold what it decrypted.
        raise EngineFailed(
            "`pulumi config` could not decrypt the stack's configuration; check PULUMI_CONFIG_PASSPHRASE, or the "
            "access to the stack's secrets provider"
        )

    def _run(self, *arguments: str, folder: Path | None = None, backend: str = "") -> str:
        if self.command is None:
            raise NotReady("engine")
        environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "1"}
        try:
            done = subprocess.run(
                [str(self.command), *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise EngineFailed(f"it gave no answer within {LONGEST_SECONDS} s") from None
        except OSError as error:
            raise EngineFailed(f"it can't be started: {error.strerror}") from None
        if done.returncode:
            raise EngineFailed(last_error(done.stderr, backend))
        return done.stdout


def resources_of(deployment: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Type and outputs of each resource of an exported state, by URN, without those that wait to be deleted."""
    return {
        str(resource["urn"]): {"type": resource["type"], "outputs": resource.get("outputs") or {}}
        for resource in deployment.get("resources") or ()
        if not resource.get("delete")
    }


def last_error(text: str, backend: str = "") -> str:
    """The error that `pulumi` printed, in a line, without what may be a secret; `backend` as in `Engine.ask`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    error = next((line for line in lines if line.startswith("error:")), lines[-1] if lines else "it printed nothing")
    return withhold(without_secrets(error.removeprefix("error:").strip(), [backend]))


def read_version(text: str) -> Version | None:
    """`v3.259.0` as numbers; None where it isn't one."""
    found = _VERSION.match(text.strip())
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def version_text(version: Version) -> str:
    """`3.259.0`."""
    return ".".join(map(str, version))


def fits(version: Version, wanted: str) -> bool | None:
    """Whether a version is in a range such as `>=3.259.0, <4.0.0`; None where the range says more than bounds."""
    verdicts: list[bool] = []
    for part in re.split(r"\s*,\s*|(?<=[0-9])\s+(?=[<>=])", wanted.strip()):
        bound = _BOUND.fullmatch(part)
        limit = read_version(bound[2]) if bound else None
        if bound is None or limit is None:
            return None
        match bound[1]:
            case ">=":
                verdicts.append(version >= limit)
            case "<=":
                verdicts.append(version <= limit)
            case ">":
                verdicts.append(version > limit)
            case "<":
                verdicts.append(version < limit)
            case _:
                verdicts.append(version == limit)
    return all(verdicts)
