"""What is declared of one copy: the source's image, its share, the recipient's own image and instance.

    Handover web-01
    ├── SourceImage web-01             source; from the beginning
    ├── ImageSharePermission web-01    source, once the image is made
    ├── OwnImage web-01                recipient, then; with own_image
    └── Instance web-01                recipient, once its image is made, in its receive window

The recipient's instance is never deleted by this tool (`retain_on_delete`), nor made again: its image and disks are
what they were when it was made, whatever is declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_alicloud as alicloud

from transfer_provider.handover import sdk_overhead
from transfer_provider.handover.copying import source_image
from transfer_provider.handover.copying.given_up import GivenUp
from transfer_provider.handover.copying.guards import comparable
from transfer_provider.handover.copying.original import disks_of, encrypted, name_of, original_of, tags_of
from transfer_provider.handover.copying.own_image import OwnImage
from transfer_provider.handover.copying.plan import CopyDue
from transfer_provider.handover.copying.source_image import SourceImage
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import HANDOVER
from transfer_provider.inputs.handover import Copy
from transfer_provider.model.inventory import Disk, Instance
from transfer_provider.model.ownership import Owner

# What may change of the recipient's instance. All else is settled when it is made.
CHANGEABLE = ("security_groups", "tags")


@dataclass(frozen=True)
class Place:
    """Where the recipient's instance goes."""

    vswitch_id: pulumi.Input[str]
    security_group_ids: Sequence[pulumi.Input[str]]
    resource_group_id: pulumi.Input[str] | None = None
    after: Sequence[pulumi.Resource] = ()
    """What has to be there before it."""


@dataclass(frozen=True)
class Providers:
    """The alicloud providers of both accounts in the region."""

    source: alicloud.Provider
    recipient: alicloud.Provider


@dataclass(frozen=True)
class MadeCopy:
    """What was declared of a copy; None: it is not due yet."""

    image: SourceImage
    instance: alicloud.ecs.Instance | None = None


@sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
def declare_copy(
    wanted: Wanted,
    due: CopyDue,
    held: HeldCopy | None,
    seen: tuple[Instance | None, Sequence[Disk]],
    place: Place,
    providers: Providers,
    owner: Owner,
    *,
    parent: pulumi.Resource,
    protect: bool,
    from_the_beginning: bool = False,
) -> MadeCopy:
    """Declare what is due; `seen` is the source's instance with its disks, where the copy begins with this run.

    `protect` is the stack's setting, which holds once the recipient's instance is due: until then a removed file cleans
    up. `from_the_beginning` is the handover's own `protect`.
    """
    copy = wanted.copy or Copy()
    original = held.original if held else original_of(*_there(seen))
    handover = held.handover if held else wanted.name
    protected = from_the_beginning or (protect and due.instance)
    options = pulumi.ResourceOptions(parent=parent, protect=protected)
    # One that was given up has no parent; where its file is put back it goes on.
    taken_up = pulumi.Alias(name=due.state_name, parent=pulumi.ROOT_STACK_RESOURCE)
    image = SourceImage(
        wanted.name,
        instance_id=wanted.instance_id,
        region=wanted.request.region,
        recipient_account_id=wanted.request.recipient_account_id,
        handover=handover,
        owner=owner,
        copy=comparable(copy),
        original=original,
        take_image=due.take_image,
        source=due.source,
        status=str(due.status),
        why=due.why,
        protected=protected,
        opts=_with(options, aliases=[taken_up]),
    )
    if held is None:
        return MadeCopy(image)
    images: list[pulumi.Resource] = [image]
    if due.share:
        share = alicloud.ecs.ImageSharePermission(
            wanted.name,
            image_id=held.image_id,
            account_id=wanted.request.recipient_account_id,
            # Once a person deleted the image this has to leave the state: it is not protected, and the plugin, which
            # can't share a missing image no longer, is not asked. SourceImage shares it no longer when it is removed.
            opts=pulumi.ResourceOptions(
                parent=parent, provider=providers.source, depends_on=[image], retain_on_delete=True
            ),
        )
        images.append(share)
    if due.own_image:
        own = OwnImage(
            wanted.name,
            source_image_id=held.image_id,
            instance_id=wanted.instance_id,
            region=wanted.request.region,
            handover=handover,
            owner=owner,
            encrypted=encrypted(original) or copy.kms_key_id is not None,
            kms_key_id=copy.kms_key_id or "",
            opts=_with(options, depends_on=list(images)),
        )
        images.append(own)
    if not due.instance:
        return MadeCopy(image)
    opts = _with(
        options,
        provider=providers.recipient,
        depends_on=[*images, *place.after],
        import_=due.adopt,
        retain_on_delete=True,
    )
    tags = tags_of(original, copy, owner.tags_of_address(handover, wanted.instance_id))
    inputs = _inputs(wanted, due, copy, original, place) | {"tags": tags}
    if due.new_instance_id:
        # What is not given is left out here as well: the plugin would be given what it read of it, which it refuses.
        opts = _with(opts, ignore_changes=[key for key in inputs if key not in CHANGEABLE])
    return MadeCopy(image, alicloud.ecs.Instance(wanted.name, **inputs, opts=opts))


@sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
def declare_given_up(copies: Sequence[GivenUp], owner: Owner) -> None:
    """Keep these in the state by themselves, as they are: their handovers are declared no more."""
    for held in (each.held for each in copies):
        stack = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}"
        SourceImage(
            held.name,
            instance_id=held.instance_id,
            region=held.region,
            recipient_account_id=held.recipient_account_id,
            handover=held.handover,
            owner=owner,
            copy=held.copy,
            original=held.original,
            take_image=bool(held.image_id),
            source=held.source,
            status=str(held.status),
            why=held.why,
            protected=False,
            given_up=True,
            opts=pulumi.ResourceOptions(aliases=[f"{stack}::{HANDOVER}${source_image.TYPE}::{held.name}"]),
        )


def _inputs(wanted: Wanted, due: CopyDue, copy: Copy, original: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The inputs of the recipient's instance that are given."""
    system, data = disks_of(original, copy)
    paid_in_advance = copy.charge_type == "PrePaid"
    given = {
        "instance_name": name_of(original, wanted.name),
        "image_id": due.runs_from,
        "instance_type": copy.instance_type or str(original["instance_type"]),
        "vswitch_id": place.vswitch_id,
        "private_ip": due.private_ip,
        "security_groups": place.security_group_ids,
        "resource_group_id": place.resource_group_id,
        "instance_charge_type": copy.charge_type,
        "period": copy.period if paid_in_advance else None,
        "period_unit": "Month" if paid_in_advance else None,
        "key_name": copy.key_pair,
        "system_disk_category": system["category"],
        "system_disk_size": system["size_gib"],
        "system_disk_encrypted": system["encrypted"] or None,
        "system_disk_kms_key_id": system.get("kms_key_id"),
        "data_disks": [alicloud.ecs.InstanceDataDiskArgs(**disk) for disk in data] or None,
    }
    return {key: value for key, value in given.items() if value is not None}


def _there(seen: tuple[Instance | None, Sequence[Disk]]) -> tuple[Instance, Sequence[Disk]]:
    instance, disks = seen
    if instance is None:
        raise pulumi.RunError("Could not begin a copy: the source's instance was not looked up. This is a defect.")
    return instance, disks


def _with(options: pulumi.ResourceOptions, **more: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(**more))
