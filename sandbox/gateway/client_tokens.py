"""Client tokens: a write that is repeated with the same token gets the original answer and happens once.

https://www.alibabacloud.com/help/en/ecs/developer-reference/how-to-ensure-idempotence
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.models.errors import ApiError, invalid

LONGEST = 64

# What other parameters get: where the action's own documents have another code, that.
_MISMATCH = ("IdempotentParameterMismatch", "The request is retried with updated parameters.")
_MISMATCH_OF_THESE = (
    "IdempotenceParamNotMatch",
    "Request uses a client token in a previous request but is not identical to that request.",
)
_THESE = frozenset({"CopyImage", "CreateImage", "ModifyInstanceChargeType", "RunInstances"})


@dataclass(frozen=True)
class _Remembered:
    parameters: Mapping[str, str]
    answer: Mapping[str, Any]


class ClientTokens:
    """The tokens of writes that succeeded, by account and action. Refused ones are not remembered."""

    def __init__(self) -> None:
        self._remembered: dict[tuple[str, str, str], _Remembered] = {}

    def once(
        self, account_id: str, action: str, parameters: Mapping[str, str], write: Callable[[], Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """What `write` answers, or answered when it was called with these parameters and token before.

        Raises 400 InvalidParameter for a malformed token, 400 IdempotentParameterMismatch for other parameters; some
        actions have another code for those.
        """
        token = parameters.get("ClientToken")
        if not token:
            return write()
        if len(token) > LONGEST or not (token.isascii() and token.isprintable()):
            raise invalid("ClientToken", f"has to be at most {LONGEST} printable ASCII characters")
        key = (account_id, action, token)
        if key not in self._remembered:
            self._remembered[key] = _Remembered(parameters, write())
        elif self._remembered[key].parameters != parameters:
            raise ApiError(400, *(_MISMATCH_OF_THESE if action in _THESE else _MISMATCH))
        return self._remembered[key].answer
