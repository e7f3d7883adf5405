"""The recipient's side of both channels: accept a transfer or verify the arrival, and keep the security groups.

Nothing doubled, nothing lost: accepting queries first, carries a token derived from the transfer, and queries again
where the answer was lost. Only a positive answer with the right account confirms that something is not found.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.accounts import require_account
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, Refused, TryAgain
from transfer_provider.cloud.instances import MOST_GROUPS
from transfer_provider.cloud.polls import InstancePolls, TransferPolls
from transfer_provider.model.inventory import Instance
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer


@dataclass(frozen=True)
class Destination:
    """Where an instance is received: a vSwitch, 1 to 5 security groups, a resource group (None: the default)."""

    vswitch_id: str
    security_group_ids: tuple[str, ...]
    resource_group_id: str | None = None


@dataclass(frozen=True)
class Receipt:
    """How far receiving an instance is: its transfer, where that is known, and the instance once the recipient's
    account lists it. `found_in` are the groups chosen in the console, where those differ from the declared."""

    transfer: Transfer | None
    instance: Instance | None
    found_in: tuple[str, ...] = ()


class RecipientSide:
    """The recipient's account in a region. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._transfers = TransferPolls(cloud, role="Recipient")
        self._instances = InstancePolls(cloud)

    def account_id(self) -> str:
        """The account these credentials belong to."""
        return self._cloud.account_id()

    def accept(self, instance_id: str, transfer_id: str | None, destination: Destination) -> Receipt:
        """Accept the transfer of the instance, or track what was accepted before, or adopt what arrived already.

        Without `transfer_id` the transfer is queried by the instance. Raises TryAgain while it is not Approved, or
        where no answer came: running again then goes on from what took effect. Raises Refused where there is nothing
        to accept.
        """
        arrived = instances.query(self._cloud, [instance_id]).get(instance_id)
        if arrived is not None:
            _require_vswitch(arrived, destination)
            return Receipt(
                self._transfer_of(instance_id, transfer_id),
                self.set_security_groups(arrived, destination.security_group_ids),
            )
        transfer = self._transfer_of(instance_id, transfer_id)
        if transfer is None:
            raise Refused(
                f"Could not receive {instance_id}: no transfer of it to account {self.account_id()} is listed "
                f"with {self._cloud} in {self._cloud.region}. The source submits it first; check recipient_account_id "
                "and region."
            )
        if transfer.status is Status.APPROVED:
            transfer = self._accept_transfer(transfer, destination)
        if transfer.status is not Status.TRANSFERRING:
            raise _not_acceptable(transfer, self.account_id())
        return Receipt(transfer, None)

    def verify_arrival(self, instance_id: str, destination: Destination) -> Receipt:
        """Verify that an instance arrived by the console, and set its security groups.

        Whatever groups the recipient chose there, the declared groups hold. Raises TryAgain where it has not arrived.
        """
        arrived = self.current(instance_id)
        if arrived is None:
            raise TryAgain(
                f"Could not receive {instance_id}: account {self.account_id()} does not list it yet. The recipient "
                "confirms it in the console first; then run again."
            )
        _require_vswitch(arrived, destination)
        chosen = tuple(arrived.security_group_ids)
        differs = set(chosen) != set(destination.security_group_ids)
        return Receipt(
            None, self.set_security_groups(arrived, destination.security_group_ids), found_in=chosen if differs else ()
        )

    def read(self, instance_id: str, transfer_id: str | None, account_id: str | None) -> Receipt:
        """How far it is. `account_id` is the account that received it, by the state.

        Raises Refused where an instance that was received is confirmed not listed: nothing is concluded from that.
        """
        instance = self._instances.find(instance_id)
        if instance is not None:
            return Receipt(None, instance)
        transfer = self._transfers.find(transfer_id) if transfer_id else None
        if transfer is not None and not transfer.status.terminal:
            return Receipt(transfer, None)
        # It may have arrived between the two queries.
        instance = self.current(instance_id)
        if instance is not None:
            return Receipt(transfer, instance)
        if account_id is not None:
            require_account(
                self._cloud,
                [account_id],
                doing=f"refresh the receipt of {instance_id}",
                expected_by="it was received by account",
                remedy="Use the recipient's profile (`pulumi config set recipientProfile NAME`).",
            )
        raise not_listed(instance_id, self.account_id())

    def set_security_groups(self, instance: Instance, group_ids: Sequence[str]) -> Instance:
        """Join and leave security groups until the instance is in exactly these; it is always in 1 to 5."""
        joined = list(instance.security_group_ids)
        missing = [group for group in group_ids if group not in joined]
        surplus = [group for group in joined if group not in group_ids]
        while missing or surplus:
            if missing and len(joined) < MOST_GROUPS:
                instances.join(self._cloud, instance.instance_id, missing[0])
                joined.append(missing.pop(0))
            else:
                instances.leave(self._cloud, instance.instance_id, surplus[0])
                joined.remove(surplus.pop(0))
        return self.current(instance.instance_id) or instance

    def current(self, instance_id: str) -> Instance | None:
        """The instance as it is at this moment; None where the account is confirmed not to list it."""
        return instances.query(self._cloud, [instance_id]).get(instance_id)

    def _transfer_of(self, instance_id: str, transfer_id: str | None) -> Transfer | None:
        """The transfer of the instance: the given transfer, else the newest."""
        if transfer_id is not None:
            listed: Collection[Transfer] = operations.list_page(
                self._cloud, role="Recipient", transfer_ids=[transfer_id]
            ).transfers
            return next((transfer for transfer in listed if transfer.instance_id == instance_id), None)
        return operations.newest(operations.list_all(self._cloud, role="Recipient", instance_ids=[instance_id]))

    def _accept_transfer(self, transfer: Transfer, destination: Destination) -> Transfer:
        """Accept it; the transfer as it stands then. Nothing may fail past that, or the stack would lose it."""
        try:
            operations.accept(
                self._cloud,
                transfer.transfer_id,
                vswitch_id=destination.vswitch_id,
                security_group_ids=destination.security_group_ids,
                resource_group_id=destination.resource_group_id,
            )
        except (Refused, TryAgain) as error:
            current = self._queried_again(transfer)
            if current is None or current.status not in (Status.TRANSFERRING, Status.COMPLETED):
                raise error from None
        return replace(transfer, status=Status.TRANSFERRING)

    def _queried_again(self, transfer: Transfer) -> Transfer | None:
        try:
            return self._transfer_of(transfer.instance_id, transfer.transfer_id)
        except HandoverError:
            return None


