"""Manifests: one YAML file a handover, checked as a whole before anything is declared.

    stacks/<stack>/<name>.yaml  ──load──▶  Manifest

The file's name is the handover's name, in Pulumi and in messages. Its keys are those of `InstanceTransfer`, so a
preview shows what the file says; `region` may be left to the stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from transfer_provider.inputs import Region, Request, TransferInputs, explain
from transfer_provider.yaml_file import Document, FilesRefused, Problem, load

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Manifest(Request):
    """One handover, as its file declares it."""

    model_config = ConfigDict(title="Handover of an ECS instance")

    region: Region | None = Field(
        default=None,
        description="the id of the instance's region, such as cn-hangzhou; the stack's where left out",
    )


@dataclass(frozen=True)
class Declared:
    """A handover to declare: its name and its complete inputs."""

    name: str
    inputs: TransferInputs


def load_folder(folder: Path, root: Path, region: str) -> list[Declared]:
    """Every handover of a stack's folder, by name; a folder that is not there holds none.

    `root` is what problems name files relative to; `region` is taken where a file names none.
    Raises FilesRefused with all problems of all files.
    """
    problems: list[Problem] = []
    declared: list[Declared] = []
    owner: dict[str, str] = {}
    for path in _entries(folder, root):
        file = str(path.relative_to(root))
        if path.name.startswith(".") or not (path.is_dir() or path.suffix.lower() in (".yaml", ".yml")):
            continue
        if path.is_dir():
            problems.append(Problem(file, 1, "", "is a folder; put handovers right into the stack's own"))
            continue
        if path.suffix != ".yaml" or not NAME.fullmatch(path.stem):
            hint = "name it <handover>.yaml, with up to 63 of a-z, 0-9 and -"
            problems.append(Problem(file, 1, "", f"is not a handover's file name; {hint}"))
            continue
        try:
            document = load(path, file)
        except FilesRefused as error:
            problems += error.problems
            continue
        problems += _wrong(document)
        problems += _twice(document, owner)
        if not problems:
            declared.append(Declared(path.stem, _complete(document.values, region)))
    if problems:
        raise FilesRefused(problems)
    return declared


def _entries(folder: Path, root: Path) -> list[Path]:
    """What is in a stack's folder; a folder that can't be looked into is never taken for an empty one."""
    if not folder.exists() and not folder.is_symlink():
        return []
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        what = f"can't be looked into: {error.strerror}; it has to be the folder of the stack's handovers"
        raise FilesRefused([Problem(str(folder.relative_to(root)), 1, "", what)]) from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Manifest.model_json_schema()


def _complete(values: dict[str, Any], region: str) -> TransferInputs:
    return TransferInputs(**{"region": region} | {key: value for key, value in values.items() if value is not None})


def _wrong(document: Document) -> list[Problem]:
    try:
        Manifest(**document.values)
    except ValidationError as error:
        return [
            Problem(document.file, document.line(*one["loc"]), str(one["loc"][0]), explain(one, Manifest))
            for one in error.errors(include_input=False, include_url=False)
        ]
    return []


def _twice(document: Document, owner: dict[str, str]) -> list[Problem]:
    """The problem of an instance that another file hands over already."""
    instance_id = document.values.get("instance_id")
    if not isinstance(instance_id, str):
        return []
    line = document.line("instance_id")
    first = owner.setdefault(instance_id, f"{document.file}:{line}")
    if first == f"{document.file}:{line}":
        return []
    return [Problem(document.file, line, "instance_id", f"{instance_id} is handed over by {first} too; keep one")]
