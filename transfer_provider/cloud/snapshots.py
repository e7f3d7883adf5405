"""The snapshots of disks that backups of handovers made: DescribeSnapshots of ECS 2014-05-26."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alibabacloud_ecs20140526 import models

from transfer_provider.cloud import permissions
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_tokens, read_time


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as its account lists it; `retention_days` is None where it is kept for ever."""

    snapshot_id: str
    disk_id: str
    name: str
    created: datetime
    retention_days: int | None


def tagged(cloud: Cloud, tag_key: str) -> Mapping[str, Sequence[Snapshot]]:
    """The account's snapshots in this region that have a tag of this key, by their disk; 100 a call."""
    doing = f"look up snapshots in {cloud.region} with {cloud}"

    def fetch(token: str | None) -> tuple[Sequence[Snapshot], str | None]:
        request = _request(cloud, tag_key, token)
        body = cloud.read(lambda ecs, runtime: ecs.describe_snapshots_with_options(request, runtime), doing=doing)
        try:
            return [_snapshot(entry) for entry in body.snapshots.snapshot], body.next_token
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    found: dict[str, list[Snapshot]] = {}
    for snapshot in all_tokens(fetch):
        found.setdefault(snapshot.disk_id, []).append(snapshot)
    return found


def confirm_listing(cloud: Cloud, tag_key: str) -> None:
    """Before it is believed that a disk has no such snapshot. Raises as a call does, and NotAllowed where these
    credentials may not list them."""
    permissions.confirm(cloud, _request(cloud, tag_key))


def _request(cloud: Cloud, tag_key: str, token: str | None = None) -> models.DescribeSnapshotsRequest:
    return models.DescribeSnapshotsRequest(
        region_id=cloud.region,
        tag=[models.DescribeSnapshotsRequestTag(key=tag_key)],
        next_token=token,
        max_results=PAGE,
    )


def _snapshot(entry: Any) -> Snapshot:
    created = read_time(entry.creation_time)
    if created is None:
        raise ValueError("a snapshot without a time")
    return Snapshot(
        snapshot_id=str(entry.snapshot_id),
        disk_id=str(entry.source_disk_id),
        name=entry.snapshot_name or "",
        created=created,
        retention_days=entry.retention_days or None,
    )
