"""What was observed of one copy in this run, and what of the recipient's instance is not there yet: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.inventory import Disk, Instance


@dataclass(frozen=True)
class Seen:
    """What was observed of a copy. None: it is not there, or nothing depends on it in this run."""

    source: Instance | None = None
    """The source's instance."""
    image: MachineImage | None = None
    """The source's image, by the id in the state."""
    share_lost: bool = False
    """Whether that image is confirmed not found; of what is settled, whether the recipient's account lists it no more,
    for a person may share it no longer."""
    own: MachineImage | None = None
    """The recipient's own image, by the id in the state."""
    instance: Instance | None = None
    """The recipient's instance: by the id in the state, else by its tags."""
    disks: Sequence[Disk] = ()
    """The recipient's instance's."""
    private_ips: str = ""
    """The address range of the recipient's vSwitch; empty where it was not queried."""
    in_use: Mapping[str, str] = field(default_factory=dict)
    """Who else has an address of that vSwitch, or is to have it, by the address; empty where it was not queried."""


def missing(seen: Seen, group_ids: Collection[str] | None, held: HeldCopy) -> list[str]:
    """What of the recipient's instance is not there yet, a clause each. Nothing: its account lists it Running, with all
    disks and in its groups; None for these: they are not known yet."""
    instance = seen.instance
    if instance is None:
        return ["it is not listed yet"]
    found = [] if instance.status == "Running" else [f"it is {instance.status}"]
    attached = sum(1 for disk in seen.disks if disk.status == "In_use")
    wanted = len(held.original.get("disks", ())) or 1
    if attached < wanted:
        found.append(f"{attached} of {wanted} disks are attached")
    if group_ids is None:
        found.append("its security groups are not known yet")
    elif not set(group_ids) <= set(instance.security_group_ids):
        left_out = ", ".join(sorted(set(group_ids) - set(instance.security_group_ids)))
        found.append(f"it is not in {left_out}")
    return found


def starting(seen: Seen, group_ids: Collection[str] | None, held: HeldCopy) -> str:
    """How far it is, in a sentence."""
    if seen.instance is None:
        return "The recipient's instance is made from the image; the next run verifies it."
    lacks = "; ".join(missing(seen, group_ids, held))
    return f"The recipient's instance {seen.instance.instance_id} is not verified yet: {lacks}."
