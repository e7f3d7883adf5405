"""A YAML file as plain values with the line of each key, and nothing of YAML that a hand-written file can trip over.

Refused, each with its line: duplicate keys, anchors and aliases (they can explode, and hide what is meant), tags,
tabs, several documents, deep nesting, files over 1 MiB, files that are not UTF-8. Plain words are read as
YAML 1.2 does: only true and false are booleans, and `0123`, `1_000` or `12:30` stay texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from transfer_provider.inputs.fields import KeyPath
from transfer_provider.model.text import printable

LARGEST_BYTES = 1024 * 1024
DEEPEST = 20


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file: printed as `file:line: key: what is wrong`."""

    file: str
    line: int
    key: str
    message: str = field(compare=False)

    def __str__(self) -> str:
        # A file's name, or a key, may hold what no terminal can show.
        return printable(": ".join(part for part in (f"{self.file}:{self.line}", self.key, self.message) if part))


class FilesRefused(Exception):
    """Files that can't be used, with every problem found in them; nothing of the stack is declared."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        found = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{found} in the stack's files; nothing was declared.\n{listed}")


def name_of(path: Path, root: Path) -> str:
    """A file as problems name it: relative to the project's folder; as it is where it lies outside."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


@dataclass(frozen=True)
class Document:
    """The file's mapping, and the line (from 1) of each key by its path.

    `elsewhere` names the file of each key that comes from another file; its line is of that file.
    """

    file: str
    values: dict[str, Any]
    lines: dict[KeyPath, int]
    elsewhere: Mapping[KeyPath, str] = field(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """The line of a key; of the nearest key around it where it is missing itself."""
        return self.lines.get(self._there(path), 1)

    def file_of(self, *path: str | int) -> str:
        """The file in which that line is."""
        return self.elsewhere.get(self._there(path), self.file)

    def _there(self, path: KeyPath) -> KeyPath:
        while path and path not in self.lines:
            path = path[:-1]
        return path


def load(path: Path, file: str, *, may_be_empty: bool = False) -> Document:
    """Read one file; `file` is how problems name it. Raises FilesRefused with every problem found.

    A file with nothing in it, or comments only, is a problem unless it `may_be_empty`.
    """
    text = _text(path, file)
    builder = _Builder(file, may_be_empty)
    try:
        values = builder.document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        raise FilesRefused([_syntax(error, file)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FilesRefused([Problem(file, line, "", "holds a control character; remove it")]) from None
    if builder.problems:
        raise FilesRefused(builder.problems)
    return Document(file, values, builder.lines)


def _text(path: Path, file: str) -> str:
    try:
        if not path.is_file():
            raise FilesRefused([Problem(file, 1, "", "is not a regular file; remove it or replace it by a file")])
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise FilesRefused([Problem(file, 1, "", f"can't be read: {error.strerror}")]) from None
    if len(raw) > LARGEST_BYTES:
        raise FilesRefused([Problem(file, 1, "", f"is over {LARGEST_BYTES // 1024} KiB; such a file needs far less")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FilesRefused([Problem(file, line, "", "is not UTF-8; save the file as UTF-8")]) from None


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    what = error.problem or "is not YAML"
    if "'\\t'" in what:
        what = "has a tab where YAML wants blanks; indent with blanks"
        return Problem(file, line, "", what)
    remedy = "check the indentation, and put a text with special characters in quotes"
    return Problem(file, line, "", f"is not valid YAML: {what}; {remedy}")


_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"~": None, "": None}
for _word, _meaning in (("true", True), ("false", False), ("null", None)):
    _WORDS |= dict.fromkeys((_word, _word.title(), _word.upper()), _meaning)


class _Builder:
    """Turns the parser's events into values, noting lines and problems on the way."""

    def __init__(self, file: str, may_be_empty: bool) -> None:
        self.file = file
        self.may_be_empty = may_be_empty
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []

    def document(self, events: Iterator[yaml.Event]) -> dict[str, Any]:
        found: list[Any] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if found:
                    self._problem(event, (), "starts a second document; keep one")
                    break
                found.append(self._value(next(events), events, ()))
        if not self.problems and (not found or found[0] is None):
            if not self.may_be_empty:
                self.problems.append(Problem(self.file, 1, "", "is empty; fill it in, or delete the file"))
        elif not self.problems and not isinstance(found[0], dict):
            self.problems.append(Problem(self.file, 1, "", "has no keys; write one `key: value` a line"))
        return found[0] if found and isinstance(found[0], dict) else {}

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: KeyPath) -> Any:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._problem(event, path, "uses an anchor or alias; write the value out")
        elif getattr(event, "tag", None):
            self._problem(event, path, "has a YAML tag; write a plain value")
        elif not _whole(event):
            self._problem(event, path, "holds half of a character (a surrogate); write the whole character")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return _scalar(event) if isinstance(event, yaml.ScalarEvent) else None

    def _mapping(self, events: Iterator[yaml.Event], path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or not _whole(event):
                self._problem(event, path, "has a key that is not a plain word")
                self._too_deep(event, (*path, "?"))
                if not isinstance(event, yaml.ScalarEvent):
                    self._value(event, events, (*path, "?"))
                self._value(next(events), events, (*path, "?"))
                continue
            key = event.value
            inner = (*path, key)
            self._too_deep(event, inner)
            if key in values:
                first = self.lines[inner]
                self._problem(event, inner, f"is given twice, first in line {first}; keep one")
            else:
                self.lines[inner] = _line(event)
            values[key] = self._value(next(events), events, inner)
        return values

    def _sequence(self, events: Iterator[yaml.Event], path: KeyPath) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            inner = (*path, len(values))
            self._too_deep(event, inner)
            self.lines[inner] = _line(event)
            values.append(self._value(event, events, inner))
        return values

    def _too_deep(self, event: yaml.Event, path: KeyPath) -> None:
        if len(path) > DEEPEST:
            raise FilesRefused([self._made(event, path[:1], "is nested too deeply")])

    def _problem(self, event: yaml.Event, path: KeyPath, message: str) -> None:
        self.problems.append(self._made(event, path, message))

    def _made(self, event: yaml.Event, path: KeyPath, message: str) -> Problem:
        return Problem(self.file, _line(event), ".".join(map(str, path)), message)


def _whole(event: yaml.Event) -> bool:
    """Whether a scalar's text can be written down at all: YAML's escapes can make half a character."""
    try:
        str(getattr(event, "value", "")).encode()
    except UnicodeEncodeError:
        return False
    return True


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 30 else text
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
