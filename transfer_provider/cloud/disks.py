"""The disks of an account's instances, and the snapshots that backups made of them: DescribeDisks and DescribeSnapshots
of ECS 2014-05-26."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from transfer_provider.cloud import permissions
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_tokens, read_time
from transfer_provider.cloud.sdk import models
from transfer_provider.model.inventory import Disk


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as its account lists it; `retention_days` is None where it is kept for ever."""

    snapshot_id: str
    disk_id: str
    name: str
    created: datetime
    retention_days: int | None


def query(cloud: Cloud, instance_ids: Sequence[str]) -> Mapping[str, Sequence[Disk]]:
    """The disks of these instances, by instance; every instance has a disk, unless these credentials may not see it.

    The action filters by one instance, or not at all. So the account's disks are listed, 100 a call; where that takes
    more calls than there are instances, these are queried one by one instead.
    """
    wanted = frozenset(instance_ids)
    found: dict[str, list[Disk]] = {}
    token: str | None = None
    for _ in instance_ids:
        disks, token = _page(cloud, None, token)
        for disk in disks:
            if disk.instance_id in wanted:
                found.setdefault(disk.instance_id, []).append(disk)
        if not token:
            break
    else:
        found = {instance_id: list(all_tokens(partial(_page, cloud, instance_id))) for instance_id in instance_ids}
    without = sorted(instance_id for instance_id in wanted if not found.get(instance_id))
    if without:
        permissions.confirm(cloud, _request(cloud, without[0]))
    return found


def _request(cloud: Cloud, instance_id: str | None, token: str | None = None) -> models.DescribeDisksRequest:
    return models.DescribeDisksRequest(
        region_id=cloud.region, instance_id=instance_id, next_token=token, max_results=PAGE
    )


def _page(cloud: Cloud, instance_id: str | None, token: str | None) -> tuple[Sequence[Disk], str | None]:
    request = _request(cloud, instance_id, token)
    doing = f"look up disks in {cloud.region} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_disks_with_options(request, runtime), doing=doing)
    try:
        return [_disk(entry) for entry in body.disks.disk], body.next_token or None
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None


def _disk(entry: Any) -> Disk:
    return Disk(
        disk_id=str(entry.disk_id),
        instance_id=entry.instance_id or "",
        type=entry.type or "data",
        status=str(entry.status),
        encrypted=bool(entry.encrypted),
        shared=entry.multi_attach == "Enabled",
        product_code=entry.product_code or None,
        snapshot_policy=entry.auto_snapshot_policy_id or None,
        size_gib=entry.size or 0,
        category=entry.category or "",
        device=entry.device or "",
        kms_key_id=entry.kmskey_id or None,
    )


def tagged_snapshots(cloud: Cloud, tag_key: str) -> Mapping[str, Sequence[Snapshot]]:
    """The account's snapshots in this region that have a tag of this key, by their disk; 100 a call."""
    doing = f"look up snapshots in {cloud.region} with {cloud}"

    def fetch(token: str | None) -> tuple[Sequence[Snapshot], str | None]:
        request = _snapshots_request(cloud, tag_key, token)
        body = cloud.read(lambda ecs, runtime: ecs.describe_snapshots_with_options(request, runtime), doing=doing)
        try:
            return [_snapshot(entry) for entry in body.snapshots.snapshot], body.next_token
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    found: dict[str, list[Snapshot]] = {}
    for snapshot in all_tokens(fetch):
        found.setdefault(snapshot.disk_id, []).append(snapshot)
    return found


def confirm_snapshots(cloud: Cloud, tag_key: str) -> None:
    """Before it is believed that a disk has no such snapshot. Raises as a call does, and NotAllowed where these
    credentials may not list them."""
    permissions.confirm(cloud, _snapshots_request(cloud, tag_key))


def _snapshots_request(cloud: Cloud, tag_key: str, token: str | None = None) -> models.DescribeSnapshotsRequest:
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
