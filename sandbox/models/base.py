"""What all that is read from a world file or an admin call has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are refused, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
