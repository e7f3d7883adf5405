"""The stack's tags, as the record and the lease use them. Pulumi keeps them beside the state, not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from transfer_provider.cli.engine.command import Engine


class Tags(Protocol):
    """Names and values. A change reads and writes all of them, without a lock. Each raises EngineFailed or NotReady."""

    def read(self) -> dict[str, str]:
        """All of them."""

    def write(self, name: str, value: str) -> None:
        """Set one of them."""

    def remove(self, name: str) -> None:
        """Remove one of them, which is there."""


class StackTags:
    """The tags of one stack, by the `pulumi` command. Some 0.15 s a call where the state is a folder."""

    def __init__(self, engine: Engine, stack: str, *, folder: Path, backend: str) -> None:
        self._engine = engine
        self._stack = stack
        self._folder = folder
        self._backend = backend

    def read(self) -> dict[str, str]:
        return self._engine.tags(self._stack, folder=self._folder, backend=self._backend)

    def write(self, name: str, value: str) -> None:
        self._engine.set_tag(self._stack, name, value, folder=self._folder, backend=self._backend)

    def remove(self, name: str) -> None:
        self._engine.remove_tag(self._stack, name, folder=self._folder, backend=self._backend)
