"""What is due for a handover, decided from settings, state, survey and inputs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from transfer_provider.handover import plan as plans
from transfer_provider.handover.plan import Due, Observed, Wanted
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.handover import Backup, Eip
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.window import Window
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

WEB = "i-bp1web00000000000001"
RECIPIENT = "1000000000000002"
NOTHING, APPROVED, ARRIVED = Observed(), Observed(received=True), Observed(received=True, arrived=True)
REQUEST = TransferRequest(WEB, "cn-hangzhou", RECIPIENT)
MONDAY = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
WHOLE = Wanted("web-01", REQUEST, destination=True, backup=Backup(), eip=Eip())


def settings(side: Literal["both", "source", "recipient"] = "both") -> Settings:
    return Settings(region="cn-hangzhou", side=side, sourceAccount="1000000000000001", recipients=(RECIPIENT,))


def due(
    wanted: Wanted,
    chosen: Settings,
    state: StackState,
    observed: Observed,
    now: datetime = MONDAY,
    accept_now: Collection[str] = (),
    *,
    waits: bool = False,
) -> Due:
    return plans.due(wanted, chosen, state, observed, now=now, accept_now=accept_now, waits=waits)


def test_before_the_approval_only_the_sources_resources_are_due() -> None:
    plan = due(WHOLE, settings(), StackState(), NOTHING)
    assert (plan.snapshots, plan.transfer) == (True, True)
    assert (plan.receipt, plan.address, plan.binding) == (False, False, False)


def test_from_the_approval_on_the_receipt_is_due_and_the_address_on_arrival() -> None:
    plan = due(WHOLE, settings(), StackState(), APPROVED)
    assert (plan.receipt, plan.address, plan.binding) == (True, False, False)
    plan = due(WHOLE, settings(), StackState(), ARRIVED)
    assert (plan.receipt, plan.address, plan.binding) == (True, True, True)


def test_an_address_that_is_wanted_now_is_due_at_once_and_bound_on_arrival() -> None:
    now = replace(WHOLE, eip=Eip(allocate="now"))
    assert [due(now, settings(), StackState(), observed).address for observed in (NOTHING, APPROVED, ARRIVED)] == [
        True
    ] * 3
    assert [due(now, settings(), StackState(), observed).binding for observed in (NOTHING, APPROVED, ARRIVED)] == [
        0,
        0,
        1,
    ]


FIXED = replace(ARRIVED, fixed_public_ip="203.0.113.20")


@pytest.mark.parametrize(
    "eip", [Eip(), Eip(allocate="now"), Eip(adopt="eip-bp1orchid00000001")], ids=["on-arrival", "now", "adopted"]
)
@pytest.mark.parametrize("observed", [FIXED, replace(FIXED, received=False, arrived=False)], ids=["arrived", "not yet"])
def test_no_address_is_allocated_taken_over_or_bound_beside_a_fixed_one(eip: Eip, observed: Observed) -> None:
    plan = due(replace(WHOLE, eip=eip), settings(), StackState(), observed)
    assert (plan.address, plan.adopts_address, plan.binding) == (False, False, False)


def test_an_address_that_the_state_holds_is_kept_beside_a_fixed_one_and_not_bound() -> None:
    held = StackState(recipient=RecipientState(addresses={"web-01": "eip-1"}))
    plan = due(WHOLE, settings(), held, FIXED)
    assert (plan.receipt, plan.address, plan.binding) == (True, True, False)


@pytest.mark.parametrize("observed", [NOTHING, APPROVED, ARRIVED])
def test_without_a_destination_only_the_transfer_is_due(observed: Observed) -> None:
    plan = due(Wanted("web-01", REQUEST, eip=Eip(allocate="now")), settings(), StackState(), observed)
    assert plan.transfer
    assert not any((plan.snapshots, plan.receipt, plan.address, plan.binding, plan.chosen_by_recipient))


def test_each_side_declares_its_half() -> None:
    plan = due(WHOLE, settings("source"), StackState(), NOTHING)
    assert (plan.snapshots, plan.transfer, plan.receipt, plan.address) == (True, True, False, False)
    plan = due(WHOLE, settings("recipient"), StackState(), ARRIVED)
    assert (plan.snapshots, plan.transfer, plan.receipt, plan.address) == (False, False, True, True)


def test_an_address_is_adopted_only_where_the_state_holds_none_under_its_name_there() -> None:
    renamed = StackState(names={WEB: "web-00"}, recipient=RecipientState(addresses={"web-00": "eip-1"}))
    plan = due(WHOLE, settings(), renamed, ARRIVED)
    assert (plan.state_name, plan.adopts_address) == ("web-00", False)
    plan = due(WHOLE, settings(), StackState(recipient=RecipientState(addresses={"web-00": "eip-1"})), ARRIVED)
    assert (plan.state_name, plan.adopts_address) == ("web-01", True)
    assert not due(WHOLE, settings(), StackState(), NOTHING).adopts_address
    assert not due(replace(WHOLE, own_provider=True), settings(), StackState(), ARRIVED).adopts_address


def test_the_channel_a_transfer_was_submitted_through_is_kept() -> None:
    submitted = Transfer("it-1", WEB, Status.UNDER_REVIEW, RECIPIENT)
    console = replace(WHOLE, channel="console")
    kept = due(console, settings(), StackState(submitted={WEB: submitted}), APPROVED)
    assert kept.receipt_channel == "api"
    rejected = StackState(submitted={WEB: replace(submitted, status=Status.REJECTED)})
    assert due(console, settings(), rejected, APPROVED).receipt_channel == "console"


def test_in_the_console_the_recipient_chooses_until_the_receipt_is_due() -> None:
    console = replace(WHOLE, channel="console")
    assert due(console, settings(), StackState(), NOTHING).chosen_by_recipient
    assert not due(console, settings(), StackState(), ARRIVED).chosen_by_recipient
    assert not due(console, settings("recipient"), StackState(), NOTHING).chosen_by_recipient
    assert not due(WHOLE, settings(), StackState(), NOTHING).chosen_by_recipient


SATURDAYS = Window(days=["sat"], from_="22:00", to="04:00", time_zone="Asia/Shanghai")
SATURDAY = datetime(2027, 3, 6, 14, 0, tzinfo=UTC)  # 22:00 in Shanghai
OFFERED = Transfer("it-1", WEB, Status.APPROVED, RECIPIENT)
WINDOWED = replace(WHOLE, window=SATURDAYS)
HELD = Observed(OFFERED, received=True)


def test_outside_of_its_receive_window_an_approved_one_waits_and_in_it_it_is_received() -> None:
    plan = due(WINDOWED, settings(), StackState(), HELD)
    assert (plan.transfer, plan.receipt, plan.binding, plan.held_until) == (True, False, False, SATURDAY)
    before, after = SATURDAY - timedelta(seconds=1), SATURDAY + timedelta(hours=6)
    assert [due(WINDOWED, settings(), StackState(), HELD, at).receipt for at in (before, SATURDAY, after)] == [0, 1, 0]
    assert due(WINDOWED, settings(), StackState(), HELD, SATURDAY).held_until is None


def test_a_handover_goes_by_its_own_window_else_by_the_stacks() -> None:
    stack = settings().model_copy(update={"window": SATURDAYS})
    assert due(WHOLE, stack, StackState(), HELD).held_until == SATURDAY
    assert due(replace(WHOLE, window=Window.always()), stack, StackState(), HELD).receipt
    mondays = Window(days=["mon"], from_="00:00", to="00:00", time_zone="UTC")
    assert due(replace(WHOLE, window=mondays), stack, StackState(), HELD).receipt
    assert due(WHOLE, settings(), StackState(), HELD).receipt


@pytest.mark.parametrize(
    ("state", "observed"),
    [
        (StackState(received=frozenset({WEB})), HELD),
        (StackState(), replace(HELD, transfer=replace(OFFERED, status=Status.TRANSFERRING))),
        (StackState(), replace(HELD, transfer=replace(OFFERED, status=Status.COMPLETED), arrived=True)),
        (StackState(arrived=frozenset({WEB})), ARRIVED),
    ],
    ids=["the state holds the receipt", "it moves", "it has arrived", "it arrived before"],
)
def test_what_was_accepted_already_is_declared_at_any_time(state: StackState, observed: Observed) -> None:
    plan = due(WINDOWED, settings(), state, observed)
    assert (plan.receipt, plan.held_until, plan.outside_window) == (True, None, False)


def test_what_people_accept_in_the_console_is_recorded_at_any_time() -> None:
    console = replace(WINDOWED, channel="console")
    assert due(console, settings(), StackState(), HELD).receipt
    submitted = StackState(submitted={WEB: replace(OFFERED, channel="api")})
    kept = due(console, settings(), submitted, HELD)
    assert (kept.receipt, kept.held_until, kept.chosen_by_recipient) == (False, SATURDAY, False)


def test_only_what_is_named_is_accepted_outside_of_its_window() -> None:
    plan = due(WINDOWED, settings(), StackState(), HELD, accept_now=["web-01"])
    assert (plan.receipt, plan.held_until, plan.outside_window) == (True, None, True)
    assert not due(WINDOWED, settings(), StackState(), HELD, accept_now=["web-011", WEB]).receipt
    assert not due(WINDOWED, settings(), StackState(), HELD, SATURDAY, accept_now=["web-01"]).outside_window
    assert not due(WINDOWED, settings(), StackState(), NOTHING, accept_now=["web-01"]).receipt


def test_what_waits_for_its_turn_is_neither_backed_up_nor_submitted_and_the_rest_is_due() -> None:
    now = replace(WHOLE, eip=Eip(allocate="now"))
    plan = due(now, settings(), StackState(), NOTHING, waits=True)
    assert (plan.snapshots, plan.transfer, plan.address) == (False, False, True)


def test_snapshots_that_the_state_holds_stay_while_their_handover_waits() -> None:
    held = StackState(snapshots={"web-01": {"d-bp1web00000000000001"}})
    plan = due(WHOLE, settings(), held, NOTHING, waits=True)
    assert (plan.snapshots, plan.transfer) == (True, False)
