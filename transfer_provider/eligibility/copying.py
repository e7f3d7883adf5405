"""May an instance be handed over by a copy (`channel: image`)? Rules of their own: what can't be transferred may be
copied, and the other way round. Pure.

Here is what follows from the source's instance and what is declared of its disks; where it goes is in destination.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from transfer_provider.eligibility import destination
from transfer_provider.eligibility.codes import Finding, finding
from transfer_provider.eligibility.judge import EXPIRY_DAYS, in_order
from transfer_provider.eligibility.planned import Offer, Planned, PlannedDisk, Recipient
from transfer_provider.eligibility.rules import locks
from transfer_provider.model.inventory import Disk, Instance, Inventory
from transfer_provider.model.transfer import TransferRequest

LOCAL = ("local_disk", "ephemeral", "ephemeral_ssd", "elastic_ephemeral_disk")
MOST_DATA_DISKS = 16
# In GiB, by category, as RunInstances takes them; an ESSD gets the performance level PL1, which is the default.
SYSTEM_SIZES = {"cloud": (20, 500), "cloud_auto": (1, 2048)}
OTHER_SYSTEM_SIZES = (20, 2048)
DATA_SIZES = {
    "cloud": (5, 2000),
    "cloud_efficiency": (20, 32768),
    "cloud_ssd": (20, 32768),
    "cloud_essd": (20, 65536),
    "cloud_auto": (1, 65536),
    "cloud_essd_entry": (10, 32768),
}
SERVICE_KEYS = "alias/acs/"
# How an operating system that is paid for is named, and what has its name and costs nothing.
PAID = {"Windows": ("windows",), "Red Hat Enterprise Linux": ("red hat", "redhat", "rhel"), "SUSE": ("suse", "sles")}
FREE = ("opensuse",)


def judge_copies(
    inventory: Inventory,
    copies: Mapping[TransferRequest, Planned],
    offers: Mapping[str, Offer] | None = None,
    recipient: Recipient | None = None,
    *,
    expiry_days: int = EXPIRY_DAYS,
) -> list[Finding]:
    """Everything found about these instances: what blocks first. `offers` are by instance; a missing one is not known.

    The copies are those of one run, and of one recipient. Raises nothing: what can't be seen is not judged.
    """
    found: list[Finding] = []
    there: dict[str, tuple[Instance, Planned, Offer]] = {}
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
        there[request.instance_id] = instance, copy, offer
        found += _of_request(inventory, request)
        found += _state(inventory, instance, timedelta(days=expiry_days))
        found += _disks(inventory, instance)
        found += _encryption(inventory.disks.get(instance.instance_id, ()), instance)
        found += _sizes(inventory.disks.get(instance.instance_id, ()), instance, copy)
        found += _licence(inventory, instance)
        found += destination.place(instance, copy, offer)
    found += destination.addresses(there, recipient or Recipient())
    found += destination.vcpus(there, recipient or Recipient())
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


def _encryption(disks: Sequence[Disk], instance: Instance) -> Iterator[Finding]:
    """Whether the image can be shared. That a key is the service's ECS shows only where it lists none, or its alias."""
    sealed = [disk for disk in disks if disk.encrypted]
    of_service = [disk for disk in sealed if (disk.kms_key_id or SERVICE_KEYS).startswith(SERVICE_KEYS)]
    if of_service:
        yield finding(
            "ServiceKeyEncryption",
            instance.instance_id,
            f"Disks are encrypted with the key of the service, and such an image can't be shared: "
            f"{', '.join(disk.disk_id for disk in of_service)}.",
            "Encrypt them with a customer master key first: copy an image of it with that key, and make it from that.",
        )
    elif sealed:
        keys = dict.fromkeys(disk.kms_key_id or "" for disk in sealed)
        yield finding(
            "EncryptionKey",
            instance.instance_id,
            f"Disks are encrypted with {', '.join(keys)}, and ECS does not show whether that is a customer master key "
            "or the key of the service (alias/acs/ecs), nor whether the recipient's ECS may use it.",
            "Check both in the consoles of KMS and RAM: a service's key is refused when the image is shared "
            "(OperationDeined.EncryptedSnapshot), and so is a share without the RAM role "
            "AliyunECSShareEncryptImageDefaultRole (AssumeRoleError).",
        )


