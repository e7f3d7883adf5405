"""The sandbox's time: what reviews, windows and expiry go by. Signatures are judged by real time instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

# Every time that is computed from now on has to stay one that a date can be.
FURTHEST = timedelta(days=36500)


class Clock:
    """Real time plus an offset, so that it always flows and can be moved ahead."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        """How far it is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """The sandbox's time in UTC, to the microsecond."""
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> None:
        """Move ahead. Raises ValueError for a negative step: what has expired would not come back to life.

        The same for a step to more than a hundred years ahead of real time.
        """
        if by < timedelta():
            raise ValueError("the sandbox's clock only moves ahead; reset takes it back to real time")
        with self._lock:
            if self._offset + by > FURTHEST:
                raise ValueError("the sandbox's clock goes at most a hundred years ahead; reset takes it back")
            self._offset += by

    def reset(self) -> None:
        """Back to real time. What has happened meanwhile stays as it is."""
        self._offset = timedelta()
