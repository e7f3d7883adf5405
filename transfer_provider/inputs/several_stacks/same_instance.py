"""An instance that a stack hands over, and a stack that it comes after as well: a copy that was not filled in right.

Both would track one transfer: the second stack adopts what the first has submitted, and either can cancel it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from transfer_provider.inputs.file_names import entries
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import STACKS, StackFiles
from transfer_provider.inputs.yaml_file import LARGEST_BYTES, Document, FilesRefused, Problem, load, name_of

_INSTANCE_ID = re.compile(rb"i-[0-9a-z]{6,40}")


def handed_over_before(documents: Iterable[Document], folder: Path, root: Path, settings: Settings) -> list[Problem]:
    """The problem of each handover's file whose instance a stack of the setting `after` hands over, from the same
    account. `folder` is the stack's own, `root` the project's. What can't be read is left to those who read it."""
    if not settings.after or not settings.runs_source:
        return []
    own = {str(document.values.get("instance_id")): document for document in documents}
    problems = []
    for stack in settings.after:
        try:
            for instance_id, there in _instances(StackFiles(root, stack), settings, folder, own.keys()):
                where = f"{there.file}:{there.line('instance_id')} of stack {stack}, which this stack comes after"
                what = f"{instance_id} is handed over by {where}; give this stack's own instance, or remove one file"
                document = own[instance_id]
                problems.append(Problem(document.file, document.line("instance_id"), "instance_id", what))
        except FilesRefused:
            continue
    return problems


def _instances(
    files: StackFiles, settings: Settings, own: Path, wanted: Iterable[str]
) -> Iterator[tuple[str, Document]]:
    """Those of the instances that a stack hands over from the account of these settings, each with its file."""
    file = files.settings_file
    config = load(file, files.name(file), may_be_empty=True).values.get("config")
    project = files.project.get("name")
    given = config if isinstance(config, Mapping) else {}

    def setting(key: str) -> Any:
        return given.get(f"{project}:{key}")

    name = str(setting("handovers") or files.stack)
    folder = files.root / STACKS / Path(name).name
    if str(setting("sourceAccount")) != settings.sourceAccount or setting("side") == "recipient" or folder == own:
        return
    ids = {instance_id.encode() for instance_id in wanted}
    for path in entries(folder, files.root).handovers:
        # Most have none of them, and need not be read as YAML.
        if ids.isdisjoint(_INSTANCE_ID.findall(_bytes(path))):
            continue
        try:
            document = load(path, name_of(path, files.root))
        except FilesRefused:
            continue
        instance_id = str(document.values.get("instance_id"))
        if instance_id.encode() in ids:
            yield instance_id, document


def _bytes(path: Path) -> bytes:
    """What a file holds, as far as one may be long; nothing where it is no regular file, or can't be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as stream:
            return stream.read(LARGEST_BYTES)
    except OSError:
        return b""
