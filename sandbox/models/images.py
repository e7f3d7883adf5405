"""An image and how it gets made: pure, no I/O and no API.

Creating ──▶ Available
        └──▶ CreateFailed
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from sandbox.models.base import Model
from sandbox.models.timestamps import LONG_AGO, Timestamp

ImageOwner = Literal["self", "system", "marketplace", "others"]
ImageStatus = Literal["Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated"]


class ImageDisk(Model):
    """A disk of an image: the snapshot it is, and where an instance made from the image attaches it."""

    device: str
    type: Literal["system", "data"]
    size_gib: int
    snapshot: str
    encrypted: bool = False
    kms_key: str = Field(default="", description="the key it is encrypted with; empty: the service's own, or none")


class Share(Model):
    """That an account may use an image, and since when."""

    account: str
    since: Timestamp = LONG_AGO


class Image(Model):
    """An image that an account has; one that the world does not define is Alibaba Cloud's own.

    `done` is when it is made by; None: it was there at the start, with the status that the world gives it.
    """

    id: str
    region: str
    owner: ImageOwner = "self"
    product_code: str = ""
    status: ImageStatus = "Available"
    name: str = ""
    description: str = ""
    family: str = ""
    version: str = ""
    architecture: str = "x86_64"
    boot_mode: str = "BIOS"
    platform: str = "Aliyun"
    resource_group: str | None = None
    disks: tuple[ImageDisk, ...] = ()
    shares: tuple[Share, ...] = ()
    copied_from: str = Field(default="", description="the image it is a copy of; empty: it is none")
    created: Timestamp = LONG_AGO
    done: Timestamp | None = None
    fails_at: Timestamp | None = Field(default=None, description="when it ends as CreateFailed; none: it gets done")
    tags: dict[str, str] = Field(default_factory=dict)

    @property
    def encrypted(self) -> bool:
        """Whether a disk of it is."""
        return any(disk.encrypted for disk in self.disks)

    @property
    def size_gib(self) -> int:
        """The size of the system disk that it needs."""
        return next((disk.size_gib for disk in self.disks if disk.type == "system"), 20)

    def shared_with(self, account: str) -> bool:
        """Whether the account may use it although another one owns it."""
        return any(share.account == account for share in self.shares)

    def status_at(self, now: datetime) -> ImageStatus:
        """What it is by then."""
        if self.done is None:
            return self.status
        if self.fails_at is not None and now >= self.fails_at:
            return "CreateFailed"
        # What was deprecated afterwards is that.
        return self.status if now >= self.done else "Creating"

    def progress_at(self, now: datetime) -> str:
        """How much of it is made by then, such as `37%`; empty where that is not known."""
        if self.done is None:
            return "100%" if self.status == "Available" else ""
        if self.fails_at is not None:
            now = min(now, self.fails_at)
        if now >= self.done:
            return "100%"
        return f"{min(99, int(100 * ((now - self.created) / (self.done - self.created))))}%"
