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
    """The problem of each handover's file whose instance a stack before this one hands over, from the same account.

    Those before are the stacks of the setting `after`, and theirs. `folder` is the stack's own, `root` the project's.
    What can't be read is left to those who read it.
    """
    if not settings.runs_source:
        return []
    own = {str(document.values.get("instance_id")): document for document in documents}
    problems = []
    before = list(settings.after)
    for stack in before:  # which grows by those before each
        try:
            theirs = _Config(StackFiles(root, stack))
            before += [name for name in theirs.after if name not in before]
            if theirs.account != settings.sourceAccount or not theirs.runs_source or theirs.folder == folder:
                continue
            for instance_id, there in _instances(theirs.folder, root, own.keys()):
                where = f"{there.file}:{there.line('instance_id')} of stack {stack}, which this stack comes after"
                what = f"{instance_id} is handed over by {where}; give this stack's own instance, or remove one file"
                document = own[instance_id]
                problems.append(Problem(document.file, document.line("instance_id"), "instance_id", what))
        except FilesRefused:
            continue
    return problems


class _Config:
    """What another stack's file sets, as far as it matters here, and unchecked. Raises FilesRefused."""

    def __init__(self, files: StackFiles) -> None:
        file = files.settings_file
        config = load(file, files.name(file), may_be_empty=True).values.get("config")
        self._config = config if isinstance(config, Mapping) else {}
        self._prefix = f"{files.project.get('name')}:"
        self.account = str(self._setting("sourceAccount"))
        self.runs_source = self._setting("side") != "recipient"
        after = self._setting("after")
        self.after = [name for name in after if isinstance(name, str)] if isinstance(after, list) else []
        self.folder = files.root / STACKS / Path(str(self._setting("handovers") or files.stack)).name

    def _setting(self, key: str) -> Any:
        return self._config.get(self._prefix + key)


def _instances(folder: Path, root: Path, wanted: Iterable[str]) -> Iterator[tuple[str, Document]]:
    """Those of the instances that the files of a folder declare, each with its file."""
    ids = {instance_id.encode() for instance_id in wanted}
    for path in entries(folder, root).handovers:
        # Most have none of them, and need not be read as YAML.
        if ids.isdisjoint(_INSTANCE_ID.findall(_bytes(path))):
            continue
        try:
            document = load(path, name_of(path, root))
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
