"""May an instance be handed over by a copy (`channel: image`)? Rules of their own: what can't be transferred may be
copied, and the other way round. Pure.

What the recipient's account shows, where it was queried, is an `Offer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address, ip_network

from transfer_provider.eligibility.codes import Finding, finding
from transfer_provider.eligibility.judge import EXPIRY_DAYS, in_order
from transfer_provider.eligibility.rules import locks
from transfer_provider.model.inventory import Disk, Instance, Inventory
from transfer_provider.model.transfer import TransferRequest

LOCAL = ("local_disk", "ephemeral", "ephemeral_ssd", "elastic_ephemeral_disk")


@dataclass(frozen=True)
class Planned:
    """What the copy is to be like, where it differs from the source's instance."""

    instance_type: str | None = None
    private_ip: str | None = None
    """An address, or `keep`; None: any."""
    system_disk_gib: int | None = None
    data_disks_gib: Mapping[str, int | None] = field(default_factory=dict)
    """By device."""


@dataclass(frozen=True)
class Offer:
    """Where the copy goes, as the recipient's account shows it. None: it was not queried, or may not be seen."""

    vswitch_id: str = ""
    found: bool | None = None
    """Whether the account has the vSwitch in the region."""
    zone: str = ""
    address_range: str = ""
    types: Mapping[str, bool] = field(default_factory=dict)
    """Whether the zone offers an instance type, of those that were asked for."""


def judge_copies(
    inventory: Inventory,
    copies: Mapping[TransferRequest, Planned],
    offers: Mapping[str, Offer] | None = None,
    *,
    expiry_days: int = EXPIRY_DAYS,
) -> list[Finding]:
    """Everything found about these instances: what blocks first. `offers` are by instance; a missing one is not known.

    Raises nothing: what can't be seen is not judged.
    """
    found: list[Finding] = []
    for request, copy in copies.items():
        instance = inventory.instances.get(request.instance_id)
        if instance is None:
            found.append(
                finding(
                    "NotFound",
                    request.instance_id,
                    f"Account {inventory.account_id} lists no such instance in {inventory.region}.",
                    "Check the id, the region, and that the profile belongs to the source account.",
                )
            )
            continue
        offer = (offers or {}).get(request.instance_id, Offer())
        found += _of_request(inventory, request)
        found += _state(inventory, instance, timedelta(days=expiry_days))
        found += _disks(inventory, instance)
        found += _sizes(inventory.disks.get(instance.instance_id, ()), instance, copy)
        found += _destination(instance, copy, offer)
    return in_order(dict.fromkeys(found))


def _of_request(inventory: Inventory, request: TransferRequest) -> Iterator[Finding]:
    if request.recipient_account_id == inventory.account_id:
        yield finding(
            "SameAccount",
            request.instance_id,
            f"The recipient {inventory.account_id} is the account that owns it.",
            "Name the account it is to go to.",
        )
    for transfer in (inventory.transfers or {}).get(request.instance_id, ()):
        if not transfer.status.terminal:
            yield finding(
                "TransferInProgress",
                request.instance_id,
                f"Its transfer {transfer.transfer_id} to account {transfer.recipient_account_id} is {transfer.status}.",
                "Wait for its end, or cancel it.",
            )


def _state(inventory: Inventory, instance: Instance, expiry: timedelta) -> Iterator[Finding]:
    if instance.status not in ("Running", "Stopped"):
        yield finding(
            "IncorrectStatus",
            instance.instance_id,
            f"It is {instance.status}, and images are made of Running and Stopped instances only.",
            "Wait until it is, or start or stop it.",
        )
    yield from locks(inventory, instance, expiry)
    if instance.released_at is not None:
        yield finding(
            "AutoRelease",
            instance.instance_id,
            f"It is set to be released by itself on {instance.released_at:%Y-%m-%d %H:%M UTC}.",
            "Remove its release time, or make sure that the image is made before.",
        )


