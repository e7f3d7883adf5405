"""Circles among names that come after one another."""

from __future__ import annotations

import itertools

from transfer_provider.model.order import cycles, spelled_out


def test_an_order_without_a_circle_has_none() -> None:
    assert cycles({}) == []
    assert cycles({"c": ["a", "b"], "b": ["a"], "a": []}) == []
    assert cycles({"b": ["elsewhere"]}) == []


def test_a_circle_is_named_whole_from_its_first_name_on() -> None:
    (found,) = cycles({"web": ["db"], "app": ["web"], "db": ["app"], "tail": ["web"]})
    assert found == ["app", "web", "db"]
    assert spelled_out(found) == "app after web after db after app"


def test_a_name_after_itself_is_a_circle() -> None:
    assert cycles({"a": ["a"]}) == [["a"]]


def test_circles_apart_are_all_found() -> None:
    assert cycles({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"], "e": ["a", "c"]}) == [["a", "b"], ["c", "d"]]


def test_thousands_in_a_chain_or_a_circle_are_no_matter_of_depth() -> None:
    names = [f"n-{number:05}" for number in range(5000)]
    chain: dict[str, list[str]] = {name: [before] for before, name in itertools.pairwise(names)}
    assert cycles(chain) == []
    (found,) = cycles(chain | {names[0]: [names[-1]]})
    assert len(found) == 5000
    dense = dict.fromkeys(names[:400], names[:400])
    assert cycles(dense)
