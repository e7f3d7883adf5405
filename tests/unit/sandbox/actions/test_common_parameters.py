"""Filters by name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.actions.common_parameters import name_filter


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("web-01", ["web-01"]),
        ("web*", ["web-01", "web", "web[1]"]),
        ("*-01", ["web-01", "db-01"]),
        ("*b*1*", ["web-01", "db-01", "web[1]"]),
        ("w*b", ["web"]),
        ("**", ["web-01", "db-01", "web", "web[1]"]),
        ("web[1]", ["web[1]"]),
        ("w?b", []),
        ("web[0-9]", []),
        ("web.01", []),
        ("WEB*", []),
    ],
)
def test_a_star_stands_for_any_text_and_all_else_for_itself(pattern: str, named: list[str]) -> None:
    assert list(filter(name_filter(pattern), ["web-01", "db-01", "web", "web[1]"])) == named


def test_without_a_pattern_every_name_fits() -> None:
    assert name_filter(None)("")


@given(st.text("ab*", max_size=6), st.text("ab\n", max_size=6))
def test_a_pattern_means_what_it_means_as_a_regular_expression(pattern: str, name: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    assert name_filter(pattern)(name) == (re.fullmatch(expression, name, re.DOTALL) is not None)


def test_many_stars_take_no_longer_than_few() -> None:
    assert not name_filter("a*" * 60 + "b")("a" * 128)
