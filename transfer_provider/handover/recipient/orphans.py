"""What the stack made, by its tags, and nobody owns: a run was killed, and then the file removed. Pure.

So it is of a copy that is done and whose file is removed: the recipient's instance stays, and its image.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from transfer_provider.handover.recipient.adoption import mark_of
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.inventory import Address, Instance, SecurityGroup
from transfer_provider.model.ownership import PROJECT, STACK, Owner, read_mark
from transfer_provider.model.text import printable

OF_THE_STACK = "this stack's by its tags, but neither declared nor in its state"
UNREPORTED = f"or keep it, and take its tags {PROJECT} and {STACK} away: it is reported no more"


@dataclass(frozen=True)
class Orphan:
    """What only the account knows; `observed` and `remedy` are sentences."""

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
                f"The address {address.ip_address} ({address.allocation_id}), {made_for}{bound}, is {OF_THE_STACK}. It "
                "costs money as long as it exists.",
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
                f"The security group {printable(group.name)} ({group.group_id}) is {OF_THE_STACK}.",
                f"{again}; or delete it, once no instance is in it: "
                f"`aliyun ecs DeleteSecurityGroup --RegionId {group.region} --SecurityGroupId {group.group_id}`.",
            )
        )
    return found


def images(made: Iterable[MachineImage], held: Collection[str], awaited: Collection[str], whose: str) -> list[Orphan]:
    """The stack's images that nobody owns. `held` are the ids in the state; `awaited` the source's instances whose
    copy takes its images over in a later run; `whose` is the account: source or recipient."""
    return [
        Orphan(
            image_id,
            f"The image {image_id} at the {whose}, {made_for}, is {OF_THE_STACK}. It and its snapshots cost money as "
            "long as they exist.",
            f"{again}; or delete both in the console, once nobody needs them; {UNREPORTED}.",
        )
        for image_id, made_for, again in _unowned({image.image_id: image.tags for image in made}, held, awaited)
    ]


def instances(made: Iterable[Instance], held: Collection[str], awaited: Collection[str]) -> list[Orphan]:
    """The recipient's instances that the stack made and nobody owns; the arguments are those of `images`."""
    return [
        Orphan(
            instance_id,
            f"The instance {instance_id} at the recipient, {made_for}, is {OF_THE_STACK}. It costs money as long as it "
            "exists, and this tool never releases it.",
            f"{again}; {UNREPORTED}; or have the recipient release it, where it is not needed.",
        )
        for instance_id, made_for, again in _unowned({one.instance_id: one.tags for one in made}, held, awaited)
    ]


def _unowned(
    made: Mapping[str, Mapping[str, str]], held: Collection[str], awaited: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """Of each that nobody owns its id, what it was made for, and how it is taken over again."""
    for object_id, tags in made.items():
        mark = read_mark(tags)
        if mark is None or object_id in held or mark.instance_id in awaited:
            continue
        source = printable(mark.instance_id)
        made_for = f"made for the copy of {source} by handover {printable(mark.handover)}"
        yield object_id, made_for, f"Declare a handover of {source} with `channel: image` again, which takes it over"


def refusal_to_release(
    address: Address | None, owner: Owner, held: Collection[str], awaited: Collection[str], asked_for: Collection[str]
) -> str | None:
    """Why an address may not be released by hand, as what follows "Could not release eip-…: "; None where it may.

    `held` are the ids in the state; `awaited` the instances whose declared handover has yet to take its address over;
    `asked_for` the ids that a handover's file names.
    """
    if address is None:
        return "the recipient's account has no such address in this region. Check the id, or name --region."
    mark = mark_of(address)
    if mark is None:
        return "it has no tags of this command's making, so that somebody else made it. Release it where it was made."
    if mark.owner != owner:
        theirs = f"stack {printable(mark.owner.stack)} of project {printable(mark.owner.project)}"
        return f"by its tags it belongs to {theirs}. Release it from there."
    if address.instance_id is not None:
        return f"it is bound to {address.instance_id}, which would lose it. Unbind it first, if that is meant."
    if address.allocation_id in held:
        return "the stack's state holds it. Remove it as a handover's address is removed: docs/recipient.md."
    if mark.instance_id in awaited or address.allocation_id in asked_for:
        return (
            f"a handover of {printable(mark.instance_id)} is declared, and the next `pulumi up` takes it over. Remove "
            "`eip` from the handover's file first."
        )
    return None
