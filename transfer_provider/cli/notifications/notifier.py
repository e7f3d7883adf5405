"""Announces a stack's news, each once: recorded first, then sent.

What was recorded and could not be sent to a target is recorded as well, and sent to that target later, as the
handover stands by then. A process that is killed between record and delivery loses that one message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from transfer_provider.cli.engine.command import EngineFailed, NotReady
from transfer_provider.cli.follow.standing import Standing
from transfer_provider.cli.notifications import wording
from transfer_provider.cli.notifications.announcements import Found, Known, News, compare, keyed
from transfer_provider.cli.notifications.lease import Holder, Lease
from transfer_provider.cli.notifications.record import (
    ALL,
    UNDELIVERED,
    NewerRecord,
    Record,
    undelivered,
    undelivered_text,
)
from transfer_provider.cli.notifications.tags import Tags
from transfer_provider.cli.notifications.targets import ATTEMPTS, Target, label
from transfer_provider.cli.notifications.wording import Message

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass
class Result:
    """What one announcement did. `problems` are sentences for whoever runs it; none has anything of a target's URL."""

    announces: bool = True
    """Whether this notifier announces; else another does, the `holder`, or `problems` says why none does."""
    holder: Holder | None = None
    handovers: int = 0
    """How many handovers were announced."""
    messages: int = 0
    """How many messages that was, to each target."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why a target did not take its messages, by its label; they are sent to it later."""
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is left to be sent or looked at."""
        return not self.failed and not self.problems


class Notifier:
    """Announces the news of one stack, for as long as `watch` runs or for one `notify`. Never raises for a target."""

    def __init__(
        self,
        tags: Tags,
        targets: Sequence[Target],
        *,
        stack: str,
        language: str,
        kind: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tags = tags
        self._targets = {target.position: target for target in targets}
        self._stack = stack
        self._language = language
        self._lease = Lease(tags, kind, clock=clock, sleep=sleep)
        self._pauses: dict[int, tuple[datetime, timedelta]] = {}

    def begin(self, *, wait: float = 0) -> Result:
        """Take the lease, before the handovers are looked at; wait so many seconds for another `notify`.

        Of what was looked at earlier, another may have announced what came later.
        """
        return self._run(lambda: self._lease.wait(wait) if wait else self._lease.hold(), None, None)

    def announce(self, standings: Sequence[Standing], now: datetime) -> Result:
        """Send what is news at `now` of all the stack's handovers. Where this notifier has only just taken over from
        another, nothing is sent: the next look is announced.

        Not to be called with what is only a part of them: a handover that is missing is taken off the record.
        """
        return self._run(self._lease.hold, standings, now)

    def _run(
        self,
        hold: Callable[[], dict[str, str] | None],
        standings: Sequence[Standing] | None,
        now: datetime | None,
    ) -> Result:
        result = Result()
        try:
            tags = hold()
            if tags is None:
                result.announces, result.holder = False, self._lease.holder
            elif standings is not None and now is not None and not self._lease.taken_now:
                _Announcement(self, tags, now, result).run(standings)
        except NewerRecord as newer:
            result.announces = False
            result.problems.append(f"Could not announce anything: {newer}. Upgrade this installation.")
        except (EngineFailed, NotReady) as error:
            result.announces = False
            why = f"the {error.check} is missing" if isinstance(error, NotReady) else str(error)
            result.problems.append(
                f"Could not read or write what was announced, in the stack's tags: {why}. What was not sent yet is "
                "announced once they can be."
            )
        return result

    def close(self) -> None:
        """Let others announce."""
        try:
            self._lease.release()
        except (EngineFailed, NotReady):
            return  # It runs out by itself.

    # What an announcement needs of its notifier.

    @property
    def stack(self) -> str:
        return self._stack

    @property
    def language(self) -> str:
        return self._language

    @property
    def tags(self) -> Tags:
        return self._tags

    @property
    def lease(self) -> Lease:
        return self._lease

    @property
    def targets(self) -> Mapping[int, Target]:
        return self._targets

    def paused(self, position: int, now: datetime) -> bool:
        """Whether a target that failed is not to be tried yet."""
        until, _ = self._pauses.get(position, (now, FIRST_PAUSE))
        return now < until

    def attempts(self, position: int) -> int:
        """How often to try a target: once where it failed before."""
        return 1 if position in self._pauses else ATTEMPTS

    def worked(self, position: int) -> None:
        """Try it at once from now on."""
        self._pauses.pop(position, None)

    def failed(self, position: int, now: datetime) -> None:
        """Try it later, each time twice as late."""
        _, last = self._pauses.get(position, (now, FIRST_PAUSE / 2))
        pause = min(2 * last, LONGEST_PAUSE)
        self._pauses[position] = (now + pause, pause)


class _Announcement:
    """One announcement, from the tags as they were read."""

    def __init__(self, notifier: Notifier, tags: dict[str, str], now: datetime, result: Result) -> None:
        self._notifier = notifier
        self._seen = tags
        self._now = now
        self._result = result
        self._record = Record.read(tags)
        self._owed = undelivered(tags)

    def run(self, standings: Sequence[Standing]) -> None:
        if self._record.problems:
            self._result.problems.append(
                f"What was announced can't be read: {'; '.join(self._record.problems)}. Handovers that it does not "
                "have are listed in one message at most; it is written anew."
            )
        found = compare(standings, self._record.known, self._now, whole=self._record.whole)
        self._deliver_late(standings, found)
        quiet, gone = found.quiet, found.gone
        for news, message in self._messages(found):
            held = self._notifier.lease.hold()
            if held is None:
                self._result.problems.append("Another notifier took over; it announces the rest.")
                return
            claimed = self._claim({**quiet, **{each.key: each.known for each in news}}, gone)
            quiet, gone = {}, frozenset()
            # At once: a kill in between loses the message.
            self._send(message, {each.key for each in news})
            self._result.handovers += len(news)
            self._result.messages += 1
            if not self._confirmed(claimed):
                return
        self._confirmed(self._claim(quiet, gone))

    def _messages(self, found: Found) -> list[tuple[Sequence[News], Message]]:
        stack, language = self._notifier.stack, self._notifier.language
        made = wording.messages(found.news, stack, self._now, language)
        listed = list(zip(wording.batches(found.news), made, strict=True))
        if found.overview:
            listed.append((found.overview, wording.overview(found.overview, stack, self._now, language)))
        return listed

    def _claim(self, entries: Mapping[str, Known], gone: Collection[str]) -> Mapping[str, str]:
        """Record what is about to be sent; the tags that were written."""
        record = self._record.having(entries, gone)
        wanted = record.tags()
        changed = {name: value for name, value in wanted.items() if self._seen.get(name) != value}
        for name, value in changed.items():
            self._notifier.tags.write(name, value)
        self._record = record
        self._seen |= changed
        return changed

    def _confirmed(self, written: Mapping[str, str]) -> bool:
        """Read back what was written: whether this notifier may go on. Tags that somebody else overwrote in the same
        moment, whom nothing keeps from it, are written again."""
        if not written:
            return True
        found = self._notifier.lease.read()
        if not self._notifier.lease.mine:
            self._result.problems.append("Another notifier took over; it announces the rest.")
            return False
        for name, value in written.items():
            if found.get(name) != value:
                self._notifier.tags.write(name, value)
        return True

    def _send(self, message: Message, keys: Collection[str]) -> None:
        """Send a message to every target; what one does not take is owed to it."""
        for position, target in self._notifier.targets.items():
            paused = self._notifier.paused(position, self._now)
            if paused or not self._delivered(target, message):
                self._result.failed.setdefault(label(target), "it failed before, and is tried again later")
                self._owe(position, self._owed.get(position, frozenset()) | frozenset(keys))

    def _delivered(self, target: Target, message: Message) -> bool:
        delivery = target.send(message.title, message.body, attempts=self._notifier.attempts(target.position))
        if delivery.delivered:
            self._notifier.worked(target.position)
            return True
        self._notifier.failed(target.position, self._now)
        self._result.failed[label(target)] = delivery.why
        return False

    def _deliver_late(self, standings: Sequence[Standing], found: Found) -> None:
        """Send each target what it did not take before, as it stands now; what is news now is sent with the news."""
        by_key = keyed(standings)
        listed = {each.key for each in (*found.news, *found.overview)}
        for position, keys in sorted(self._owed.items()):
            target = self._notifier.targets.get(position)
            if target is not None and self._notifier.paused(position, self._now):
                self._result.failed[label(target)] = "it failed before, and is tried again later"
                continue
            everything = ALL in keys
            late = [
                _as_it_stands(key, standing)
                for key, standing in by_key.items()
                if key not in listed and (standing.waits_for_person if everything else key in keys)
            ]
            self._owe(position, frozenset())
            if target is not None and late:
                self._send_late(target, late, everything)

    def _send_late(self, target: Target, late: Sequence[News], everything: bool) -> None:
        stack, language = self._notifier.stack, self._notifier.language
        if everything:
            messages = [(late, wording.overview(late, stack, self._now, language))]
        else:
            made = wording.messages(late, stack, self._now, language, late=True)
            messages = list(zip(wording.batches(late), made, strict=True))
        for number, (_, message) in enumerate(messages):
            if not self._delivered(target, message):
                left = {each.key for news, _ in messages[number:] for each in news}
                self._owe(target.position, frozenset([ALL] if everything else left))
                return

    def _owe(self, position: int, keys: frozenset[str]) -> None:
        """Record what a target has still to be sent."""
        name, text = f"{UNDELIVERED}{position}", undelivered_text(keys)
        if keys and self._seen.get(name) != text:
            self._notifier.tags.write(name, text)
            self._seen[name] = text
        elif not keys and name in self._seen:
            self._notifier.tags.remove(name)
            del self._seen[name]
        self._owed[position] = keys


def _as_it_stands(key: str, standing: Standing) -> News:
    return News(key, standing, Known(standing.status, standing.step), True, None)