def _licence(inventory: Inventory, instance: Instance) -> Iterator[Finding]:
    """An operating system that is paid for: whoever runs a copy pays, too."""
    image = inventory.images.get(instance.image_id or "")
    named = f"{image.platform if image else ''} {instance.system}".lower()
    if any(free in named for free in FREE):
        return
    for system, names in PAID.items():
        if any(name in named for name in names):
            brought = image is not None and image.license_type == "BYOL"
            fee = (
                "its licence was brought along, and does not cover a second instance by itself"
                if brought
                else "Alibaba Cloud charges the licence fee to the recipient as well"
            )
            only = ", in cn-hongkong and outside of mainland China" if system == "Windows" and not brought else ""
            yield finding(
                "SystemLicence",
                instance.instance_id,
                f"It runs {instance.system or (image.platform if image else system)}: {fee}{only}.",
                "Have the recipient plan for it, also for licences of software on it.",
            )
            return


def _sizes(disks: Sequence[Disk], instance: Instance, copy: Planned) -> Iterator[Finding]:
    """Disks that are declared smaller than the source's, that it does not have, or that no new instance can have."""
    data = [disk for disk in disks if disk.type == "data"]
    by_device = {disk.device: disk for disk in data if disk.device}
    if len(data) > MOST_DATA_DISKS:
        yield finding(
            "TooManyDisks",
            instance.instance_id,
            f"It has {len(data)} data disks, and an image has at most {MOST_DATA_DISKS}.",
            "Detach those that need not be copied, or join them.",
        )
    for device in copy.data_disks:
        if device not in by_device and by_device:
            yield finding(
                "UnknownDisk",
                instance.instance_id,
                f"copy.data_disks names {device}, and it has {', '.join(sorted(by_device)) or 'no data disk'}.",
                "Correct the device, or remove the entry.",
            )
    for disk in disks:
        system = disk.type == "system"
        planned = copy.system_disk if system else copy.data_disks.get(disk.device, PlannedDisk())
        where = "copy.system_disk" if system else f"copy.data_disks {disk.device}"
        yield from _size(disk, instance, planned, where)


def _size(disk: Disk, instance: Instance, planned: PlannedDisk, where: str) -> Iterator[Finding]:
    size, category = planned.size_gib or disk.size_gib, planned.category or disk.category
    if size < disk.size_gib:
        yield finding(
            "SmallerDisk",
            instance.instance_id,
            f"{where} is declared with {size} GiB, and the source's disk has {disk.size_gib} GiB.",
            f"Give at least {disk.size_gib}, or leave the size out.",
        )
    elif disk.type == "system":
        yield from _offered(disk, instance, where, category, size, SYSTEM_SIZES.get(category, OTHER_SYSTEM_SIZES))
    elif category in DATA_SIZES:
        yield from _offered(disk, instance, where, category, size, DATA_SIZES[category])


def _offered(
    disk: Disk, instance: Instance, where: str, category: str, size: int, sizes: tuple[int, int]
) -> Iterator[Finding]:
    smallest, largest = sizes
    if not size or smallest <= size <= largest:
        return
    larger = f"Declare `size_gib: {smallest}` for {where}." if size < smallest else ""
    yield finding(
        "DiskSize",
        instance.instance_id,
        f"The copy's {disk.type} disk, for {disk.disk_id}, would have {size} GiB, and new {category or 'such'} disks "
        f"have {smallest} to {largest}.",
        larger or f"Declare another category or size for {where}.",
    )
