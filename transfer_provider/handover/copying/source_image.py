"""SourceImage: the image of an instance that is handed over by a copy, with the source's credentials.

The program decides each step by what it observed, and declares it by these inputs, so that a preview shows it: whether
the image is made by now (`take_image`), what is done to the source's instance (`source`), where the copy stands
(`status`). Nothing waits: each operation returns at once, and later runs go on.

check   nothing; the program makes its inputs
diff    another instance or region is another copy; all else is an update; no call
create  stops the instance where it is to be stopped; makes the image where it is due, once: what an earlier run made
        is adopted; returns at once
read    one query for all images of the stack; an image that is made or failed needs none
update  makes the image once the instance is stopped; starts or stops the instance; no call for another status
delete  shares the image no longer, deletes it and its snapshots, starts an instance that was stopped for the image;
        prints what it left. An unattended run never creates, and deletes only what a person's run has given up

Persisted in state files, so never renamed: this module's path, both class names, the type token
`pulumi-python:dynamic/source_image:SourceImage` and the names of inputs and outputs.

The stack's setting that is read: `sourceProfile` in the project's namespace, as by InstanceTransfer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from transfer_provider.channels.process import end_with_engine, in_its_own_words
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.cloud.errors import Refused
from transfer_provider.model.copies import (
    AVAILABLE,
    GONE,
    MAKING,
    NOT_MADE,
    MachineImage,
    Origin,
    SourcePower,
    image_message,
)
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner
from transfer_provider.model.text import printable

if TYPE_CHECKING:
    from transfer_provider.channels.images import Images
    from transfer_provider.cloud.client import Cloud
    from transfer_provider.model.inventory import Instance

TYPE = "pulumi-python:dynamic/source_image:SourceImage"

INPUTS = (
    "instance_id",
    "region",
    "recipient_account_id",
    "handover",
    "project",
    "stack",
    "channel",
    "copy",
    "original",
    "take_image",
    "source",
    "status",
    "why",
    "protected",
    "given_up",
)
IDENTITY = ("instance_id", "region")
# As it was when it began: a handover that gets another name keeps its image, which was tagged by the former.
KEPT = ("handover", "project", "stack", "original")

OUTPUTS = (
    "image_id",
    "image_status",
    "progress",
    "snapshot_ids",
    "was_running",
    "source_account_id",
    "status_message",
)


class SourceImageProvider(dynamic.ResourceProvider):
    """The operations of the table above. Stateless until configured, so that it is stored by reference."""

    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Called once in the provider's process, with the stack's settings."""
        end_with_engine()
        self._profile: str | None = req.config.get("sourceProfile") or None
        self._lock = threading.Lock()
        self._regions: dict[str, tuple[Cloud, Images]] = {}

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        changed = [key for key in INPUTS if key not in KEPT and olds.get(key) != news.get(key)]
        replaced = [key for key in IDENTITY if key in changed]
        return dynamic.DiffResult(changes=bool(changed), replaces=replaced, delete_before_replace=True)

    @in_its_own_words
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        instance_id = props["instance_id"]
        refuse_unattended(f"begin the copy of {instance_id}")
        cloud, _ = self._of(props)
        instance = self._instance(props)
        outputs: dict[str, Any] = {
            "source_account_id": cloud.account_id(),
            "was_running": instance.status in ("Running", "Starting"),
            "snapshot_ids": [],
        }
        if props["source"] in (SourcePower.STOPPED, SourcePower.CUT_OVER):
            self._stop(props)
        made = self._made(props) if props["take_image"] else None
        return dynamic.CreateResult(f"copy-of-{instance_id}", _inputs(props) | outputs | _of_image(made))

    @in_its_own_words
    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        if props.get("image_status") not in MAKING:
            return dynamic.ReadResult(id_, props)
        _, images = self._of(props)
        found = images.find(props["image_id"], _owner(props))
        now = _of_image(found) if found else _gone(props)
        if now["image_status"] != props["image_status"]:
            report = pulumi.log.info if now["image_status"] == AVAILABLE else pulumi.log.warn
            report(printable(f"{props['instance_id']}: {now['status_message']}"))
        return dynamic.ReadResult(id_, props | now)

    @in_its_own_words
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        outputs = {key: olds.get(key) for key in OUTPUTS}
        props = _inputs(news) | {key: olds[key] for key in KEPT}
        if news["take_image"] and not olds.get("image_id"):
            outputs |= _of_image(self._made(props))
        if news["source"] != olds.get("source"):
            if news["source"] == SourcePower.CUT_OVER:
                self._stop(props)
            elif news["source"] == SourcePower.STARTED and olds.get("was_running"):
                self._start(props)
        return dynamic.UpdateResult(props | outputs)

    @in_its_own_words
    def delete(self, id_: str, props: dict[str, Any]) -> None:
        instance_id = props["instance_id"]
        doing = f"clean up the copy of {instance_id}"
        if not props.get("given_up"):
            refuse_unattended(doing)
        cloud, images = self._of(props)
        self._require_account(cloud, props, doing)
        left: list[str] = []
        done = ["no image was made"]
        if props.get("image_id"):
            left = images.remove(props["image_id"], props.get("snapshot_ids") or (), doing=doing)
            done = [f"the image {props['image_id']} and its snapshots are deleted"] if not left else []
        unfinished = props.get("status") != Status.COPIED
        if props.get("source") == SourcePower.STOPPED and props.get("was_running") and unfinished:
            self._start(props)
            done.append(f"{instance_id} is started again at the source")
        _log(f"The copy of {instance_id}: {'; '.join([*done, *left])}. The instance stays with the source.")

    def _made(self, props: Mapping[str, Any]) -> MachineImage:
        """The image, made now or in an earlier run. Past that nothing may fail, or the stack would lose it."""
        _, images = self._of(props)
        image, adopted = images.make(_origin(props))
        verb = "Tracking" if adopted else "Making"
        _log(f"{verb} the image {image.image_id} of {props['instance_id']}.")
        return image

    def _instance(self, props: Mapping[str, Any]) -> Instance:
        from transfer_provider.cloud import instances

        cloud, _ = self._of(props)
        found = instances.query(cloud, [props["instance_id"]]).get(props["instance_id"])
        if found is None:
            raise Refused(
                f"Could not copy {props['instance_id']}: account {cloud.account_id()} lists no such instance in "
                f"{cloud.region}. Check the instance id, its region, and that the profile belongs to the source."
            )
        return found

    def _stop(self, props: Mapping[str, Any]) -> None:
        from transfer_provider.channels import power

        power.stop(self._of(props)[0], props["instance_id"])
        _log(f"{props['instance_id']} is being stopped at the source.")

    def _start(self, props: Mapping[str, Any]) -> None:
        from transfer_provider.channels import power

        power.start(self._of(props)[0], props["instance_id"])
        _log(f"{props['instance_id']} is started again at the source.")

    def _require_account(self, cloud: Cloud, props: Mapping[str, Any], doing: str) -> None:
        """What another account does not list is not gone."""
        from transfer_provider.cloud.accounts import require_account

        require_account(
            cloud,
            [str(props["source_account_id"])],
            doing=doing,
            expected_by="the image was made by account",
            remedy="Use the source account's profile (`pulumi config set sourceProfile NAME`).",
        )

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


