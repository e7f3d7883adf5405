"""Receive windows: when they are open, over midnight and where the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from transfer_provider.model.windows import (
    ACCEPT_NOW,
    DAYS,
    Opening,
    ReceiveWindow,
    accepted_now,
    in_how_long,
    next_receipt,
)

ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # half an hour
    "Africa/Casablanca",  # the other way round
    "Atlantic/Azores",  # at midnight
    "Asia/Beirut",  # at midnight
    "Pacific/Apia",
)
WEEKEND = ReceiveWindow(("sat", "sun"), time(22), time(4), "Asia/Shanghai")

minutes = st.times().map(lambda at: at.replace(second=0, microsecond=0))
windows = st.builds(
    ReceiveWindow,
    st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
    minutes,
    minutes,
    st.sampled_from(ZONES),
)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
# Around the changes of 2027 in Europe and America.
changes = st.builds(
    lambda change, by: datetime.fromisoformat(change) + by,
    st.sampled_from(["2027-03-14T07:00Z", "2027-03-28T01:00Z", "2027-10-31T01:00Z", "2027-11-07T06:00Z"]),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
)
times = moments | changes


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def around(window: ReceiveWindow, now: str) -> tuple[str, str]:
    """The opening that is going on, or the next, by the window's own clock."""
    opening = window.opening(at(now, window.time_zone))
    zone = ZoneInfo(window.time_zone)
    return f"{opening.opens.astimezone(zone):%a %d %H:%M %z}", f"{opening.closes.astimezone(zone):%a %d %H:%M %z}"


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-11-28 21:59:59", False),  # a Saturday
        ("2026-11-28 22:00", True),
        ("2026-11-29 00:00", True),
        ("2026-11-29 03:59:59", True),
        ("2026-11-29 04:00", False),
        ("2026-11-29 22:00", True),
        ("2026-11-30 03:59", True),  # Monday morning: the window of Sunday
        ("2026-11-30 22:00", False),
        ("2026-11-28 03:00", False),  # Saturday morning: Friday has none
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens(now: str, is_open: bool) -> None:
    assert WEEKEND.is_open(at(now)) is is_open


def test_the_next_opening_is_in_the_windows_own_time_zone() -> None:
    monday = datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    assert WEEKEND.next_opening(monday) == datetime(2026, 12, 5, 14, 0, tzinfo=UTC)
    assert WEEKEND.next_opening(monday).tzinfo is UTC
    assert WEEKEND.shown(WEEKEND.next_opening(monday)) == "2026-12-05 22:00 Asia/Shanghai"


def test_while_it_is_open_it_opens_now() -> None:
    now = at("2026-11-29 02:00")
    assert WEEKEND.next_opening(now) == now
    assert next_receipt(WEEKEND, now) is None
    assert next_receipt(WEEKEND, at("2026-11-29 05:00")) == at("2026-11-29 22:00")
    assert next_receipt(None, now) is None


def test_the_same_time_twice_is_a_whole_day() -> None:
    window = ReceiveWindow(("wed",), time(6), time(6), "UTC")
    assert around(window, "2026-11-25 05:00") == ("Wed 25 06:00 +0000", "Thu 26 06:00 +0000")


@given(times)
def test_every_day_from_midnight_to_midnight_is_always(now: datetime) -> None:
    assert ReceiveWindow(DAYS, time(), time(), "UTC").is_open(now)


@pytest.mark.parametrize(
    ("begins", "ends", "opening"),
    [
        # On 14 March 2027 New York's clocks go from 02:00 to 03:00.
        (time(2, 30), time(5), ("Sun 14 03:00 -0400", "Sun 14 05:00 -0400")),
        (time(1), time(2, 30), ("Sun 14 01:00 -0500", "Sun 14 03:00 -0400")),
        (time(1), time(3), ("Sun 14 01:00 -0500", "Sun 14 03:00 -0400")),
        # Wholly within what is skipped: not on this Sunday.
        (time(2, 10), time(2, 50), ("Sun 21 02:10 -0400", "Sun 21 02:50 -0400")),
        (time(2), time(3), ("Sun 21 02:00 -0400", "Sun 21 03:00 -0400")),
    ],
)
def test_a_time_that_is_skipped_stands_for_the_moment_of_the_change(
    begins: time, ends: time, opening: tuple[str, str]
) -> None:
    window = ReceiveWindow(("sun",), begins, ends, "America/New_York")
    assert around(window, "2027-03-14 00:00") == opening


