"""Which security group, address or binding is taken over instead of making another, or why none can be. Pure.

Taken over is what the stack made and its state lacks, because a run was killed or the state was lost: known by its tags
and never by its name. What has no tags of the stack is taken over where a handover asks for it by id (`adopt: eip-…`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from transfer_provider.cloud.errors import Refused
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import Address, SecurityGroup
from transfer_provider.model.ownership import LONGEST_NAME, Mark, Owner, fitting, read_mark

# What can't be changed of an address, by the inputs' names.
FIXED = ("internet_charge_type", "isp")


def mark_of(address: Address) -> Mark | None:
    """Whose an address is; None where nobody here made it."""
    return read_mark(address.tags, address.description)


def address_made_before(
    instance_id: str, eip: Eip, own: Iterable[Address], held: Collection[str], stack: str, *, used_by: str | None
) -> Address | None:
    """The address that the stack made for this instance and its state lacks, or None.

    `own` are the stack's addresses; `held` are the allocation ids that the state holds; `stack` is how `--stack` names
    the stack; `used_by` is the recipient's instance, another one where it is a copy, None where that is not known yet.
    Raises Refused where it can't be taken over, or where it is not clear which is meant.
    """
    made = [address for address in own if address.allocation_id not in held and _instance_of(address) == instance_id]
    bound = [address for address in made if address.instance_id is not None and address.instance_id == used_by]
    if len(bound or made) > 1:
        listed = ", ".join(address.allocation_id for address in made)
        raise Refused(
            f"Could not take over the address of {instance_id}: {listed} were all made for it by this stack, and the "
            "state holds none of them. Choose one with `eip: {adopt: eip-…}` in the handover's file, or release those "
            f"not needed: `handover release-address eip-… --stack {stack}`."
        )
    for address in bound or made:
        _require_usable(address, instance_id, used_by or address.instance_id, eip)
        return address
    return None


def address_asked_for(
    allocation_id: str,
    instance_id: str,
    eip: Eip,
    found: Address | None,
    held: Collection[str],
    owner: Owner,
    *,
    used_by: str | None,
) -> Address:
    """The address that a handover asks to take over by its id. Raises Refused where it can't be.

    `found` is the address as the recipient's account lists it; `held` are the ids the state holds for other handovers;
    `used_by` is the recipient's instance, None where that is not known yet.
    """
    if found is None:
        raise Refused(
            f"Could not take over {allocation_id}: the recipient's account has no such address in the region. Correct "
            "`adopt`, or leave it out to have a new address allocated."
        )
    mark = mark_of(found)
    if mark is not None and mark.owner != owner:
        raise Refused(
            f"Could not take over {allocation_id}: by its tags it belongs to stack {mark.owner.stack} of project "
            f"{mark.owner.project}. Name another address, or leave `adopt` out."
        )
    if allocation_id in held:
        raise Refused(
            f"Could not take over {allocation_id}: the state holds it for another handover. Name another address, or "
            "leave `adopt` out."
        )
    _require_usable(found, instance_id, used_by, eip)
    return found


def binding_made_before(address: Address | None, instance_id: str) -> str | None:
    """The import id of a binding that exists already, or None. Raises Refused where the address is bound elsewhere."""
    if address is None or address.instance_id is None:
        return None
    if address.instance_id != instance_id:
        raise Refused(
            f"Could not bind {address.allocation_id} to {instance_id}: it is bound to {address.instance_id}. Unbind it "
            "there, then run `pulumi up` again."
        )
    return f"{address.allocation_id}:{instance_id}"


def groups_made_before(
    declared: Mapping[str, SecurityGroupInputs], own: Sequence[SecurityGroup], held: Mapping[str, str], region: str
) -> Mapping[str, SecurityGroup]:
    """The groups that the stack made and its state lacks, by the name they are declared by.

    `held` are the ids of the groups in the state, by name; `region` is the stack's. One of another VPC or type is not
    what is declared, and not taken over. Raises Refused where it is not clear which is meant.
    """
    adopted: dict[str, SecurityGroup] = {}
    for name, group in declared.items():
        if name in held:
            continue
        made = [
            candidate
            for candidate in own
            if candidate.group_id not in held.values()
            and _name_of(candidate) == fitting(name, LONGEST_NAME)
            and (candidate.region, candidate.vpc_id, candidate.type)
            == (group.region or region, group.vpc_id, group.type)
        ]
        if len(made) > 1:
            raise Refused(
                f"Could not take over the security group {name}: {', '.join(found.group_id for found in made)} were "
                "all made for it by this stack, and the state holds none of them. Delete those that no instance is in."
            )
        if made:
            adopted[name] = made[0]
    return adopted


def _instance_of(address: Address) -> str:
    mark = mark_of(address)
    return mark.instance_id if mark else ""


def _name_of(group: SecurityGroup) -> str:
    mark = read_mark(group.tags)
    return mark.group if mark else ""


def _require_usable(address: Address, instance_id: str, used_by: str | None, eip: Eip) -> None:
    """Raises Refused where an address is in use elsewhere, or differs in what can't be changed."""
    if address.instance_id not in (None, used_by):
        raise Refused(
            f"Could not take over {address.allocation_id} for {instance_id}: it is bound to {address.instance_id}. "
            "Unbind it there, or have it released."
        )
    for key in FIXED:
        has, wanted = getattr(address, key), getattr(eip, key)
        if has != wanted:
            raise Refused(
                f"Could not take over {address.allocation_id} for {instance_id}: its {key} is {has}, which can't be "
                f"changed, and the handover's is {wanted}. Declare `{key}: {has}`, or have the address released."
            )
    if address.charge_type != "PostPaid":
        raise Refused(
            f"Could not take over {address.allocation_id} for {instance_id}: it is paid in advance "
            f"({address.charge_type}). Name a pay-as-you-go address."
        )
