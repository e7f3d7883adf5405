"""The folder of a stack that `handover capture` adds to: what is in it, and the texts to write, read back first."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from transfer_provider.capture.differences import misread
from transfer_provider.capture.plan import GROUPS_SCHEMA, Plan
from transfer_provider.inputs import security_groups_file as security_groups
from transfer_provider.inputs.several_stacks.base_file import with_base
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem, load


class StackFolder:
    """A stack's folder as it is, read before anything is written. Raises FilesRefused where a file is no YAML."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._groups_file = folder / security_groups.FILE
        problems: list[Problem] = []
        self.handovers: list[Document] = []
        for path in self._entries():
            try:
                if path.suffix == ".yaml" and path != self._groups_file and not path.name.startswith("."):
                    self.handovers.append(load(path, self.name(path)))
            except FilesRefused as refused:
                problems += refused.problems
        self.groups: Document | None = None
        """The stack's groups, with those of the base that its file names."""
        self._own: Mapping[str, Any] = {}
        self._before = ""
        try:
            # A link that leads nowhere is refused, like in a program's run.
            if self._groups_file.exists() or self._groups_file.is_symlink():
                own = load(self._groups_file, self.name(self._groups_file), may_be_empty=True)
                self._own = own.values
                self.groups = with_base(own, self._groups_file, root)
                self._before = self._groups_file.read_bytes().decode()
        except FilesRefused as refused:
            problems += refused.problems
        if problems:
            raise FilesRefused(problems)

    def _entries(self) -> list[Path]:
        """What is in the folder; one that can't be listed is never taken for an empty folder."""
        try:
            return sorted(self._folder.iterdir()) if self._folder.exists() or self._folder.is_symlink() else []
        except OSError as error:
            what = f"can't be listed: {error.strerror}; it has to be the folder of the stack's handovers"
            raise FilesRefused([Problem(self.name(self._folder), 1, "", what)]) from None

    def name(self, path: Path) -> str:
        """A file as messages name it."""
        return str(path.relative_to(self._root))

    def texts(self, planned: Plan) -> dict[Path, str]:
        """What to write, by file: new handovers, and the groups' file with what is added.

        Raises FilesRefused where a text does not read back, key by key and rule by rule, as what was captured.
        """
        texts = {self._folder / name: text for name, text in planned.handovers.items()}
        problems = [
            problem for path, text in texts.items() for problem in self._misread(path, text, planned.meant[path.name])
        ]
        if planned.groups:
            begun = self._before or f"{GROUPS_SCHEMA}\n"
            gap = "" if begun.endswith("\n") else "\n"
            text = begun + gap + "".join(f"\n{text}" for text in planned.groups.values())
            texts[self._groups_file] = text
            problems += self._misread_groups(text, planned)
        if problems:
            raise FilesRefused(problems)
        return texts

    def require_unchanged(self, texts: Mapping[Path, str]) -> None:
        """Check that none of these files came up, or changed, since the folder was read. Raises FilesRefused."""
        for path in texts:
            require_text(path, self.name(path), self._before if path == self._groups_file else "")

    def _misread_groups(self, text: str, planned: Plan) -> list[Problem]:
        """What the text does not hold any more, or other than it was captured."""
        before = self._own
        meant = {**before} | {name: planned.meant[name] for name in planned.groups}
        problems = list(self._misread(self._groups_file, text, meant))
        if not problems or not before:
            return problems
        what = "can't be added to as it is; write its groups each on lines of their own, without braces around all"
        return [
            Problem(self.name(self._groups_file), 1, "", f"{what} (else {problems[0].line}: {problems[0].message})")
        ]

    def _misread(self, path: Path, text: str, meant: Mapping[str, Any]) -> Iterator[Problem]:
        """What is wrong with a captured text."""
        return read_back(
            text,
            self.name(path),
            meant,
            "would not read back as what was captured, so nothing was written; rename what it comes from at the "
            "source, or write this file by hand",
        )


def read_back(text: str, file: str, meant: Mapping[str, Any], otherwise: str) -> Iterator[Problem]:
    """What is wrong with a text, read as the file that it will be; `otherwise` is the problem of a key not as meant."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "captured.yaml"
        scratch.write_bytes(text.encode())
        try:
            document = load(scratch, file)
        except FilesRefused as refused:
            for problem in refused.problems:
                yield Problem(file, problem.line, problem.key, f"{problem.message}; nothing was written")
            return
    for key in misread(document.values, meant):
        yield Problem(file, document.line(*key), ".".join(key), otherwise)


def require_text(path: Path, file: str, before: str) -> None:
    """Check that a file still has the text it had, none where it was not there. Raises FilesRefused."""
    if (path.read_bytes().decode() if path.exists() else "") != before:
        raise FilesRefused([Problem(file, 1, "", "has changed meanwhile; run the command again")])
