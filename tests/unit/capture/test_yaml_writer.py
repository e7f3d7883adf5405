"""Whatever a key, a value or a comment holds: the text reads back as exactly what was meant, and nothing is added."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.capture.differences import misread
from transfer_provider.capture.yaml_writer import Noted, Open, lines, open_values, plain, undecided
from transfer_provider.inputs.yaml_file import load

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HOSTILE = st.sampled_from(
    [
        "web\n  evil: { direction: ingress, protocol: all, source: 0.0.0.0/0 }",
        "a\u2028b: c",
        "\x85x: y",
        "# decide: nothing",
        "no",
        "null",
        "~",
        "<<",
        "- a",
        "{a: b}",
        "'",
        '"',
        "\\",
        "&a",
        "*a",
        "!t",
        "%YAML",
        "---",
        "1e3",
        "0x1f",
        "12:30",
        " blanks ",
        "",
    ]
)
ANY = TEXTS | HOSTILE
COMMENTS = st.lists(st.text(max_size=40) | HOSTILE, max_size=3)
LEAVES = st.one_of(
    ANY, st.integers(-(10**9), 10**9), st.booleans(), st.lists(ANY, max_size=3), COMMENTS.map(" ".join).map(Open)
)


def mappings(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    entries = st.dictionaries(ANY, values, max_size=4)
    return entries | st.builds(Noted, entries, COMMENTS)


ENTRIES = st.dictionaries(ANY, st.recursive(LEAVES, mappings, max_leaves=12), min_size=1, max_size=4)


def read_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> dict[str, Any]:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    return load(path, path.name).values


@given(ENTRIES)
def test_it_reads_back_key_by_key(tmp_path_factory: pytest.TempPathFactory, entries: dict[str, Any]) -> None:
    text = "\n".join(lines(entries)) + "\n"
    assert read_back(tmp_path_factory, text) == plain(entries)
    assert list(misread(read_back(tmp_path_factory, text), plain(entries))) == []


@given(ENTRIES)
def test_it_holds_no_control_character_but_its_line_ends(entries: dict[str, Any]) -> None:
    assert all(line.isprintable() for line in lines(entries))


def test_what_is_open_and_what_is_to_be_decided_is_counted_by_the_writers_own_marks() -> None:
    entries = {
        "vpc_id": Open("fill in"),
        "source": Open("decide: was it"),
        "rule": Noted({"description": "x # decide: no"}, ["decide: 1"]),
    }
    text = "\n".join(lines(entries))
    assert (open_values(text), undecided(text)) == (1, 2)


@pytest.mark.parametrize(
    ("read", "meant", "differing"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"a": {"b": 1}}, {"a": {"b": "1"}}, [("a", "b")]),
        ({"a": {"b": 1, "evil": 2}}, {"a": {"b": 1}}, [("a", "evil")]),
        ({}, {"a": None}, [("a",)]),
        ({"a": True}, {"a": 1}, [("a",)]),
    ],
)
def test_every_key_that_reads_back_as_something_else_is_named(read: Any, meant: Any, differing: Any) -> None:
    assert list(misread(read, meant)) == differing