def not_listed(instance_id: str, account_id: str) -> Refused:
    """The error for an instance that was handed over and that the recipient's account is confirmed not to list."""
    return Refused(
        f"Could not find {instance_id} in the recipient's account {account_id}, which should own it by now. Nothing is "
        "concluded from that and no changes were made. It may appear in some minutes: run again. If it was released, "
        "remove the handover's file and its resources from the state (`pulumi state delete`)."
    )


def _require_vswitch(instance: Instance, destination: Destination) -> None:
    if instance.vswitch_id != destination.vswitch_id:
        raise Refused(
            f"Could not receive {instance.instance_id} into {destination.vswitch_id}: the recipient owns it already, "
            f"in {instance.vswitch_id}. Declare vswitch_id: {instance.vswitch_id}, with security groups of its VPC."
        )


def _not_acceptable(transfer: Transfer, account_id: str) -> HandoverError:
    about = f"Could not receive {transfer.instance_id}: its transfer {transfer.transfer_id} is {transfer.status}"
    if transfer.status is Status.UNDER_REVIEW:
        return TryAgain(f"{about}. It can be received once it is Approved: run again then.")
    if transfer.status is Status.COMPLETED:
        return not_listed(transfer.instance_id, account_id)
    return Refused(f"{about}. The source has to submit it again.")
