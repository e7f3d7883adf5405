"""One batched query of what an account knows of its instances: the inventory that eligibility and capture go by.

    instances      100 a call                  maintenance    100 a call
    transfers      100 a call                  images         100 a call
    disks          100 a call, see disks.py    real-name      1 call

and, where requested: security groups 100 a call and one for each group's rules, EIPs 50 a call, VPCs 20 a call,
RAM roles 50 a call. What these credentials may not see beside the instances, disks and images is None, not an error:
also where ECS does not refuse but leaves out (permissions.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from transfer_provider.cloud import addresses, disks, instances, operations, permissions, security_groups
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, Unsupported, no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_numbers, all_tokens, in_batches, listed
from transfer_provider.cloud.sdk import models
from transfer_provider.model.inventory import Image, Inventory, Maintenance
from transfer_provider.model.transfer import Transfer, by_instance

REAL_NAME = "real-name-authentication"
IMAGE_STATUSES = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
DONE = ("Executed", "Canceled", "Avoided", "Failed")  # of a scheduled event: nothing is to come any more
LARGEST_ROLE_PAGE = 50

Progress = Callable[[str], None]
T = TypeVar("T")
_Events = tuple[str, Sequence[Maintenance]]  # an instance's


def _quietly(_: str) -> None:
    """Nobody watches."""


def query_instances(cloud: Cloud, instance_ids: Sequence[str], *, progress: Progress = _quietly) -> Inventory:
    """The instances alone, 100 a call. Raises as `Cloud.ask` does."""
    progress(f"Looking up {len(instance_ids)} instances in {cloud.region}")
    account_id = cloud.account_id()
    found = instances.query(cloud, list(dict.fromkeys(instance_ids)))
    return Inventory(account_id=account_id, region=cloud.region, observed_at=cloud.now(), instances=found)


def query(cloud: Cloud, instance_ids: Sequence[str], *, progress: Progress = _quietly) -> Inventory:
    """All that eligibility is judged by. Raises as `Cloud.ask` does; no empty answer is taken for a missing one."""
    inventory = query_instances(cloud, instance_ids, progress=progress)
    progress("Looking up transfers")
    transfers = _if_allowed(lambda: _transfers(cloud, list(dict.fromkeys(instance_ids))))
    return _completed(cloud, replace(inventory, transfers=transfers), progress)


def query_all(cloud: Cloud) -> Inventory:
    """The same of all the account's instances in this region."""
    account_id = cloud.account_id()
    found = {instance.instance_id: instance for instance in all_tokens(partial(instances.listed_page, cloud))}
    inventory = Inventory(account_id=account_id, region=cloud.region, observed_at=cloud.now(), instances=found)
    transfers = _if_allowed(lambda: by_instance(operations.list_all(cloud)))
    return _completed(cloud, replace(inventory, transfers=transfers), _quietly)


def with_network(cloud: Cloud, inventory: Inventory, *, progress: Progress = _quietly) -> Inventory:
    """The same with the instances' EIPs, VPCs, and security groups: all those that rules refer to as well."""
    of_account = inventory.instances.values()
    progress("Looking up elastic addresses and VPCs")
    group_ids = [group_id for instance in of_account for group_id in instance.security_group_ids]
    bound = addresses.query(
        cloud, [instance.eip_allocation_id for instance in of_account if instance.eip_allocation_id]
    )
    vpc_ids = sorted({instance.vpc_id for instance in of_account if instance.vpc_id})
    return replace(
        inventory,
        addresses=bound,
        vpc_cidrs=security_groups.vpc_cidrs(cloud, vpc_ids),
        groups=security_groups.query(cloud, group_ids, progress),
    )


def with_ram_roles(cloud: Cloud, inventory: Inventory) -> Inventory:
    """The same with the instances' RAM roles."""
    return replace(inventory, ram_roles=_if_allowed(lambda: _ram_roles(cloud, list(inventory.instances))))


def verified(cloud: Cloud) -> bool | None:
    """Whether the account these credentials belong to is real-name verified; None where they may not see it.

    DescribeAccountAttributes, which returns `yes`, `none` or `unnecessary`, and of the calling account only.
    """
    return _if_allowed(lambda: _verified(cloud))


def _completed(cloud: Cloud, inventory: Inventory, progress: Progress) -> Inventory:
    """With all that is looked up by the instances that are there."""
    here = list(inventory.instances)
    progress("Looking up disks")
    of_instances = disks.query(cloud, here)
    progress("Looking up images and scheduled maintenance")
    return replace(
        inventory,
        disks=of_instances,
        images=_images(
            cloud, sorted({instance.image_id for instance in inventory.instances.values() if instance.image_id})
        ),
        maintenance=_if_allowed(lambda: _maintenance(cloud, here)),
        verified=verified(cloud),
    )