def _disks(inventory: Inventory, instance: Instance) -> Iterator[Finding]:
    disks = inventory.disks.get(instance.instance_id, ())
    image = inventory.images.get(instance.image_id or "")
    products = {disk.product_code for disk in disks if disk.product_code}
    if image is not None and (image.product_code or image.owner == "marketplace"):
        products.add(image.product_code or image.image_id)
    if products:
        yield finding(
            "MarketplaceImage",
            instance.instance_id,
            f"It is made from a marketplace image, whose copies are not shared with everybody: "
            f"{', '.join(sorted(products))}.",
            "Have the recipient buy the product and set it up anew; or ask the vendor whether an image may be shared.",
        )
    sealed = [disk.disk_id for disk in disks if disk.encrypted and not disk.kms_key_id]
    if sealed:
        yield finding(
            "ServiceKeyEncryption",
            instance.instance_id,
            f"Disks are encrypted with the key of the service, and such an image can't be shared: {', '.join(sealed)}.",
            "Encrypt them with a customer master key first: copy an image of it with that key, and make it from that.",
        )
    local = [disk.disk_id for disk in disks if disk.category.startswith(LOCAL)]
    if local:
        yield finding(
            "LocalDisk",
            instance.instance_id,
            f"Local disks are in no image: {', '.join(local)}.",
            "Copy their data to a cloud disk, or leave it behind: list LocalDisk in the stack's `warnOnly`.",
        )
    shared = [disk.disk_id for disk in disks if disk.shared]
    if shared:
        yield finding(
            "SharedDisk",
            instance.instance_id,
            f"Shared block storage is in no image: {', '.join(shared)}.",
            "Detach it, or copy its data to a disk of the instance's own.",
        )
    not_attached = [f"{disk.disk_id} ({disk.status})" for disk in disks if disk.status != "In_use"]
    if not_attached:
        yield finding(
            "DiskNotAttached",
            instance.instance_id,
            f"Not all of its disks are attached, and only those are in the image: {', '.join(not_attached)}.",
            "Attach every disk and wait until it is In_use, or delete it.",
        )


def _sizes(disks: Iterable[Disk], instance: Instance, copy: Planned) -> Iterator[Finding]:
    """Disks that are declared smaller than the source's, or that it does not have."""
    by_device = {disk.device: disk for disk in disks if disk.type == "data" and disk.device}
    system = next((disk for disk in disks if disk.type == "system"), None)
    declared = [(device, size, by_device.get(device)) for device, size in copy.data_disks_gib.items()]
    for device, _, disk in declared:
        if disk is None and by_device:
            yield finding(
                "UnknownDisk",
                instance.instance_id,
                f"copy.data_disks names {device}, and it has {', '.join(sorted(by_device)) or 'no data disk'}.",
                "Correct the device, or remove the entry.",
            )
    for where, size, disk in (("copy.system_disk", copy.system_disk_gib, system), *declared):
        if size is not None and disk is not None and size < disk.size_gib:
            yield finding(
                "SmallerDisk",
                instance.instance_id,
                f"{where} is declared with {size} GiB, and the source's disk has {disk.size_gib} GiB.",
                f"Give at least {disk.size_gib}, or leave the size out.",
            )


def _destination(instance: Instance, copy: Planned, offer: Offer) -> Iterator[Finding]:
    if offer.found is False:
        yield finding(
            "VSwitchNotFound",
            instance.instance_id,
            f"The recipient's account has no vSwitch {offer.vswitch_id} in {instance.region}, and an image is shared "
            "within its region only.",
            "Name a vSwitch of the recipient in the instance's region.",
        )
    wanted = copy.instance_type or instance.instance_type
    if offer.types.get(wanted) is False:
        yield finding(
            "TypeNotOffered",
            instance.instance_id,
            f"{wanted} is not offered, or sold out, in {offer.zone}, the zone of the recipient's vSwitch.",
            "Declare another `copy.instance_type`, or a vSwitch of another zone.",
        )
    if not offer.address_range:
        return
    keeps = copy.private_ip == "keep"
    address = instance.private_ip if keeps else copy.private_ip
    if address and ip_address(address) not in ip_network(offer.address_range):
        yield finding(
            "PrivateAddressOutside",
            instance.instance_id,
            f"The private address {address} is not one of {offer.vswitch_id} ({offer.address_range}).",
            "The copy gets another address." if keeps else "Declare an address of the vSwitch, or leave it out.",
            blocks=not keeps,
        )
