"""One notifier at a time."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest

from tests.unit.cli.notifications.given import NOW, FakeTags
from transfer_provider.cli.notifications.lease import NOTIFIER, NOTIFY, WATCH, Holder, Lease, local_host


class Clock:
    """Time that passes while a lease sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tags() -> FakeTags:
    return FakeTags()


def lease(tags: FakeTags, clock: Clock, kind: str = WATCH) -> Lease:
    return Lease(tags, kind, clock=clock.now, sleep=clock.sleep, monotonic=clock.monotonic)


def held_by(host: str = "elsewhere", pid: int = 1, until: timedelta = timedelta(minutes=5), kind: str = WATCH) -> str:
    return str(Holder(kind, host, pid, "abcdef12", NOW + until))


def test_the_first_one_holds_it_and_the_second_does_not(tags: FakeTags, clock: Clock) -> None:
    first, second = lease(tags, clock), lease(tags, clock)
    assert first.hold() is not None
    assert second.hold() is None
    assert second.holder is not None
    assert (second.holder.host, second.holder.pid, second.holder.kind) == (local_host(), os.getpid(), WATCH)
    assert first.hold() is not None


def test_of_two_that_take_it_in_the_same_moment_one_holds_it(tags: FakeTags, clock: Clock) -> None:
    other = str(Holder(WATCH, "elsewhere", 7, "0therone", NOW + timedelta(minutes=10)))

    def overwritten(seconds: float) -> None:
        clock.sleep(seconds)
        tags.values[NOTIFIER] = other

    assert Lease(tags, WATCH, clock=clock.now, sleep=overwritten, monotonic=clock.monotonic).hold() is None


def test_one_that_wrote_late_gives_another_the_time_to_notice(tags: FakeTags, clock: Clock) -> None:
    late = lease(tags, clock)
    tags.meanwhile = lambda *_: clock.sleep(5)
    assert late.hold() is None
    assert late.mine
    tags.meanwhile = None
    assert late.hold() is not None


def test_it_is_renewed_when_half_of_it_is_over(tags: FakeTags, clock: Clock) -> None:
    mine = lease(tags, clock)
    mine.hold()
    written = len(tags.writes)
    clock.sleep(60)
    mine.hold()
    assert len(tags.writes) == written
    clock.sleep(5 * 60)
    assert mine.hold() is not None
    assert len(tags.writes) == written + 1
    assert lease(tags, clock).hold() is None


@pytest.mark.parametrize(
    "text",
    [
        held_by(until=timedelta(0)),
        held_by(until=timedelta(hours=30)),
        held_by(host=local_host(), pid=2**22 + 1),
        "somebody, for ever",
        "watch elsewhere 1 abcdef12 2026-99-99T00:00:00Z",
    ],
    ids=["ran out", "longer than any", "dead process here", "garbled", "no such time"],
)
def test_what_is_over_or_nobodys_is_taken_over(tags: FakeTags, clock: Clock, text: str) -> None:
    tags.values[NOTIFIER] = text
    assert lease(tags, clock).hold() is not None


def test_a_living_process_of_this_machine_keeps_it(tags: FakeTags, clock: Clock) -> None:
    tags.values[NOTIFIER] = held_by(host=local_host(), pid=os.getppid())
    assert lease(tags, clock).hold() is None
    assert tags.writes == []


def test_one_that_slept_past_its_end_does_not_write_over_the_next_one(tags: FakeTags, clock: Clock) -> None:
    sleeper = lease(tags, clock)
    sleeper.hold()
    tags.values[NOTIFIER] = str(Holder(WATCH, "elsewhere", 7, "0therone", NOW + timedelta(minutes=21)))
    clock.sleep(12 * 60)
    written = len(tags.writes)
    assert sleeper.hold() is None
    assert len(tags.writes) == written


def test_notify_waits_for_another_notify_and_not_for_a_watcher(tags: FakeTags, clock: Clock) -> None:
    tags.values[NOTIFIER] = held_by(until=timedelta(seconds=30), kind=NOTIFY)
    assert lease(tags, clock, NOTIFY).wait(60) is not None
    assert 30 <= clock.seconds < 40
    tags.values[NOTIFIER] = held_by(until=timedelta(minutes=5))
    begun = clock.seconds
    assert lease(tags, clock, NOTIFY).wait(60) is None
    assert clock.seconds == begun


def test_notify_waits_no_longer_than_it_is_asked_to(tags: FakeTags, clock: Clock) -> None:
    tags.values[NOTIFIER] = held_by(until=timedelta(seconds=110), kind=NOTIFY)
    assert lease(tags, clock, NOTIFY).wait(60) is None
    assert clock.seconds <= 62


def test_what_is_released_is_free_and_anothers_is_not_touched(tags: FakeTags, clock: Clock) -> None:
    mine = lease(tags, clock)
    mine.hold()
    mine.release()
    assert tags.values == {}
    mine.hold()
    tags.values[NOTIFIER] = held_by()
    mine.release()
    assert tags.values[NOTIFIER] == held_by()


def test_the_tag_keeps_to_the_limits(tags: FakeTags, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "a host_" * 40)
    lease(tags, clock).hold()
    assert len(tags.values[NOTIFIER]) <= 256
    assert Holder.read(tags.values[NOTIFIER]) is not None
