"""The stack that is examined: its project, its settings, its handovers, read as its program reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transfer_provider.cli.engine.command import NotReady
from transfer_provider.inputs import manifest
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused


class ExaminedStack:
    """A stack by its name. `find` returns the project's folder, `read` the settings and the folder of the handovers.

    What is wrong with them is reported by the check that is for it; to all others they are missing, and raise NotReady.
    """

    def __init__(self, name: str, find: Callable[[], Path], read: Callable[[Path, str], tuple[Settings, Path]]) -> None:
        self.name = name
        self.find = find
        self._read = read

    def read(self) -> tuple[Settings, Path]:
        """The settings, and the folder of the handovers. Raises FilesRefused."""
        return self._read(self.find(), self.name)

    def load_handovers(self) -> Sequence[Declared]:
        """The declared handovers. Raises FilesRefused with every problem of every file, NotReady without settings."""
        return self.load_stack().handovers

    def load_stack(self) -> manifest.Stack:
        """The declared handovers and security groups. Raises as `load_handovers` does."""
        settings, folder = self._known()
        return manifest.load_folder(folder, self.root, settings)

    @property
    def root(self) -> Path:
        """The project's folder."""
        try:
            return self.find()
        except FilesRefused:
            raise NotReady("project") from None

    @property
    def files(self) -> StackFiles:
        """Where the stack's files are."""
        return StackFiles(self.root, self.name)

    @property
    def settings(self) -> Settings:
        """The stack's settings."""
        return self._known()[0]

    @property
    def handovers(self) -> Sequence[Declared]:
        """The declared handovers; none where a file of theirs is wrong."""
        try:
            return self.load_handovers()
        except FilesRefused:
            return ()

    @property
    def project(self) -> dict[str, Any]:
        """The values of Pulumi.yaml."""
        try:
            return self.files.project
        except FilesRefused:
            raise NotReady("project") from None

    @property
    def project_name(self) -> str:
        """The project's name, by which tags of what its stacks made are known."""
        return str(self.project.get("name") or "")

    @property
    def stack_file(self) -> Path:
        """Pulumi.<stack>.yaml, there or not."""
        try:
            return self.files.settings_file
        except FilesRefused:
            raise NotReady("project") from None

    def _known(self) -> tuple[Settings, Path]:
        try:
            return self.read()
        except FilesRefused:
            raise NotReady("project") from None
