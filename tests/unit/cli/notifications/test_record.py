"""The record of what was announced, as the stack's tags have it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from transfer_provider.cli.follow.standing import Step
from transfer_provider.cli.notifications.announcements import Known, Mark, key_of
from transfer_provider.cli.notifications.record import (
    MARKS,
    STATUSES,
    STEPS,
    NewerRecord,
    Record,
    undelivered,
    undelivered_text,
)
from transfer_provider.model.lifecycle import Status

KNOWN = st.builds(
    Known,
    st.sampled_from([None, *Status]),
    st.sampled_from(list(Step)),
    st.frozensets(st.sampled_from(list(Mark))),
)
ENTRIES = st.dictionaries(st.integers(0, 400).map(lambda number: key_of(str(number))), KNOWN, max_size=60)


def known(number: int = 0) -> Known:
    return Known(Status.UNDER_REVIEW, list(Step)[number % len(Step)])


def many(count: int) -> dict[str, Known]:
    return {key_of(str(number)): known(number) for number in range(count)}


@settings(max_examples=examples(150), deadline=None)
@given(first=ENTRIES, then=ENTRIES)
def test_what_is_recorded_reads_back_within_the_limits_of_tags(first: dict[str, Known], then: dict[str, Known]) -> None:
    gone = set(list(first)[::2]) - then.keys()
    record = Record.read(Record().having(first).tags()).having(then, gone)
    tags = record.tags()
    assert Record.read(tags).known == {key: value for key, value in first.items() if key not in gone} | then
    assert Record.read(tags).whole
    for name, value in tags.items():
        assert re.fullmatch(r"[a-zA-Z0-9-_.:]{1,40}", name)
        assert 0 < len(value) <= 256


@settings(max_examples=examples(150), deadline=None)
@given(st.dictionaries(st.from_regex(r"handover:announced-([0-9]{1,5}|x)", fullmatch=True), st.text(max_size=300)))
def test_any_text_in_the_tags_is_read_or_reported(tags: dict[str, str]) -> None:
    try:
        record = Record.read(tags)
    except NewerRecord:
        return
    assert Record.read(record.having(many(3)).tags()).whole


def test_300_handovers_take_14_tags_and_a_change_writes_one() -> None:
    record = Record().having(many(300))
    before = record.tags()
    assert len(before) == 14
    after = record.having({key_of("7"): Known(Status.APPROVED, Step.ACCEPT)}).tags()
    assert len([name for name in after if after[name] != before[name]]) == 1


def test_the_first_tag_which_counts_them_is_written_last() -> None:
    assert list(Record().having(many(60)).tags()) == [f"handover:announced-{number}" for number in (2, 1, 0)]


def test_the_format_is_what_earlier_versions_wrote() -> None:
    tags = {"handover:announced-0": "v1/2 3fkx7qaUR0 5m2abcdAPi", "handover:announced-1": "-"}
    assert Record.read(tags).known == {
        "3fkx7qa": Known(Status.UNDER_REVIEW, Step.REVIEW),
        "5m2abcd": Known(Status.APPROVED, Step.ADOPT, frozenset({Mark.ACCEPTANCE_DAY, Mark.RECEIVE_WINDOW})),
    }
    letters = ["".join(letters.values()) for letters in (STATUSES, STEPS)]
    assert letters == ["NIUATCRXEGSYBDF", "WSPIRKVAMBCDQGNEO"]
    assert list(MARKS.values()) == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("letters", [STATUSES, STEPS, MARKS])
def test_no_two_of_them_share_a_letter(letters: dict[object, object]) -> None:
    assert len(set(letters.values())) == len(letters)


def test_every_status_step_and_mark_can_be_recorded() -> None:
    assert set(STATUSES) == {None, *Status}
    assert set(STEPS) == set(Step)
    assert set(MARKS) == set(Mark)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("handover:announced-0", "hello", "announced-0 is not as it was written"),
        ("handover:announced-1", "3fkx7qaUR0 ???", "announced-1 is not as it was written"),
        ("handover:announced-1", None, "announced-1 is missing"),
        ("handover:announced-2", None, "announced-2 is missing"),
        ("handover:announced-0", None, "announced-0 is not as it was written"),
    ],
)
def test_what_a_person_changed_is_reported_the_rest_is_kept_and_writing_repairs_it(
    name: str, value: str | None, problem: str
) -> None:
    tags = Record().having(many(60)).tags()
    tags.pop(name)
    tags |= {name: value} if value else {}
    record = Record.read(tags)
    assert not record.whole
    assert problem in " ".join(record.problems)
    assert 35 <= len(record.known) < 61
    assert Record.read(tags | record.having({}).tags()).whole


def test_an_entry_that_is_there_twice_is_reported_and_the_first_counts() -> None:
    tags = {"handover:announced-0": "v1/1 3fkx7qaUR0 3fkx7qaAA0"}
    assert Record.read(tags).known == {"3fkx7qa": Known(Status.UNDER_REVIEW, Step.REVIEW)}
    assert not Record.read(tags).whole


def test_a_newer_versions_record_is_not_touched() -> None:
    with pytest.raises(NewerRecord, match="format 2"):
        Record.read({"handover:announced-0": "v2/1 something else"})


def test_no_record_is_not_a_whole_one_and_an_empty_one_is() -> None:
    assert not Record.read({"handover:notifier": "x"}).whole
    assert Record.read(Record().having({}).tags()).whole


def test_tags_that_a_killed_run_wrote_before_the_first_count() -> None:
    tags = Record().having(many(22)).tags() | {"handover:announced-1": "3fkx7qaUR0"}
    assert Record.read(tags).whole
    assert "3fkx7qa" in Record.read(tags).known


@given(st.frozensets(st.integers(0, 400).map(lambda number: key_of(str(number))), min_size=1, max_size=40))
def test_what_a_target_is_owed_reads_back_or_is_all(keys: frozenset[str]) -> None:
    text = undelivered_text(keys)
    assert len(text) <= 256
    assert undelivered({"handover:undelivered-3": text}) == {3: keys if len(keys) <= 32 else frozenset("*")}


def test_what_is_owed_and_can_not_be_read_is_all() -> None:
    assert undelivered({"handover:undelivered-1": "web-01"}) == {1: frozenset("*")}
