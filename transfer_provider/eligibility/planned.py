"""What a copy is judged by beside the source's inventory: how it is declared, and what the recipient's account shows.

Pure. What was not queried, or may not be seen, is left empty and never judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transfer_provider.model.inventory import Instance

KEEP = "keep"


@dataclass(frozen=True)
class PlannedDisk:
    """What a disk of the copy is declared with; None: as the source's."""

    category: str | None = None
    size_gib: int | None = None


@dataclass(frozen=True)
class Planned:
    """What the copy is to be like, where it differs from the source's instance."""

    instance_type: str | None = None
    private_ip: str | None = None
    """An address, or `keep`; None: any."""
    system_disk: PlannedDisk = PlannedDisk()
    data_disks: Mapping[str, PlannedDisk] = field(default_factory=dict)
    """By device."""
    charge_type: str = "PostPaid"

    def type_of(self, instance: Instance) -> str:
        """The copy's instance type."""
        return self.instance_type or instance.instance_type

    def address_of(self, instance: Instance) -> str | None:
        """The address that the copy is to have; None: any."""
        return instance.private_ip if self.private_ip == KEEP else self.private_ip


@dataclass(frozen=True)
class Offer:
    """Where the copy goes, as the recipient's account shows it. None: it was not queried, or may not be seen."""

    vswitch_id: str = ""
    found: bool | None = None
    """Whether the account has the vSwitch in the region."""
    zone: str = ""
    address_range: str = ""
    in_use: Mapping[str, str] = field(default_factory=dict)
    """Who has an address of the vSwitch, by the address."""
    types: Mapping[str, bool] = field(default_factory=dict)
    """Whether the zone offers an instance type, of those that were asked for."""
    vcpus: Mapping[str, int] = field(default_factory=dict)
    """How many vCPUs a type has, of those that were asked for."""


@dataclass(frozen=True)
class Recipient:
    """What the recipient's account shows of itself in the region, and what is declared for it elsewhere."""

    vcpus: tuple[int, int] | None = None
    """The most vCPUs of instances that are paid as they are used, and how many there are."""
    declared: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The addresses that copies under way are declared with: the source's instance, by vSwitch and address."""
