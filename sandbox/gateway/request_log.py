"""The request log: an entry for each API call, for tests and for `alicloud-sandbox log`. Never a secret."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

LONGEST = 100_000

# Personal data and secrets, in whatever action. ClientToken and NextToken are neither.
_CONFIDENTIAL = re.compile(r"e-?mail|passw|secret|credential|securitytoken|privatekey|userdata", re.IGNORECASE)
WITHHELD = "[withheld]"


@dataclass(frozen=True)
class Entry:
    """A call and what it came to.

    `account_id` and `profile` are None where the signature was refused; `http_status` is None where the connection
    was cut; `fault` is the kind of fault that the call met. `number` is given by the log and never given twice.
    """

    time: datetime
    account_id: str | None
    profile: str | None
    product: str | None
    action: str | None
    region: str | None
    parameters: Mapping[str, str]
    http_status: int | None
    error_code: str | None
    fault: str | None
    number: int = 0


class RequestLog:
    """The calls so far, oldest first; the oldest are dropped beyond 100,000. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: deque[Entry] = deque(maxlen=LONGEST)
        self._last = 0

    def add(self, entry: Entry) -> None:
        """Write a call down, with the next number, and without the values that are nobody's business."""
        parameters = {
            name: WITHHELD if value and _CONFIDENTIAL.search(name) else value
            for name, value in entry.parameters.items()
        }
        with self._lock:
            self._last += 1
            self._entries.append(replace(entry, number=self._last, parameters=parameters))

    def entries(self, action: str | None = None) -> tuple[Entry, ...]:
        """All, or those of one action."""
        with self._lock:
            return tuple(entry for entry in self._entries if action in (None, entry.action))

    def clear(self) -> None:
        """Drop the entries; the numbers go on."""
        with self._lock:
            self._entries.clear()
