"""One account of the stack: whose the credentials are, and the result of every call made with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, NotAllowed, TryAgain

IDENTITY = "sts:GetCallerIdentity"
CLOCK = ("InvalidTimeStamp", "IllegalTimestamp")


T = TypeVar("T")


@dataclass(frozen=True)
class Attempt(Generic[T]):
    """A call, by its action (`sts:GetCallerIdentity`), and its result: an answer, or an error."""

    action: str
    answer: T | None = None
    error: HandoverError | None = None

    @property
    def unanswered(self) -> bool:
        """Whether nobody answered."""
        return isinstance(self.error, TryAgain) and self.error.code is None

    @property
    def untimely(self) -> bool:
        """Whether it was refused because of the clock."""
        return bool(self.error and self.error.code and self.error.code.startswith(CLOCK))

    @property
    def denied(self) -> bool:
        """Whether the credentials lack the permission."""
        return isinstance(self.error, NotAllowed) and bool(self.error.code) and not self.untimely


class Side:
    """The source's or the recipient's account in the stack's region. `profile` is empty for the default credentials."""

    def __init__(self, name: str, profile: str, region: str) -> None:
        self.name = name
        self.setting = f"{name}Profile"
        self.cloud = Cloud(profile or None, region)
        self.attempts: dict[str, Attempt[Any]] = {}

    def identity(self) -> Attempt[str]:
        """The account the credentials belong to, by GetCallerIdentity; called once."""
        return self.attempt(IDENTITY, lambda cloud: cloud.account_id())

    @property
    def account_id(self) -> str:
        """The account the credentials belong to; empty where it could not be queried."""
        return self.identity().answer or ""

    def attempt(self, action: str, call: Callable[[Cloud], T]) -> Attempt[T]:
        """The result of the call, which is made once for each action."""
        if action not in self.attempts:
            try:
                self.attempts[action] = Attempt(action, call(self.cloud))
            except HandoverError as error:
                self.attempts[action] = Attempt(action, error=error)
        return self.attempts[action]

    @property
    def ahead(self) -> timedelta | None:
        """How far Alibaba Cloud's clock is ahead of this machine's, to the second; None where nothing was answered."""
        if all(attempt.error is not None for attempt in self.attempts.values()):
            return None
        return timedelta(seconds=round((self.cloud.now() - datetime.now(UTC)).total_seconds()))
