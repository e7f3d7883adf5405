"""What a stack made is known by its tags; an address by its description, until it has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.model.ownership import LONGEST_NAME, PROJECT, STACK, Mark, Owner, fitting, read_mark

WEB_01 = "i-bp1web00000000000001"
OWNER = Owner.of("instance-handover", "production")
NAMES = st.text(min_size=1, max_size=200)


def test_tags_name_project_stack_handover_and_instance() -> None:
    assert OWNER.tags_of_address("web-01", WEB_01) == {
        "instance-handover:project": "instance-handover",
        "instance-handover:stack": "production",
        "instance-handover:handover": "web-01",
        "instance-handover:instance": WEB_01,
    }
    assert OWNER.tags_of_group("web") == {
        "instance-handover:project": "instance-handover",
        "instance-handover:stack": "production",
        "instance-handover:group": "web",
    }


def test_what_is_written_is_read_back_from_tags_as_from_a_description() -> None:
    mark = Mark(OWNER, "web-01", WEB_01)
    assert read_mark(OWNER.tags_of_address("web-01", WEB_01)) == mark
    assert read_mark({}, OWNER.description_of_address("web-01", WEB_01)) == mark
    assert read_mark(OWNER.tags_of_group("web")) == Mark(OWNER, group="web")


def test_tags_count_more_than_a_description() -> None:
    other = Owner.of("instance-handover", "staging")
    mark = read_mark(other.tags_of_address("web-01", WEB_01), OWNER.description_of_address("web-01", WEB_01))
    assert mark is not None
    assert mark.owner == other


@pytest.mark.parametrize("text", ["", "Web servers", "Made by instance-handover: project=a"])
def test_what_somebody_else_made_has_no_mark(text: str) -> None:
    assert read_mark({"team": "web"}, text) is None


def test_half_of_the_tags_are_nobodys() -> None:
    mark = read_mark({PROJECT: OWNER.project})
    assert mark is not None
    assert mark.owner != OWNER
    assert read_mark({STACK: OWNER.stack}) != read_mark(dict(OWNER.tags))


@given(NAMES, NAMES, NAMES)
def test_any_name_fits_into_tags_and_description(project: str, stack: str, handover: str) -> None:
    owner = Owner.of(project, stack)
    for value in owner.tags_of_address(handover, WEB_01).values():
        assert 1 <= len(value) <= 128
        assert not value.startswith(("aliyun", "acs:"))
        assert "://" not in value
    described = owner.description_of_address(handover, "i-" + "0" * 40)
    assert len(described) <= 256
    assert read_mark({}, described) == Mark(owner, fitting(handover, LONGEST_NAME), "i-" + "0" * 40)


@given(NAMES, NAMES)
def test_two_names_never_become_the_same_tag(one_name: str, other_name: str) -> None:
    assert (fitting(one_name, LONGEST_NAME) == fitting(other_name, LONGEST_NAME)) == (one_name == other_name)
