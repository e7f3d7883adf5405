"""What one program run observes of its copies, in batches, and decides of each.

    source's images       by the ids in the state: 100 a call
    source's instances    those that are to be stopped for the image: 100 a call
    recipient's images    by the ids in the state: 100 a call
    recipient's instances those with the stack's tags: 100 a call; and the disks of those not verified yet
    vSwitches             where a copy is to keep its private address
    addresses in use      where an instance is to be made with a private address: 500 a call, once a vSwitch

Of what the state holds as Copied or CopyFailed only the source's image is queried, while it is shared, as the
recipient's account lists it: a person may delete it then, or share it no longer, and it is not shared again. An error
is never taken for "not there".
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from transfer_provider.channels.recipient import not_listed
from transfer_provider.cloud import disks, instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images, interfaces, vswitches
from transfer_provider.cloud.copies.vswitches import VSwitch
from transfer_provider.cloud.errors import NotAllowed, Refused, Unsupported
from transfer_provider.eligibility.planned import KEEP
from transfer_provider.handover.copying.plan import CopyDue, decide
from transfer_provider.handover.copying.seen import Seen
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.security_groups import GROUP_ID
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.copies import AT_ONCE, AVAILABLE, MAKING, MachineImage
from transfer_provider.model.inventory import Disk, Instance
from transfer_provider.model.ownership import INSTANCE, Owner


class Region:
    """What was observed in one region."""

    def __init__(self, source: Cloud, recipient: Cloud) -> None:
        self.source = source
        self.recipient = recipient
        self.queried: set[str] = set()
        """The source's instances whose copies were queried."""
        self.images: dict[str, MachineImage] = {}
        self.own_images: dict[str, MachineImage] = {}
        self.source_instances: dict[str, Instance] = {}
        self.made: dict[str, list[Instance]] | None = None
        """The recipient's instances that the stack made, by the source's instance in their tags."""
        self.by_id: dict[str, Instance] = {}
        self.disks: dict[str, Sequence[Disk]] = {}
        self.vswitches: Mapping[str, VSwitch] = {}
        self.in_use: dict[str, Mapping[str, str]] = {}
        """Who has each address, by vSwitch; empty where these credentials may not see it."""
        self.given: dict[tuple[str, str], str] = {}
        """The source's instance whose copy gets an address in this run, by vSwitch and address."""
        self.begun: set[str] = set()
        """The copies that are given a place to copy their image in this run."""

    def lacks(self, held: HeldCopy) -> bool:
        """Whether the source's image was queried, and is confirmed not found: of what is settled, by the recipient's
        account."""
        return held.instance_id in self.queried and bool(held.image_id) and held.image_id not in self.images

    def copying(self) -> set[str]:
        """The recipient's own images that are being made."""
        return {image.image_id for image in self.own_images.values() if image.status in MAKING}


