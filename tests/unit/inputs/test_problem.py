"""A problem of a file is one line, whatever the file, the key or what it quotes is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.inputs.yaml_file import FilesRefused, Problem, load

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_it_is_one_line_of_visible_characters(file: str, key: str, message: str) -> None:
    assert str(Problem(file, 1, key, message)).isprintable()


def test_problems_are_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "we\nb.yaml"
    path.write_text('"a\\nb\\x1b[2J": 1\n"a\\nb\\x1b[2J": 2\n')
    with pytest.raises(FilesRefused) as refused:
        load(path, path.name)
    first, *problems = str(refused.value).split("\n")
    assert first.startswith("1 problem")
    assert [problem.split(": ")[:2] for problem in problems] == [["  we\\nb.yaml:2", "a\\nb\\x1b[2J"]]
