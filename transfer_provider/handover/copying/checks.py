"""The preflight checks of copies that have not begun: what the source's inventory and the recipient's account show.

    vSwitches         the recipient's, once a region: 50 a call
    instance types    a call for each zone and type; the vCPUs of those the source does not have: 10 types a call
    addresses in use  where a private address is declared: 500 a call, once a vSwitch
    vCPU quota        a call a region, where something is paid as it is used

What the recipient's credentials may not see is not judged: RunInstances refuses it then, before it makes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import interfaces, offers, vcpus, vswitches
from transfer_provider.cloud.copies.vswitches import VSwitch
from transfer_provider.cloud.errors import NotAllowed, Unsupported
from transfer_provider.eligibility.codes import Finding
from transfer_provider.eligibility.copying import judge_copies
from transfer_provider.eligibility.planned import KEEP, Offer, Planned, PlannedDisk, Recipient
from transfer_provider.inputs.handover import Copy
from transfer_provider.model.inventory import Inventory
from transfer_provider.model.transfer import TransferRequest

VCPU_QUOTA = "Whether the recipient may have so many vCPUs more"

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """A copy to be checked: what is declared of it, and the recipient's vSwitch; None: it is not known yet."""

    request: TransferRequest
    copy: Copy = field(default_factory=Copy)
    vswitch_id: str | None = None


class CopyChecks:
    """The checks of one program run. `recipient` is whose account the copies go to; None: it is not queried."""

    def __init__(self, recipient: Callable[[str], Cloud] | None, *, expiry_days: int) -> None:
        self._recipient = recipient
        self._expiry_days = expiry_days
        self._known: dict[tuple[str, object], Any] = {}
        self.not_checked: list[str] = []
        """What the recipient's credentials may not see, a sentence each."""

    def findings(self, inventory: Inventory, copies: Sequence[Asked], under_way: Sequence[Asked] = ()) -> list[Finding]:
        """What is found about these, before one of them begins. `under_way` are those that have begun, whose addresses
        are not for others. Raises as a call does."""
        if not copies:
            return []
        declared = {
            (begun.vswitch_id, begun.copy.private_ip): begun.request.instance_id
            for begun in under_way
            if begun.vswitch_id and begun.copy.private_ip and begun.copy.private_ip != KEEP
        }
        here = [asked for asked in copies if asked.request.instance_id in inventory.instances]
        sizes = self._vcpus(inventory, here)
        return judge_copies(
            inventory,
            {asked.request: planned(asked.copy) for asked in copies},
            {asked.request.instance_id: self._offer(inventory, asked, sizes) for asked in here},
            Recipient(self._quota(inventory.region) if sizes else None, declared),
            expiry_days=self._expiry_days,
        )

    def _offer(self, inventory: Inventory, asked: Asked, sizes: Mapping[str, int]) -> Offer:
        region, vswitch_id = inventory.region, asked.vswitch_id
        if self._recipient is None or vswitch_id is None:
            return Offer(vswitch_id or "", vcpus=sizes)
        known = self._vswitches(region)
        if known is None:
            return Offer(vswitch_id, vcpus=sizes)
        vswitch = known.get(vswitch_id)
        if vswitch is None:
            return Offer(vswitch_id, found=False, vcpus=sizes)
        kind = planned(asked.copy).type_of(inventory.instances[asked.request.instance_id])
        offered = self._offered(region, vswitch.zone_id, kind, asked.copy.charge_type)
        types = {} if offered is None else {kind: offered}
        in_use = self._in_use(region, vswitch_id) if asked.copy.private_ip else {}
        return Offer(vswitch_id, True, vswitch.zone_id, vswitch.cidr_block, in_use, types, sizes)

    def _vswitches(self, region: str) -> Mapping[str, VSwitch] | None:
        """The recipient's vSwitches; None where its credentials may not see them."""
        return self._seen(
            "vSwitches",
            "Whether the recipient has the vSwitch, and what its zone and its addresses are",
            region,
            vswitches.query_all,
        )

    def _offered(self, region: str, zone: str, kind: str, charge_type: str) -> bool | None:
        return self._seen(
            (zone, kind, charge_type),
            "Whether the zone offers the instance type",
            region,
            lambda cloud: offers.offered(cloud, zone, kind, charge_type),
        )

    def _in_use(self, region: str, vswitch_id: str) -> Mapping[str, str]:
        """Who has which address of the vSwitch."""
        found = self._seen(
            ("addresses", vswitch_id),
            "Whether a private address is in use",
            region,
            lambda cloud: interfaces.in_use(cloud, vswitch_id),
        )
        return found or {}

    def _quota(self, region: str) -> tuple[int, int] | None:
        return self._seen("quota", VCPU_QUOTA, region, vcpus.limit_and_used)

    def _vcpus(self, inventory: Inventory, copies: Sequence[Asked]) -> Mapping[str, int]:
        """How many vCPUs the types have of those copies that are paid as they are used, as far as that matters: where
        the quota is known."""
        paid_as_used = [asked for asked in copies if asked.copy.charge_type == "PostPaid"]
        if self._recipient is None or not paid_as_used or self._quota(inventory.region) is None:
            return {}
        listed = {instance.instance_type: instance.vcpus for instance in inventory.instances.values()}
        kinds = {planned(asked.copy).type_of(inventory.instances[asked.request.instance_id]) for asked in paid_as_used}
        found = {kind: count for kind in kinds if (count := listed.get(kind))}
        others = tuple(sorted(kinds - found.keys()))
        if others:
            found |= self._seen(others, VCPU_QUOTA, inventory.region, lambda cloud: vcpus.of_types(cloud, others)) or {}
        return found

    def _seen(self, what: object, sentence: str, region: str, query: Callable[[Cloud], T | None]) -> T | None:
        """What is looked up once a region; None where the recipient's credentials may not see it."""
        if self._recipient is None:
            return None
        if (region, what) not in self._known:
            try:
                found = query(self._recipient(region))
            except (NotAllowed, Unsupported) as error:
                if error.code is None:
                    raise  # Nobody was asked: there are no credentials.
                found = None
            self._known[region, what] = found
            if found is None:
                self.not_checked.append(
                    f"{sentence}: the recipient's credentials may not see it, or the account is not offered the action."
                )
        known: T | None = self._known[region, what]
        return known


def planned(copy: Copy) -> Planned:
    """What is declared of the copy, as far as it can be judged."""
    return Planned(
        copy.instance_type,
        copy.private_ip,
        PlannedDisk(copy.system_disk.category, copy.system_disk.size_gib),
        {disk.device: PlannedDisk(disk.category, disk.size_gib) for disk in copy.data_disks},
        copy.charge_type,
    )
