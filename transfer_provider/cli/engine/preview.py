"""One `pulumi preview --json`, run and read: its steps, its messages, and whether it was refused.

What is read is the engine's; nothing of it is trusted to be there. Texts are as they came, to be made printable where
they are shown.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from transfer_provider.cli.engine.command import EngineFailed, NotReady, last_error
from transfer_provider.cloud.errors import withhold

# What the engine prints of a step that changes nothing at Alibaba Cloud.
READ_ONLY = ("same", "read", "refresh", "read-discard")

SEVERITIES = ("error", "warning")
# Where a plugin's next line begins, with or without its line break.
_TOGETHER = re.compile(r"\n+|(?<=\.)(?=(?:info|warning|error): )")
_PREFIXES = ("error: ", "warning: ", "info: ", "debug: ")


@dataclass(frozen=True)
class PlannedStep:
    """What the engine plans for one resource, or only read of it.

    `old` and `new` are its states of before and after as the engine prints them; empty where there is none.
    """

    op: str
    urn: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The resource's type token."""
        return self._parts[2].rsplit("$", 1)[-1]

    @property
    def name(self) -> str:
        """The resource's name."""
        return self._parts[3]

    @property
    def parents(self) -> Sequence[str]:
        """The type tokens of the components that it is in, the outermost first."""
        return self._parts[2].split("$")[:-1]

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return self.op not in READ_ONLY

    @property
    def _parts(self) -> Sequence[str]:
        """`urn:pulumi:<stack>`, project, types and name, of which the last alone may hold `::`."""
        return [*self.urn.split("::", 3), "", "", ""][:4]

    def known(self, key: str) -> Any:
        """A property as it will be, or else was; outputs count before inputs."""
        for state, kind in ((self.new, "inputs"), (self.old, "outputs"), (self.old, "inputs")):
            value = _mapping(state.get(kind)).get(key)
            if value is not None:
                return value
        return None

    def had(self, key: str) -> Any:
        """A property as it was."""
        outputs, inputs = _mapping(self.old.get("outputs")), _mapping(self.old.get("inputs"))
        return outputs.get(key, inputs.get(key))


@dataclass(frozen=True)
class Message:
    """A message of the engine or of the program; `urn` of the resource that it is about, where there is one."""

    severity: str
    text: str
    urn: str = ""


@dataclass(frozen=True)
class EnginePreview:
    """What the engine answered."""

    steps: Sequence[PlannedStep]
    messages: Sequence[Message]
    refused: bool = False
    """Whether it ended with an error, so that nothing of it can be applied."""

    @property
    def errors(self) -> Sequence[Message]:
        """Why it was refused."""
        return [message for message in self.messages if message.severity == "error"]


def run_preview(
    command: Path | None, stack: str, *, folder: Path, backend: str = "", plan_file: Path | None = None
) -> EnginePreview:
    """Run it in a project's folder; `plan_file` is where the engine writes its update plan.

    Raises EngineFailed where there is no readable answer, with the engine's own reason, and NotReady without an engine.
    Interrupted, it waits for the engine to end by itself.
    """
    if command is None:
        raise NotReady("engine")
    arguments = [str(command), "preview", "--stack", stack, "--json", "--non-interactive", "--color", "never"]
    if plan_file is not None:
        arguments += ["--save-plan", str(plan_file)]
    # Streamed events are of another form, and an unattended run is another run.
    environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "1", "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "false"}
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        try:
            running = subprocess.Popen(
                arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
            )
        except OSError as error:
            raise EngineFailed(f"it can't be started: {error.strerror}") from None
        try:
            code = running.wait()
        except KeyboardInterrupt:
            running.wait()  # The terminal interrupted it as well.
            raise
        output.seek(0)
        errors.seek(0)
        return read_preview(output.read(), errors.read(), code, backend)


def read_preview(output: str, errors: str, code: int, backend: str = "") -> EnginePreview:
    """What it printed, read. Raises EngineFailed where that is no whole preview."""
    if not output.strip():
        raise EngineFailed(last_error(errors, backend) if code or errors.strip() else "it printed nothing")
    try:
        answer = json.loads(output)
    except ValueError:
        if code:
            raise EngineFailed(last_error(errors or output, backend)) from None
        raise EngineFailed("what it printed is no JSON, or was cut off") from None
    if not isinstance(answer, Mapping) or not (
        "steps" in answer or "diagnostics" in answer or "changeSummary" in answer
    ):
        raise EngineFailed("what it printed is no preview")
    try:
        steps = [_step(each) for each in _list(answer.get("steps"))]
        messages = [message for each in _list(answer.get("diagnostics")) for message in _messages(each)]
    except (TypeError, KeyError, AttributeError):
        raise EngineFailed("its preview has a form that this version does not know") from None
    refused = any(message.severity == "error" for message in messages)
    if code and not refused:
        raise EngineFailed(last_error(errors, backend))
    return EnginePreview(steps, messages, refused)


def _step(each: Any) -> PlannedStep:
    return PlannedStep(
        str(each["op"]), str(each["urn"]), _mapping(each.get("oldState")), _mapping(each.get("newState"))
    )


def _messages(each: Any) -> Sequence[Message]:
    """Of a diagnostic of the engine's, in which a plugin's lines may have run together."""
    text = str(each.get("message") or "")
    severity, _, stream = str(each.get("severity") or "info").partition("#")
    urn = str(each.get("urn") or "")
    lines = _TOGETHER.split(text) if stream else [text]
    return [_message(line.strip(), severity, urn) for line in lines if line.strip()]


def _message(text: str, severity: str, urn: str) -> Message:
    for prefix in _PREFIXES:
        if text.startswith(prefix):
            text = text.removeprefix(prefix)
            # The provider's own lines come as information, whatever they say they are.
            severity = prefix.removesuffix(": ") if severity == "info" and prefix != "error: " else severity
    return Message(severity, withhold(text), urn)


def _list(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
