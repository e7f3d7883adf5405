"""What may not change of a copy that has begun."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.handover.copying.test_plan import COPYING, HELD, NEW, SETTINGS, WEB, wanted
from transfer_provider import Copy
from transfer_provider.handover.copying.guards import comparable, refusals
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.model.copies import SourcePower
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest


def refused(declared: Wanted, held: HeldCopy | None = None, **more: Any) -> list[str]:
    copies = {WEB: held} if held else {}
    return refusals([declared], StackState(copies=copies, **more), SETTINGS)


def held_as(copy: Copy, held: HeldCopy = HELD) -> HeldCopy:
    return replace(held, copy=comparable(copy))


def test_what_was_begun_may_be_declared_on() -> None:
    assert refused(wanted()) == []
    assert refused(wanted(), held_as(Copy())) == []


@pytest.mark.parametrize("status", [Status.AWAITING_INITIATION, Status.UNDER_REVIEW, Status.COMPLETED])
def test_a_transfer_under_way_is_not_replaced_by_a_copy(status: Status) -> None:
    transfer = Transfer("it-1", WEB, status, "1000000000000002")
    (why,) = refused(wanted(), submitted={WEB: transfer})
    assert f"its transfer by channel: api is {status}" in why
    assert refused(wanted(), submitted={WEB: replace(transfer, status=Status.REJECTED)}) == []


def test_a_copy_is_not_replaced_by_a_transfer() -> None:
    transfer = Wanted("web-01", TransferRequest(WEB, "cn-hangzhou", "1000000000000002"), destination=True)
    (why,) = refused(transfer, HELD)
    assert "a copy of i-bp1web00000000000001 was begun and is Imaging" in why
    assert refused(transfer) == []


def test_the_recipient_stays() -> None:
    other = replace(wanted(), request=TransferRequest(WEB, "cn-hangzhou", "1000000000000003"))
    (why,) = refused(other, held_as(Copy()))
    assert "Could not change recipient_account_id of web-01" in why


@pytest.mark.parametrize(
    ("held", "change", "accepted"),
    [
        (HELD, {"instance_type": "ecs.g7.large"}, True),
        (HELD, {"stop_source": True}, False),
        (COPYING, {"instance_type": "ecs.g7.large"}, True),
        (COPYING, {"own_image": False}, False),
        (COPYING, {"kms_key_id": "key-1234"}, False),
        (replace(COPYING, new_instance_id=NEW), {"instance_type": "ecs.g7.large"}, False),
        (replace(COPYING, new_instance_id=NEW), {"key_pair": "orchid"}, False),
    ],
)
def test_what_is_made_already_does_not_change(held: HeldCopy, change: dict[str, Any], accepted: bool) -> None:
    found = refused(wanted(**change), held_as(Copy(), held))
    assert (found == []) is accepted
    if not accepted:
        assert f"Could not change copy.{next(iter(change))} of web-01" in found[0]
        assert refused(wanted(), held_as(Copy(**change), held))


def test_whether_the_source_is_left_stopped_may_change_until_it_is_started_again() -> None:
    began = held_as(Copy(stop_source=True), replace(HELD, source=SourcePower.STOPPED))
    left = wanted(stop_source=True, leave_stopped=True)
    assert refused(left, began) == []
    (why,) = refused(left, replace(began, source=SourcePower.STARTED))
    assert "Could not change copy.leave_stopped of web-01" in why


def test_a_state_of_before_a_key_was_there_is_as_with_its_default() -> None:
    made = replace(COPYING, new_instance_id=NEW)
    before = {key: value for key, value in comparable(Copy()).items() if key != "leave_stopped"}
    assert refused(wanted(), replace(made, copy=before)) == []


def test_each_half_alone_and_a_copy_without_a_place_are_refused() -> None:
    source = SETTINGS.model_copy(update={"side": "source"})
    (why,) = refusals([wanted()], StackState(), source)
    assert "channel: image needs side: both" in why
    (why,) = refused(replace(wanted(), destination=False))
    assert "needs vswitch_id and security_group_ids" in why
