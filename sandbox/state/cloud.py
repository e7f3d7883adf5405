"""What the cloud holds now: who owns which instance, group, address, snapshot and image, how the transfers stand.

Everything happens under one lock. Transfers, images and starting instances move on when they are queried: there are no
timers.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.models.images import Image
from sandbox.models.instances import InitialTransfer, Instance
from sandbox.models.orders import Order, OrderStatus
from sandbox.models.security_group_rules import Rule
from sandbox.models.snapshots import Snapshot
from sandbox.models.transfers import Status, Transfer
from sandbox.models.world import Account, Eip, SecurityGroup, World
from sandbox.state import keys
from sandbox.state.clock import Clock
from sandbox.state.ids import new_id
from sandbox.state.resource_store import ResourceStore


@dataclass(frozen=True)
class Holding:
    """An instance, whose it is, and its fixed place in listings. Its vSwitch, groups and address are filled in."""

    number: int
    owner: str
    instance: Instance


class CloudState:
    """The mutable cloud made from a world. Its methods may be called from any thread.

    `group_store`, `eip_store`, `snapshot_store` and `image_store` are for the handlers of actions, which hold the lock;
    the methods of like names reveal what an account has.
    """

    def __init__(self, world: World, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.world = world
        self.clock = clock
        self.accounts = {account.id: account for account in world.accounts}
        self.keys = keys.create_keys(world)
        self.vswitches = {vswitch.id: vswitch for account in world.accounts for vswitch in account.vswitches}
        self.group_store: ResourceStore[SecurityGroup] = ResourceStore()
        self.eip_store: ResourceStore[Eip] = ResourceStore()
        self.snapshot_store: ResourceStore[Snapshot] = ResourceStore()
        self.image_store: ResourceStore[Image] = ResourceStore()
        # Instances name them still.
        self.images_that_were: set[str] = set()
        self._transfers: dict[str, Transfer] = {}
        self._orders: dict[str, Order] = {}
        self._holdings: dict[str, Holding] = {}
        self._last_number = -1
        # What becomes of an instance's status, and when.
        self._switching: dict[str, tuple[tuple[datetime, str], ...]] = {}
        for account in world.accounts:
            for group in account.security_groups:
                self.group_store.add(account.id, _with_rule_ids(group))
            for eip in account.eips:
                self.eip_store.add(account.id, eip)
            for image in account.images:
                self.image_store.add(account.id, image)
            for instance in account.instances:
                self.add_instance(account, instance)
                if instance.transfer is not None:
                    self._begin(account.id, instance, instance.transfer)

    def settle(self) -> None:
        """Let what is due by now happen. The gateway does it before each action, the methods here by themselves."""
        with self.lock:
            now = self.clock.now()
            self._switch(now)
            for transfer in list(self._transfers.values()):
                by_now = transfer.advanced_to(now)
                if by_now is not transfer:
                    self._transfers[transfer.id] = by_now
                    if by_now.status is Status.COMPLETED:
                        self._hand_over(by_now)
            for order in list(self._orders.values()):
                after = order.advanced_to(now)
                if after is not order:
                    self._orders[order.id] = after
                    if after.status is OrderStatus.COMPLETED:
                        self._hand_over(after)

    def holdings(self) -> list[Holding]:
        """Every instance, in the order of the world file; those that the console moves right now are nobody's."""
        with self.lock:
            self.settle()
            on_their_way = self._on_their_way()
            here = (holding for holding in self._holdings.values() if holding.instance.id not in on_their_way)
            return sorted(here, key=lambda holding: holding.number)

    def holding(self, instance_id: str) -> Holding | None:
        """One instance, or None."""
        with self.lock:
            self.settle()
            return None if instance_id in self._on_their_way() else self._holdings.get(instance_id)

    def owner_of(self, instance_id: str) -> str:
        """The id of the account that owns the instance; KeyError where there is none."""
        with self.lock:
            self.settle()
            return self._holdings[instance_id].owner

    def add_instance(self, account: Account, instance: Instance) -> Holding:
        """Give the account a new instance, last in listings. What it leaves open is filled in."""
        with self.lock:
            self._last_number += 1
            self._hold(self._last_number, account, instance)
            return self._holdings[instance.id]

    def switch_instance(self, instance_id: str, statuses: Sequence[tuple[datetime, str]]) -> None:
        """Let the instance's status become these, each at its time; what was to become of it before is dropped."""
        with self.lock:
            self._switching[instance_id] = tuple(statuses)
            self._switch(self.clock.now())

    def change_instance(self, instance_id: str, changes: Mapping[str, Any]) -> None:
        """Give the instance other values, by the names of the world's model; KeyError where there is none."""
        with self.lock:
            held = self._holdings[instance_id]
            self._holdings[instance_id] = replace(held, instance=held.instance.model_copy(update=dict(changes)))

    def eip_of(self, instance_id: str) -> Eip | None:
        """The address bound to the instance, or None."""
        with self.lock:
            self.settle()
            return self._bound_eip(instance_id)

    def vpc_of(self, instance: Instance) -> str | None:
        """The VPC the instance is in, by its vSwitch."""
        return self.vswitches[instance.vswitch].vpc_id if instance.vswitch else None

    def security_groups(self, account_id: str) -> list[SecurityGroup]:
        """The account's security groups with their rules, oldest first."""
        with self.lock:
            return self.group_store.of(account_id)

    def rules(self, group_id: str) -> tuple[Rule, ...]:
        """The rules of a security group; KeyError where there is none."""
        with self.lock:
            return {group.id: group.rules for group in self.group_store.everything()}[group_id]

    def eips(self, account_id: str) -> list[Eip]:
        """The account's elastic addresses, oldest first."""
        with self.lock:
            self.settle()
            return self.eip_store.of(account_id)

    def snapshots(self, account_id: str) -> list[Snapshot]:
        """The account's snapshots, oldest first."""
        with self.lock:
            return self.snapshot_store.of(account_id)

    def images(self, account_id: str) -> list[Image]:
        """The account's images, oldest first."""
        with self.lock:
            return self.image_store.of(account_id)

    def remove_image(self, image_id: str) -> None:
        """Delete an image; its snapshots stay. KeyError where there is none."""
        with self.lock:
            self.image_store.remove(image_id)
            self.images_that_were.add(image_id)

    def members(self, group_id: str) -> list[str]:
        """The ids of the instances in a security group, and of those on their way into it."""
        with self.lock:
            self.settle()
            everything: list[Transfer | Order] = [*self._transfers.values(), *self._orders.values()]
            inside = [held.instance.id for held in self._holdings.values() if group_id in held.instance.security_groups]
            return inside + [
                transfer.instance_id
                for transfer in everything
                if transfer.status in (Status.TRANSFERRING, OrderStatus.PROCESSING)
                and transfer.destination is not None
                and group_id in transfer.destination.security_group_ids
            ]

    def transfers(self) -> list[Transfer]:
        """Every transfer, newest first."""
        with self.lock:
            self.settle()
            return sorted(self._transfers.values(), key=lambda transfer: transfer.number, reverse=True)

    def transfer(self, transfer_id: str) -> Transfer | None:
        """One transfer, or None."""
        with self.lock:
            self.settle()
            return self._transfers.get(transfer_id)

    def orders(self) -> list[Order]:
        """The console's orders, newest first."""
        with self.lock:
            self.settle()
            return sorted(self._orders.values(), key=lambda order: order.number, reverse=True)

    def put_order(self, order: Order) -> None:
        """Put in a new order, or what has become of one."""
        with self.lock:
            self._orders[order.id] = order

    def in_transfer(self, instance_id: str) -> bool:
        """Whether a transfer of the instance is unfinished, by the API or in the console."""
        everything: list[Transfer | Order] = [*self.transfers(), *self.orders()]
        return any(transfer.instance_id == instance_id and not transfer.status.terminal for transfer in everything)

    def lose(self, instance_id: str) -> None:
        """Take the instance from every account; KeyError where there is none."""
        with self.lock:
            del self._holdings[instance_id]
            self._switching.pop(instance_id, None)
            self._unbind_eip(instance_id)

    def put_transfer(self, transfer: Transfer) -> None:
        """Put in a new transfer, or what has become of one."""
        with self.lock:
            self._transfers[transfer.id] = transfer

    def _begin(self, owner: str, instance: Instance, begun: InitialTransfer) -> None:
        """A transfer that is there at the start."""
        now, times = self.clock.now(), self.world.times
        submitted = Transfer(
            number=len(self._transfers) + 1,
            id=f"it-{instance.id[2:]}",
            instance_id=instance.id,
            region=instance.region,
            source_account_id=owner,
            recipient_account_id=begun.recipient,
            recipient_account_name=None,
            resource_group_id=None,
            reason=begun.reason,
            created=now,
            cancellable_until=now + times.cancel_window,
        )
        became = {
            "UnderReview": lambda: submitted,
            "Approved": lambda: submitted.approved(now, times),
            "Rejected": lambda: submitted.rejected(now, "The review refused it."),
            "Cancelled": submitted.cancelled,
            "Expired": submitted.expired,
        }
        self.put_transfer(became[begun.status]())

    def _switch(self, now: datetime) -> None:
        """What is due by now of the instances that are started or stopped."""
        for instance_id, statuses in list(self._switching.items()):
            due = [status for at, status in statuses if now >= at]
            if due and instance_id in self._holdings:
                self.change_instance(instance_id, {"status": due[-1]})
            left = tuple((at, status) for at, status in statuses if now < at)
            if left:
                self._switching[instance_id] = left
            else:
                del self._switching[instance_id]

    def _on_their_way(self) -> set[str]:
        """The instances that the console moves right now."""
        return {order.instance_id for order in self._orders.values() if order.status is OrderStatus.PROCESSING}

    def _bound_eip(self, instance_id: str) -> Eip | None:
        return next((eip for eip in self.eip_store.everything() if eip.instance == instance_id), None)

    def _unbind_eip(self, instance_id: str) -> None:
        eip = self._bound_eip(instance_id)
        if eip is not None:
            self.eip_store.put(eip.model_copy(update={"instance": None}))

    def _hand_over(self, transfer: Transfer | Order) -> None:
        """The instance changes owner, unless it was lost; its elastic address stays behind, unbound."""
        if transfer.destination is None:
            raise ValueError(f"transfer {transfer.id} completed without a destination")
        held = self._holdings.get(transfer.instance_id)
        if held is None:
            return
        moved = held.instance.model_copy(
            update={
                "vswitch": transfer.destination.vswitch_id,
                "security_groups": transfer.destination.security_group_ids,
                "resource_group": transfer.destination.resource_group_id,
                "private_ip": None,
            }
        )
        self._unbind_eip(transfer.instance_id)
        self._hold(held.number, self.accounts[transfer.recipient_account_id], moved)

    def _hold(self, number: int, account: Account, instance: Instance) -> None:
        """Give the instance to the account, with what the world file leaves open."""
        of_region = (vswitch.id for vswitch in account.vswitches if vswitch.region == instance.region)
        vswitch = self.vswitches[instance.vswitch or next(of_region)]
        groups = [group.id for group in self.group_store.of(account.id) if group.vpc_id == vswitch.vpc_id]
        filled_in = instance.model_copy(
            update={
                "zone": instance.zone or vswitch.zone,
                "vswitch": vswitch.id,
                "security_groups": instance.security_groups or tuple(groups[:1]),
                "private_ip": instance.private_ip or str(vswitch.cidr[(10 + number) % vswitch.cidr.num_addresses]),
            }
        )
        self._holdings[instance.id] = Holding(number, account.id, filled_in)


def _with_rule_ids(group: SecurityGroup) -> SecurityGroup:
    rules = tuple(rule.model_copy(update={"id": rule.id or new_id("sgr", group.region)}) for rule in group.rules)
    return group.model_copy(update={"rules": rules})
