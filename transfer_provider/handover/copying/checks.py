"""The preflight checks of copies that have not begun: what the source's inventory and the recipient's account show.

    vSwitches        the recipient's, once a region: 50 a call
    instance types   a call for each zone and type

What the recipient's credentials may not see is not judged: RunInstances refuses it then, before it makes anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import offers, vswitches
from transfer_provider.cloud.copies.vswitches import VSwitch
from transfer_provider.cloud.errors import NotAllowed, Unsupported
from transfer_provider.eligibility.codes import Finding
from transfer_provider.eligibility.copying import Offer, Planned, judge_copies
from transfer_provider.handover.plan import Wanted
from transfer_provider.inputs.handover import Copy
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Inventory


class CopyChecks:
    """The checks of one program run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vswitches: dict[str, Mapping[str, VSwitch] | None] = {}
        self._types: dict[tuple[str, str, str], bool | None] = {}

    def findings(self, inventory: Inventory, handovers: Sequence[Wanted]) -> list[Finding]:
        """What is found about these, before one of them begins. Raises as a call does."""
        if not handovers:
            return []
        copies = {wanted.request: planned(wanted.copy or Copy()) for wanted in handovers}
        here = {
            wanted.instance_id: self._offer(inventory, wanted)
            for wanted in handovers
            if wanted.instance_id in inventory.instances
        }
        return judge_copies(inventory, copies, here, expiry_days=self._settings.expiryDays)

    def _offer(self, inventory: Inventory, wanted: Wanted) -> Offer:
        if not self._settings.runs_recipient or wanted.vswitch_id is None or wanted.copy is None:
            return Offer()
        region = inventory.region
        known = self._known(region)
        if known is None:
            return Offer(wanted.vswitch_id)
        vswitch = known.get(wanted.vswitch_id)
        if vswitch is None:
            return Offer(wanted.vswitch_id, found=False)
        kind = wanted.copy.instance_type or inventory.instances[wanted.instance_id].instance_type
        offered = self._offered(region, vswitch.zone_id, kind, wanted.copy.charge_type)
        types = {} if offered is None else {kind: offered}
        return Offer(wanted.vswitch_id, True, vswitch.zone_id, vswitch.cidr_block, types)

    def _known(self, region: str) -> Mapping[str, VSwitch] | None:
        """The recipient's vSwitches; None where its credentials may not see them."""
        if region not in self._vswitches:
            try:
                self._vswitches[region] = vswitches.query_all(self._recipient(region))
            except (NotAllowed, Unsupported):
                self._vswitches[region] = None
        return self._vswitches[region]

    def _offered(self, region: str, zone: str, kind: str, charge_type: str) -> bool | None:
        key = (zone, kind, charge_type)
        if key not in self._types:
            try:
                self._types[key] = offers.offered(self._recipient(region), zone, kind, charge_type)
            except (NotAllowed, Unsupported):
                self._types[key] = None
        return self._types[key]

    def _recipient(self, region: str) -> Cloud:
        return Cloud(self._settings.recipient_profile, region)


def planned(copy: Copy) -> Planned:
    """What is declared of the copy, as far as it can be judged."""
    return Planned(
        copy.instance_type,
        copy.private_ip,
        copy.system_disk.size_gib,
        {disk.device: disk.size_gib for disk in copy.data_disks},
    )
