"""A stack's state as `pulumi stack export` has it, read once for all checks: resources and interrupted operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.command import Engine, EngineFailed, NotReady, resources_of
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.handover.state import StackState, of_resources
from transfer_provider.model.text import printable


@dataclass(frozen=True)
class Pending:
    """An operation that the state holds as begun and not as ended."""

    urn: str
    kind: str
    """The resource's type token."""
    doing: str
    """creating, updating, deleting, reading or importing."""
    inputs: Mapping[str, Any]

    def __str__(self) -> str:
        name = printable(self.urn.rsplit("::", 1)[-1])
        return f"{self.kind.rsplit(':', 1)[-1]} {name}, interrupted while {self.doing}"


class ExportedState:
    """The stack's state as `pulumi stack export` has it; read once. Raises NotReady where it can't be read."""

    def __init__(self, engine: Engine, backend: Backend, stack: ExaminedStack) -> None:
        self._engine = engine
        self._backend = backend
        self._stack = stack

    @cached_property
    def _deployment(self) -> Mapping[str, Any]:
        try:
            if self._backend.listed is None:
                raise NotReady("backend")
            return self._engine.export(self._stack.name, folder=self._stack.root, backend=self._backend.url)
        except EngineFailed:
            raise NotReady("backend") from None

    @property
    def pending(self) -> Sequence[Pending]:
        """The pending operations."""
        return [
            Pending(
                str(operation["resource"]["urn"]),
                str(operation["resource"]["type"]),
                str(operation["type"]),
                operation["resource"].get("inputs") or {},
            )
            for operation in self._deployment.get("pending_operations") or ()
        ]

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """Type and outputs of each resource, by URN."""
        return resources_of(self._deployment)

    @property
    def handovers(self) -> StackState:
        """What it holds of the stack's handovers."""
        return of_resources(self.resources)

    @property
    def recipient(self) -> RecipientState:
        """What it holds of the recipient's network."""
        return RecipientState.of(self.resources)
