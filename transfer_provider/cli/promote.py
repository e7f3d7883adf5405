"""`handover promote`: writes a handover's file for the next stack, with what differs there left to be filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from transfer_provider.capture.promotion import Promoted, Target, anew, left_open, with_comments
from transfer_provider.cli.follow.overview import unknown_name
from transfer_provider.cli.stack import find_project, read_stack
from transfer_provider.cli.stack_folder import read_back, require_text
from transfer_provider.cli.terminal import console, count, print_json, print_line, table
from transfer_provider.cli.whole_files import write_all
from transfer_provider.inputs import security_groups_file as security_groups
from transfer_provider.inputs.fields import KeyPath
from transfer_provider.inputs.file_names import entries
from transfer_provider.inputs.manifest import read
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem, load, name_of


def promote(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The handover's name: that of its file.")],
    origin: Annotated[str, typer.Option("--from", help="The stack that has it.")],
    to: Annotated[str, typer.Option("--to", help="The stack whose folder gets the file.")],
    project: Annotated[
        Path | None, typer.Option(help="The project's folder; else the next one upwards with a Pulumi.yaml.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; print what would be written.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Write a handover of one stack for another, with what differs there left to be filled in.

    No file is overwritten, and Alibaba Cloud is not queried. The instance is never carried over.
    """
    if origin == to:
        raise typer.BadParameter(f"both name the stack {to}; give two", param_hint="--from and --to")
    root = find_project(project)
    source, target = _Side.read(root, origin), _Side.read(root, to)
    document = source.document(name)
    path = target.free(name)
    promoted = _promoted(document, source, target, name_of(path, root))
    if not dry_run:
        require_text(path, name_of(path, root), "")
        write_all({path: promoted.text})
    written = _Written(document.file, name_of(path, root), promoted, target, origin, dry_run)
    if as_json:
        print_json(written.as_json())
    else:
        _print(console(), written)


@dataclass(frozen=True)
class _Side:
    """One of the two stacks: its settings and its folder, with the handovers' files by name."""

    stack: str
    root: Path
    settings: Settings
    folder: Path
    files: Mapping[str, Path]

    @classmethod
    def read(cls, root: Path, stack: str) -> _Side:
        """Raises FilesRefused where its settings or its folder are missing or wrong, or a file there is not read."""
        settings, folder = read_stack(root, stack)
        found = entries(folder, root)
        if found.folder_missing:
            what = f"does not exist; it is the folder of the handovers of stack {stack}: make it, or correct the name"
            raise FilesRefused([Problem(name_of(folder, root), 1, "", what)])
        if found.problems:
            raise FilesRefused(found.problems)
        return cls(stack, root, settings, folder, {path.stem: path for path in found.handovers})

    def document(self, name: str) -> Document:
        """The file of a handover. Raises Refused where there is none."""
        if name not in self.files:
            raise unknown_name(name, self.stack, self.files)
        return load(self.files[name], name_of(self.files[name], self.root))

    def free(self, name: str) -> Path:
        """Where the file of a new handover goes. Raises FilesRefused where the stack has one of this name."""
        path = self.folder / f"{name}.yaml"
        if name in self.files:
            what = f"is there already, so stack {self.stack} has this handover; it was left as it is"
            raise FilesRefused([Problem(name_of(path, self.root), 1, "", what)])
        return path

    def groups(self) -> Sequence[str]:
        """The names of its security groups, also of those that are not complete yet. Raises FilesRefused."""
        file = self.folder / security_groups.FILE
        groups, _ = security_groups.read(file, self.root, self.settings.region, self.settings.regions)
        return list(groups)


@dataclass(frozen=True)
class _Written:
    """What was written, to be reported."""

    origin_file: str
    file: str
    promoted: Promoted
    target: _Side
    origin: str
    dry_run: bool

    @property
    def to_fill_in(self) -> Sequence[tuple[str, str]]:
        """What is open, by key, with what to fill in."""
        return [(_key(path), value.comment) for path, value in self.promoted.left_open.items()]

    @property
    def comes_after(self) -> bool:
        """Whether the stack waits for the one that the handover comes from."""
        return self.origin in self.target.settings.after

    def as_json(self) -> dict[str, Any]:
        """All of it for scripts, in the words of `handover capture`."""
        return {
            "written": [] if self.dry_run else [self.file],
            "would_write": {self.file: self.promoted.text} if self.dry_run else {},
            "to_fill_in": dict(self.to_fill_in),
            "comments_kept": self.promoted.comments_kept,
            "comes_after": self.comes_after,
        }


def _promoted(document: Document, source: _Side, target: _Side, file: str) -> Promoted:
    """The file for the other stack. Raises FilesRefused where the one that is there is not complete and right."""
    manifest, wrong = read(document)
    if manifest is None:
        raise FilesRefused(wrong)
    into = Target(target.stack, target.settings, target.groups(), target.files)
    differing = left_open(manifest, source.stack, into)
    text = (source.root / document.file).read_bytes().decode("utf-8-sig")
    kept = with_comments(text, document, differing)
    if not any(_misread(kept, file)):
        return kept
    written_anew = anew(document, differing)
    problems = list(_misread(written_anew, file))
    if problems:
        raise FilesRefused(problems)
    return written_anew


def _misread(promoted: Promoted, file: str) -> Sequence[Problem]:
    otherwise = "would not read back as what is meant, so nothing was written; write this file by hand"
    return list(read_back(promoted.text, file, promoted.meant, otherwise))


def _print(out: Console, written: _Written) -> None:
    if written.dry_run:
        print_line(out, f"--- {written.file}", style="bold")
        for line in written.promoted.text.split("\n"):
            print_line(out, line)
    verb = "Would write" if written.dry_run else "Wrote"
    left = count(len(written.to_fill_in), "key")
    print_line(out, f"{verb} {written.file}, from {written.origin_file}, with {left} to fill in:")
    out.print(table(("", ""), written.to_fill_in))
    if not written.promoted.comments_kept:
        print_line(out, f"It is written anew, without the comments of {written.origin_file}.")
    stack = written.target.stack
    if not written.comes_after:
        print_line(out, f"Stack {stack} does not wait for {written.origin}; its setting `after` would (docs/order.md).")
    print_line(out, f"Fill in what is marked with #, then run `pulumi preview -s {stack}`.")


def _key(path: KeyPath) -> str:
    return ".".join(map(str, path))
