"""The formats of a transfer's inputs, and what is reported where one is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.inputs.fields import validate
from transfer_provider.inputs.transfer import INPUTS, TransferInputs

GOOD: dict[str, Any] = {
    "instance_id": "i-bp1web00000000000001",
    "region": "cn-hangzhou",
    "recipient_account_id": "1000000000000002",
    "accept_terms": True,
}


def problems(**changes: Any) -> dict[str, str]:
    given = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return dict(validate(given, (), TransferInputs)[1])


def test_what_is_required_is_enough() -> None:
    assert validate(GOOD, (), TransferInputs) == (GOOD | {"channel": "api"}, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("instance_id", "bp1web00000000000001"),
        ("instance_id", "i-BP1WEB"),
        ("instance_id", "i-bp1web00000000000001\n"),
        ("instance_id", ""),
        ("instance_id", 7.0),
        ("region", "Hangzhou"),
        ("region", "cn"),
        ("recipient_account_id", "100000000000000"),
        ("recipient_account_id", "10000000000000002"),
        ("recipient_account_id", "100000000000000x"),
        ("recipient_account_id", 1.5),
        ("recipient_account_id", float("inf")),
        ("recipient_account_id", float("nan")),
        ("recipient_account_id", 12345678901234567890.0),
        ("recipient_account_id", True),
        ("recipient_account_name", ""),
        ("recipient_email", "nobody"),
        ("recipient_email", "a@b"),
        ("resource_group_id", "acfm"),
        ("reason", ""),
        ("reason", "two\nlines"),
        ("reason", " blank"),
        ("reason", "x" * 501),
        ("accept_terms", False),
        ("accept_terms", "true"),
        ("accept_terms", 1.0),
        ("channel", "telephone"),
    ],
)
def test_a_malformed_value_is_reported_on_its_own_key(key: str, value: Any) -> None:
    found = problems(**{key: value})
    assert list(found) == [key]
    assert len(found[key]) > 20


def test_everything_wrong_is_reported_at_once() -> None:
    assert set(problems(instance_id="x", region="y", accept_terms=False)) == {"instance_id", "region", "accept_terms"}


def test_what_is_missing_is_reported_with_what_to_give() -> None:
    assert problems(instance_id=None) == {
        "instance_id": "is missing; give the id of the instance to hand over, such as i-bp1web00000000000001"
    }


def test_an_account_id_that_arrives_as_a_float_becomes_its_digits() -> None:
    settled, wrong = validate(GOOD | {"recipient_account_id": 1000000000000002.0}, (), TransferInputs)
    assert (settled["recipient_account_id"], wrong) == ("1000000000000002", [])


def test_what_a_preview_does_not_know_is_not_judged_but_the_rest_is() -> None:
    unknown = object()
    settled, wrong = validate(
        GOOD | {"instance_id": unknown, "recipient_account_id": 1000000000000002.0}, {"instance_id"}, TransferInputs
    )
    assert wrong == []
    assert settled["instance_id"] is unknown
    assert settled["recipient_account_id"] == "1000000000000002"
    assert [
        key for key, _ in validate(GOOD | {"instance_id": unknown, "region": "x"}, {"instance_id"}, TransferInputs)[1]
    ] == ["region"]


@given(st.sampled_from(INPUTS), st.one_of(st.text(), st.floats(), st.booleans(), st.lists(st.text())))
def test_no_value_is_repeated_in_a_message_and_none_raises(key: str, value: Any) -> None:
    for _, message in validate(GOOD | {key: value}, (), TransferInputs)[1]:
        assert not (isinstance(value, str) and len(value) > 6 and value in message)


def test_a_mail_address_never_appears_in_a_message() -> None:
    assert "jane" not in str(problems(recipient_email="jane@doe@acme.example"))


def test_every_input_states_what_to_give() -> None:
    assert all(field.description for field in TransferInputs.model_fields.values())
