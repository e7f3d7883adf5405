"""Snapshots of an instance's disks in the source account, made before its transfer is submitted.

They are the source's, and stay: removing a handover, or the stack, only removes them from state (`retain_on_delete`).
Once the transfer is submitted no snapshot is made any more; those the state holds are declared as long as the account
still lists them, for Alibaba Cloud deletes them by itself when their retention is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pulumi
import pulumi_alicloud as alicloud

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.disks import Snapshot, confirm_snapshots, tagged_snapshots
from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.alicloud_providers import AlicloudProviders
from transfer_provider.inputs.handover import Backup
from transfer_provider.model.inventory import Disk

TAG = "instance-handover"
# A run that was killed right after it made a snapshot is repeated soon; an older snapshot is another backup.
FRESH = timedelta(hours=1)


@dataclass(frozen=True)
class PlannedSnapshot:
    """A snapshot to declare; `adopt` is the id of the snapshot that a killed run made of this disk already."""

    disk_id: str
    adopt: str | None = None


class Snapshots:
    """The snapshots of one program run. `profile` is the source's; `recorded` are the disks of each handover that the
    state holds a snapshot of, by the handover's name."""

    def __init__(self, profile: str | None, recorded: Mapping[str, Iterable[str]]) -> None:
        self._profile = profile
        self._recorded = recorded
        self._providers = AlicloudProviders("source", profile)
        self._listed: dict[str, Mapping[str, Sequence[Snapshot]]] = {}

    def provider(self, region: str) -> alicloud.Provider:
        """The provider with the source's credentials in a region."""
        return self._providers.of(region)

    def plan(
        self, name: str, state_name: str, region: str, backup: Backup, disks: Sequence[Disk] | None
    ) -> list[PlannedSnapshot]:
        """The snapshots of one handover; `state_name` is its name in the state, maybe an earlier name.

        `disks` are those to be backed up, None once the transfer was submitted.
        Raises Refused where the source lists no disk, and as a query does.
        """
        recorded = set(self._recorded.get(state_name, ()))
        if disks is None:
            # A snapshot that was deleted can't be made again: the disk is the recipient's.
            kept = sorted(disk_id for disk_id in recorded if self._of(region, disk_id))
            return [PlannedSnapshot(disk_id) for disk_id in kept]
        if not disks:
            raise Refused(
                f"Could not back up {name}: the source account lists no disk of its instance. Check the region, or "
                "remove `backup`."
            )
        return [
            PlannedSnapshot(
                disk.disk_id,
                None
                if disk.disk_id in recorded
                else self._left_behind(region, disk.disk_id, _name(name, disk.disk_id), backup),
            )
            for disk in disks
        ]

    def declare(
        self,
        name: str,
        region: str,
        backup: Backup,
        planned: Sequence[PlannedSnapshot],
        opts: pulumi.ResourceOptions,
    ) -> list[pulumi.Resource]:
        """Declare what was planned; `opts` are the handover's."""
        return [self._snapshot(name, region, snapshot, backup, opts) for snapshot in planned]

    def _snapshot(
        self, name: str, region: str, planned: PlannedSnapshot, backup: Backup, opts: pulumi.ResourceOptions
    ) -> alicloud.ecs.EcsSnapshot:
        here = pulumi.ResourceOptions(provider=self._providers.of(region), retain_on_delete=True, import_=planned.adopt)
        return alicloud.ecs.EcsSnapshot(
            f"{name}/{planned.disk_id}",
            disk_id=planned.disk_id,
            snapshot_name=_name(name, planned.disk_id),
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
            for snapshot in self._of(region, disk_id)
            if snapshot.name == snapshot_name
            and snapshot.retention_days == backup.retention_days
            and snapshot.created >= since
        ]
        return max(found, key=lambda snapshot: snapshot.created).snapshot_id if found else None

    def _of(self, region: str, disk_id: str) -> Sequence[Snapshot]:
        """The disk's snapshots that backups made; none only where these credentials may list them."""
        if region not in self._listed:
            self._listed[region] = tagged_snapshots(self._cloud(region), TAG)
        if disk_id not in self._listed[region]:
            confirm_snapshots(self._cloud(region), TAG)
        return self._listed[region].get(disk_id, ())

    def _cloud(self, region: str) -> Cloud:
        return Cloud(self._profile, region)


def _name(handover: str, disk_id: str) -> str:
    """What the snapshot is called in the account."""
    return f"handover-{handover}-{disk_id}"
