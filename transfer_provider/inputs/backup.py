"""What is backed up before a transfer is submitted: `backup:` in a handover's file, `Backup` in a program."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

SNAPSHOT = "alicloud:ecs/ecsSnapshot:EcsSnapshot"  # the resource type, as the state has it

LONGEST_DAYS = 65536  # of a snapshot, by CreateSnapshot
DAYS = 30


class Backup(BaseModel):
    """Snapshots of every disk, made in the source account, which keeps them.

    Backup()                     kept for 30 days
    Backup(retention_days=365)   kept for a year
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    kind: Literal["snapshots"] = Field(default="snapshots", description="what is made of each disk: snapshots")
    retention_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = Field(
        default=DAYS, description=f"how many days the snapshots are kept, a whole number from 1 to {LONGEST_DAYS}"
    )


def _spelled_out(value: Any) -> Any:
    """`snapshots` alone is short for the mapping."""
    return {"kind": value} if isinstance(value, str) else value


BackupEntry = Annotated[
    Backup,
    BeforeValidator(_spelled_out),
    WithJsonSchema({"anyOf": [{"const": "snapshots"}, Backup.model_json_schema()]}),
]
