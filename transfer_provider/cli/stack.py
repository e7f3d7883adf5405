"""A stack of a project, read as its program reads it, but without Pulumi."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transfer_provider.cloud import accounts
from transfer_provider.cloud.client import Cloud
from transfer_provider.inputs import settings
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import PROJECT, StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused, Problem, load


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
    files = StackFiles(root, name)
    file = files.settings_file
    try:
        there = file.is_file()
    except OSError:
        there = True  # Whatever it is, the reading below reports it.
    if not there:
        stacks = sorted(
            path.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for path in files.config_folder.glob("Pulumi.*.yaml")
        )
        known = f"there is {', '.join(stacks)}" if stacks else "there is none yet"
        raise FilesRefused([Problem(files.name(file), 1, "", f"does not exist; of stacks, {known}")])
    config = load(file, files.name(file), may_be_empty=True).values.get("config")
    values = {str(key): _text(value) for key, value in config.items()} if isinstance(config, Mapping) else {}
    chosen = settings.read(values, str(files.project.get("name")), file, root)
    return chosen, files.handovers_folder(chosen)


def require_source(chosen: Settings, cloud: Cloud) -> None:
    """Check that the source's credentials belong to the account that the stack names. Raises NotAllowed."""
    remedy = "Use that account's profile as sourceProfile, or specify another with --profile."
    accounts.require_source(cloud, chosen.sourceAccount, remedy=remedy)


def _text(value: Any) -> str:
    """A setting as Pulumi hands it to a program."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
