"""Who makes images: what the cloud does to those in the making, before its time or otherwise than the world has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.models.errors import SandboxError
from sandbox.models.images import Image
from sandbox.state.cloud import CloudState


@dataclass(frozen=True)
class Standing:
    """How far an image is, whose it is, and with whom it is shared."""

    id: str
    name: str
    region: str
    account_id: str
    account_name: str
    status: str
    progress: str
    shared_with: tuple[str, ...]
    copied_from: str
    created: datetime
    done: datetime | None


class ImageMaker:
    """Lists images, and ends the making of one. Both ends raise SandboxError where it isn't in the making."""

    def __init__(self, cloud: CloudState) -> None:
        self._cloud = cloud

    def images(self) -> list[Standing]:
        """Every account's own images, oldest first."""
        with self._cloud.lock:
            return [self._standing(image) for image in self._cloud.image_store.everything() if image.owner == "self"]

    def finish(self, image_id: str) -> Standing:
        """It is made now; so are its snapshots."""
        return self._ended(image_id, fails=False)

    def fail(self, image_id: str) -> Standing:
        """It ends as CreateFailed now, and its snapshots as failed."""
        return self._ended(image_id, fails=True)

    def _ended(self, image_id: str, *, fails: bool) -> Standing:
        with self._cloud.lock:
            now = self._cloud.clock.now()
            image = next((image for image in self._cloud.image_store.everything() if image.id == image_id), None)
            if image is None:
                raise SandboxError(f"There is no image {image_id}. `alicloud-sandbox image list` shows all of them.")
            status = image.status_at(now)
            if status != "Creating":
                raise SandboxError(f"Image {image_id} is {status}; only one in the making can be finished or fail.")
            end = {"fails_at": now} if fails else {"done": now, "fails_at": None}
            ended = image.model_copy(update=end)
            self._cloud.image_store.put(ended)
            ids = {disk.snapshot for disk in image.disks}
            for snapshot in self._cloud.snapshot_store.everything():
                if snapshot.id in ids:
                    self._cloud.snapshot_store.put(snapshot.model_copy(update=end))
            return self._standing(ended)

    def _standing(self, image: Image) -> Standing:
        now, owner = self._cloud.clock.now(), self._cloud.image_store.owner_of(image.id)
        return Standing(
            id=image.id,
            name=image.name,
            region=image.region,
            account_id=owner,
            account_name=self._cloud.accounts[owner].name,
            status=image.status_at(now),
            progress=image.progress_at(now),
            shared_with=tuple(share.account for share in image.shares),
            copied_from=image.copied_from,
            created=image.created,
            done=image.done,
        )