def _if_allowed(query_it: Callable[[], T | None]) -> T | None:
    try:
        return query_it()
    except (NotAllowed, Unsupported) as error:
        if error.code is None:
            raise  # Nobody was asked: there are no credentials.
        return None


def _verified(cloud: Cloud) -> bool | None:
    request = models.DescribeAccountAttributesRequest(region_id=cloud.region, attribute_name=[REAL_NAME])
    doing = f"look up the real-name state of the account of {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_account_attributes_with_options(request, runtime), doing=doing)
    try:
        items = body.account_attribute_items.account_attribute_item
        if not items:
            return None  # What was requested is always there for whoever may see it.
        for item in items:
            if item.attribute_name == REAL_NAME:
                return bool(item.attribute_values.value_item[0].value != "none")
    except (*UNREADABLE, IndexError):
        pass
    raise no_answer(doing, "not the requested attribute")


def _transfers(cloud: Cloud, instance_ids: Sequence[str]) -> Mapping[str, Sequence[Transfer]]:
    return by_instance(
        transfer for some in in_batches(instance_ids) for transfer in operations.list_all(cloud, instance_ids=some)
    )


def _images(cloud: Cloud, image_ids: Sequence[str]) -> Mapping[str, Image]:
    doing = f"look up images in {cloud.region} with {cloud}"

    def request_of(some: Sequence[str], number: int) -> models.DescribeImagesRequest:
        return models.DescribeImagesRequest(
            region_id=cloud.region,
            image_id=",".join(some),
            status=IMAGE_STATUSES,
            page_size=PAGE,
            page_number=number,
        )

    def numbered(some: Sequence[str], number: int) -> tuple[Sequence[Image], int]:
        request = request_of(some, number)
        body = cloud.read(lambda ecs, runtime: ecs.describe_images_with_options(request, runtime), doing=doing)
        try:
            return [_image(entry) for entry in body.images.image], int(body.total_count)
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    found: dict[str, Image] = {}
    for some in in_batches(image_ids):
        found |= {image.image_id: image for image in all_numbers(partial(numbered, some))}
        if not found.keys() >= set(some):
            permissions.confirm(cloud, request_of(some, 1))
    return found


def _image(entry: Any) -> Image:
    return Image(
        str(entry.image_id),
        entry.image_owner_alias or "",
        entry.product_code or None,
        entry.platform or "",
        entry.license_type or "",
    )


def _maintenance(cloud: Cloud, instance_ids: Sequence[str]) -> Mapping[str, Sequence[Maintenance]] | None:
    """The events to come, by instance; None where an instance is left out: each is listed for whoever may see it."""
    doing = f"look up scheduled maintenance in {cloud.region} with {cloud}"

    def numbered(some: Sequence[str], number: int) -> tuple[Sequence[_Events], int]:
        request = models.DescribeInstancesFullStatusRequest(
            region_id=cloud.region, instance_id=list(some), page_size=PAGE, page_number=number
        )
        body = cloud.read(
            lambda ecs, runtime: ecs.describe_instances_full_status_with_options(request, runtime), doing=doing
        )
        try:
            entries = listed(body.instance_full_status_set, "instance_full_status_type")
            return [(str(entry.instance_id), _to_come(entry)) for entry in entries], int(body.total_count)
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    every = dict(events for some in in_batches(instance_ids) for events in all_numbers(partial(numbered, some)))
    if not every.keys() >= set(instance_ids):
        return None
    return {instance_id: events for instance_id, events in every.items() if events}


def _to_come(entry: Any) -> Sequence[Maintenance]:
    return [
        Maintenance(str(event.event_id), event.event_type.name or "", event.not_before or "")
        for event in listed(entry.scheduled_system_event_set, "scheduled_system_event_type")
        if event.event_cycle_status.name not in DONE
    ]


def _ram_roles(cloud: Cloud, instance_ids: Sequence[str]) -> Mapping[str, str] | None:
    """The roles by instance; None where an instance is left out: each is listed for whoever may see it, role or not."""
    doing = f"look up RAM roles of instances in {cloud.region} with {cloud}"

    def numbered(some: Sequence[str], number: int) -> tuple[Sequence[tuple[str, str]], int]:
        request = models.DescribeInstanceRamRoleRequest(
            region_id=cloud.region,
            instance_ids=json.dumps(list(some)),
            page_size=LARGEST_ROLE_PAGE,
            page_number=number,
        )
        body = cloud.read(
            lambda ecs, runtime: ecs.describe_instance_ram_role_with_options(request, runtime), doing=doing
        )
        try:
            entries = body.instance_ram_role_sets.instance_ram_role_set
            return [(str(entry.instance_id), entry.ram_role_name or "") for entry in entries], int(body.total_count)
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    batches = in_batches(instance_ids, LARGEST_ROLE_PAGE)
    every = dict(role for some in batches for role in all_numbers(partial(numbered, some)))
    if not every.keys() >= set(instance_ids):
        return None
    return {instance_id: role for instance_id, role in every.items() if role}
