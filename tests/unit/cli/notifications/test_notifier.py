"""Each change is announced once: recorded first, then sent, whoever is killed, down or running beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.cli.notifications.given import NOW, FakeTags, FakeTarget, a_standing, moving, rejected, with_deadlines
from transfer_provider.cli.follow.standing import Deadline, DeadlineKind, Standing
from transfer_provider.cli.notifications.lease import NOTIFIER, NOTIFY, WATCH, Holder
from transfer_provider.cli.notifications.notifier import Notifier, Result
from transfer_provider.cli.notifications.record import Record


class Stack:
    """A stack's tags, its targets, and one notifier after the other."""

    def __init__(self, *targets: FakeTarget) -> None:
        self.tags = FakeTags()
        self.targets = targets or (FakeTarget(),)
        self.now = NOW

    def notifier(self, kind: str) -> Notifier:
        return Notifier(
            self.tags,
            self.targets,
            stack="prod",
            language="en",
            kind=kind,
            clock=lambda: self.now,
            sleep=lambda _: None,
        )

    def notify(self, *standings: Standing) -> Result:
        """As `handover notify` does it: a process of its own."""
        notifier = self.notifier(NOTIFY)
        begun = notifier.begin()
        result = notifier.announce(standings, self.now) if begun.announces else begun
        notifier.close()
        return result

    def watcher(self) -> Notifier:
        """A watcher's notifier, which looks from now on."""
        notifier = self.notifier(WATCH)
        notifier.begin()
        return notifier

    @property
    def sent(self) -> list[tuple[str, str]]:
        return self.targets[0].sent


@pytest.fixture
def stack() -> Stack:
    """One whose handovers 1 to 3 are known as under review."""
    made = Stack()
    made.notify(a_standing(1), a_standing(2), a_standing(3))
    assert made.sent == []
    return made


def test_a_change_is_sent_once_by_however_many_runs(stack: Stack) -> None:
    for _ in range(3):
        assert stack.notify(moving(1), a_standing(2), a_standing(3)).ok
    ((title, body),) = stack.sent
    assert title == "prod: news of handovers (1)"
    assert body.startswith("web-001 (i-bp1web00000000000001, cn-hangzhou): Transferring (was UnderReview).")


def test_one_message_holds_all_news_of_a_look(stack: Stack) -> None:
    result = stack.notify(moving(1), rejected(2), a_standing(3))
    assert (result.handovers, result.messages, len(stack.sent)) == (2, 1, 1)


def test_a_first_run_of_300_sends_one_message_of_what_waits_for_a_person() -> None:
    stack = Stack()
    standings = [rejected(number) if number % 2 else moving(number) for number in range(300)]
    stack.notify(*standings)
    ((title, body),) = stack.sent
    assert title == "prod: handovers to look at (150)"
    assert "And 130 more" in body
    stack.notify(*standings)
    assert len(stack.sent) == 1
    assert len(Record.read(stack.tags.values).known) == 300


def test_a_first_run_with_nothing_to_do_sends_nothing_and_the_next_change_is_news() -> None:
    stack = Stack()
    stack.notify()
    assert stack.sent == []
    stack.notify(moving(1))
    assert len(stack.sent) == 1


def test_nothing_new_writes_nothing(stack: Stack) -> None:
    watcher = stack.watcher()
    watcher.announce([a_standing(1), a_standing(2), a_standing(3)], NOW)
    written, read = len(stack.tags.writes), stack.tags.reads
    watcher.announce([a_standing(1), a_standing(2), a_standing(3)], NOW)
    assert len(stack.tags.writes) == written
    assert stack.tags.reads == read + 1


