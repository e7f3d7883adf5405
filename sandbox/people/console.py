"""The console: what people of both accounts do there to transfer an instance (资源过户). There is no API for it.

https://help.aliyun.com/en/user-center/resource-transfer
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.models.errors import SandboxError
from sandbox.models.instances import Instance
from sandbox.models.orders import Order, OrderStatus
from sandbox.models.transfers import Destination
from sandbox.models.world import Account
from sandbox.people.console_rules import obstacle
from sandbox.state.cloud import CloudState
from sandbox.state.ids import new_id

MOST_SECURITY_GROUPS = 5

_KINDS = {"ram": "a RAM user", "sts": "a RAM role"}


class Console:
    """Initiates, confirms and cancels orders. One is named by its id, or by its instance's.

    `profile` is who is signed in; None: the main account whose part it is. Every method raises SandboxError with one
    sentence where the console refuses.
    """

    def __init__(self, cloud: CloudState) -> None:
        self._cloud = cloud

    def orders(self) -> list[Order]:
        """Every order, newest first."""
        return self._cloud.orders()

    def initiate(
        self, instance_id: str, recipient_account_id: str, *, profile: str | None = None, accept_terms: bool = True
    ) -> Order:
        """The source offers an instance; the recipient has `times.console_confirmation` to confirm."""
        with self._cloud.lock:
            owner = self._owner(instance_id)
            source = self._signed_in(profile, owner)
            if source.id != owner:
                raise SandboxError(f"Instance {instance_id} is not among the resources of account {source.id}.")
            _require_terms(accept_terms)
            if self._cloud.in_transfer(instance_id):
                raise SandboxError(f"Instance {instance_id} is in a transfer that is not finished.")
            recipient = self._cloud.accounts.get(recipient_account_id)
            if recipient is None or recipient is source:
                raise SandboxError(
                    f"{recipient_account_id} is no other account. `alicloud-sandbox status` shows all accounts."
                )
            instance = self._transferable(instance_id, source, recipient)
            now = self._cloud.clock.now()
            return self._kept(
                Order(
                    number=len(self._cloud.orders()) + 1,
                    id=new_id("rt", instance.region),
                    instance_id=instance_id,
                    source_account_id=source.id,
                    recipient_account_id=recipient.id,
                    initiated=now,
                    confirm_before=now + self._cloud.world.times.console_confirmation,
                )
            )

    def confirm(
        self,
        name: str,
        *,
        vswitch: str,
        groups: Sequence[str],
        profile: str | None = None,
        accept_terms: bool = True,
    ) -> Order:
        """The recipient takes the instance into a vSwitch and 1 to 5 security groups of its own. Irrevocable.

        From now on neither account lists it; it arrives after `times.console_execution`.
        """
        with self._cloud.lock:
            order = self._found(name)
            recipient = self._signed_in(profile, order.recipient_account_id)
            if recipient.id != order.recipient_account_id:
                raise SandboxError(f"Order {order.id} is not offered to account {recipient.id}.")
            _require_pending(order, "confirmed")
            _require_terms(accept_terms)
            # What was fine when it was initiated may have changed since.
            source = self._cloud.accounts[order.source_account_id]
            instance = self._transferable(order.instance_id, source, recipient)
            destination = self._destination(instance, recipient, vswitch, groups)
            self._require_quota(recipient, instance.region)
            return self._kept(order.confirmed(self._cloud.clock.now(), self._cloud.world.times, destination))

    def cancel(self, name: str, *, profile: str | None = None) -> Order:
        """The source takes its offer back, as long as the recipient has not confirmed it."""
        with self._cloud.lock:
            order = self._found(name)
            source = self._signed_in(profile, order.source_account_id)
            if source.id != order.source_account_id:
                raise SandboxError(f"Order {order.id} is another account's; only its source can cancel it.")
            _require_pending(order, "cancelled")
            return self._kept(order.cancelled())

    def lose(self, instance_id: str) -> None:
        """For tests: the instance vanishes from every account, for good, also while it is on its way."""
        with self._cloud.lock:
            self._owner(instance_id)
            self._cloud.lose(instance_id)

    def _owner(self, instance_id: str) -> str:
        try:
            return self._cloud.owner_of(instance_id)
        except KeyError:
            raise SandboxError(
                f"No account has an instance {instance_id}. `alicloud-sandbox instances` shows all of them."
            ) from None

    def _signed_in(self, profile: str | None, whose: str) -> Account:
        """The account of the profile, which has to be a main one; without a profile the account whose part it is."""
        if profile is None:
            account = self._cloud.accounts[whose]
            if not any(profile.kind == "main" for profile in account.profiles):
                raise SandboxError(f"The console takes main accounts only, and account {whose} has no such profile.")
            return account
        for account in self._cloud.world.accounts:
            for known in account.profiles:
                if known.name != profile:
                    continue
                if known.kind != "main":
                    raise SandboxError(f"The console takes main accounts only; {profile} is {_KINDS[known.kind]}.")
                return account
        raise SandboxError(f"There is no profile {profile}. `alicloud-sandbox status` shows all of them.")

    def _transferable(self, instance_id: str, source: Account, recipient: Account) -> Instance:
        """The source's instance, where nothing about it or the accounts is in the way."""
        for account in (source, recipient):
            if account.real_name == "none":
                raise SandboxError(f"Account {account.id} is not real-name verified; both sides have to be.")
        held = self._cloud.holding(instance_id)
        if held is None or held.owner != source.id:
            raise SandboxError(f"Account {source.id} does not have instance {instance_id} any more.")
        reason = obstacle(held.instance, self._cloud.clock.now())
        if reason is not None:
            raise SandboxError(f"Instance {instance_id} can't be transferred: {reason}.")
        return held.instance

    def _destination(
        self, instance: Instance, recipient: Account, vswitch_id: str, groups: Sequence[str]
    ) -> Destination:
        vswitch = next((vswitch for vswitch in recipient.vswitches if vswitch.id == vswitch_id), None)
        own = {group.id: group for group in self._cloud.group_store.of(recipient.id, instance.region)}
        if (
            vswitch is None
            # A transfer changes neither region nor zone.
            or (vswitch.region, vswitch.zone) != (instance.region, instance.zone)
            or not 1 <= len(groups) <= MOST_SECURITY_GROUPS
            or len(set(groups)) != len(groups)
            or any(group not in own or own[group].vpc_id != vswitch.vpc_id for group in groups)
            or len({own[group].type for group in groups}) > 1
        ):
            raise SandboxError(
                f"Account {recipient.id} has to choose a vSwitch of its own in {instance.zone}, and 1 to "
                f"{MOST_SECURITY_GROUPS} different security groups of its own in that vSwitch's VPC, all of one type."
            )
        return Destination(vswitch.id, tuple(groups), None)

    def _require_quota(self, recipient: Account, region: str) -> None:
        """What is on its way to the recipient counts as its own."""
        held = sum(
            holding.owner == recipient.id and holding.instance.region == region for holding in self._cloud.holdings()
        )
        own_vswitches = {vswitch.id for vswitch in recipient.vswitches if vswitch.region == region}
        coming = sum(
            order.status is OrderStatus.PROCESSING
            and order.destination is not None
            and order.destination.vswitch_id in own_vswitches
            for order in self._cloud.orders()
        )
        if recipient.instance_quota is not None and held + coming >= recipient.instance_quota:
            raise SandboxError(f"The quota of instances of account {recipient.id} in {region} is used up.")

    def _found(self, name: str) -> Order:
        known = self._cloud.orders()
        of_instance = [order for order in known if order.instance_id == name and not order.status.terminal]
        found = next((order for order in [*of_instance, *known] if name in (order.id, order.instance_id)), None)
        if found is None:
            raise SandboxError(f"There is no order {name}. `alicloud-sandbox console list` shows all of them.")
        return found

    def _kept(self, order: Order) -> Order:
        self._cloud.put_order(order)
        return order


def _require_terms(accepted: bool) -> None:
    if not accepted:
        raise SandboxError("The terms of resource transfer have to be accepted.")


def _require_pending(order: Order, what: str) -> None:
    if order.status is not OrderStatus.PENDING_CONFIRMATION:
        raise SandboxError(
            f"Order {order.id} of {order.instance_id} is {order.status}; "
            f"only one that is {OrderStatus.PENDING_CONFIRMATION} can be {what}."
        )
