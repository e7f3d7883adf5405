"""The corpus of bad and borderline input: each is refused with the message it is worth, or accepted on purpose.

The tables are in corpus/, to be read and extended by hand. Two kinds of table:

* `*_keys.yaml`: a key, each text that may stand after it, and the beginning of what is reported in that key's line.
* `whole_*.yaml`: a stack's files, and the beginnings of all problems, each as `file:line: key: what is wrong`.

What is accepted on purpose has its reason in place of a problem: `accepted: why`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from transfer_provider.inputs import manifest, settings
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.text import printable

TABLES = Path(__file__).parent / "corpus"
PROJECT = "instance-handover"

Tree = dict[str, Any]  # a mapping of a file: each key's text, or a mapping in its turn

SETTINGS: Tree = {
    "region": "cn-hangzhou",
    "sourceAccount": "1000000000000001",
    "recipients": '["1000000000000002"]',
}
MANIFEST: Tree = {
    "instance_id": "i-bp1web00000000000001",
    "recipient_account_id": '"1000000000000002"',
    "accept_terms": "true",
    "recreate": {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": "[web]"},
}
GROUPS: Tree = {
    "web": {
        "vpc_id": "vpc-bp1orchid00000001",
        "rules": {
            "https": {"direction": "ingress", "protocol": "tcp", "ports": "443", "source": "0.0.0.0/0"},
            "out": {"direction": "egress", "protocol": "all", "destination": "0.0.0.0/0"},
        },
    },
    "db": {"vpc_id": "vpc-bp1orchid00000001"},
}


@dataclass(frozen=True)
class Case:
    """A stack as it is given, and the beginnings of the problems reported; none where it is accepted."""

    name: str
    problems: list[str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)


def cases() -> Iterator[Case]:
    """All cases of all tables."""
    yield from _of_keys("manifest", MANIFEST, "web-01.yaml", {"security-groups.yaml": GROUPS})
    yield from _of_keys("group", GROUPS, "security-groups.yaml", {"web-01.yaml": MANIFEST})
    for key, text, expected in _entries("settings_keys.yaml"):
        given = SETTINGS | {key: text}
        where = f"Pulumi.prod.yaml:{2 + list(given).index(key)}: {PROJECT}:{printable(key)}: "
        yield Case(f"settings: {key}: {text}", _located(where, expected), settings=given)
    for table in sorted(TABLES.glob("whole_*.yaml")):
        for number, entry in enumerate(_table(table.name)):
            files = {name: _bytes(text) for name, text in entry["files"].items()}
            expected = [] if "accepted" in entry else entry["problems"]
            yield Case(f"{table.stem}: {number}: {entry['case']}", expected, files)


def _of_keys(kind: str, base: Tree, file: str, others: Mapping[str, Tree]) -> Iterator[Case]:
    """A good file, in which a key has another text."""
    for key, text, expected in _entries(f"{kind}_keys.yaml"):
        path = key.split(".")
        lines = _written(_changed(base, path, text))
        written = {name: "\n".join(text for _, text in _written(tree)) for name, tree in others.items()}
        written[file] = "\n".join(text for _, text in lines) + "\n"
        where = f"prod/{file}:{_line(lines, path)}: {printable(key)}: "
        yield Case(
            f"{kind}: {key}: {text}",
            _located(where, expected),
            {name: text.encode() for name, text in written.items()},
        )


def _line(lines: list[tuple[tuple[str, ...], str]], path: list[str]) -> int:
    """The line of a key, from 1: the lines before it may hold several each."""
    before = [text for at, text in lines[: [at for at, _ in lines].index(tuple(path))]]
    return 1 + len("\n".join([*before, ""]).splitlines())


def _entries(name: str) -> Iterator[tuple[str, str, Any]]:
    for key, texts in _table(name).items():
        for text, expected in texts.items():
            yield key, text, expected


def _table(name: str) -> Any:
    return yaml.load((TABLES / name).read_text("utf-8"), Loader=yaml.CSafeLoader)


def _located(where: str, expected: Any) -> list[str]:
    return [] if isinstance(expected, dict) else [where + expected]


def _changed(tree: Tree, path: list[str], text: str) -> Tree:
    """The tree with another text at the path, at its end where the key is new."""
    key, *inner = path
    below = tree.get(key, {})
    return tree | {key: _changed(below if isinstance(below, dict) else {}, inner, text) if inner else text}


def _written(tree: Tree, around: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """The lines of a file, each with the path of its key."""
    lines: list[tuple[tuple[str, ...], str]] = []
    for key, value in tree.items():
        name = key if key.isprintable() else json.dumps(key)
        if isinstance(value, dict):
            lines.append(((*around, key), f"{'  ' * len(around)}{name}:"))
            lines += _written(value, (*around, key))
        else:
            lines.append(((*around, key), f"{'  ' * len(around)}{name}: {value}".rstrip(" ")))
    return lines


def _bytes(text: Any) -> bytes:
    """A file's content: a text; a list of texts and [text, times]; or a mapping of a text and its encoding."""
    if isinstance(text, dict):
        return _bytes(text["text"]).decode().encode(text["encoding"])
    parts = text if isinstance(text, list) else [text]
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts).encode()


def problems(root: Path, case: Case) -> list[str]:
    """What is reported of the case's files, read as the program reads them."""
    folder = root / "prod"
    folder.mkdir()
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    values = {f"{PROJECT}:{key}": text for key, text in case.settings.items()}
    stack_file = root / "Pulumi.prod.yaml"
    lines = (f"  {json.dumps(key)}: {json.dumps(text)}\n" for key, text in values.items())
    stack_file.write_text("config:\n" + "".join(lines))
    try:
        chosen = settings.read(values, PROJECT, stack_file, root)
        manifest.load_folder(folder, root, chosen)
    except FilesRefused as refused:
        return [str(problem) for problem in refused.problems]
    return []


CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name[:80])
def test_what_is_given_is_refused_with_its_place_and_reason_or_accepted_on_purpose(tmp_path: Path, case: Case) -> None:
    reported = problems(tmp_path, case)
    assert len(reported) == len(case.problems), reported
    for expected in case.problems:
        assert [problem for problem in reported if problem.startswith(expected)], (expected, reported)
    assert all(problem.isprintable() for problem in reported)


def test_the_corpus_is_as_large_as_it_is_meant_to_be() -> None:
    assert len(CASES) >= 300
    assert len({case.name for case in CASES}) == len(CASES)
