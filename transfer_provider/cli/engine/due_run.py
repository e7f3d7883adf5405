"""Run `pulumi up` for what is due and nothing else, by Pulumi's Automation API: previewed first, and unattended.

A run has `HANDOVER_UNATTENDED` set, so the program refuses files that no person has applied, and the provider refuses
to submit and to cancel, whatever a preview made just before showed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from pulumi.automation import CommandResult, LocalWorkspace, OnOutput, PulumiCommand, Stack
from pulumi.automation.errors import (
    CommandError,
    ConcurrentUpdateError,
    InvalidVersionError,
    StackNotFoundError,
    create_command_error,
)
from pulumi.automation.events import EngineEvent, OpType

from transfer_provider import receipt
from transfer_provider.channels.unattended import VARIABLE
from transfer_provider.cli.engine.command import EngineFailed, last_error
from transfer_provider.cloud.errors import Refused, withhold
from transfer_provider.handover.copying import own_image, source_image
from transfer_provider.handover.copying.state import INSTANCE, SHARE
from transfer_provider.handover.recipient import destroy_guard
from transfer_provider.handover.recipient.state import EIP_ADDRESS, EIP_ASSOCIATION
from transfer_provider.model.text import printable
from transfer_provider.model.windows import ACCEPT_NOW

# What changes nothing at Alibaba Cloud.
READ_ONLY = (OpType.SAME, OpType.READ, OpType.REFRESH)

# The steps that a person's run made due, by type. All else is a change that a person applies.
MADE = (OpType.CREATE, OpType.IMPORT)
DUE: Mapping[str, Collection[OpType]] = {
    receipt.TYPE: MADE,
    EIP_ADDRESS: MADE,
    EIP_ASSOCIATION: MADE,
    destroy_guard.TYPE: (OpType.CREATE, OpType.UPDATE),
    # The further steps of a copy: its source's image is begun by a person, and only updated here.
    source_image.TYPE: (OpType.UPDATE,),
    SHARE: MADE,
    own_image.TYPE: (OpType.CREATE,),
    INSTANCE: MADE,
    "pulumi:providers:alicloud": (OpType.CREATE,),
}


class Locked(Exception):
    """Another run of the stack is in progress; nothing was changed by this one."""


@dataclass(frozen=True)
class Planned:
    """A step of a preview: the operation, the resource's type token and its name."""

    operation: OpType
    type: str
    name: str
    given_up: bool = False
    """Whether a person's run gave it up already: a copy's image that could not be deleted then."""

    @property
    def due(self) -> bool:
        """Whether an unattended run may take it."""
        if self.operation is OpType.DELETE:
            return self.type == source_image.TYPE and self.given_up
        return self.operation in DUE.get(self.type, ())

    def __str__(self) -> str:
        return f"{self.operation.value} {self.type.rsplit(':', 1)[-1]} {printable(self.name)}"


class DueRun:
    """The runs of one stack. `variables` are set for its program, beside the environment's.

    Raises Refused where there is no `pulumi`, or one that the Automation API does not work with.
    """

    def __init__(self, root: Path, stack: str, variables: Mapping[str, str] | None = None) -> None:
        # What a shell still has set is no reason to accept outside of a receive window.
        environment = {VARIABLE: "1", "PULUMI_SKIP_UPDATE_CHECK": "1", ACCEPT_NOW: ""} | dict(variables or {})
        try:
            command = _EndsByItself()
        except (OSError, subprocess.CalledProcessError, InvalidVersionError, RuntimeError) as error:
            why = "it is not on PATH" if isinstance(error, FileNotFoundError) else printable(str(error))
            raise Refused(
                f"Could not run `pulumi`: {why}. `handover doctor` reports which engine a stack takes."
            ) from None
        workspace = _OwnSelectionKept(work_dir=str(root), env_vars=environment, pulumi_command=command)
        self._stack = Stack.select(stack, workspace)

    def preview(self) -> Sequence[Planned]:
        """What a run would change, in the engine's order. Raises EngineFailed with the engine's or program's error."""
        planned: list[Planned] = []

        def note(event: EngineEvent) -> None:
            step = event.resource_pre_event.metadata if event.resource_pre_event else None
            if step is not None and step.op not in READ_ONLY:
                given_up = step.old is not None and (step.old.outputs or {}).get("given_up") is True
                planned.append(Planned(OpType(step.op), step.type, step.urn.rsplit("::", 1)[-1], given_up))

        self._run(lambda heard: self._stack.preview(on_event=heard), note)
        return planned

    def up(self) -> None:
        """Take the due steps; one that fails keeps no other handover's. Raises Locked where another run is in progress,
        EngineFailed where it failed."""
        self._run(lambda heard: self._stack.up(on_event=heard, show_secrets=False, continue_on_error=True))

    def _run(
        self,
        operation: Callable[[Callable[[EngineEvent], None]], object],
        note: Callable[[EngineEvent], None] = lambda _: None,
    ) -> None:
        errors: list[str] = []

        def heard(event: EngineEvent) -> None:
            said = event.diagnostic_event
            if said is not None and said.severity == "error":
                errors.append(" ".join(said.message.split()))
            note(event)

        try:
            operation(heard)
        except ConcurrentUpdateError:
            raise Locked from None
        except StackNotFoundError:
            raise EngineFailed(f"there is no stack {self._stack.name} yet: run `pulumi up` yourself first") from None
        except CommandError as failed:
            shown = withhold(printable("; ".join(dict.fromkeys(errors)))) if errors else last_error(str(failed))
            raise EngineFailed(shown) from None
        except OSError as error:
            raise EngineFailed(f"`pulumi` can't be started: {error.strerror}") from None


class _EndsByItself(PulumiCommand):
    """A `pulumi` that goes on to its end where its caller is killed: it prints to files, in a session of its own.

    Interrupted, the caller waits for that end before it stops; a second interrupt leaves it running.
    """

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """As the SDK's own runs it, but for what is said above. Raises CommandError where it fails."""
        environment = os.environ | dict(additional_env) | {"PULUMI_AUTOMATION_API": "true"}
        with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
            running = subprocess.Popen(
                [self.command, "--non-interactive", *args],
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
            try:
                running.wait()
            except KeyboardInterrupt:
                running.wait()
                raise
            output.seek(0)
            errors.seek(0)
            result = CommandResult(output.read(), errors.read(), running.returncode)
        if result.code:
            raise create_command_error(result)
        return result


class _OwnSelectionKept(LocalWorkspace):
    """A workspace that leaves the stack that a person selected in this folder as it is."""

    def select_stack(self, stack_name: str) -> None:
        """Every command names its stack."""
