"""The parameters of every action, beside the request models of Alibaba Cloud's SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.actions.call import Action
from tests.conformance.cases import CASES
from tests.conformance.client import OFFERED, PUBLISHED, Caller
from tests.conformance.exemptions import UNPUBLISHED_ACTIONS
from tools import published

Calling = Callable[[tuple[str, str]], Caller]


def required() -> Iterator[tuple[str, str, str]]:
    for product, action in PUBLISHED:
        request = published.request(product, action)
        assert request is not None
        yield from ((product, action, name) for name in sorted(request.required))


def heeded(kinds: tuple[type, ...]) -> Iterator[tuple[str, str, str]]:
    """The parameters that the sandbox heeds and the SDK has as one of these types."""
    for product, action in PUBLISHED:
        for name in OFFERED[product, action][1].parameters:
            if _type(product, action, name) in kinds:
                yield product, action, name


def _type(product: str, action: str, parameter: str) -> published.Published | None:
    """The type of a parameter such as `Permissions.N.Policy` in the SDK; None where it has none of that name."""
    found: published.Published | None = published.request(product, action)
    for part in parameter.split("."):
        if part == "N":
            found = found.of if isinstance(found, published.Many) else None
        else:
            found = found.fields.get(part) if isinstance(found, published.Record) else None
    return found


def test_every_action_has_a_case_and_every_case_an_action() -> None:
    assert set(CASES) == set(OFFERED)


def test_only_the_transfer_actions_are_unpublished() -> None:
    assert set(OFFERED) - set(PUBLISHED) == set(UNPUBLISHED_ACTIONS)


@pytest.mark.parametrize("names", PUBLISHED, ids=".".join)
def test_every_parameter_that_is_heeded_is_published_with_that_shape(names: tuple[str, str]) -> None:
    action: Action = OFFERED[names][1]
    assert [name for name in action.parameters if not isinstance(_type(*names, name), type)] == []


@pytest.mark.parametrize("names", PUBLISHED, ids=".".join)
def test_a_case_names_a_region_only_where_that_is_required(names: tuple[str, str]) -> None:
    request = published.request(*names)
    assert request is not None
    assert ("RegionId" in CASES[names].parameters) == ("RegionId" in request.required)


@pytest.mark.parametrize(("product", "action", "parameter"), list(required()))
def test_what_is_published_as_required_is_required(caller: Calling, product: str, action: str, parameter: str) -> None:
    status, code = caller((product, action)).refused(without=parameter)
    assert status == 400
    assert code.startswith("MissingParameter")


@pytest.mark.parametrize("names", OFFERED, ids=".".join)
def test_an_unknown_parameter_is_refused_by_its_name(caller: Calling, names: tuple[str, str]) -> None:
    assert caller(names).refused(NoSuchParameter="1") == (400, "InvalidParameter.NoSuchParameter")


@pytest.mark.parametrize(("product", "action", "parameter"), list(heeded((int, bool))))
def test_a_number_or_a_flag_takes_no_other_word(caller: Calling, product: str, action: str, parameter: str) -> None:
    status, code = caller((product, action)).refused(**{parameter.replace(".N", ".1"): "perhaps"})
    assert (status, code) == (400, "InvalidParameter")
