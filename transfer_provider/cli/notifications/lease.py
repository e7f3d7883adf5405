"""One notifier at a time: who holds the lease announces, all others leave it to them.

    handover:notifier       watch ops-1 4711 k3x9qd 2026-11-25T09:00:00Z

is the holder's kind, host, process id, a word of its own, and until when. Tags have no lock, so a notifier writes the
tag, waits for others that did the same in that moment, and holds the lease where the tag is still its own.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from transfer_provider.cli.engine.backend import alive
from transfer_provider.cli.follow.times import stamp
from transfer_provider.cli.notifications.tags import Tags

NOTIFIER = "handover:notifier"
WATCH = "watch"
NOTIFY = "notify"

# A watch polls every 15 minutes at the latest, unless it is told otherwise.
LASTS: Mapping[str, timedelta] = {WATCH: timedelta(minutes=20), NOTIFY: timedelta(minutes=2)}
RENEWED_AFTER: Mapping[str, timedelta] = {WATCH: timedelta(minutes=3), NOTIFY: timedelta(minutes=1)}
SETTLING_SECONDS = 2.0

_HOLDER = re.compile(
    r"(watch|notify) ([A-Za-z0-9.-]{1,63}) (\d{1,10}) ([0-9a-z]{6,16}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
)
_CLOCKS_DIFFER = timedelta(minutes=5)


def local_host() -> str:
    """This machine's name, as the tag has it."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:63] or "unnamed"


@dataclass(frozen=True)
class Holder:
    """Who holds the lease, and until when."""

    kind: str
    host: str
    pid: int
    word: str
    until: datetime

    @classmethod
    def read(cls, text: str | None) -> Holder | None:
        """The holder that a tag names; None where it names none."""
        found = _HOLDER.fullmatch(text or "")
        if found is None:
            return None
        try:
            until = datetime.fromisoformat(found[5])
        except ValueError:
            return None
        return cls(found[1], found[2], int(found[3]), found[4], until)

    def __str__(self) -> str:
        return f"{self.kind} {self.host} {self.pid} {self.word} {stamp(self.until)}"

    def over(self, now: datetime) -> bool:
        """Whether others may take the lease: it ran out, it is nobody's, or it lasts longer than any that is given."""
        dead = self.host == local_host() and not alive(self.pid)
        return dead or now >= self.until or self.until - now > LASTS[self.kind] + _CLOCKS_DIFFER


class Lease:
    """A notifier's lease on the stack's announcements; `kind` is WATCH or NOTIFY."""

    def __init__(
        self,
        tags: Tags,
        kind: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tags = tags
        self._kind = kind
        self._clock = clock
        self._sleep = sleep
        self._monotonic = monotonic
        self._word = secrets.token_hex(4)
        self.holder: Holder | None = None
        """Who holds it, as it was read last; None where nobody does."""
        self.taken_now = False
        """Whether the last `hold` took it, rather than kept it: another may have held it until then."""

    @property
    def mine(self) -> bool:
        """Whether it was this notifier's when it was read last."""
        return self.holder is not None and self.holder.word == self._word

    def hold(self) -> dict[str, str] | None:
        """Take or renew the lease: the stack's tags as they are then; None where another holds it.

        Raises EngineFailed or NotReady where the tags can't be read or written.
        """
        self.taken_now = False
        begun = self._monotonic()
        tags = self.read()
        now = self._clock()
        running = self.holder is not None and not self.holder.over(now)
        if self.holder is not None and running:
            if not self.mine:
                return None
            if self.holder.until - now > LASTS[self._kind] - RENEWED_AFTER[self._kind]:
                return tags
        kept = self.mine
        self._tags.write(NOTIFIER, str(self._until(now)))
        if running:
            return tags
        prompt = self._monotonic() - begun < SETTLING_SECONDS / 2
        self._sleep(SETTLING_SECONDS)
        tags = self.read()
        self.taken_now = not kept
        # Whoever wrote late may have overwritten one who holds it already: that one is given time to notice.
        return tags if self.mine and prompt else None

    def wait(self, seconds: float) -> dict[str, str] | None:
        """The same, for a while; at once None where a watcher holds it."""
        limit = self._monotonic() + seconds
        while (tags := self.hold()) is None:
            if (self.holder and self.holder.kind == WATCH) or self._monotonic() >= limit:
                return None
            self._sleep(SETTLING_SECONDS)
        return tags

    def release(self) -> None:
        """Give it back, where it is this notifier's. Raises as `hold` does."""
        if self.mine:
            self.read()
        if self.mine:
            self._tags.remove(NOTIFIER)
            self.holder = None

    def read(self) -> dict[str, str]:
        """The stack's tags now; who holds the lease goes by them. Raises as `hold` does."""
        tags = self._tags.read()
        self.holder = Holder.read(tags.get(NOTIFIER))
        return tags

    def _until(self, now: datetime) -> Holder:
        return Holder(self._kind, local_host(), os.getpid(), self._word, now + LASTS[self._kind])
