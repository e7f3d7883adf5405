"""Where a handover stands, by what was observed of it: every status and side, and what no unattended run may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from transfer_provider.cli.follow.standing import Actor, DeadlineKind, Observation, Standing, Step, standing
from transfer_provider.model.lifecycle import FAILED, OF_A_COPY, OF_A_TRANSFER, Status

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BOTH, SOURCE, RECIPIENT = (True, True), (True, False), (False, True)
UP = Actor.PULUMI_UP

TRACKED = Observation(
    name="web-01",
    instance_id="i-bp1web00000000000001",
    region="cn-hangzhou",
    recipient_account_id="1000000000000002",
    channel="api",
    declared=True,
    held=True,
    runs_source=True,
    runs_recipient=True,
    destination=True,
    recorded=Status.UNDER_REVIEW,
    transfer_id="it-1",
    status=Status.UNDER_REVIEW,
)


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def of(side: tuple[bool, bool] = BOTH, **changes: Any) -> Standing:
    runs_source, runs_recipient = side
    recorded = TRACKED.recorded if runs_source else None
    sided = replace(TRACKED, runs_source=runs_source, runs_recipient=runs_recipient, recorded=recorded)
    return standing(replace(sided, **changes), NOW)


@pytest.mark.parametrize(
    ("side", "status", "step", "actor"),
    [
        (BOTH, Status.UNDER_REVIEW, Step.REVIEW, Actor.ALIBABA_CLOUD),
        (SOURCE, Status.UNDER_REVIEW, Step.REVIEW, Actor.ALIBABA_CLOUD),
        (RECIPIENT, Status.UNDER_REVIEW, Step.REVIEW, Actor.ALIBABA_CLOUD),
        (BOTH, Status.APPROVED, Step.ACCEPT, UP),
        (SOURCE, Status.APPROVED, Step.ACCEPT, Actor.RECIPIENT),
        (RECIPIENT, Status.APPROVED, Step.ACCEPT, UP),
        (BOTH, Status.TRANSFERRING, Step.MOVE, Actor.ALIBABA_CLOUD),
        (SOURCE, Status.TRANSFERRING, Step.MOVE, Actor.ALIBABA_CLOUD),
        (RECIPIENT, Status.TRANSFERRING, Step.MOVE, Actor.ALIBABA_CLOUD),
        (BOTH, Status.COMPLETED, Step.CHECK, Actor.RECIPIENT),
        (SOURCE, Status.COMPLETED, Step.RECORD, UP),
        (RECIPIENT, Status.COMPLETED, Step.CHECK, Actor.RECIPIENT),
        (BOTH, Status.REJECTED, Step.DECIDE, Actor.SOURCE),
        (SOURCE, Status.CANCELLED, Step.DECIDE, Actor.SOURCE),
        (RECIPIENT, Status.EXPIRED, Step.DECIDE, Actor.SOURCE),
    ],
)
def test_each_status_has_its_step_and_who_acts(
    side: tuple[bool, bool], status: Status, step: Step, actor: Actor
) -> None:
    found = of(side, status=status)
    assert (found.status, found.step, found.actor) == (status, step, actor)


@pytest.mark.parametrize(
    ("side", "actor"), [(BOTH, UP), (SOURCE, UP), (RECIPIENT, Actor.SOURCE)], ids=["both", "source", "recipient"]
)
def test_what_was_not_submitted_is_submitted_by_the_sources_stack(side: tuple[bool, bool], actor: Actor) -> None:
    found = of(side, status=None, recorded=None, held=False, transfer_id=None)
    assert (found.status, found.actor, found.due) == (None, actor, False)
    assert found.waits_for_person is (actor is UP)


def test_what_waits_for_its_turn_says_why() -> None:
    found = of(status=None, recorded=None, waits_for=["It waits for db-01.", "Wave 2 is next."])
    assert (found.step, found.actor, found.what) == (Step.WAIT, Actor.NOBODY, "It waits for db-01. Wave 2 is next.")
    assert not found.waits_for_person


def test_an_approved_transfer_waits_for_its_window_and_is_due_from_then_on() -> None:
    opens = NOW + timedelta(hours=2)
    waiting = of(status=Status.APPROVED, window_opens=opens)
    assert (waiting.step, waiting.due) == (Step.WAIT_FOR_WINDOW, False)
    assert [(deadline.kind, deadline.at) for deadline in waiting.deadlines] == [(DeadlineKind.RECEIVE_WINDOW, opens)]
    assert of(status=Status.APPROVED, window_opens=NOW).due


@pytest.mark.parametrize("side", [SOURCE, BOTH])
def test_an_acceptance_that_this_stack_can_not_take_waits_for_a_person(side: tuple[bool, bool]) -> None:
    found = of(side, status=Status.APPROVED, destination=False)
    assert (found.actor, found.due, found.waits_for_person) == (Actor.RECIPIENT, False, True)


@pytest.mark.parametrize(
    ("status", "step", "actor"),
    [
        (Status.AWAITING_INITIATION, Step.INITIATE, Actor.SOURCE),
        (Status.UNDER_REVIEW, Step.ACCEPT_IN_CONSOLE, Actor.RECIPIENT),
        (Status.APPROVED, Step.ACCEPT_IN_CONSOLE, Actor.RECIPIENT),
        (Status.TRANSFERRING, Step.MOVE, Actor.ALIBABA_CLOUD),
    ],
)
def test_a_console_transfer_is_moved_on_by_people_and_never_by_a_run(status: Status, step: Step, actor: Actor) -> None:
    found = of(channel="console", status=status, recorded=Status.AWAITING_INITIATION, message="Do it there.")
    assert (found.step, found.actor, found.what, found.due) == (step, actor, "Do it there.", False)


class TestArrived:
    def test_its_address_is_bound_first(self) -> None:
        found = of(status=Status.TRANSFERRING, arrived=True, address=True)
        assert (found.status, found.step, found.due) == (Status.COMPLETED, Step.BIND, True)

    def test_then_its_arrival_is_recorded(self) -> None:
        assert of(status=Status.COMPLETED, arrived=True, address=True, bound=True).step is Step.RECORD

    def test_then_its_transfer(self) -> None:
        found = of(status=Status.COMPLETED, arrived=True, recorded_arrival=True)
        assert (found.step, found.due) == (Step.RECORD, True)

    def test_then_nothing_is_left(self) -> None:
        recorded: dict[str, Any] = {"recorded": Status.COMPLETED, "recorded_arrival": True, "bound": True}
        assert of(status=Status.COMPLETED, arrived=True, address=True, **recorded).settled

    def test_on_the_recipients_half_without_a_transfer(self) -> None:
        found = of(RECIPIENT, status=None, arrived=True, recorded_arrival=True, bound=True)
        assert (found.status, found.settled) == (Status.COMPLETED, True)


class TestWhatTheStateDoesNotHold:
    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED, Status.TRANSFERRING])
    def test_is_adopted_by_a_persons_run(self, status: Status) -> None:
        found = of(status=status, recorded=None, held=False)
        assert (found.step, found.actor, found.due, found.waits_for_person) == (Step.ADOPT, UP, False, True)
        assert "adopts it" in found.what

    def test_is_adopted_after_it_arrived_too(self) -> None:
        assert of(status=Status.COMPLETED, recorded=None, held=False, arrived=True).step is Step.ADOPT
        assert of(SOURCE, status=Status.COMPLETED, recorded=None, held=False).step is Step.ADOPT

    def test_on_the_recipients_half_is_normal(self) -> None:
        assert of(RECIPIENT, status=Status.APPROVED, held=False).due

    def test_is_for_a_person_where_another_request_is_in_the_way(self) -> None:
        found = of(status=None, recorded=None, conflict="It is \x1b[31mred.")
        assert (found.step, found.what) == (Step.DECIDE, "It is \\x1b[31mred.")


class TestUndeclared:
    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED])
    def test_under_way_would_be_cancelled(self, status: Status) -> None:
        found = of(declared=False, status=status)
        assert (found.step, found.due) == (Step.DECIDE, False)
        assert "would cancel it, for good" in found.what

    def test_moving_can_not_be_cancelled(self) -> None:
        assert "can't be cancelled" in of(declared=False, status=Status.TRANSFERRING).what

    @pytest.mark.parametrize("status", FAILED)
    def test_failed_leaves_the_state(self, status: Status) -> None:
        assert "removes it from state" in of(declared=False, status=status).what

    def test_on_the_recipients_half_is_never_said_to_be_cancelled(self) -> None:
        assert "cancel" not in of(RECIPIENT, declared=False, status=Status.APPROVED).what

    def test_completed_is_settled(self) -> None:
        for arrived in (True, False):
            found = of(declared=False, status=Status.COMPLETED, recorded=Status.COMPLETED, arrived=arrived)
            assert found.settled
            assert "nothing is given back" in found.what


class TestAChangedFile:
    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED])
    def test_would_cancel_what_is_under_way_and_no_unattended_run_may(self, status: Status) -> None:
        found = of(status=status, changed=["reason"], cancellable_until=at(1))
        assert (found.step, found.due, found.waits_for_person) == (Step.DECIDE, False, True)
        assert "changes reason: the next `pulumi up` would cancel it, for good" in found.what

    def test_past_the_cancel_window_is_refused(self) -> None:
        found = of(status=Status.APPROVED, changed=["reason"], cancellable_until=at(-1))
        assert (found.step, found.due) == (Step.DECIDE, False)
        assert "its cancel window closed" in found.what

    @pytest.mark.parametrize("arrived", [True, False])
    def test_of_a_completed_transfer_is_refused(self, *, arrived: bool) -> None:
        found = of(status=Status.COMPLETED, recorded=Status.COMPLETED, arrived=arrived, changed=["reason"])
        assert (found.step, found.due) == (Step.DECIDE, False)
        assert "Could not change reason" in found.what

    @pytest.mark.parametrize("status", FAILED)
    def test_of_a_failed_transfer_submits_the_new_request(self, status: Status) -> None:
        found = of(status=status, recorded=status, changed=["reason"])
        assert (found.step, found.due) == (Step.SUBMIT, False)


def test_a_cancelled_request_needs_another_reason() -> None:
    found = of(status=Status.CANCELLED, recorded=Status.CANCELLED, message="It was cancelled.")
    assert found.what == "It was cancelled: change the reason and submit it again, or remove its file."


def test_a_transfer_that_is_confirmed_gone_is_submitted_by_a_person() -> None:
    found = of(status=None, gone=True)
    assert (found.step, found.due, found.waits_for_person) == (Step.SUBMIT, False, True)
    assert "no longer lists it-1" in found.what


def test_nothing_is_concluded_from_what_could_not_be_queried() -> None:
    for status, arrived in product([None, *Status], [True, False]):
        found = of(status=status, arrived=arrived, unknown="No answer.", changed=["reason"], declared=False)
        assert (found.step, found.due, found.waits_for_person, found.settled) == (Step.QUERY_AGAIN, *[False] * 3)
        assert found.unknown == "No answer."


def test_what_is_due_never_submits_and_never_cancels() -> None:
    statuses: list[Any] = [None, *OF_A_TRANSFER]
    for status, side, declared, held, arrived, address, changed, destination in product(
        statuses, [BOTH, SOURCE, RECIPIENT], *[[True, False]] * 6
    ):
        recorded = status if held and side is not RECIPIENT else None
        found = of(
            side,
            status=status,
            declared=declared,
            recorded=recorded,
            held=held,
            arrived=arrived,
            address=address,
            changed=["reason"] if changed and recorded else [],
            destination=destination,
        )
        if found.due:
            assert declared
            assert not (changed and recorded)
            assert side is RECIPIENT or recorded is not None
            assert arrived or status in (Status.APPROVED, Status.COMPLETED)
        assert not (found.due and found.waits_for_person)
        assert found.what.endswith(".")


class TestACopy:
    def test_a_step_that_a_persons_run_made_due_is_taken_unattended_and_its_beginning_is_not(self) -> None:
        for status, declared, held, due in product(
            [None, *OF_A_COPY], [True, False], [True, False], ["Goes on.", None]
        ):
            recorded = status if held else None
            found = of(
                BOTH, channel="image", status=recorded, recorded=recorded, declared=declared, held=held, copy_due=due
            )
            if found.due:
                assert declared
                assert recorded not in (None, Status.COPY_FAILED)
                assert due
            assert not (found.due and found.waits_for_person)
            assert found.what.endswith(".")

    def test_one_that_was_given_up_is_cleaned_up_unattended_as_soon_as_its_image_is_made(self) -> None:
        gone = {"channel": "image", "status": Status.IMAGING, "recorded": Status.IMAGING, "declared": False}
        assert (of(BOTH, **gone).step, of(BOTH, **gone).due) == (Step.DECIDE, False)
        waits = of(BOTH, **gone, given_up=True, message="It is given up.")
        assert (waits.step, waits.actor, waits.what) == (Step.MAKE_IMAGE, Actor.ALIBABA_CLOUD, "It is given up.")
        cleaned = of(BOTH, **gone, given_up=True, copy_due="The next `pulumi up` cleans up.")
        assert (cleaned.step, cleaned.due) == (Step.COPY, True)

    def test_what_is_being_made_is_alibaba_clouds_turn_and_a_failure_a_persons(self) -> None:
        def step(status: Status, **more: Any) -> tuple[Step, Actor]:
            found = of(BOTH, channel="image", status=status, recorded=status, **more)
            return found.step, found.actor

        assert step(Status.IMAGING) == (Step.MAKE_IMAGE, Actor.ALIBABA_CLOUD)
        assert step(Status.COPYING, copy_due="It goes on.") == (Step.COPY, Actor.PULUMI_UP)
        assert step(Status.SHARED, window_opens=NOW + timedelta(hours=1)) == (Step.WAIT_FOR_WINDOW, Actor.NOBODY)
        assert step(Status.COPY_FAILED, message="It failed.") == (Step.DECIDE, Actor.SOURCE)
        assert step(Status.COPIED, address=True, bound=False) == (Step.BIND, Actor.PULUMI_UP)
        assert step(Status.COPIED, address=True, bound=True) == (Step.NOTHING, Actor.NOBODY)


class TestTimes:
    def test_deadlines_are_what_is_ahead_in_the_order_of_time(self) -> None:
        expires = NOW + timedelta(hours=1.5)
        found = of(status=Status.APPROVED, cancellable_until=at(2), accept_before=at(1), instance_expires=expires)
        assert [deadline.kind for deadline in found.deadlines] == [
            DeadlineKind.ACCEPTANCE,
            DeadlineKind.INSTANCE_EXPIRY,
            DeadlineKind.CANCEL_WINDOW,
        ]

    def test_an_expiry_that_is_far_ahead_is_no_deadline_of_a_handover(self) -> None:
        assert of(status=Status.APPROVED, instance_expires=NOW + timedelta(days=26_150)).deadlines == []

    def test_what_has_passed_is_no_deadline(self) -> None:
        assert of(cancellable_until=at(-1), accept_before=at(-1)).deadlines == []

    def test_of_what_can_not_be_cancelled_the_window_is_none(self) -> None:
        assert of(status=Status.TRANSFERRING, cancellable_until=at(1)).deadlines == []

    @pytest.mark.parametrize(
        ("status", "time"),
        [
            (Status.UNDER_REVIEW, "submitted_at"),
            (Status.APPROVED, "reviewed_at"),
            (Status.REJECTED, "reviewed_at"),
            (Status.TRANSFERRING, "left_source_at"),
            (Status.COMPLETED, "completed_at"),
        ],
    )
    def test_since_is_when_it_became_that(self, status: Status, time: str) -> None:
        reported: dict[str, Any] = {time: at(-3)}
        assert of(status=status, **reported).since == NOW - timedelta(hours=3)
        assert of(status=status).since is None

    @pytest.mark.parametrize("text", ["soon", "2026-06-01", "", "9999"])
    def test_a_time_that_is_none_fails_nothing(self, text: str) -> None:
        assert of(cancellable_until=text, submitted_at=text).name == "web-01"
