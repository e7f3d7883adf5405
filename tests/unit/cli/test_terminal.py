"""What is printed holds no control character but our own line breaks, whatever it names."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transfer_provider.cli.terminal import console, print_json, print_line, say, say_error, table

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
ANYWHERE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def only_visible(printed: str) -> bool:
    return all(letter.isprintable() or letter == "\n" for letter in printed)


@ANYWHERE
@given(ANY_TEXT)
def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str], text: str) -> None:
    say(text)
    print_line(console(), text)
    printed = capsys.readouterr().out
    assert only_visible(printed)
    assert printed.count("\n") == 2


@ANYWHERE
@given(st.lists(ANY_TEXT.map(lambda text: text[:20]), min_size=2, max_size=2))
def test_a_row_of_a_table_is_one_line(capsys: pytest.CaptureFixture[str], row: list[str]) -> None:
    console().print(table(("name", "description"), [row]))
    printed = capsys.readouterr().out
    assert only_visible(printed)
    assert printed.count("\n") == 2


@ANYWHERE
@given(ANY_TEXT)
def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str], text: str) -> None:
    say_error(f"Could not do it: {text}.")
    printed = capsys.readouterr().err
    assert only_visible(printed)
    assert printed.count("\n") == 1


@ANYWHERE
@given(st.lists(ANY_TEXT))
def test_json_is_valid_and_means_what_it_meant(capsys: pytest.CaptureFixture[str], texts: list[str]) -> None:
    print_json(texts)
    printed = capsys.readouterr().out
    assert only_visible(printed)
    assert json.loads(printed) == texts
