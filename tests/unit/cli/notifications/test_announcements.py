"""What is news, given what was announced before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.cli.notifications.given import NOW, a_standing, moving, rejected, with_deadlines
from transfer_provider.cli.follow.standing import Actor, Deadline, DeadlineKind, Standing, Step
from transfer_provider.cli.notifications.announcements import Known, Mark, compare, key_of, keyed
from transfer_provider.model.lifecycle import Status


def known_of(*standings: Standing) -> dict[str, Known]:
    return {key: Known(standing.status, standing.step) for key, standing in keyed(standings).items()}


def news_of(before: Standing, after: Standing) -> list[str]:
    return [each.standing.name for each in compare([after], known_of(before), NOW, whole=True).news]


def test_another_status_is_news_and_the_same_is_none() -> None:
    assert news_of(a_standing(), moving()) == ["web-001"]
    assert news_of(moving(), moving()) == []


@pytest.mark.parametrize(
    ("before", "after", "announced"),
    [
        (Step.WAIT, Step.SUBMIT, True),
        (Step.SUBMIT, Step.WAIT, False),
        (Step.WAIT_FOR_WINDOW, Step.ACCEPT, True),
        (Step.RECORD, Step.BIND, True),
        (Step.BIND, Step.NOTHING, True),
        (Step.RECORD, Step.NOTHING, False),
        (Step.BIND, Step.RECORD, False),
        (Step.NOTHING, Step.CHECK, True),
        (Step.REVIEW, Step.DECIDE, True),
    ],
)
def test_another_step_is_news_where_somebody_acts_or_it_came_due(before: Step, after: Step, announced: bool) -> None:
    assert bool(news_of(a_standing(step=before), a_standing(step=after))) is announced


def test_a_step_that_is_passed_over_is_recorded_all_the_same() -> None:
    after = a_standing(step=Step.WAIT)
    found = compare([after], known_of(a_standing(step=Step.SUBMIT)), NOW, whole=True)
    assert found.quiet == known_of(after)


def test_a_handover_that_was_not_there_before_is_news() -> None:
    found = compare([a_standing(1), a_standing(2)], known_of(a_standing(1)), NOW, whole=True)
    assert [each.standing.name for each in found.news] == ["web-002"]


def test_without_a_record_only_what_waits_for_a_person_is_listed_and_all_is_recorded() -> None:
    found = compare([a_standing(1), rejected(2), moving(3)], {}, NOW, whole=False)
    assert found.news == []
    assert [each.standing.name for each in found.overview] == ["web-002"]
    assert found.quiet == known_of(a_standing(1), moving(3))


def test_what_waits_for_a_person_comes_first() -> None:
    found = compare([moving(1), rejected(2)], known_of(a_standing(1), a_standing(2)), NOW, whole=True)
    assert [each.standing.name for each in found.news] == ["web-002", "web-001"]


def test_a_handover_that_is_gone_leaves_the_record_but_an_empty_stack_does_not_empty_it() -> None:
    known = known_of(a_standing(1), a_standing(2))
    assert compare([a_standing(1)], known, NOW, whole=True).gone == set(known_of(a_standing(2)))
    assert compare([], known, NOW, whole=True).gone == frozenset()


def test_of_an_unknown_status_nothing_is_concluded() -> None:
    unknown = replace(moving(), unknown="No answer.", step=Step.QUERY_AGAIN, actor=Actor.NOBODY)
    found = compare([unknown], known_of(a_standing()), NOW, whole=True)
    assert (found.news, found.quiet, found.gone) == ([], {}, frozenset())


def test_a_status_that_is_unknown_at_the_first_run_is_no_news_once_it_is_known() -> None:
    unknown = replace(a_standing(), unknown="No answer.", step=Step.QUERY_AGAIN, actor=Actor.NOBODY)
    recorded = dict(compare([unknown], {}, NOW, whole=False).quiet)
    found = compare([moving()], recorded, NOW, whole=True)
    assert (found.news, found.overview) == ([], [])
    assert found.quiet == known_of(moving())


@pytest.mark.parametrize(
    ("kind", "margin"),
    [
        (DeadlineKind.CANCEL_WINDOW, timedelta(minutes=15)),
        (DeadlineKind.ACCEPTANCE, timedelta(hours=24)),
        (DeadlineKind.ACCEPTANCE, timedelta(hours=3)),
        (DeadlineKind.INSTANCE_EXPIRY, timedelta(days=3)),
        (DeadlineKind.RECEIVE_WINDOW, timedelta(hours=2)),
    ],
)
def test_a_deadline_is_reminded_of_once_when_it_comes_near(kind: DeadlineKind, margin: timedelta) -> None:
    at = NOW + timedelta(days=30)
    standing = with_deadlines(Deadline(kind, at))
    known = known_of(standing)

    def reminded(when: timedelta) -> int:
        found = compare([standing], known, at - when, whole=True)
        known.update(found.quiet)
        known.update({each.key: each.known for each in found.news})
        return len(found.news)

    reminded(margin + timedelta(hours=20))  # an earlier reminder of the same deadline
    assert reminded(margin + timedelta(seconds=1)) == 0
    assert reminded(margin) == 1
    assert reminded(margin - timedelta(minutes=1)) == 0


def test_a_deadline_that_moved_away_is_reminded_of_again_and_one_that_is_not_known_now_is_not() -> None:
    near = with_deadlines(Deadline(DeadlineKind.RECEIVE_WINDOW, NOW + timedelta(hours=1)))
    later = with_deadlines(Deadline(DeadlineKind.RECEIVE_WINDOW, NOW + timedelta(days=7)))
    given = {key_of(near.instance_id): Known(near.status, near.step, frozenset({Mark.RECEIVE_WINDOW}))}
    assert dict(compare([with_deadlines()], given, NOW, whole=True).quiet) == {}
    assert compare([near], given, NOW, whole=True).news == []
    cleared = dict(compare([later], given, NOW, whole=True).quiet)
    assert len(compare([near], cleared, NOW, whole=True).news) == 1


def test_another_request_of_an_instance_is_reminded_of_anew() -> None:
    soon = Deadline(DeadlineKind.CANCEL_WINDOW, NOW + timedelta(minutes=5))
    again = a_standing(deadlines=[soon])
    before = Known(Status.REJECTED, Step.DECIDE, frozenset({Mark.CANCEL_WINDOW}))
    (news,) = compare([again], {key_of(again.instance_id): before}, NOW, whole=True).news
    assert list(news.near) == [soon]


def test_handovers_of_one_instance_are_told_apart() -> None:
    old, new = a_standing(1), a_standing(1, name="renamed")
    assert len(keyed([old, new])) == 2
    assert set(keyed([old])) == set(keyed([new]))


def test_the_keys_are_what_earlier_versions_recorded() -> None:
    assert key_of("i-bp1web00000000000001") == "dxum7io"
