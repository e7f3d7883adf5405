"""What the console's resource transfer does not take: pure rules over an instance, no I/O.

They are those of Alibaba Cloud's rules for transferring classic-network instances (2021), the only official list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.models.instances import Instance

YOUNGEST = timedelta(days=5)


def obstacle(instance: Instance, now: datetime) -> str | None:
    """The first thing that keeps the instance from being transferred, with the official rule; None: nothing does."""
    return next(_obstacles(instance, now), None)


def _obstacles(instance: Instance, now: datetime) -> Iterator[str]:
    if instance.expires <= now:
        yield f"it has expired, on {_time(instance.expires)} (official rule: not expired)"
    if instance.status not in ("Running", "Stopped"):
        yield f"it is {instance.status} (official rule: Running or Stopped)"
    if instance.recyclable:
        yield "it is being released (official rule: Running or Stopped)"
    if instance.spot_strategy != "NoSpot":
        yield "it is a spot instance (official rule: no spot instances)"
    if instance.locks:
        yield f"it is locked: {', '.join(instance.locks)} (official rule: not locked)"
    if instance.created > now - YOUNGEST:
        yield f"it was created on {_time(instance.created)} (official rule: not less than five days ago)"
    if instance.maintenance is not None:
        yield f"it moves to another host on {_time(instance.maintenance)} (official rule: no such move scheduled)"
    for disk in instance.disks:
        if disk.encrypted or disk.shared or disk.status != "In_use":
            yield (
                f"a disk of it is encrypted, shared or not attached: {disk.id} "
                "(official rule: attached disks only, not encrypted, no shared block storage)"
            )


def _time(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")
