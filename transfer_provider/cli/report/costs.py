"""What was paid for, and what may cost on either side after a handover: pure.

The source article: the remaining paid time follows the instance; elastic addresses and marketplace services may cost
(S9). That an elastic address stays with the source is Alibaba Cloud's ECS transfer manual.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from transfer_provider.cli.follow.times import stamp
from transfer_provider.cli.report.facts import Addresses, Binding, CopyFacts, Cost, CostKind, Seen
from transfer_provider.inputs.handover import Eip
from transfer_provider.model.inventory import Address, Disk, Image, Instance

MARKETPLACE = "marketplace"  # an image's owner


@dataclass(frozen=True)
class Payer:
    """An instance as one side's account lists it; None: it was not listed."""

    side: str
    instance: Instance | None


@dataclass(frozen=True)
class Left:
    """The old address as the source's account lists it, unbound, and what was said of it."""

    address: Address | None
    seen: Seen


def payment(payer: Payer) -> Cost:
    """How the instance is paid for."""
    instance = payer.instance
    if instance is None:
        return Cost(CostKind.PAYMENT_UNKNOWN, {})
    if instance.charge_type == "PrePaid" and instance.expires:
        return Cost(CostKind.PAID_UNTIL, {"at": stamp(instance.expires), "side": payer.side})
    return Cost(CostKind.PAY_AS_YOU_GO, {"side": payer.side})


def old_address(addresses: Addresses, left: Left | None) -> Iterator[Cost]:
    """The address that stays with the source; `left` is None where the instance has not moved."""
    if left is None or addresses.old is None or addresses.old == addresses.new:
        return
    if left.address is not None:
        yield Cost(CostKind.OLD_EIP, {"address": addresses.old, "id": left.address.allocation_id})
    elif not left.seen.evidence.answered:
        yield Cost(CostKind.OLD_EIP_UNKNOWN, {"address": addresses.old})


def new_address(addresses: Addresses, declared: Eip | None, listed: Address | None) -> Iterator[Cost]:
    """The recipient's, as its account lists it, else as the file declares it."""
    of_its_own = addresses.binding not in (Binding.NONE, Binding.WITH_INSTANCE, Binding.NOT_THERE)
    paid = listed or declared
    if of_its_own and paid is not None:
        values = {"address": addresses.new or "", "charge": paid.internet_charge_type, "bandwidth": str(paid.bandwidth)}
        yield Cost(CostKind.NEW_EIP, values)


def of_copy(copy: CopyFacts) -> Iterator[Cost]:
    """Of a handover by a copy: the source's instance is paid for as before, the recipient's beside it."""
    if copy.new_instance_id:
        yield Cost(CostKind.SECOND_BILL, {"id": copy.new_instance_id})
    else:
        yield Cost(CostKind.SECOND_BILL_AHEAD, {})
    if copy.image_id:
        yield Cost(CostKind.IMAGES, {})


def snapshots(disks: Collection[str], retention_days: int | None) -> Iterator[Cost]:
    """Of these disks the stack made snapshots."""
    if disks:
        days = "" if retention_days is None else str(retention_days)
        yield Cost(CostKind.SNAPSHOTS, {"count": str(len(disks)), "days": days})


def marketplace(codes: Sequence[str] | None) -> Iterator[Cost]:
    """Products of the marketplace, by their codes; None: they are not known."""
    if codes is None:
        yield Cost(CostKind.MARKETPLACE_UNKNOWN, {})
    elif codes:
        yield Cost(CostKind.MARKETPLACE, {"codes": ", ".join(codes)})


def product_codes(instance: Instance, disks: Sequence[Disk], images: Mapping[str, Image]) -> list[str]:
    """The marketplace products of an instance, by its image and its disks."""
    image = images.get(instance.image_id or "")
    found = [image.product_code or image.image_id] if image and image.owner == MARKETPLACE else []
    found += [disk.product_code for disk in disks if disk.product_code]
    return list(dict.fromkeys(found))