class SourceImage(dynamic.Resource, module="source_image", name="SourceImage"):
    """The image of an instance that is handed over by a copy, in the source's account. A `Handover` declares it.

    `copy` is what the copy is declared with, `original` what the source's instance was when it began; `take_image`,
    `source` (a `SourcePower`), `status` and `why` it failed are the program's decisions for this run. `protected` is
    whether its options protect it; `given_up`: no file declares it any more, and its image is still being made.
    """

    original: pulumi.Output[dict[str, Any]]
    image_id: pulumi.Output[str]
    """Empty until it is made."""
    image_status: pulumi.Output[str]
    progress: pulumi.Output[int]
    """How much of the image is made, in percent."""
    snapshot_ids: pulumi.Output[list[str]]
    was_running: pulumi.Output[bool]
    """Whether the source's instance ran when the copy began."""
    source_account_id: pulumi.Output[str]
    status_message: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        instance_id: str,
        region: str,
        recipient_account_id: str,
        handover: str,
        owner: Owner,
        copy: Mapping[str, Any],
        original: Mapping[str, Any],
        take_image: bool,
        source: str,
        status: str,
        why: str,
        protected: bool,
        given_up: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = dict.fromkeys(OUTPUTS) | {
            "instance_id": instance_id,
            "region": region,
            "recipient_account_id": recipient_account_id,
            "handover": handover,
            "project": owner.project,
            "stack": owner.stack,
            "channel": "image",
            "copy": dict(copy),
            "original": dict(original),
            "take_image": take_image,
            "source": source,
            "status": status,
            "why": why,
            "protected": protected,
            "given_up": given_up,
        }
        super().__init__(SourceImageProvider(), resource_name, props, opts)


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS if key in props}


def _owner(props: Mapping[str, Any]) -> Owner:
    return Owner(props["project"], props["stack"])


def _origin(props: Mapping[str, Any]) -> Origin:
    return Origin(_owner(props), props["handover"], props["instance_id"])


def _of_image(image: MachineImage | None) -> dict[str, Any]:
    """An image as the resource's outputs. Never absent: what a preview does not find in the state, it shows as
    unknown."""
    if image is None:
        message = image_message(NOT_MADE, None, "")
        return {"image_id": "", "image_status": NOT_MADE, "progress": 0, "status_message": message}
    progress = 100 if image.status == AVAILABLE else image.progress or 0
    return {
        "image_id": image.image_id,
        "image_status": image.status,
        "progress": progress,
        "snapshot_ids": image.snapshot_ids,
        "status_message": image_message(image.status, progress, image.image_id),
    }


def _gone(props: Mapping[str, Any]) -> dict[str, Any]:
    return {"image_status": GONE, "status_message": image_message(GONE, None, props["image_id"])}


def _log(message: str) -> None:
    """Ids and messages are Alibaba Cloud's own words."""
    pulumi.log.info(printable(message))
