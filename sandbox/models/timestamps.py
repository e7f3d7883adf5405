"""Times as a world file has them.

A time is `YYYY-MM-DDThh:mm:ssZ`, or a duration from the sandbox's start: `P3D` is in three days, `-P2D` two days ago.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, TypeAdapter, ValidationError, ValidationInfo

# What Alibaba Cloud reports as the expiry of a pay-as-you-go instance.
NEVER = datetime(2099, 12, 31, 15, 59, tzinfo=UTC)

LONG_AGO = datetime(2025, 1, 15, 8, 0, tzinfo=UTC)

# The key of the validation's context for the moment that durations count from; without it that is now.
START = "start"

_DURATION = TypeAdapter(timedelta)


def _from_start(value: Any, info: ValidationInfo) -> Any:
    if not (isinstance(value, str) and re.match(r"-?P", value)):
        return value
    start: datetime = (info.context or {}).get(START) or datetime.now(UTC)
    try:
        return start + _DURATION.validate_python(value)
    except (ValidationError, OverflowError):
        raise ValueError(f"{value} is no duration such as P3D or -PT2H, or too long a one") from None


Timestamp = Annotated[AwareDatetime, BeforeValidator(_from_start)]
