"""Images of an account: made, looked up, shared no longer, copied and deleted; published actions of ECS 2014-05-26.

CreateImage, CopyImage, DescribeImages, DeleteImage, CancelCopyImage, DeleteSnapshot, DescribeImageSharePermission and
ModifyImageSharePermission.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from transfer_provider.cloud import permissions
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused, no_answer
from transfer_provider.cloud.inventory import IMAGE_STATUSES
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_numbers, in_batches, listed
from transfer_provider.cloud.sdk import models
from transfer_provider.model.copies import ImageDisk, MachineImage, Origin

CREATE_IMAGE = Action("CreateImage", repeatable=False)
COPY_IMAGE = Action("CopyImage", repeatable=False)
# None of these carries a client token; calling twice has the effect of calling once.
DELETE_IMAGE = Action("DeleteImage", repeatable=True)
CANCEL_COPY_IMAGE = Action("CancelCopyImage", repeatable=True)
DELETE_SNAPSHOT = Action("DeleteSnapshot", repeatable=True)
DESCRIBE_SHARES = Action("DescribeImageSharePermission", repeatable=True)
MODIFY_SHARES = Action("ModifyImageSharePermission", repeatable=True)

NAME_TAKEN = "InvalidImageName.Duplicated"
NOT_FOUND = ("InvalidImageId.NotFound", "InvalidSnapshotId.NotFound", "InvalidImage.NotFound")
IN_USE = "ImageUsingByInstance"


def query(cloud: Cloud, image_ids: Sequence[str]) -> Mapping[str, MachineImage]:
    """Those of these images that the account may use or is making, by id; 100 a call.

    One that is missing is confirmed not found, as far as these credentials may see. Raises as a call does.
    """
    found: dict[str, MachineImage] = {}
    for some in in_batches(list(dict.fromkeys(image_ids))):
        wanted = ",".join(some)
        found |= {image.image_id: image for image in all_numbers(partial(_page, cloud, image_id=wanted))}
        if not found.keys() >= set(some):
            permissions.confirm(cloud, _request(cloud, 1, image_id=wanted))
    return found


def tagged(cloud: Cloud, tags: Mapping[str, str]) -> Sequence[MachineImage]:
    """The account's own images in the region that have all these tags, whatever their status; 100 a call."""
    found = list(all_numbers(partial(_page, cloud, tags=tags)))
    if not found:
        permissions.confirm(cloud, _request(cloud, 1, tags=tags))
    return found


def named(cloud: Cloud, name: str) -> MachineImage | None:
    """The account's own image of this name."""
    images, _ = _page(cloud, 1, name=name)
    return next((image for image in images if image.name == name), None)


def create(cloud: Cloud, instance_id: str, origin: Origin, token: str) -> str:
    """CreateImage of an instance with all its disks; the image's id. Safe to repeat with the same token."""
    doing = f"make an image of {instance_id}"
    query = {"RegionId": cloud.region, "InstanceId": instance_id, "ImageName": origin.image_name}
    query |= {"Description": origin.description, "ClientToken": token} | _tags(origin.tags)
    return _image_id(cloud.ask(CREATE_IMAGE, query, doing=doing), doing)


def copy(
    cloud: Cloud, image_id: str, origin: Origin, token: str, *, encrypted: bool = False, kms_key_id: str | None = None
) -> str:
    """CopyImage of an image that is shared with the account; the copy's id. Safe to repeat with the same token."""
    doing = f"copy the image {image_id} of {origin.instance_id}"
    query = {"RegionId": cloud.region, "ImageId": image_id, "DestinationRegionId": cloud.region}
    query |= {"DestinationImageName": origin.image_name, "DestinationDescription": origin.description}
    query |= {"ClientToken": token}
    if encrypted or kms_key_id:
        query["Encrypted"] = "true"
    if kms_key_id:
        query["KMSKeyId"] = kms_key_id
    return _image_id(cloud.ask(COPY_IMAGE, query | _tags(origin.tags), doing=doing), doing)


def delete(cloud: Cloud, image_id: str) -> bool:
    """Delete an image; False where there was none. Raises Refused with its code where it is shared or in use."""
    return _removed(cloud, DELETE_IMAGE, {"ImageId": image_id}, f"delete the image {image_id}")


