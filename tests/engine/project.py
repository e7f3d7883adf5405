"""A Pulumi project on disk, and the real `pulumi` command run in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.server.server import Sandbox
from tests import warm

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PULUMI_HOME = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
PROJECT = "instance-handover"
SOURCE = "1000000000000001"
RECIPIENT = "1000000000000002"
OTHER_RECIPIENT = "1000000000000003"
UNVERIFIED = "1000000000000004"
WEB_01 = "i-bp1web00000000000001"
WEB_02 = "i-bp1web00000000000002"
DB_01 = "i-bp1db000000000000001"
LESS_GARBAGE_COLLECTION = {"GOGC": "400"}  # the engine and its plugins, which are written in Go, take a seventh less
_EMPTY: dict[str, tuple[dict[str, Any], str]] = {}  # a new stack's state and settings file, by its passphrase


@dataclass(frozen=True)
class Run:
    """How a `pulumi` command ended, and all it printed."""

    code: int
    text: str

    @property
    def ok(self) -> bool:
        return self.code == 0


@dataclass
class Project:
    """A project folder with one stack at a time; `environment` is what the command lists."""

    folder: Path
    environment: dict[str, str]
    stack: str = "sandbox"

    @classmethod
    def made(
        cls,
        folder: Path,
        cloud: Sandbox,
        *,
        program: Path,
        stack: str = "sandbox",
        environment: Mapping[str, str] | None = None,
    ) -> Project:
        """Set up a folder with this program, the sandbox's environment, `environment` and an empty stack."""
        (folder / "stacks").mkdir(parents=True)
        shutil.copy(ROOT / "Pulumi.yaml", folder)
        shutil.copy(program, folder / "__main__.py")
        (folder / ".venv").symlink_to(warm.environment())
        state = folder / ".state"
        state.mkdir()
        # The plugins that are installed on this machine; a home of its own for all the rest.
        (folder / ".pulumi-home").mkdir()
        (folder / ".pulumi-home/plugins").symlink_to(PULUMI_HOME / "plugins")
        all_of_it = {
            "PATH": os.pathsep.join((str(warm.environment() / "bin"), os.environ["PATH"])),
            "HOME": str(folder),
            "PULUMI_HOME": str(folder / ".pulumi-home"),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # Pulumi runs `pip list`, which would look for a newer pip.
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # Python knows a changed program by its size and second, and a run takes less than one.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        all_of_it |= LESS_GARBAGE_COLLECTION | cloud.environment()
        if (BIN / "pulumi").exists():
            all_of_it["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "1"
        project = cls(folder, all_of_it | dict(environment or {}))
        project.use(stack)
        return project

    def use(self, stack: str, **config: Any) -> None:
        """Go on with this stack, made where it is not there yet."""
        self.stack = stack
        self.configure(**config)
        passphrase = self.environment["PULUMI_CONFIG_PASSPHRASE"]
        if self._file is None or (passphrase not in _EMPTY and not self._file.exists()):
            assert self.pulumi("stack", "select", "--create", stack, stacked=False).ok
            if self._file is not None:
                _EMPTY[passphrase] = (json.loads(self._file.read_text()), self.settings_file.read_text())
        elif not self._file.exists():
            # As Pulumi made it before, which takes as long as half a run.
            state, settings = _EMPTY[passphrase]
            state["checkpoint"]["stack"] = f"organization/{PROJECT}/{stack}"
            self._file.parent.mkdir(parents=True, exist_ok=True)
            (self.folder / ".state/.pulumi/meta.yaml").write_text("version: 1\n")
            self._file.write_text(json.dumps(state))
            with self.settings_file.open("a") as file:
                file.write(f"encryptionsalt: {yaml.safe_load(settings)['encryptionsalt']}\n")

    def configure(self, **config: Any) -> None:
        """Write the stack's settings."""
        settings = {
            "region": "cn-hangzhou",
            "sourceProfile": "sandbox-source",
            "sourceAccount": SOURCE,
            # The guards have tests of their own.
            "recipients": [RECIPIENT, OTHER_RECIPIENT, UNVERIFIED, "1999999999999999"],
            "maxSubmissions": 1000,
            "side": "source",
        } | config
        text = yaml.safe_dump({"config": {f"instance-handover:{key}": value for key, value in settings.items()}})
        self.settings_file.write_text(text)

    @property
    def settings_file(self) -> Path:
        return self.folder / "stacks" / f"Pulumi.{self.stack}.yaml"

    def declare(self, name: str, instance: str, **fields: Any) -> Path:
        """Write a handover's file."""
        manifest = {
            "instance_id": instance,
            "recipient_account_id": RECIPIENT,
            "reason": "Project Orchid moves",
            "accept_terms": True,
        } | fields
        path = self.folder / "stacks" / self.stack / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump({key: value for key, value in manifest.items() if value is not None}))
        return path

    def remove(self, name: str) -> None:
        (self.folder / "stacks" / self.stack / f"{name}.yaml").unlink()

    def command(self, *arguments: str, stacked: bool = True) -> list[str]:
        pulumi = shutil.which("pulumi", path=self.environment["PATH"])
        if pulumi is None:
            raise RuntimeError("these tests need Pulumi's engine: run `make setup`")
        extra = ["--stack", self.stack] if stacked else []
        return [pulumi, *arguments, *extra, "--color", "never", "--non-interactive"]

    def pulumi(self, *arguments: str, stacked: bool = True, environment: dict[str, str] | None = None) -> Run:
        return self._ended(self.command(*arguments, stacked=stacked), environment or {})

    def handover(self, *arguments: str, stacked: bool = True) -> Run:
        """The command `handover` for the stack, as a person runs it in the project's folder."""
        extra = ["--stack", self.stack] if stacked else []
        return self._ended([str(warm.environment() / "bin/handover"), *arguments, *extra], {})

    def _ended(self, command: list[str], environment: dict[str, str]) -> Run:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout)

    def up(self, *options: str) -> Run:
        return self.pulumi("up", "--yes", "--skip-preview", "--suppress-progress", *options)

    def preview(self, *options: str) -> Run:
        return self.pulumi("preview", "--diff", "--suppress-progress", *options)

    def refresh(self, *options: str) -> Run:
        return self.pulumi("refresh", "--yes", "--skip-preview", "--suppress-progress", *options)

    def destroy(self, *options: str) -> Run:
        return self.pulumi("destroy", "--yes", "--skip-preview", "--suppress-progress", *options)

    def started_up(self) -> subprocess.Popen[str]:
        """A `pulumi up` that has just begun."""
        return subprocess.Popen(
            self.command("up", "--yes", "--skip-preview", "--suppress-progress"),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def broken_off(self, how: signal.Signals, when: Callable[[], bool]) -> Run:
        """Start `pulumi up`, send it a signal once `when` holds, and wait for its end."""
        running = self.started_up()
        limit = time.monotonic() + 60
        while not when():
            assert running.poll() is None, "pulumi up ended before it could be broken off"
            assert time.monotonic() < limit, "what the test waits for never happened"
            time.sleep(0.02)
        if how is signal.SIGKILL:
            self._stop_between_writes(running, limit)
        running.send_signal(how)
        text, _ = running.communicate(timeout=60)
        return Run(running.returncode, text)

    def _stop_between_writes(self, running: subprocess.Popen[str], limit: float) -> None:
        """Have it stand still with its state on disk whole: Pulumi reads none that a kill left empty."""
        while self._file is not None:
            running.send_signal(signal.SIGSTOP)
            if self._file.exists() and self._file.read_text().rstrip().endswith("}"):
                return
            running.send_signal(signal.SIGCONT)
            assert time.monotonic() < limit, "its state is never whole"
            time.sleep(0.02)

    def end_strays(self) -> None:
        """End what a killed `pulumi` left behind: a dynamic provider's process waits for its engine for ever."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink() == self.folder:
                    os.kill(int(process.name), signal.SIGKILL)
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue

    @property
    def _file(self) -> Path | None:
        """Where the stack's state is, if that is a file."""
        if self.environment["PULUMI_BACKEND_URL"] != f"file://{self.folder / '.state'}":
            return None
        return self.folder / f".state/.pulumi/stacks/{PROJECT}/{self.stack}.json"

    def resources(self) -> list[dict[str, Any]]:
        """What the stack's state holds, as `pulumi stack export` shows it."""
        if self._file is None:
            latest = json.loads(self.pulumi("stack", "export").text)["deployment"]
        else:
            latest = json.loads(self._file.read_text())["checkpoint"].get("latest") or {}
        resources: list[dict[str, Any]] = latest.get("resources") or []
        return resources

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, as its state holds them."""
        outputs: dict[str, Any] = next(
            (each.get("outputs", {}) for each in self.resources() if each["type"] == "pulumi:pulumi:Stack"), {}
        )
        return outputs

    def transfers(self) -> dict[str, dict[str, Any]]:
        """The stack's transfers as its state has them: outputs by name."""
        return {
            resource["urn"].rsplit("::", 1)[1]: resource["outputs"]
            for resource in self.resources()
            if resource["type"] == "pulumi-python:dynamic/transfer:InstanceTransfer"
        }

    def tracked(self) -> dict[str, str]:
        """The ids of the stack's transfers by name, as its state has them. What a refresh adds is left out."""
        return {name: str(outputs["transfer_id"]) for name, outputs in self.transfers().items()}

    def state_text(self) -> str:
        """Everything on disk that Pulumi keeps of this project's stacks."""
        return "".join(
            path.read_text(errors="replace") for path in (self.folder / ".state").rglob("*") if path.is_file()
        )
