"""What the stack made for copies, by its tags, and nobody owns. Pure.

A run was killed, and then the file removed; or the file of a copy that is done was removed, which leaves the
recipient's instance and the image it was made from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from transfer_provider.handover.recipient.orphans import Orphan
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.inventory import Instance
from transfer_provider.model.ownership import PROJECT, STACK, read_mark
from transfer_provider.model.text import printable

OF_THE_STACK = "this stack's by its tags, but neither declared nor in its state"
UNREPORTED = f"or keep it, and take its tags {PROJECT} and {STACK} away: it is reported no more"


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
