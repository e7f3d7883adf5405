"""A stack of a project, read as its program reads it, but without Pulumi."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.inputs import settings
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused, Problem, load

PROJECT = "Pulumi.yaml"
STACKS = "stacks"


def find_project(folder: Path | None) -> Path:
    """The project's folder: the one given, else the next one upwards from here with a Pulumi.yaml.

    Raises FilesRefused where there is none.
    """
    here = Path.cwd()
    for candidate in [folder] if folder else [here, *here.parents]:
        if (candidate / PROJECT).is_file():
            return candidate.resolve()
    where = f"in {folder}" if folder else "here or in any folder above"
    raise FilesRefused([Problem(PROJECT, 1, "", f"is not {where}; name the project's folder with --project")])


def read_stack(root: Path, name: str) -> tuple[Settings, Path]:
    """The stack's settings, and the folder of its handovers' files. Raises FilesRefused with all problems."""
    project = load(root / PROJECT, PROJECT).values
    folder = root / str(project.get("stackConfigDir") or ".")
    stack_file = folder / f"Pulumi.{name}.yaml"
    if not stack_file.is_file():
        known = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))
        there = f"there is {', '.join(known)}" if known else "there is none yet"
        raise FilesRefused([Problem(str(stack_file.relative_to(root)), 1, "", f"is not there; of stacks, {there}")])
    config = load(stack_file, str(stack_file.relative_to(root)), may_be_empty=True).values.get("config")
    values = {str(key): _text(value) for key, value in config.items()} if isinstance(config, Mapping) else {}
    chosen = settings.read(values, str(project.get("name")), stack_file, root)
    return chosen, root / STACKS / (chosen.handovers or name)


def require_account(chosen: Settings, actual: str) -> None:
    """That the source's credentials belong to the account that the stack names. Raises NotAllowed."""
    if actual != chosen.sourceAccount:
        raise NotAllowed(
            f"Could not act as the source: sourceProfile belongs to account {actual}, and the stack names "
            f"{chosen.sourceAccount or 'none'}. Use that account's profile, or name another one with --profile."
        )


def _text(value: Any) -> str:
    """A setting as Pulumi hands it to a program."""
    return value if isinstance(value, str) else json.dumps(value)
