"""What a run reports of receive windows: what they hold back, and what can't wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from transfer_provider.handover.plan import Observed, Wanted, due
from transfer_provider.handover.reports.receive_windows import Decided, held_back, outside, too_late
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.window import Window
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

RECIPIENT = "1000000000000002"
STACK = Settings(region="cn-hangzhou", sourceAccount="1000000000000001", recipients=(RECIPIENT,))
WEEKEND = Window(days=["sat", "sun"], from_="22:00", to="04:00", time_zone="Asia/Shanghai")
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)  # a Wednesday


def decided(
    names: Sequence[str] = ("web-01",),
    *,
    status: Status = Status.APPROVED,
    accept_before: str | None = "2026-12-01T00:00:00Z",
    window: Window = WEEKEND,
    accept_now: Sequence[str] = (),
) -> dict[str, Decided]:
    found: dict[str, Decided] = {}
    for position, name in enumerate(names):
        wanted = Wanted(
            name,
            TransferRequest(f"i-bp1web{position:014}", "cn-hangzhou", RECIPIENT),
            destination=True,
            window=window,
        )
        offered = Transfer("it-1", wanted.instance_id, status, RECIPIENT, accept_before=accept_before)
        observed = Observed(offered, received=status in (Status.APPROVED, Status.TRANSFERRING))
        plan = due(wanted, STACK, StackState(), observed, now=NOW, accept_now=accept_now)
        found[name] = (window.receive_window, plan, observed)
    return found


def lines(windows: dict[str, Decided]) -> list[str]:
    return held_back(windows, NOW) + outside(windows, NOW) + too_late(windows, NOW, "orchid")


def test_what_waits_for_its_window_is_reported_with_when_that_opens() -> None:
    assert lines(decided()) == [
        "web-01: approved; accepted in the receive window, which opens 2026-11-28 22:00 Asia/Shanghai (in 3 days)."
    ]


def test_many_that_wait_for_the_same_time_share_a_line() -> None:
    names = [f"web-{number:03}" for number in range(1000)]
    assert lines(decided(names)) == [
        "web-000, web-001, web-002 and 997 more: approved; accepted in the receive window, which opens 2026-11-28 "
        "22:00 Asia/Shanghai (in 3 days)."
    ]
    assert lines(decided(names[:2]))[0].startswith("web-000 and web-001: approved; ")
    assert lines(decided(names[:4]))[0].startswith("web-000, web-001, web-002 and 1 more: approved; ")


def test_other_times_and_other_zones_have_lines_of_their_own() -> None:
    same_time = Window(days=["sat"], from_="14:00", to="20:00", time_zone="UTC")
    earlier = replace_days(WEEKEND, "thu")
    all_of_them = decided() | decided(["db-01"], window=same_time) | decided(["app-01"], window=earlier)
    assert [line.partition(":")[0] for line in held_back(all_of_them, NOW)] == ["app-01", "web-01", "db-01"]


def replace_days(window: Window, *days: str) -> Window:
    return window.model_copy(update={"days": days})


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.TRANSFERRING, Status.COMPLETED, Status.EXPIRED])
def test_what_is_not_approved_waits_for_no_window(status: Status) -> None:
    assert held_back(decided(status=status), NOW) == []


def test_a_window_that_opens_too_late_is_warned_of_with_what_to_do() -> None:
    (_, warning) = lines(decided(accept_before="2026-11-26T10:00:00Z"))
    assert warning == (
        "web-01: the time to accept ends 2026-11-26 18:00 Asia/Shanghai, before the receive window opens, 2026-11-28 "
        "22:00 Asia/Shanghai; what expires has to be submitted and reviewed again. Widen the window in a reviewed "
        "commit; or accept outside of it, which can't be undone: `handover accept web-01 --now --stack orchid`."
    )
    several = decided(["web-01"], accept_before="2026-11-26T10:00:00Z")
    several |= decided(["web-02"], accept_before="2026-11-26T09:00:00Z") | decided(["web-03"])
    (warning,) = too_late(several, NOW, "orchid")
    assert warning.startswith("web-01 and web-02: the time to accept ends from 2026-11-26 17:00 Asia/Shanghai on, ")
    assert "`handover accept NAME --now --stack orchid`" in warning


@pytest.mark.parametrize(
    ("accept_before", "warned"),
    [("2026-11-28T14:00:00Z", True), ("2026-11-28T14:00:01Z", False), (None, False)],
    ids=["as it opens", "a second later", "not reported"],
)
def test_it_is_too_late_where_nothing_is_left_of_the_window(accept_before: str | None, warned: bool) -> None:
    assert bool(too_late(decided(accept_before=accept_before), NOW, "orchid")) is warned


def test_a_deadline_that_is_known_during_the_review_is_warned_of_then() -> None:
    under_review = decided(status=Status.UNDER_REVIEW, accept_before="2026-11-26T10:00:00Z")
    assert len(too_late(under_review, NOW, "orchid")) == 1
    moving = decided(status=Status.TRANSFERRING, accept_before="2026-11-26T10:00:00Z")
    assert too_late(moving, NOW, "orchid") == []


def test_a_copy_is_not_approved_it_is_made() -> None:
    (window, plan, _) = decided()["web-01"]
    seen = Observed()
    held = replace(plan, receipt_channel="image", receipt=False)
    both = {"db-01": (window, held, seen), **decided()}
    opens = "in the receive window, which opens 2026-11-28 22:00 Asia/Shanghai (in 3 days)."
    assert lines(both) == [
        f"web-01: approved; accepted {opens}",
        f"db-01: the recipient's instance is made {opens}",
    ]
    now = replace(held, held_until=None, outside_window=True)
    (made,) = lines({"db-01": (window, now, seen)})
    assert made.startswith("db-01: the recipient's instance is made by this run outside of the receive window")


def test_in_its_window_nothing_is_reported() -> None:
    open_now = replace_days(WEEKEND, "wed").model_copy(update={"from_": "16:00"})
    assert lines(decided(window=open_now, accept_before="2026-11-25T09:30:00Z")) == []
    assert lines(decided(window=Window.always())) == []


def test_what_a_run_accepts_outside_of_the_window_is_warned_of() -> None:
    accepted = decided(["web-01", "web-02"], accept_now=["web-02"], accept_before="2026-11-26T10:00:00Z")
    held, out, late = lines(accepted)
    assert held.startswith("web-01: approved; accepted in the receive window")
    assert out == (
        "web-02: approved; accepted by this run outside of the receive window, which opens 2026-11-28 22:00 "
        "Asia/Shanghai (in 3 days), as HANDOVER_ACCEPT_NOW asks."
    )
    assert late.startswith("web-01: the time to accept ends ")


def test_the_time_is_the_clocks_that_the_run_goes_by() -> None:
    windows = decided()
    window, plan, observed = windows["web-01"]
    later = replace(plan, held_until=NOW + timedelta(minutes=5))
    assert held_back({"web-01": (window, later, observed)}, NOW)[0].endswith("(in 5 minutes).")
