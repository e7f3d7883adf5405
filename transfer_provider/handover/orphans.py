"""What the stack made, by its tags, and nobody owns: a run was killed, and then the file removed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from transfer_provider.handover.adoption import mark_of
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import Address, SecurityGroup
from transfer_provider.model.ownership import read_mark
from transfer_provider.model.text import printable


@dataclass(frozen=True)
class Orphan:
    """An address or a security group that only the account knows; `observed` and `remedy` are sentences."""

    object_id: str
    observed: str
    remedy: str


def addresses(own: Iterable[Address], held: Collection[str], awaited: Collection[str], stack: str) -> list[Orphan]:
    """The stack's addresses that nobody owns. `held` are the ids in the state, or taken over in this run; `awaited` the
    instances whose handover takes its address over in a later run; `stack` is how `--stack` names the stack."""
    found = []
    for address in own:
        mark = mark_of(address)
        if mark is None or address.allocation_id in held or mark.instance_id in awaited:
            continue
        made_for = f"made for handover {printable(mark.handover)} of {printable(mark.instance_id)}"
        bound = f", and bound to {address.instance_id}" if address.instance_id else ""
        release = f"`handover release-address {address.allocation_id} --stack {stack}`"
        found.append(
            Orphan(
                address.allocation_id,
                f"The address {address.ip_address} ({address.allocation_id}), {made_for}{bound}, is this stack's by "
                "its tags, but neither declared nor in its state. It costs money as long as it exists.",
                f"Declare a handover of {printable(mark.instance_id)} with `eip` again, which takes it over; or "
                f"{'unbind and ' if bound else ''}release it: {release}.",
            )
        )
    return found


def groups(
    own: Iterable[SecurityGroup], held: Collection[str], declared: Mapping[str, SecurityGroupInputs]
) -> list[Orphan]:
    """The stack's security groups that nobody owns. `held` are the ids in the state, or taken over in this run."""
    found = []
    for group in own:
        mark = read_mark(group.tags)
        if mark is None or group.group_id in held:
            continue
        again = (
            "Another group is declared by its name"
            if mark.group in declared
            else f"Declare {printable(mark.group)} in {group.vpc_id} again, which takes it over"
        )
        found.append(
            Orphan(
                group.group_id,
                f"The security group {printable(group.name)} ({group.group_id}) is this stack's by its tags, but "
                "neither declared nor in its state.",
                f"{again}; or delete it, once no instance is in it: "
                f"`aliyun ecs DeleteSecurityGroup --RegionId {group.region} --SecurityGroupId {group.group_id}`.",
            )
        )
    return found
