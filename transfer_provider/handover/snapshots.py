"""Snapshots of an instance's disks in the source account, made before its transfer is submitted.

They are the source's, and stay: removing a handover, or the stack, only removes them from state (`retain_on_delete`).
Once the transfer is submitted no snapshot is made any more; those the state holds are declared as long as the account
still lists them, for Alibaba Cloud deletes them by itself when their retention is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import pulumi
import pulumi_alicloud as alicloud

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.cloud.snapshots import Snapshot, tagged
from transfer_provider.handover.alicloud_providers import AlicloudProviders
from transfer_provider.inputs.handover import Backup
from transfer_provider.model.inventory import Disk

TAG = "instance-handover"
# A run that was killed right after it made a snapshot is repeated soon; an older snapshot is another backup.
FRESH = timedelta(hours=1)


class Snapshots:
    """The snapshots of one program run. `profile` is the source's; `recorded` are the disks of each handover that the
    state holds a snapshot of, by the handover's name."""

    def __init__(self, profile: str | None, recorded: Mapping[str, Iterable[str]]) -> None:
        self._profile = profile
        self._recorded = recorded
        self._providers = AlicloudProviders("source", profile)
        self._listed: dict[str, Mapping[str, Sequence[Snapshot]]] = {}

    def declare(
        self,
        name: str,
        state_name: str,
        region: str,
        backup: Backup,
        disks: Sequence[Disk] | None,
        opts: pulumi.ResourceOptions,
    ) -> list[pulumi.Resource]:
        """The snapshots of one handover; `state_name` is its name in the state, maybe an earlier name.

        `disks` are those to be backed up, None once the transfer was submitted.
        Raises Refused where the source lists no disk, and as a query does.
        """
        recorded = set(self._recorded.get(state_name, ()))
        if disks is None:
            # A snapshot that was deleted can't be made again: the disk is the recipient's.
            kept = sorted(recorded & self._tagged(region).keys()) if recorded else []
            return [self._snapshot(name, region, disk_id, backup, opts) for disk_id in kept]
        if not disks:
            raise Refused(
                f"Could not back up {name}: the source account lists no disk of its instance. Check the region and the "
                "permission DescribeDisks, or remove `backup`."
            )
        return [
            self._snapshot(name, region, disk.disk_id, backup, opts, adopt=disk.disk_id not in recorded)
            for disk in disks
        ]

    def _snapshot(
        self,
        name: str,
        region: str,
        disk_id: str,
        backup: Backup,
        opts: pulumi.ResourceOptions,
        *,
        adopt: bool = False,
    ) -> alicloud.ecs.EcsSnapshot:
        snapshot_name = f"handover-{name}-{disk_id}"
        here = pulumi.ResourceOptions(
            provider=self._providers.of(region),
            retain_on_delete=True,
            import_=self._left_behind(region, disk_id, snapshot_name, backup) if adopt else None,
        )
        return alicloud.ecs.EcsSnapshot(
            f"{name}/{disk_id}",
            disk_id=disk_id,
            snapshot_name=snapshot_name,
            description="Made before the instance's transfer was submitted",
            retention_days=backup.retention_days,
            tags={TAG: name},
            opts=pulumi.ResourceOptions.merge(opts, here),
        )

    def _left_behind(self, region: str, disk_id: str, snapshot_name: str, backup: Backup) -> str | None:
        """The snapshot that a run made for this very backup before it was killed, or None."""
        since = self._cloud(region).now() - FRESH
        found = [
            snapshot
            for snapshot in self._tagged(region).get(disk_id, ())
            if snapshot.name == snapshot_name
            and snapshot.retention_days == backup.retention_days
            and snapshot.created >= since
        ]
        return max(found, key=lambda snapshot: snapshot.created).snapshot_id if found else None

    def _tagged(self, region: str) -> Mapping[str, Sequence[Snapshot]]:
        if region not in self._listed:
            self._listed[region] = tagged(self._cloud(region), TAG)
        return self._listed[region]

    def _cloud(self, region: str) -> Cloud:
        return Cloud(self._profile, region)
