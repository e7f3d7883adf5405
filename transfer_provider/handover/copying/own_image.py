"""OwnImage: the recipient's own copy of an image that the source shares with it, for a handover by a copy.

check   nothing; the program makes its inputs
diff    another source image, instance or region is another copy; no call
create  copies the image once: what an earlier run made is adopted; returns at once
read    one query for all images of the stack; an image that is made or failed needs none
delete  deletes the image and its snapshots, or gives up the copy in the making; what an instance was made from stays
        with the recipient, and that is printed. Never in an unattended run

Persisted in state files, so never renamed: this module's path, both class names, the type token
`pulumi-python:dynamic/own_image:OwnImage` and the names of inputs and outputs.

The stack's setting that is read: `recipientProfile`, as by InstanceReceipt.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from transfer_provider.channels.process import end_with_engine, in_its_own_words
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.model.copies import AVAILABLE, GONE, MAKING, MachineImage, Origin, image_message
from transfer_provider.model.ownership import Owner
from transfer_provider.model.text import printable

if TYPE_CHECKING:
    from transfer_provider.channels.images import Images
    from transfer_provider.cloud.client import Cloud

TYPE = "pulumi-python:dynamic/own_image:OwnImage"

INPUTS = ("source_image_id", "instance_id", "region", "handover", "project", "stack", "encrypted", "kms_key_id")
IDENTITY = ("source_image_id", "instance_id", "region")

OUTPUTS = ("image_id", "image_status", "progress", "snapshot_ids", "recipient_account_id", "status_message")


class OwnImageProvider(dynamic.ResourceProvider):
    """The operations of the table above. Stateless until configured, so that it is stored by reference."""

    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Called once in the provider's process, with the stack's settings."""
        end_with_engine()
        self._profile: str | None = req.config.get("recipientProfile") or None
        self._lock = threading.Lock()
        self._regions: dict[str, tuple[Cloud, Images]] = {}

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        # How it is encrypted is settled once it is made; a handover that gets another name keeps it.
        replaced = [key for key in IDENTITY if olds.get(key) != news.get(key)]
        return dynamic.DiffResult(changes=bool(replaced), replaces=replaced, delete_before_replace=True)

    @in_its_own_words
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        cloud, images = self._of(props)
        account_id = cloud.account_id()
        image, adopted = images.copy(
            props["source_image_id"],
            _origin(props),
            encrypted=props["encrypted"],
            kms_key_id=props.get("kms_key_id") or None,
        )
        verb = "Tracking" if adopted else "Making"
        _log(f"{verb} the recipient's own image {image.image_id} of {props['instance_id']}.")
        outputs = {"recipient_account_id": account_id} | _of_image(image)
        return dynamic.CreateResult(image.image_id, _inputs(props) | outputs)

    @in_its_own_words
    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        if props.get("image_status") not in MAKING:
            return dynamic.ReadResult(id_, props)
        _, images = self._of(props)
        found = images.find(id_, Owner(props["project"], props["stack"]))
        if found is None:
            now: dict[str, Any] = {
                "image_status": GONE,
                "status_message": image_message(GONE, None, id_, "recipient's own image"),
            }
        else:
            now = _of_image(found)
        if now["image_status"] != props["image_status"]:
            report = pulumi.log.info if now["image_status"] == AVAILABLE else pulumi.log.warn
            report(printable(f"{props['instance_id']}: {now['status_message']}"))
        return dynamic.ReadResult(id_, props | now)

    @in_its_own_words
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        instance_id = props["instance_id"]
        doing = f"clean up the recipient's own image of {instance_id}"
        refuse_unattended(doing)
        cloud, images = self._of(props)
        # What another account does not list is not gone.
        from transfer_provider.cloud.accounts import require_account

        require_account(
            cloud,
            [str(props["recipient_account_id"])],
            doing=doing,
            expected_by="the image was made by account",
            remedy="Use the recipient's profile (`pulumi config set recipientProfile NAME`).",
        )
        left = images.remove(id_, props.get("snapshot_ids") or (), doing=doing)
        done = [] if left else [f"{id_} and its snapshots are deleted"]
        _log(f"The recipient's own image of {instance_id}: {'; '.join([*done, *left])}.")

    def _of(self, props: Mapping[str, Any]) -> tuple[Cloud, Images]:
        # Imported here: a program that only declares images does not wait for Alibaba Cloud's SDK.
        from transfer_provider.channels.images import Images
        from transfer_provider.cloud.client import Cloud

        with self._lock:
            region = props["region"]
            if region not in self._regions:
                cloud = Cloud(self._profile, region)
                self._regions[region] = cloud, Images(cloud)
            return self._regions[region]


class OwnImage(dynamic.Resource, module="own_image", name="OwnImage"):
    """The recipient's own copy of the source's image. A `Handover` with `own_image` declares it.

    `encrypted` whether the image's disks are, with `kms_key_id` or else the key of the service.
    """

    image_id: pulumi.Output[str]
    image_status: pulumi.Output[str]
    progress: pulumi.Output[int]
    """How much of the image is made, in percent."""
    snapshot_ids: pulumi.Output[list[str]]
    recipient_account_id: pulumi.Output[str]
    status_message: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        source_image_id: str,
        instance_id: str,
        region: str,
        handover: str,
        owner: Owner,
        encrypted: bool,
        kms_key_id: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = dict.fromkeys(OUTPUTS) | {
            "source_image_id": source_image_id,
            "instance_id": instance_id,
            "region": region,
            "handover": handover,
            "project": owner.project,
            "stack": owner.stack,
            "encrypted": encrypted,
            "kms_key_id": kms_key_id,
        }
        super().__init__(OwnImageProvider(), resource_name, props, opts)


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS if key in props}


def _origin(props: Mapping[str, Any]) -> Origin:
    return Origin(Owner(props["project"], props["stack"]), props["handover"], props["instance_id"])


def _of_image(image: MachineImage) -> dict[str, Any]:
    """An image as the resource's outputs."""
    progress = 100 if image.status == AVAILABLE else image.progress or 0
    return {
        "image_id": image.image_id,
        "image_status": image.status,
        "progress": progress,
        "snapshot_ids": image.snapshot_ids,
        "status_message": image_message(image.status, progress, image.image_id, "recipient's own image"),
    }


def _log(message: str) -> None:
    """Ids and messages are Alibaba Cloud's own words."""
    pulumi.log.info(printable(message))
