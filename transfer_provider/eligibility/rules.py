"""What is found about an instance itself, rule by rule: each yields what it finds, and knows no request.

`fixed_address` alone depends on what else is declared: whether the instance is to get an EIP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from transfer_provider.eligibility.codes import Finding, finding
from transfer_provider.model.inventory import Instance, Inventory

YOUNGEST = timedelta(days=5)


def _status(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    if instance.status not in ("Running", "Stopped"):
        yield finding(
            "IncorrectStatus",
            instance.instance_id,
            f"It is {instance.status}, and only Running and Stopped instances are transferred.",
            "Wait until it is, or start or stop it.",
        )


def locks(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    """What locks it, or takes it back."""
    recycling = [lock for lock in instance.locks if lock.lower() == "recycling"]
    if instance.recyclable or recycling:
        yield finding(
            "Recycling",
            instance.instance_id,
            "It is being released: it is in the recycle bin, or a spot instance that is taken back.",
            "Renew or restore it first, if that is still possible.",
        )
    for lock in instance.locks:
        if lock not in recycling:
            yield finding(
                "Locked",
                instance.instance_id,
                f"It is locked: {lock}.",
                REMEDIES.get(lock.lower(), "Have Alibaba Cloud support lift the lock."),
            )


REMEDIES = {
    "financial": "Pay what is overdue, or renew it.",
    "security": "Settle it in Security Center, or with Alibaba Cloud support.",
    "dedicatedhostfinancial": "Renew its dedicated host.",
    "refunded": "It was refunded: it can't be handed over.",
}


def _expiry(inventory: Inventory, instance: Instance, days: timedelta) -> Iterator[Finding]:
    if instance.expires is not None and instance.expires <= inventory.observed_at:
        yield finding(
            "Expired",
            instance.instance_id,
            f"It expired on {_time(instance.expires)}.",
            "Renew it in the source account.",
        )
    elif instance.expires is not None and instance.expires <= inventory.observed_at + days:
        yield finding(
            "ExpiresSoon",
            instance.instance_id,
            f"It expires on {_time(instance.expires)}; a review may take a day, and the recipient another to accept.",
            "Renew it first, or make sure that the recipient does.",
        )
    if instance.released_at is not None:
        yield finding(
            "AutoRelease",
            instance.instance_id,
            f"It is set to be released by itself on {_time(instance.released_at)}.",
            "Remove its release time.",
        )


def _age(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    if instance.created is not None and inventory.observed_at - instance.created < YOUNGEST:
        yield finding(
            "CreatedRecently",
            instance.instance_id,
            f"It was created on {_time(instance.created)}, less than 5 days ago.",
            f"Wait until {_time(instance.created + YOUNGEST)}.",
        )


def _spot(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    if instance.spot:
        yield finding(
            "Spot", instance.instance_id, "It is a spot instance.", "Share an image of it with the recipient instead."
        )


def _disks(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    disks = inventory.disks.get(instance.instance_id, ())
    encrypted = [disk.disk_id for disk in disks if disk.encrypted]
    if encrypted:
        yield finding(
            "EncryptedDisk",
            instance.instance_id,
            f"Encrypted disks are not transferred: {', '.join(encrypted)}.",
            "Copy their data to disks that are not encrypted, and delete these.",
        )
    shared = [disk.disk_id for disk in disks if disk.shared]
    if shared:
        yield finding(
            "SharedDisk",
            instance.instance_id,
            f"Shared block storage is not transferred: {', '.join(shared)}.",
            "Detach it, or copy its data to a disk of the instance's own.",
        )
    not_attached = [f"{disk.disk_id} ({disk.status})" for disk in disks if disk.status != "In_use"]
    if not_attached:
        yield finding(
            "DiskNotAttached",
            instance.instance_id,
            f"Not all of its disks are attached: {', '.join(not_attached)}.",
            "Attach every disk and wait until it is In_use, or delete it.",
        )


def _maintenance(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    for event in (inventory.maintenance or {}).get(instance.instance_id, ()):
        yield finding(
            "ScheduledMaintenance",
            instance.instance_id,
            f"Maintenance is scheduled for it: {event.kind}, not before {event.not_before}.",
            "Have it done first (the console's events page), or wait for it.",
        )


def _apart(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    """What has to be dealt with apart."""
    if instance.eip:
        yield finding(
            "EipBound",
            instance.instance_id,
            f"Its EIP {instance.eip} gets unbound and stays with the source account.",
            "Declare a new one with recreate.eip, and change DNS to it.",
        )
    image = inventory.images.get(instance.image_id or "")
    product = image and (image.product_code or (image.owner == "marketplace" and image.image_id))
    products = {
        code
        for code in (product, *(disk.product_code for disk in inventory.disks.get(instance.instance_id, ())))
        if code
    }
    if products:
        yield finding(
            "Marketplace",
            instance.instance_id,
            f"It holds a marketplace product: {', '.join(sorted(map(str, products)))}.",
            "Settle its licence with the vendor; the recipient may have to buy it again.",
        )


def _bound(inventory: Inventory, instance: Instance, _: timedelta) -> Iterator[Finding]:
    """What ties it to other things of the source account."""
    if instance.dedicated_host:
        yield finding(
            "DedicatedHost",
            instance.instance_id,
            f"It runs on the dedicated host {instance.dedicated_host}, which is the source account's.",
            "Move it off the host first.",
        )
    if instance.deployment_set:
        yield finding(
            "DeploymentSet",
            instance.instance_id,
            f"It is in the deployment set {instance.deployment_set}, which is the source account's.",
            "Take it out of the set first.",
        )
    if instance.secondary_interfaces:
        interfaces = ", ".join(instance.secondary_interfaces)
        yield finding(
            "SecondaryInterfaces",
            instance.instance_id,
            f"It has secondary network interfaces, which are the source account's: {interfaces}.",
            "Detach them first.",
        )
    if instance.deletion_protection:
        yield finding(
            "DeletionProtection",
            instance.instance_id,
            "It is protected from being deleted, and no document states whether that hinders its transfer.",
            "Take the protection off if the transfer is refused, and put it on again afterwards.",
        )


def fixed_address(instance: Instance, *, eip: bool | None) -> Iterator[Finding]:
    """A fixed public address where an EIP is declared, for none can be bound beside it. Not known (None): a warning."""
    if instance.fixed_public_ip and eip is not False:
        yield finding(
            "FixedPublicAddress",
            instance.instance_id,
            f"Its fixed public address {instance.fixed_public_ip} moves with it, and no EIP can be bound beside that.",
            "Leave `eip` out; or convert the address to an EIP first (ConvertNatPublicIpToEip), which then stays with "
            "the source account.",
            blocks=eip is True,
        )


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")


RULES: Sequence[Callable[[Inventory, Instance, timedelta], Iterator[Finding]]] = (
    _status,
    locks,
    _expiry,
    _age,
    _spot,
    _disks,
    _maintenance,
    _apart,
    _bound,
)

# What may change between the submission and the receipt, and then matters to whoever receives the instance.
SINCE_APPROVAL = (_status, locks, _expiry)