@pytest.mark.parametrize(
    ("begins", "ends", "opening"),
    [
        # On 31 October 2027 Berlin's clocks go from 03:00 back to 02:00.
        (time(2, 30), time(5), ("Sun 31 02:30 +0200", "Sun 31 05:00 +0100")),
        (time(1), time(2, 30), ("Sun 31 01:00 +0200", "Sun 31 02:30 +0100")),
        (time(2, 10), time(2, 20), ("Sun 31 02:10 +0200", "Sun 31 02:20 +0100")),
    ],
)
def test_a_time_that_occurs_twice_opens_at_its_first_and_closes_at_its_second(
    begins: time, ends: time, opening: tuple[str, str]
) -> None:
    window = ReceiveWindow(("sun",), begins, ends, "Europe/Berlin")
    assert around(window, "2027-10-31 00:00") == opening


def test_a_night_in_which_the_clocks_are_changed_is_an_hour_shorter_or_longer() -> None:
    window = ReceiveWindow(("sat",), time(22), time(4), "Europe/Berlin")
    lengths = [
        opening.closes - opening.opens
        for now in ("2027-03-20", "2027-03-27", "2027-10-30")
        for opening in [window.opening(at(now, "Europe/Berlin"))]
    ]
    assert lengths == [timedelta(hours=6), timedelta(hours=5), timedelta(hours=7)]


def test_a_day_that_a_zone_skipped_has_no_window() -> None:
    # Samoa had no 30 December 2011, a Friday.
    window = ReceiveWindow(("fri",), time(10), time(12), "Pacific/Apia")
    assert around(window, "2011-12-29 13:00") == ("Fri 06 10:00 +1400", "Fri 06 12:00 +1400")


@given(windows, times)
def test_the_next_opening_is_never_past_and_it_is_open_then(window: ReceiveWindow, now: datetime) -> None:
    opens = window.next_opening(now)
    assert opens >= now
    assert (opens == now) is window.is_open(now)
    assert window.is_open(opens)
    assert opens - now < timedelta(days=15)


@given(windows, times, st.floats(0, 1))
def test_between_now_and_the_next_opening_it_is_closed(window: ReceiveWindow, now: datetime, part: float) -> None:
    opens = window.next_opening(now)
    between = now + (opens - now) * part
    assert window.is_open(between) is (between >= opens)


@given(windows, times, st.floats(0, 1))
def test_it_is_open_from_its_opening_until_before_its_closing(
    window: ReceiveWindow, now: datetime, part: float
) -> None:
    opening: Opening = window.opening(now)
    assert opening.closes > now
    assert opening.opens < opening.closes <= opening.opens + timedelta(hours=26)
    during = opening.opens + (opening.closes - opening.opens) * part
    assert during == opening.closes or window.is_open(during)


@given(windows, times)
def test_away_from_changes_it_goes_by_the_wall_clock(window: ReceiveWindow, now: datetime) -> None:
    zone = ZoneInfo(window.time_zone)
    offsets = {(now + timedelta(days=days)).astimezone(zone).utcoffset() for days in range(-3, 4)}
    assume(len(offsets) == 1)
    wall = now.astimezone(zone)
    today, yesterday = DAYS[wall.weekday()] in window.days, DAYS[wall.weekday() - 1] in window.days
    clock = wall.time()
    if window.begins < window.ends:
        expected = today and window.begins <= clock < window.ends
    else:
        expected = (today and clock >= window.begins) or (yesterday and clock < window.ends)
    assert window.is_open(now) is expected


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(days=3, hours=5), "in 3 days"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(hours=23, minutes=59), "in 23 hours"),
        (timedelta(minutes=61), "in 1 hour"),
        (timedelta(minutes=59), "in 59 minutes"),
        (timedelta(seconds=59), "in less than a minute"),
    ],
)
def test_how_long_it_is_until_then_is_shown_in_the_largest_unit(ahead: timedelta, shown: str) -> None:
    assert in_how_long(ahead) == shown


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, []),
        ("", []),
        (" , ,", []),
        ("web-01", ["web-01"]),
        ("web-01, db-01 ,web-01", ["web-01", "db-01"]),
        ("*", ["*"]),
        ("web-01 db-01", ["web-01 db-01"]),
    ],
)
def test_what_a_run_accepts_outside_of_windows_are_the_names_between_commas(text: str | None, names: list[str]) -> None:
    assert accepted_now({} if text is None else {"HANDOVER_ACCEPT_NOW": text}) == set(names)
    assert ACCEPT_NOW == "HANDOVER_ACCEPT_NOW"
