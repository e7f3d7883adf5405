"""What follows an instance to its new owner, what stays behind, what can't be observed: pure, over an inventory.

`documented` is what Alibaba Cloud's documents say of transferred instances (the ECS transfer manual, and the rules of
2021 for classic-network instances); `inferred` what follows from the thing belonging to the source account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from transfer_provider.model.inventory import Instance, Inventory

Certainty = Literal["documented", "inferred"]


@dataclass(frozen=True)
class Item:
    """One thing, in a few words; `detail` names this instance's, empty where there is nothing to name."""

    what: str
    detail: str = ""
    certainty: Certainty = "inferred"


@dataclass(frozen=True)
class LeftBehind:
    """What becomes of the things around one instance."""

    follows: tuple[Item, ...]
    stays: tuple[Item, ...]
    unseen: tuple[Item, ...]


UNSEEN = (
    Item("RDS, OSS and SLB associations", certainty="documented"),
    Item("DTS authorisations", certainty="documented"),
    *map(
        Item,
        (
            "SLB, ALB and NLB backends",
            "RDS whitelists by security group",
            "snapshots and custom images",
            "CloudMonitor alarms",
            "auto-renewal",
            "reserved instances, savings plans and coupons",
            "KMS keys",
            "launch templates",
            "scaling groups and ACK clusters",
            "Security Center",
            "ICP filing (备案)",
            "NAT entries (DNAT, SNAT)",
            "HaVip",
            "IPv6 addresses",
            "bandwidth packages",
            "Cloud Assistant commands",
            "DNS records",
        ),
    ),
)


def left_behind(inventory: Inventory, instance_id: str) -> LeftBehind:
    """What becomes of this instance's things. Raises KeyError where the inventory do not hold the instance."""
    instance = inventory.instances[instance_id]
    return LeftBehind(tuple(_follows(inventory, instance)), tuple(_stays(inventory, instance)), UNSEEN)


def _follows(inventory: Inventory, instance: Instance) -> Iterator[Item]:
    for disk in inventory.disks.get(instance.instance_id, ()):
        kind = "system disk" if disk.type == "system" else "data disk"
        yield Item(kind, f"{disk.disk_id}, {disk.size_gib} GiB, with its data", "documented")
    if instance.fixed_public_ip:
        yield Item("fixed public address", instance.fixed_public_ip, "documented")
    if instance.expires:
        yield Item("remaining paid time", f"until {instance.expires:%Y-%m-%d %H:%M} UTC", "documented")


def _stays(inventory: Inventory, instance: Instance) -> Iterator[Item]:
    if instance.eip:
        yield Item("EIP", f"{instance.eip}, unbound", "documented")
    groups = inventory.groups or {}
    for group_id in instance.security_group_ids:
        name = groups[group_id].name if group_id in groups else ""
        yield Item("security group", f"{name} ({group_id})" if name else group_id, "documented")
    if instance.charge_type == "PrePaid":
        yield Item("the right to a refund", certainty="documented")
    network = " ".join(filter(None, (instance.vpc_id, instance.vswitch_id)))
    policies = sorted(
        {disk.snapshot_policy for disk in inventory.disks.get(instance.instance_id, ()) if disk.snapshot_policy}
    )
    for what, detail in (
        ("VPC and vSwitch", network),
        ("private address", ", ".join(instance.private_ips)),
        ("secondary network interfaces", ", ".join(instance.secondary_interfaces)),
        ("key pair", instance.key_pair),
        ("RAM role", (inventory.ram_roles or {}).get(instance.instance_id)),
        ("deployment set", instance.deployment_set),
        ("dedicated host", instance.dedicated_host),
        ("HPC cluster", instance.hpc_cluster),
        ("capacity reservation", instance.capacity_reservation),
        ("snapshot policies", ", ".join(policies)),
        ("resource group", instance.resource_group_id),
        ("tags", ", ".join(f"{key}={value}" for key, value in instance.tags.items())),
    ):
        if detail:
            yield Item(what, detail)
