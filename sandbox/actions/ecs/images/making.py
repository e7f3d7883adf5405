"""What it takes to make an image, from an instance or as a copy: its name, its quota, its snapshots."""

from __future__ import annotations

import string
from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.actions.call import Call
from sandbox.models.errors import ApiError
from sandbox.models.images import Image, ImageDisk
from sandbox.models.snapshots import Snapshot


def require_free_name(call: Call, region: str, name: str, but: str = "") -> None:
    """Raises 400 where another of the caller's images in the region has the name."""
    if name and any(
        image.name == name and image.id != but for image in call.cloud.image_store.of(call.account.id, region)
    ):
        raise ApiError(400, "InvalidImageName.Duplicated", "The specified Image name has already bean used.")


def require_room(call: Call, region: str, snapshots: int) -> None:
    """Raises 403 where the caller's quota of images, or that of snapshots, holds no more."""
    account, cloud = call.account, call.cloud
    own = [image for image in cloud.image_store.of(account.id, region) if image.owner == "self"]
    if account.image_quota is not None and len(own) >= account.image_quota:
        raise ApiError(403, "QuotaExceed.Image", "The Image Quota exceeds.")
    there = len(cloud.snapshot_store.of(account.id, region))
    if account.snapshot_quota is not None and there + snapshots > account.snapshot_quota:
        raise ApiError(403, "QuotaExceed.Snapshot", "The snapshot quota exceeds.")


def device(number: int) -> str:
    """Where an instance attaches its disk of this number: `/dev/xvda`, `/dev/xvdb`, …"""
    return f"/dev/xvd{string.ascii_lowercase[number % len(string.ascii_lowercase)]}"


def half_way(since: datetime, lasts: timedelta) -> datetime:
    """When what fails does."""
    return since + lasts / 2


def put(call: Call, image: Image, snapshots: Sequence[Snapshot]) -> None:
    """The image and its snapshots are the caller's from now on, in the making."""
    for snapshot in snapshots:
        call.cloud.snapshot_store.add(call.account.id, snapshot)
    call.cloud.image_store.add(call.account.id, image)


def as_disks(snapshots: Sequence[Snapshot], devices: Sequence[str]) -> tuple[ImageDisk, ...]:
    """The disks of an image that is made of these snapshots."""
    return tuple(
        ImageDisk(
            device=where,
            type=snapshot.disk_type,
            size_gib=snapshot.disk_size_gib,
            snapshot=snapshot.id,
            encrypted=snapshot.encrypted,
            kms_key=snapshot.kms_key,
        )
        for snapshot, where in zip(snapshots, devices, strict=True)
    )