def test_it_is_recorded_before_it_is_sent(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = RuntimeError("killed here")

    def die(*_: Any, **__: Any) -> None:
        raise killed

    monkeypatch.setattr(stack.targets[0], "send", die)
    with pytest.raises(RuntimeError, match="killed here"):
        stack.watcher().announce([moving(1), a_standing(2), a_standing(3)], NOW)
    monkeypatch.undo()
    stack.tags.values.pop(NOTIFIER)
    assert stack.notify(moving(1), a_standing(2), a_standing(3)).messages == 0


def test_of_two_watchers_one_announces(stack: Stack) -> None:
    one, two = stack.watcher(), stack.watcher()
    news = [moving(1), a_standing(2), a_standing(3)]
    assert one.announce(news, NOW).messages == 1
    result = two.announce(news, NOW)
    assert (result.announces, result.messages, result.ok) == (False, 0, True)
    assert result.holder is not None
    one.close()
    assert two.announce(news, NOW).announces
    assert len(stack.sent) == 1


def test_what_was_looked_at_before_it_took_over_is_not_announced(stack: Stack) -> None:
    one, two = stack.watcher(), stack.watcher()
    looked_at_earlier = [a_standing(1), a_standing(2), a_standing(3)]
    one.announce([moving(1), a_standing(2), a_standing(3)], NOW)
    one.close()
    assert two.announce(looked_at_earlier, NOW).messages == 0
    assert two.announce([moving(1), moving(2), a_standing(3)], NOW).handovers == 1
    assert [body.count("web-001") for _, body in stack.sent] == [1, 0]


def test_a_record_that_another_overwrites_in_the_same_moment_is_written_again(stack: Stack) -> None:
    watcher = stack.watcher()
    watcher.announce([a_standing(1), a_standing(2), a_standing(3)], NOW)
    before = dict(stack.tags.values)
    reads = stack.tags.read

    def overwritten() -> dict[str, str]:
        stack.tags.values = dict(before)
        return reads()

    stack.tags.read = overwritten  # type: ignore[method-assign]
    assert watcher.announce([moving(1), a_standing(2), a_standing(3)], NOW).messages == 1
    stack.tags.read = reads  # type: ignore[method-assign]
    assert watcher.announce([moving(1), a_standing(2), a_standing(3)], NOW).messages == 0
    assert len(stack.sent) == 1


def test_the_record_is_read_back_after_the_message_is_sent(stack: Stack) -> None:
    """In between, a kill would lose the message."""
    watcher = stack.watcher()
    watcher.announce([a_standing(1), a_standing(2), a_standing(3)], NOW)
    reads, sent = stack.tags.read, []

    def read() -> dict[str, str]:
        sent.append(len(stack.sent))
        return reads()

    stack.tags.read = read  # type: ignore[method-assign]
    watcher.announce([moving(1), a_standing(2), a_standing(3)], NOW)
    assert sent == sorted(sent)
    assert sent[-1] == 1
    assert sent.count(0) == 2  # the lease, before all and before the message


def test_one_that_lost_the_lease_while_it_wrote_sends_nothing_more(stack: Stack) -> None:
    watcher = stack.watcher()
    watcher.announce([a_standing(1), a_standing(2), a_standing(3)], NOW)

    def taken(*_: str) -> None:
        stack.tags.values[NOTIFIER] = str(Holder(WATCH, "elsewhere", 1, "0therone", NOW + timedelta(minutes=5)))

    stack.tags.meanwhile = taken
    result = watcher.announce([moving(1), a_standing(2), a_standing(3)], NOW)
    assert (result.messages, result.problems) == (1, ["Another notifier took over; it announces the rest."])
    assert watcher.announce([moving(1), moving(2), a_standing(3)], NOW).messages == 0


def test_tags_that_can_not_be_read_are_reported_and_the_news_comes_later(stack: Stack) -> None:
    stack.tags.broken = True
    result = stack.notify(moving(1), a_standing(2), a_standing(3))
    assert "the bucket gives no answer" in result.problems[0]
    assert not result.ok
    stack.tags.broken = False
    assert stack.notify(moving(1), a_standing(2), a_standing(3)).messages == 1


def test_a_target_that_is_down_gets_it_later_and_the_others_only_once() -> None:
    up, down = FakeTarget(1), FakeTarget(2, kind="mailto")
    stack = Stack(up, down)
    stack.notify(a_standing(1), a_standing(2))
    down.down = True
    result = stack.notify(moving(1), a_standing(2))
    assert result.failed == {"#2 (mailto)": "HTTP 503"}
    assert not result.ok
    assert stack.tags.values["handover:undelivered-2"]
    down.down = False
    result = stack.notify(moving(1), a_standing(2))
    assert result.ok
    assert "handover:undelivered-2" not in stack.tags.values
    assert [len(up.sent), len(down.sent)] == [1, 1]
    assert down.sent[0][0] == "prod: news of handovers, delivered late (1)"
    assert "web-001" in down.sent[0][1]
    stack.notify(moving(1), a_standing(2))
    assert len(down.sent) == 1


def test_what_changed_again_meanwhile_reaches_a_target_that_was_down_once() -> None:
    stack = Stack()
    target = stack.targets[0]
    stack.notify(a_standing(1), a_standing(2))
    target.down = True
    stack.notify(moving(1), moving(2))
    target.down = False
    stack.notify(rejected(1), moving(2))
    assert [body.count("web-001") for body in target.bodies] == [0, 1]
    assert [body.count("web-002") for body in target.bodies] == [1, 0]


def test_a_watcher_tries_a_target_that_is_down_ever_more_rarely() -> None:
    stack = Stack()
    target = stack.targets[0]
    watcher = stack.watcher()
    watcher.announce([a_standing(1)], NOW)
    target.down = True
    tried: list[datetime] = []
    for minute in range(120):
        stack.now = NOW + timedelta(minutes=minute)
        before = len(target.attempts)
        result = watcher.announce([moving(1)], stack.now)
        assert "#1 (json)" in result.failed
        tried += [stack.now] * (len(target.attempts) - before)
    assert target.attempts[0] == 3
    assert set(target.attempts[1:]) == {1}
    assert 5 <= len(tried) <= 14
    target.down = False
    stack.now += timedelta(minutes=20)
    assert watcher.announce([moving(1)], stack.now).ok
    assert len(target.sent) == 1


def test_a_target_that_missed_more_than_fits_gets_one_overview() -> None:
    stack = Stack()
    target = stack.targets[0]
    stack.notify(*(a_standing(number) for number in range(100)))
    target.down = True
    stack.notify(*(rejected(number) for number in range(100)))
    assert stack.tags.values["handover:undelivered-1"] == "*"
    target.down = False
    stack.notify(*(rejected(number) for number in range(100)))
    ((title, _),) = target.sent
    assert title == "prod: handovers to look at (100)"


def test_what_is_owed_to_a_target_that_is_gone_is_dropped(stack: Stack) -> None:
    stack.tags.values["handover:undelivered-4"] = "3fkx7qa"
    assert stack.notify(a_standing(1), a_standing(2), a_standing(3)).ok
    assert "handover:undelivered-4" not in stack.tags.values


def test_a_record_that_a_person_changed_is_reported_and_floods_nobody() -> None:
    stack = Stack()
    standings = [rejected(number) if number < 30 else moving(number) for number in range(100)]
    stack.notify(*standings)
    stack.sent.clear()
    stack.tags.values["handover:announced-0"] = "oops"
    del stack.tags.values["handover:announced-2"]
    result = stack.notify(*standings)
    assert "can't be read" in result.problems[0]
    assert len(stack.sent) <= 1
    assert stack.notify(*standings).ok
    assert stack.notify(moving(1), *standings[2:], standings[0]).messages == 1


def test_a_newer_versions_record_stops_it() -> None:
    stack = Stack()
    stack.tags.values["handover:announced-0"] = "v2/1 xyz"
    result = stack.notify(rejected(1))
    assert "newer version" in result.problems[0]
    assert stack.sent == []
    assert stack.tags.values["handover:announced-0"] == "v2/1 xyz"


def test_a_deadline_is_reminded_of_once_across_runs() -> None:
    stack = Stack()
    deadline = Deadline(DeadlineKind.ACCEPTANCE, NOW + timedelta(hours=30))
    stack.notify(with_deadlines(deadline))
    stack.sent.clear()
    for hours in (1, 7, 8, 26, 28, 29):
        stack.now = NOW + timedelta(hours=hours)
        stack.notify(with_deadlines(deadline))
    assert [title for title, _ in stack.sent] == ["prod: news of handovers (1)"] * 2
    assert ["accepted before" in body for _, body in stack.sent] == [True, True]
