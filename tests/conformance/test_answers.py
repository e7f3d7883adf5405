"""The answer of every action, beside the models of Alibaba Cloud's SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.actions.answers import LEFT_OUT
from sandbox.actions.answers import PUBLISHED as PUBLISHED_ANSWERS
from tests.conformance.client import OFFERED, PUBLISHED, Caller
from tests.conformance.exemptions import UNPUBLISHED_FIELDS
from tools import answers, published

Calling = Callable[[tuple[str, str]], Caller]


def differences(kind: published.Published, value: Any, path: str) -> Iterator[str]:
    """What is not as published, at every depth."""
    if isinstance(kind, published.Many):
        if not isinstance(value, list):
            yield f"{path} is no list"
        else:
            for entry in value:
                yield from differences(kind.of, entry, path)
    elif isinstance(kind, published.Record):
        if not isinstance(value, dict):
            yield f"{path} is no object"
        else:
            yield from (f"{path}.{name} is not published" for name in value.keys() - kind.fields.keys())
            yield from (f"{path}.{name} is missing" for name in kind.fields.keys() - value.keys())
            for name in kind.fields.keys() & value.keys():
                yield from differences(kind.fields[name], value[name], f"{path}.{name}")
    elif type(value) is not kind:
        yield f"{path} is {value!r}, not of type {kind.__name__}"


def expected(action: str) -> set[str]:
    """The differences of an action that are there on purpose."""
    missing = {f"{path} is missing" for path in LEFT_OUT}
    unpublished = {f"{path} is not published" for path in UNPUBLISHED_FIELDS}
    return {difference for difference in missing | unpublished if difference.startswith(f"{action}.")}


@pytest.mark.parametrize("names", OFFERED, ids=".".join)
def test_an_answer_has_the_published_fields_of_the_published_types_and_no_others(
    caller: Calling, names: tuple[str, str]
) -> None:
    call = caller(names)
    body = call.answer()
    assert body["RequestId"]
    if call.case.listing:
        wrapper, entries = call.case.listing
        assert body[wrapper][entries]
    record = published.answer(*names)
    if record is not None:
        assert set(differences(record, body, names[1])) == expected(names[1])


def test_what_is_left_out_on_purpose_is_published() -> None:
    for path in LEFT_OUT:
        action, *fields = path.split(".")
        found: published.Published | None = published.answer("Ecs", action)
        for field in fields:
            found = found.of if isinstance(found, published.Many) else found
            assert isinstance(found, published.Record)
            found = found.fields[field]


@pytest.mark.parametrize("names", PUBLISHED, ids=".".join)
def test_the_sdk_reads_and_writes_an_answer_without_losing_any_of_it(names: tuple[str, str]) -> None:
    full = {"RequestId": "request", **answers.table()[names[0]][names[1]]}
    model: Any = published.answer_model(*names)
    assert model().from_map(full).to_map() == full


def test_the_table_of_answers_is_what_the_installed_sdk_publishes() -> None:
    assert answers.table() == PUBLISHED_ANSWERS