class Copies:
    """The copies of one program run. Thread-safe."""

    def __init__(self, settings: Settings, state: StackState, owner: Owner) -> None:
        self._settings = settings
        self._state = state
        self._owner = owner
        self._regions: dict[str, Region] = {}
        self._lock = threading.RLock()

    @property
    def owner(self) -> Owner:
        """The project and stack that the copies belong to."""
        return self._owner

    def held(self, wanted: Wanted) -> HeldCopy | None:
        """The copy as the state holds it."""
        return self._state.copies.get(wanted.instance_id)

    def query(self, handovers: Iterable[Wanted]) -> None:
        """Query all of these in one batch a region. Raises as a call does."""
        regions: dict[str, list[Wanted]] = {}
        for wanted in handovers:
            if wanted.copy is not None and not self._needs_no_query(wanted):
                regions.setdefault(wanted.request.region, []).append(wanted)
        with self._lock:
            for region, there in regions.items():
                found = self._region(region)
                fresh = [wanted for wanted in there if wanted.instance_id not in found.queried]
                if fresh:
                    self._query(found, fresh)

    def decided(
        self,
        wanted: Wanted,
        *,
        now: datetime,
        accept_now: Collection[str] = (),
        waits: bool = False,
        declares: bool = True,
    ) -> CopyDue:
        """What is due of it. Raises Refused where the recipient's account no longer lists what it got, or where it is
        not clear which instance is meant; and as a call does.

        Without `declares` only its status and message are asked for, and what is settled is not queried for that.
        """
        with self._lock:
            held = self.held(wanted)
            if declares or not (held and held.settled):
                self.query([wanted])
            there = self._region(wanted.request.region)
            if held is not None and held.settled:
                seen = Seen(share_lost=there.lacks(held))
                return decide(wanted, self._settings, held, seen, now=now)
            due = decide(
                wanted,
                self._settings,
                held,
                self._seen(there, wanted, held),
                now=now,
                accept_now=accept_now,
                waits=waits,
                room=AT_ONCE - len(there.copying()) - len(there.begun - {wanted.instance_id}),
                group_ids=self._group_ids(wanted),
            )
            if due.instance and due.private_ip and wanted.vswitch_id:
                there.given.setdefault((wanted.vswitch_id, due.private_ip), wanted.instance_id)
            if due.copying and not (held and held.own_image_id):
                there.begun.add(wanted.instance_id)
            return due

    def _query(self, there: Region, fresh: Sequence[Wanted]) -> None:
        known = [copy for wanted in fresh if (copy := self.held(wanted))]
        unsettled = [wanted for wanted in fresh if not self._settled(wanted)]
        held = [copy for copy in known if not copy.settled]
        there.images |= images.query(there.source, [copy.image_id for copy in held if copy.image_id])
        shared = [copy.image_id for copy in known if copy.settled and copy.image_id]
        there.images |= images.query(there.recipient, shared)
        there.own_images |= images.query(there.recipient, [copy.own_image_id for copy in held if copy.own_image_id])
        stopping = [wanted.instance_id for wanted in unsettled if self._is_to_stop(wanted)]
        if stopping:
            there.source_instances |= instances.query(there.source, stopping)
        # A run may have been killed right after it made the instance.
        if any(copy.image_id for copy in held) and there.made is None:
            there.made = {}
            for instance in instances.tagged(there.recipient, self._owner.tags):
                there.made.setdefault(instance.tags.get(INSTANCE, ""), []).append(instance)
        there.by_id |= instances.query(
            there.recipient,
            [
                copy.new_instance_id
                for copy in held
                if copy.new_instance_id and copy.new_instance_id not in self._listed(there)
            ],
        )
        unverified = [
            made.instance_id
            for copy in held
            if (made := self._instance(there, copy)) is not None and made.status == "Running"
        ]
        if unverified:
            there.disks |= disks.query(there.recipient, unverified)
        if any(wanted.copy and wanted.copy.private_ip == KEEP for wanted in unsettled) and not there.vswitches:
            there.vswitches = vswitches.query_all(there.recipient)
        self._query_addresses(there, unsettled)
        there.queried.update(wanted.instance_id for wanted in fresh)

    def _query_addresses(self, there: Region, unsettled: Sequence[Wanted]) -> None:
        """Query who has which address where an instance is made now: it is not made with one that another has."""
        for wanted in unsettled:
            address = wanted.copy.private_ip if wanted.copy else None
            held, vswitch_id = self.held(wanted), wanted.vswitch_id
            if held is None or not address or vswitch_id is None or self._instance(there, held) is not None:
                continue
            if address != KEEP:
                # Before one that is only kept, whichever is declared first.
                there.given.setdefault((vswitch_id, address), wanted.instance_id)
            from_image = there.own_images.get(held.own_image_id) or there.images.get(held.image_id)
            if vswitch_id not in there.in_use and from_image is not None and from_image.status == AVAILABLE:
                try:
                    there.in_use[vswitch_id] = interfaces.in_use(there.recipient, vswitch_id)
                except (NotAllowed, Unsupported):
                    there.in_use[vswitch_id] = {}  # RunInstances refuses it then.

    def _seen(self, there: Region, wanted: Wanted, held: HeldCopy | None) -> Seen:
        instance = self._instance(there, held) if held else None
        if held is not None and held.new_instance_id and instance is None:
            raise not_listed(held.new_instance_id, there.recipient.account_id())
        vswitch = there.vswitches.get(wanted.vswitch_id or "")
        in_use = {
            address: f"the copy of {other}"
            for (vswitch_id, address), other in there.given.items()
            if vswitch_id == wanted.vswitch_id and other != wanted.instance_id
        } | dict(there.in_use.get(wanted.vswitch_id or "", {}))
        return Seen(
            source=there.source_instances.get(wanted.instance_id),
            image=there.images.get(held.image_id) if held else None,
            share_lost=held is not None and there.lacks(held),
            own=there.own_images.get(held.own_image_id) if held else None,
            instance=instance,
            disks=there.disks.get(instance.instance_id, ()) if instance else (),
            private_ips=vswitch.cidr_block if vswitch else "",
            in_use={} if instance is not None else in_use,
        )

    def _instance(self, there: Region, held: HeldCopy) -> Instance | None:
        """The recipient's instance: by its id, else the one that this stack made and its state lacks."""
        if held.new_instance_id:
            return self._listed(there).get(held.new_instance_id) or there.by_id.get(held.new_instance_id)
        known = {copy.new_instance_id for copy in self._state.copies.values()}
        made = [
            instance for instance in (there.made or {}).get(held.instance_id, ()) if instance.instance_id not in known
        ]
        if len(made) > 1:
            listed = ", ".join(sorted(instance.instance_id for instance in made))
            raise Refused(
                f"Could not take over the copy of {held.instance_id}: by their tags {listed} were all made for it by "
                "this stack, and the state holds none of them. Release those not needed in the recipient's console."
            )
        return made[0] if made else None

    @staticmethod
    def _listed(there: Region) -> Mapping[str, Instance]:
        return {instance.instance_id: instance for made in (there.made or {}).values() for instance in made}

    def _is_to_stop(self, wanted: Wanted) -> bool:
        """Whether its source's instance is to be stopped for the image, which is not made yet."""
        held = self.held(wanted)
        return bool(wanted.copy and wanted.copy.stop_source and not (held and held.image_id))

    def _group_ids(self, wanted: Wanted) -> list[str] | None:
        """The security groups that it has to be in, as far as the program knows them; None where one is not there
        yet."""
        known = {name: self._state.recipient.groups.get(name) for name in wanted.groups if not GROUP_ID.fullmatch(name)}
        if None in known.values():
            return None
        return [known.get(name) or name for name in wanted.groups]

    def _settled(self, wanted: Wanted) -> bool:
        held = self.held(wanted)
        return held is not None and held.settled

    def _needs_no_query(self, wanted: Wanted) -> bool:
        held = self.held(wanted)
        return held is not None and held.settled and not held.shared

    def _region(self, region: str) -> Region:
        if region not in self._regions:
            self._regions[region] = Region(
                Cloud(self._settings.source_profile, region), Cloud(self._settings.recipient_profile, region)
            )
        return self._regions[region]
