"""What the sandbox's command prints is as harmless as what the library's prints, though neither imports the other."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.cli import output
from transfer_provider.model import text as of_library

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
HOSTILE = "web\n\x1b[31m::error::gone\x9b \u202e##vso[task]"


@given(ANY_TEXT)
def test_text_is_shown_as_the_library_shows_it(text: str) -> None:
    assert output.printable(text) == of_library.printable(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_json_is_what_the_library_makes_of_it(capsys: pytest.CaptureFixture[str], value: dict[str, str]) -> None:
    output.print_json(value)
    assert capsys.readouterr().out == f"{of_library.as_json(value)}\n"


def test_a_cell_begins_no_line_and_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("id", "name"), [("i-1", HOSTILE)])
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 2
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
    assert "::error::" not in printed


def test_a_list_for_scripts_has_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_list([{"name": HOSTILE}], ("name",), as_json=True)
    printed = capsys.readouterr().out
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
    assert json.loads(printed) == [{"name": HOSTILE}]


def test_an_error_keeps_its_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("Error: two problems:\n  \x1b[2Ja", error=True)
    assert capsys.readouterr().err == "Error: two problems:\n  \\x1b[2Ja\n"
