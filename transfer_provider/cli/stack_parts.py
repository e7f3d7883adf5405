"""The stacks that `handover capture --split` writes to: `<stack>-1`, `<stack>-2`, … beside the stack itself.

A part is known by its stack file or its folder. A new one gets a copy of the stack's own file, without secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from transfer_provider.capture.plan import Plan
from transfer_provider.capture.settings_copy import copied
from transfer_provider.capture.split import part_number, split_from
from transfer_provider.cli.stack import read_stack
from transfer_provider.cli.stack_folder import StackFolder, read_back, require_text
from transfer_provider.cli.whole_files import write_all
from transfer_provider.inputs.stack_files import STACKS, StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused, Problem, load

# What has to be the same in all the stacks for an instance to go into any of them.
ALIKE = ("region", "sourceAccount", "side")


@dataclass
class Prepared:
    """The texts to write, by file; the stacks among them that are new, each with what its settings were not given."""

    texts: dict[Path, str] = field(default_factory=dict)
    new: dict[str, list[str]] = field(default_factory=dict)


class StackParts:
    """A stack and its parts as they are, read before anything is written: `written` is each one's folder, by name.

    Raises FilesRefused with every problem of every file.
    """

    def __init__(self, root: Path, stack: str) -> None:
        self.stack = stack
        self._root = root
        self.settings, own = read_stack(root, stack)
        self._files = StackFiles(root, stack)
        self._paths = {stack: own}
        self._settings = {stack: self.settings}
        self.written: dict[str, StackFolder] = {}
        problems: list[Problem] = []
        for name in [stack, *self._parts()]:
            try:
                if name != stack:
                    self._find(name)
                self.written[name] = StackFolder(root, self._paths[name])
            except FilesRefused as refused:
                problems += refused.problems
        if problems:
            raise FilesRefused(problems)

    def require_alike(self) -> None:
        """Check that instances of this stack may go into each part, and each has a folder. Raises FilesRefused."""
        problems: list[Problem] = []
        whole = split_from(self.stack)
        if whole and StackFiles(self._root, whole).settings_file.exists():
            what = f"is a part of stack {whole}; split that stack again, with --stack {whole}"
            problems.append(Problem(self._name(self._files.settings_file), 1, "", what))
        folders: dict[Path, str] = {}
        for name, folder in self._paths.items():
            file = self._name(StackFiles(self._root, name).settings_file)
            first = folders.setdefault(folder.resolve(), name)
            if first != name:
                what = f"has the folder of stack {first}; set `handovers` to a folder of its own"
                problems.append(Problem(file, 1, "", what))
            of_part = self._settings.get(name, self.settings)
            for key in ALIKE:
                here, there = getattr(self.settings, key), getattr(of_part, key)
                if here != there:
                    what = f"sets {key} to {there}, and stack {self.stack} to {here}, so this is no part of it; "
                    problems.append(Problem(file, 1, "", f"{what}split a stack of another name"))
        if problems:
            raise FilesRefused(problems)

    def prepare(self, plans: Mapping[str, Plan]) -> Prepared:
        """What to write for these plans. Raises FilesRefused where a text does not read back as what was meant."""
        prepared = Prepared()
        for name, planned in plans.items():
            if name not in self.written:
                self._find(name)
                self.written[name] = StackFolder(self._root, self._paths[name])
            if name not in self._settings:
                prepared.new[name] = self._copy_settings(name, prepared.texts)
            prepared.texts |= self.written[name].texts(planned)
        return prepared

    def write(self, prepared: Prepared) -> None:
        """All files or none. Raises FilesRefused where a file came up, or changed, since it was read."""
        settings = {StackFiles(self._root, name).settings_file for name in prepared.new}
        for path in settings:
            require_text(path, self._name(path), "")
        for name, folder in self.written.items():
            own = {path: text for path, text in prepared.texts.items() if path.parent == self._paths[name]}
            folder.require_unchanged({path: text for path, text in own.items() if path not in settings})
        write_all(prepared.texts)

    def names(self, prepared: Prepared) -> dict[str, str]:
        """The texts by the names that messages give their files."""
        return {self._name(path): text for path, text in prepared.texts.items()}

    def _parts(self) -> list[str]:
        """The names of the parts there are, by their numbers."""
        entries = [
            path.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for path in self._files.config_folder.glob("Pulumi.*.yaml")
        ]
        named = self._folder_of_parts()
        for path in (self._root / STACKS).glob("*"):
            number = part_number(path.name, named)
            if number is not None and path.is_dir():
                entries.append(f"{self.stack}-{number}")
        numbers = {name: part_number(name, self.stack) for name in entries}
        return sorted((name for name, number in numbers.items() if number), key=lambda name: numbers[name] or 0)

    def _folder_of_parts(self) -> str:
        """How the folders of the parts are called, but for their numbers."""
        return self.settings.handovers or self.stack

    def _find(self, name: str) -> None:
        """Find a part's folder: by its settings, else where the copied settings will have it."""
        if StackFiles(self._root, name).settings_file.exists():
            self._settings[name], self._paths[name] = read_stack(self._root, name)
        else:
            self._paths[name] = self._root / STACKS / self._handovers(name)

    def _handovers(self, name: str) -> str:
        return f"{self._folder_of_parts()}-{part_number(name, self.stack)}"

    def _copy_settings(self, name: str, texts: dict[Path, str]) -> list[str]:
        """Add a new part's settings to the texts; what was left out of them."""
        file = self._files.settings_file
        document = load(file, self._name(file))
        project = self._files.project.get("name")
        copy = copied(file.read_bytes().decode("utf-8-sig"), document, {f"{project}:handovers": self._handovers(name)})
        target = StackFiles(self._root, name).settings_file
        if any(read_back(copy.text, self._name(file), copy.meant, "")):
            what = (
                f"can't be copied to {target.name} as it is; write each of its keys on lines of its own, without "
                "braces around several, or write that file by hand"
            )
            raise FilesRefused([Problem(self._name(file), 1, "", what)])
        texts[target] = copy.text
        return list(copy.left_out)

    def _name(self, path: Path) -> str:
        return self._files.name(path)
