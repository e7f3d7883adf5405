"""Faults on demand: what a client has to survive, for so many calls or until cleared."""

from __future__ import annotations

from threading import Lock
from typing import Annotated, Literal

from pydantic import Field

from sandbox.models.base import Model
from sandbox.models.errors import ApiError, internal_error, not_offered

LONGEST_DELAY_SECONDS = 86_400

Kind = Literal["throttle", "error", "delay", "cut-before", "cut-after", "not-offered"]


class Fault(Model):
    """One kind of trouble for calls of an action (`*`: of every action), of one account or of all.

    throttle: 400 Throttling.User, with x-acs-retry-after where `retry_after_ms` is given.
    error: 503 ServiceUnavailable, or 500 InternalError with that `status`.
    delay: takes effect as usual, and answers after `seconds`.
    cut-before, cut-after: the connection breaks without an answer; nothing, or everything, took effect.
    not-offered: 404 InvalidAction.NotFound.
    """

    kind: Kind
    action: str = "*"
    times: Annotated[int, Field(ge=1)] | None = Field(default=None, description="none: until cleared")
    account: str | None = Field(default=None, description="an account id; none: every account")
    seconds: Annotated[float, Field(ge=0, le=LONGEST_DELAY_SECONDS, allow_inf_nan=False)] = 0
    retry_after_ms: Annotated[int, Field(ge=1, le=LONGEST_DELAY_SECONDS * 1000)] | None = None
    status: Literal[500, 503] = 503

    def concerns(self, action: str, account_id: str) -> bool:
        """Whether a call of this action by this account meets the fault."""
        return self.action in ("*", action) and self.account in (None, account_id)

    def refusal(self) -> ApiError | None:
        """The error answer of a fault that refuses the call; None for those that let it through or cut it."""
        match self.kind:
            case "throttle":
                headers = {"x-acs-retry-after": str(self.retry_after_ms)} if self.retry_after_ms else None
                return ApiError(400, "Throttling.User", "Request was denied due to user flow control.", headers=headers)
            case "error" if self.status == 500:
                return internal_error()
            case "error":
                return ApiError(
                    503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."
                )
            case "not-offered":
                return not_offered()
        return None


class Faults:
    """The faults in force, first come first served. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """From now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._faults.clear()

    def in_force(self) -> tuple[Fault, ...]:
        """Every fault, with the times that are left."""
        with self._lock:
            return tuple(self._faults)

    def take(self, action: str, account_id: str) -> Fault | None:
        """The fault that this call meets, used up by one."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.concerns(action, account_id):
                    if fault.times == 1:
                        del self._faults[place]
                    elif fault.times is not None:
                        self._faults[place] = fault.model_copy(update={"times": fault.times - 1})
                    return fault
            return None
