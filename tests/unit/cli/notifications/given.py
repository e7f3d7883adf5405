"""Standings, tags and targets for the tests of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from transfer_provider.cli.engine.command import EngineFailed
from transfer_provider.cli.follow.standing import Actor, Deadline, Standing, Step
from transfer_provider.cli.notifications.targets import ATTEMPTS, Delivery
from transfer_provider.model.lifecycle import Status

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def a_standing(number: int = 1, **fields: Any) -> Standing:
    """A handover under review, unless the fields say otherwise."""
    given: dict[str, Any] = {
        "name": f"web-{number:03}",
        "instance_id": f"i-bp1web{number:014}",
        "region": "cn-hangzhou",
        "recipient_account_id": "1000000000000002",
        "channel": "api",
        "status": Status.UNDER_REVIEW,
        "since": None,
        "step": Step.REVIEW,
        "actor": Actor.ALIBABA_CLOUD,
        "what": "Alibaba Cloud reviews the request.",
    }
    return Standing(**given | fields)


def rejected(number: int = 1, **fields: Any) -> Standing:
    """One that waits for a person's decision."""
    given: dict[str, Any] = {
        "status": Status.REJECTED,
        "step": Step.DECIDE,
        "actor": Actor.SOURCE,
        "what": "Rejected: correct it.",
    }
    return a_standing(number, **given | fields)


def moving(number: int = 1) -> Standing:
    """One that is moving."""
    return a_standing(number, status=Status.TRANSFERRING, step=Step.MOVE, what="The instance is moving.")


def with_deadlines(*deadlines: Deadline, number: int = 1) -> Standing:
    """An approved one that the recipient accepts."""
    return a_standing(
        number, status=Status.APPROVED, step=Step.ACCEPT, actor=Actor.RECIPIENT, what="Accept it.", deadlines=deadlines
    )


@dataclass
class FakeTags:
    """Tags in memory. `meanwhile` is called before each write, as another process would come in between."""

    values: dict[str, str] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    reads: int = 0
    broken: bool = False
    meanwhile: Any = None

    def read(self) -> dict[str, str]:
        self._check()
        self.reads += 1
        return dict(self.values)

    def write(self, name: str, value: str) -> None:
        self._check()
        if self.meanwhile:
            self.meanwhile(name, value)
        self.writes.append(name)
        self.values[name] = value

    def remove(self, name: str) -> None:
        self._check()
        del self.values[name]

    def _check(self) -> None:
        if self.broken:
            raise EngineFailed("the bucket gives no answer")


@dataclass
class FakeTarget:
    """A target that keeps what it was sent; `down`: it takes nothing."""

    position: int = 1
    kind: str = "json"
    down: bool = False
    sent: list[tuple[str, str]] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)

    def send(self, title: str, body: str, *, attempts: int = ATTEMPTS) -> Delivery:
        self.attempts.append(attempts)
        if self.down:
            return Delivery(False, "HTTP 503")
        self.sent.append((title, body))
        return Delivery(True)

    @property
    def bodies(self) -> Sequence[str]:
        return [body for _, body in self.sent]
