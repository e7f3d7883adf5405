"""A copy of an instance: the images that it is made by, and what is said of it. Pure: no I/O, no Pulumi, no cloud.

A copy is no transfer: the recipient gets another instance, with another id, another private address and a bill of its
own, and the source's goes on until somebody releases it. This tool never does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner, fitting
from transfer_provider.model.text import printable

AT_ONCE = 5  # how many images an account may copy in a region at a time: CopyImage

GONE = "Gone"
"""Beside Alibaba Cloud's own statuses of an image: it is confirmed not found."""
NOT_MADE = "NotMade"
"""The same: the source's instance is being stopped for it."""
AVAILABLE = "Available"
MAKING = ("Creating", "Waiting")


class SourcePower(StrEnum):
    """What this tool does to the source's instance."""

    AS_IT_IS = "as it is"
    STOPPED = "stopped for the image"
    STARTED = "started again"
    CUT_OVER = "stopped for good"


class CopyStep(StrEnum):
    """A step of a copy that a run takes, as a plan names it."""

    STOP_FOR_IMAGE = "stop the source's instance for the image"
    MAKE_IMAGE = "make the image"
    SHARE = "share the image with the recipient"
    COPY_IMAGE = "copy the image for the recipient"
    MAKE_INSTANCE = "make the recipient's instance"
    TAKE_OVER = "take over the recipient's instance"
    START_SOURCE = "start the source's instance again"
    CUT_OVER = "stop the source's instance"
    VERIFIED = "record that it is verified"
    FAILED = "record the failure"

    @property
    def of_a_run(self) -> str:
        """The same as a run's: `makes the image`."""
        verb, _, rest = self.value.partition(" ")
        return f"{verb.removesuffix('y')}ies {rest}" if verb.endswith("py") else f"{verb}s {rest}"


@dataclass(frozen=True)
class ImageDisk:
    """A disk of an image: the snapshot it is, and the device that it is attached as."""

    device: str
    type: str
    """system or data."""
    size_gib: int
    snapshot_id: str
    encrypted: bool = False


@dataclass(frozen=True)
class MachineImage:
    """An image as its account lists it."""

    image_id: str
    name: str
    status: str
    """Creating, Waiting, Available, UnAvailable, CreateFailed or Deprecated."""
    progress: int | None = None
    """In percent; None where it was not reported."""
    disks: Sequence[ImageDisk] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether nothing can be made of it."""
        return self.status not in (*MAKING, AVAILABLE)

    @property
    def snapshot_ids(self) -> list[str]:
        """The snapshots of its disks, as far as they are known."""
        return [disk.snapshot_id for disk in self.disks if disk.snapshot_id]


@dataclass(frozen=True)
class Origin:
    """Which copy an image is made for: the stack's handover of an instance."""

    owner: Owner
    handover: str
    instance_id: str

    @property
    def tags(self) -> Mapping[str, str]:
        """By which it is known whose it is."""
        return self.owner.tags_of_address(self.handover, self.instance_id)

    @property
    def image_name(self) -> str:
        """The same for each run, for an account has one image of a name: another is never made beside it."""
        whose = hashlib.sha256(f"{self.owner.project}/{self.owner.stack}".encode()).hexdigest()[:8]
        return f"handover-{self.instance_id}-{whose}"

    @property
    def description(self) -> str:
        """What a person reads beside it in the console."""
        return self.owner.description_of_address(fitting(self.handover, 63), self.instance_id)


def client_token(action: str, content: Mapping[str, object], earlier: Iterable[str] = ()) -> str:
    """The token that makes a call idempotent: the same content and the same `earlier` ids give the same token."""
    text = json.dumps([action, dict(content), sorted(earlier)], sort_keys=True, ensure_ascii=True)
    return "handover-" + hashlib.sha256(text.encode()).hexdigest()[:48]


def image_message(status: str, progress: int | None, image_id: str, kind: str = "image") -> str:
    """What an image's status means; `kind` is whose: `image` the source's, `own image` the recipient's."""
    what = f"The {kind} {printable(image_id)}" if image_id else f"The {kind}"
    match status:
        case "NotMade":
            return "The source's instance is being stopped for the image; the next run makes it."
        case "Creating" | "Waiting":
            done = "" if progress is None else f" ({progress} %)"
            return f"{what} is being made{done}, which takes minutes to hours."
        case "Available":
            return f"{what} is made."
        case "Gone":
            return f"{what} is gone: somebody deleted it. {START_OVER}"
        case _:
            return f"{what} could not be made: it is {printable(status)} at Alibaba Cloud. {START_OVER}"


START_OVER = (
    "Nothing is tried again by itself: remove the handover's file and run `pulumi up`, which cleans up, then put the "
    "file back and run `pulumi up` again, which begins another copy; where it fails again, ask Alibaba Cloud support "
    "with the image's id."
)


def copied_message(new_id: str, private_ip: str | None, source_id: str, *, source_stopped: bool, image: bool) -> str:
    """What a person checks before releasing the source's instance."""
    address = f" with the private address {private_ip}" if private_ip else ""
    source = f"{source_id} {'is stopped' if source_stopped else 'goes on'} at the source, and is paid for"
    system = "" if image else " Its system disk can be re-initialised only while the source's image is shared."
    return (
        f"{new_id} runs at the recipient{address}: a copy, with a bill of its own. {source} until somebody releases "
        "it, which this tool never does. Before that, check: services and data on the copy, also what was written at "
        "the source since the image; every place that names the old id or private address (DNS, load balancers, "
        "allowlists of databases, licences); backups and monitoring of the copy; and that nobody uses the source's any "
        f"more.{system}"
    )


def status_of(text: object) -> Status | None:
    """A status that a copy's resource holds; None where it holds none that is known."""
    return Status(str(text)) if text in tuple(Status) else None
