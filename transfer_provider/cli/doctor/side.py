"""One account of the stack: whose the credentials are, and what came of every call made with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, NotAllowed, TryAgain

IDENTITY = "sts:GetCallerIdentity"
CLOCK = ("InvalidTimeStamp", "IllegalTimestamp")


@dataclass(frozen=True)
class Try:
    """A call, by its action (`sts:GetCallerIdentity`), and what came of it: an answer, or an error."""

    action: str
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
        self.tries: dict[str, Try] = {}
        self._account_id = ""

    def identity(self) -> Try:
        """Who the credentials belong to, by GetCallerIdentity; asked once."""
        return self.attempt(IDENTITY, lambda cloud: cloud.account_id())

    @property
    def account_id(self) -> str:
        """The account the credentials belong to; empty where it could not be queried."""
        return self._account_id if self.identity().error is None else ""

    def attempt(self, action: str, call: Callable[[Cloud], object]) -> Try:
        """Make the call, once, and note what came of it."""
        if action not in self.tries:
            try:
                answer = call(self.cloud)
                if action == IDENTITY:
                    self._account_id = str(answer)
                self.tries[action] = Try(action)
            except HandoverError as error:
                self.tries[action] = Try(action, error)
        return self.tries[action]

    @property
    def ahead(self) -> timedelta | None:
        """How far Alibaba Cloud's clock is ahead of this machine's, to the second; None where nothing was answered."""
        if all(one.error is not None for one in self.tries.values()):
            return None
        return timedelta(seconds=round((self.cloud.now() - datetime.now(UTC)).total_seconds()))
