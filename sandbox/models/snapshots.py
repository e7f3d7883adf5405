"""A snapshot of a disk and how it gets done: pure, no I/O and no API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from sandbox.models.base import Model


class Snapshot(Model):
    """A copy of a disk. It belongs to the account that made it, whoever owns the disk later.

    `disk_id` is empty for a copy of another account's snapshot.
    """

    id: str
    region: str
    disk_id: str
    disk_type: Literal["system", "data"]
    disk_size_gib: int
    instance_id: str
    created: datetime
    done: datetime
    name: str = ""
    description: str = ""
    category: Literal["standard", "flash"] = "standard"
    retention_days: int | None = None
    resource_group: str | None = None
    encrypted: bool = False
    kms_key: str = ""
    product_code: str = ""
    fails_at: datetime | None = None
    tags: dict[str, str] = Field(default_factory=dict)

    def status(self, now: datetime) -> str:
        """`progressing`, and from a time on `accomplished` or `failed`."""
        if self.fails_at is not None and now >= self.fails_at:
            return "failed"
        return "accomplished" if now >= self.done else "progressing"