def cancel_copy(cloud: Cloud, image_id: str) -> bool:
    """Give up a copy in the making, which deletes it; False where there was none."""
    return _removed(cloud, CANCEL_COPY_IMAGE, {"ImageId": image_id}, f"cancel the image copy {image_id}")


def delete_snapshot(cloud: Cloud, snapshot_id: str) -> bool:
    """Delete a snapshot of an image that is gone; False where there was none."""
    return _removed(cloud, DELETE_SNAPSHOT, {"SnapshotId": snapshot_id}, f"delete the snapshot {snapshot_id}")


def shared_with(cloud: Cloud, image_id: str) -> Sequence[str]:
    """The accounts an image of the caller's is shared with; none where it is gone."""
    doing = f"look up whom the image {image_id} is shared with"

    def page(number: int) -> tuple[Sequence[str], int]:
        query = {"RegionId": cloud.region, "ImageId": image_id, "PageSize": str(PAGE), "PageNumber": str(number)}
        answer = cloud.ask(DESCRIBE_SHARES, query, doing=doing)
        try:
            accounts = [str(entry["AliyunId"]) for entry in answer["Accounts"]["Account"]]
            return accounts, int(answer["TotalCount"])
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    try:
        return list(all_numbers(page))
    except Refused as error:
        if error.code in NOT_FOUND:
            return []
        raise


def unshare(cloud: Cloud, image_id: str, account_id: str) -> None:
    """Share an image no longer with an account; that it is not is fine."""
    query = {"RegionId": cloud.region, "ImageId": image_id, "RemoveAccount.1": account_id}
    cloud.ask(MODIFY_SHARES, query, doing=f"share the image {image_id} with account {account_id} no longer")


def _removed(cloud: Cloud, action: Action, what: Mapping[str, str], doing: str) -> bool:
    try:
        cloud.ask(action, {"RegionId": cloud.region, **what}, doing=doing)
    except Refused as error:
        if error.code in NOT_FOUND:
            return False
        raise
    return True


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    numbered = enumerate(tags.items(), 1)
    return {
        name: text
        for number, (key, value) in numbered
        for name, text in ((f"Tag.{number}.Key", key), (f"Tag.{number}.Value", value))
    }


def _image_id(answer: Mapping[str, Any], doing: str) -> str:
    if not isinstance(answer.get("ImageId"), str):
        raise no_answer(doing, "no ImageId in it")
    return str(answer["ImageId"])


def _request(
    cloud: Cloud,
    number: int,
    *,
    image_id: str | None = None,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> models.DescribeImagesRequest:
    return models.DescribeImagesRequest(
        region_id=cloud.region,
        image_id=image_id,
        image_name=name,
        image_owner_alias="self" if image_id is None else None,
        status=IMAGE_STATUSES,
        tag=[models.DescribeImagesRequestTag(key=key, value=value) for key, value in (tags or {}).items()] or None,
        page_size=PAGE,
        page_number=number,
    )


def _page(
    cloud: Cloud,
    number: int,
    *,
    image_id: str | None = None,
    name: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> tuple[Sequence[MachineImage], int]:
    request = _request(cloud, number, image_id=image_id, name=name, tags=tags)
    doing = f"look up images in {cloud.region} with {cloud}"
    body = cloud.read(lambda ecs, runtime: ecs.describe_images_with_options(request, runtime), doing=doing)
    try:
        return [_image(entry) for entry in body.images.image], int(body.total_count)
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None


def _image(entry: Any) -> MachineImage:
    progress = (entry.progress or "").rstrip("%")
    return MachineImage(
        image_id=str(entry.image_id),
        name=entry.image_name or "",
        status=str(entry.status),
        progress=int(progress) if progress.isdecimal() else None,
        disks=tuple(
            ImageDisk(
                device=disk.device or "",
                type=disk.type or "data",
                size_gib=int(disk.size or 0),
                snapshot_id=disk.snapshot_id or "",
                encrypted=bool(disk.encrypted),
            )
            for disk in listed(entry.disk_device_mappings, "disk_device_mapping")
        ),
        tags={str(tag.tag_key): tag.tag_value or "" for tag in listed(entry.tags, "tag")},
    )
