"""May copies go where they are declared to go: the vSwitch, its zone and addresses, the account's vCPUs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transfer_provider.eligibility.codes import Finding, finding
from transfer_provider.eligibility.planned import KEEP, Offer, Planned, Recipient
from transfer_provider.model.addresses import usable
from transfer_provider.model.inventory import Instance

Copies = Mapping[str, tuple[Instance, Planned, Offer]]  # by instance


def place(instance: Instance, copy: Planned, offer: Offer) -> Iterator[Finding]:
    """Whether there is such a vSwitch, and its zone offers the instance type."""
    if offer.found is False:
        yield finding(
            "VSwitchNotFound",
            instance.instance_id,
            f"The recipient's account has no vSwitch {offer.vswitch_id} in {instance.region}, and an image is shared "
            "within its region only.",
            "Name a vSwitch of the recipient in the instance's region.",
        )
    wanted = copy.type_of(instance)
    if offer.types.get(wanted) is False:
        yield finding(
            "TypeNotOffered",
            instance.instance_id,
            f"{wanted} is not offered, or sold out, in {offer.zone}, the zone of the recipient's vSwitch.",
            "Declare another `copy.instance_type`, or a vSwitch of another zone.",
        )


def addresses(copies: Copies, recipient: Recipient) -> Iterator[Finding]:
    """Whether each copy can have the private address that is declared, beside the others of the run.

    An address that is declared goes before one that is only kept: what is kept gives way, with a warning.
    """
    given = dict(recipient.declared)
    in_order = sorted(copies.values(), key=lambda one: one[1].private_ip == KEEP)
    for instance, copy, offer in in_order:
        address = copy.address_of(instance)
        if not address or not offer.vswitch_id:
            continue
        holder = offer.in_use.get(address)
        other = given.get((offer.vswitch_id, address))
        keeps = copy.private_ip == KEEP
        remedy = "The copy gets another address." if keeps else "Declare another of the vSwitch, or leave it out."
        if offer.address_range and not usable(address, offer.address_range):
            yield finding(
                "PrivateAddressOutside",
                instance.instance_id,
                f"The private address {address} is not one that an instance can have in {offer.vswitch_id} "
                f"({offer.address_range}), whose first and last three are Alibaba Cloud's own.",
                remedy,
                blocks=not keeps,
            )
        elif holder is not None or other is not None:
            why = f"in use there by {holder}" if holder is not None else f"declared for the copy of {other} as well"
            yield finding(
                "PrivateAddressTaken",
                instance.instance_id,
                f"The private address {address} of {offer.vswitch_id} is {why}.",
                remedy,
                blocks=not keeps,
            )
        else:
            given[offer.vswitch_id, address] = instance.instance_id


def vcpus(copies: Copies, recipient: Recipient) -> Iterator[Finding]:
    """Whether the recipient may have so many vCPUs more, all copies that are paid as they are used taken together."""
    if recipient.vcpus is None:
        return
    limit, used = recipient.vcpus
    taken = 0
    for instance, copy, offer in copies.values():
        kind = copy.type_of(instance)
        needed = offer.vcpus.get(kind)
        if needed is None or copy.charge_type != "PostPaid":
            continue
        if used + taken + needed <= limit:
            taken += needed
            continue
        others = f" and {taken} are for other copies of this run" if taken else ""
        yield finding(
            "VcpuQuota",
            instance.instance_id,
            f"{kind} has {needed} vCPUs, and the recipient's account may have {limit} of pay-as-you-go instances in "
            f"{instance.region}, of which {used} are in use{others}.",
            "Have the quota raised in the recipient's Quota Center, hand over fewer at once, or declare a smaller "
            "`copy.instance_type`.",
        )
