"""Text from outside never moves a cursor, begins a line, hides a letter or commands a CI system."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.model.text import as_json, printable, printable_lines, visible, yaml_quoted

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
# What a YAML file can hold at all: no half characters.
WHOLE_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web-01 订单 é", "web-01 订单 é"),
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u200bc\u2028d", "a\\u202eb\\u200bc\\u2028d"),
        ("half \ud800", "half \\ud800"),
        ("::error file=a,line=1::gone", ": :error file=a,line=1::gone"),
        ("  ::warning::x", "  : :warning::x"),
        ("##vso[task.complete]", "# #vso[task.complete]"),
        ("::error file=C:x::gone", ": :error file=C:x::gone"),
        ("::add-mask::x", ": :add-mask::x"),
        ("##teamcity[buildStop]", "# #teamcity[buildStop]"),
        ("filler \u3164 and selector \ufe0f", "filler \\u3164 and selector \\ufe0f"),
        ("::/0 and 2001:db8::1", "::/0 and 2001:db8::1"),
        ("2001:db8::a to 2001:db8::b", "2001:db8::a to 2001:db8::b"),
    ],
)
def test_it_is_shown_on_one_line_and_commands_nobody(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_whatever_it_is_it_is_visible_and_stays_so(text: str) -> None:
    shown = printable(text)
    assert visible(shown)
    assert printable(shown) == shown


@given(ANY_TEXT)
def test_a_message_keeps_its_own_line_breaks_and_no_other_control_character(text: str) -> None:
    lines = printable_lines(text).split("\n")
    assert len(lines) == text.count("\n") + 1
    assert all(map(visible, lines))


@given(st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_json_reads_back_as_what_it_was_and_is_visible_line_by_line(value: dict[str, str]) -> None:
    text = as_json(value)
    assert json.loads(text) == value
    assert all(map(visible, text.split("\n")))


def test_json_commands_no_ci_system() -> None:
    value = {"name": "##[error]x ::error::x"}
    assert "##[" not in as_json(value)
    assert "::error::" not in as_json(value)
    assert json.loads(as_json(value)) == value


@given(WHOLE_TEXT)
def test_what_is_quoted_for_yaml_reads_back_as_what_it_was(text: str) -> None:
    quoted = yaml_quoted(text)
    assert visible(quoted)
    assert yaml.safe_load(quoted) == text
