"""Where the files of a stack are: the one way to find them, for the program, the command and the doctor.

Pulumi.yaml                      the project; `stackConfigDir` names the folder of the stack files
stacks/Pulumi.<stack>.yaml       the stack's settings
stacks/<stack>/                  the stack's handovers, or the folder that the setting `handovers` names
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import load, name_of

PROJECT = "Pulumi.yaml"
STACKS = "stacks"

# How many handovers a stack should hold: the engine writes the stack's whole state at every step, so that a run's time
# grows with the square of their number. docs/scale.md has the figures.
MOST_HANDOVERS = 300


@dataclass(frozen=True)
class StackFiles:
    """The files of one stack; `root` is the project's folder. Reads Pulumi.yaml only, and only when needed."""

    root: Path
    stack: str

    @cached_property
    def project(self) -> dict[str, Any]:
        """The content of Pulumi.yaml. Raises FilesRefused."""
        return load(self.root / PROJECT, PROJECT).values

    @property
    def config_folder(self) -> Path:
        """The folder of the stack files. Raises FilesRefused."""
        return self.root / str(self.project.get("stackConfigDir") or ".")

    @property
    def settings_file(self) -> Path:
        """`Pulumi.<stack>.yaml`, whether it exists or not. Raises FilesRefused."""
        return self.config_folder / f"Pulumi.{self.stack}.yaml"

    def handovers_folder(self, settings: Settings) -> Path:
        """The folder of the stack's handovers, whether it exists or not."""
        return self.root / STACKS / (settings.handovers or self.stack)

    def name(self, path: Path) -> str:
        """A file as messages name it: relative to the project's folder; as it is where it lies outside."""
        return name_of(path, self.root)
