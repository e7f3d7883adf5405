"""What handovers wait for: their receive windows, and their turn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from transfer_provider.cli.follow.waiting import Waiting, waiting
from transfer_provider.handover.order.turns import StackAhead
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.handover import Recreate
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.transfer import HandoverInputs
from transfer_provider.inputs.window import Window

WEDNESDAY = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 14, 0, tzinfo=UTC)
SATURDAYS = Window(days=["sat"], from_="22:00", to="04:00", time_zone="Asia/Shanghai")


def declared(name: str, window: Window | None, *, recreated: bool = True) -> Declared:
    inputs = HandoverInputs(
        instance_id="i-bp1web00000000000001",
        region="cn-hangzhou",
        recipient_account_id="1000000000000002",
        accept_terms=True,
    )
    place = Recreate(vswitch_id="vsw-bp1orchid00000001", security_groups=["web"], window=window)
    return Declared(name, inputs, place if recreated else None)


def test_they_wait_for_their_own_window_or_the_stacks_unless_it_is_open() -> None:
    settings = Settings(
        region="cn-hangzhou", sourceAccount="1000000000000001", recipients=("1000000000000002",), window=SATURDAYS
    )
    handovers = [
        declared("by-the-stack", None),
        declared("always", Window.always()),
        declared("its-own", Window(days=["wed"], from_="18:00", to="19:00", time_zone="Asia/Shanghai")),
        declared("transfer-only", None, recreated=False),
    ]
    assert waiting(settings, handovers, StackState(), WEDNESDAY) == {
        "by-the-stack": Waiting(window_opens=SATURDAY),
        "its-own": Waiting(window_opens=datetime(2026, 11, 25, 10, 0, tzinfo=UTC)),
    }
    assert "by-the-stack" not in waiting(settings, handovers, StackState(), SATURDAY)


def test_they_wait_for_others_until_these_are_observed_to_have_arrived() -> None:
    settings = Settings(region="cn-hangzhou", sourceAccount="1000000000000001", recipients=("1000000000000002",))
    first = declared("db-01", None)
    first = replace(first, inputs=first.inputs.model_copy(update={"instance_id": "i-bp1db000000000000001"}))
    handovers = [first, replace(declared("web-01", None), after=("db-01",))]
    reason = "web-01 waits for db-01, which has not arrived (not submitted)."
    assert waiting(settings, handovers, StackState(), SATURDAY) == {"web-01": Waiting(reasons=[reason])}
    assert waiting(settings, handovers, StackState(), SATURDAY, arrived=["i-bp1db000000000000001"]) == {}
    unread = waiting(settings, handovers, StackState(), SATURDAY, stacks=[StackAhead("staging", unknown=True)])
    assert unread["db-01"].reasons == ["db-01 waits for the stack staging, which could not be read."]
