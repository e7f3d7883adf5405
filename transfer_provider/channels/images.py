"""The images that copies are made by, in one account: made once, looked up together, removed with what belongs to them.

Nothing doubled, nothing lost: before an image is made, the stack's images are looked up by their tags; a request has a
token derived from its content; and an image has the same name in each run, of which an account has one only. A token
whose image is gone is used up: Alibaba Cloud answers it with the id of what was deleted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.cloud.errors import HandoverError, Refused, TryAgain
from transfer_provider.cloud.polls import QUERY_SECONDS
from transfer_provider.model.copies import MAKING, MachineImage, Origin, client_token
from transfer_provider.model.ownership import INSTANCE, Owner
from transfer_provider.model.text import printable

MOST_TOKENS = 5  # how often in a row the same image is made and deleted while Alibaba Cloud knows the tokens

Make = Callable[[str], str]  # of a token, the image's id


class Images:
    """The images that a stack made in an account's region. Thread-safe; they are listed together, 100 a call."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._listed: dict[Owner, tuple[float, Mapping[str, MachineImage] | HandoverError]] = {}

    def make(self, origin: Origin) -> tuple[MachineImage, bool]:
        """An image of the instance with all its disks, and whether it is there from an earlier run."""
        content = {"instance": origin.instance_id, "name": origin.image_name, "tags": dict(origin.tags)}
        return self._once(
            origin,
            lambda earlier: client_token("CreateImage", content, earlier),
            lambda token: images.create(self._cloud, origin.instance_id, origin, token),
        )

    def copy(
        self, image_id: str, origin: Origin, *, encrypted: bool, kms_key_id: str | None
    ) -> tuple[MachineImage, bool]:
        """The account's own copy of an image that is shared with it, and whether it is there from an earlier run."""
        content: dict[str, object] = {"image": image_id, "name": origin.image_name, "tags": dict(origin.tags)}
        content |= {"encrypted": encrypted, "key": kms_key_id}
        return self._once(
            origin,
            lambda earlier: client_token("CopyImage", content, earlier),
            lambda token: images.copy(self._cloud, image_id, origin, token, encrypted=encrypted, kms_key_id=kms_key_id),
        )

    def find(self, image_id: str, owner: Owner) -> MachineImage | None:
        """The image as it is now; None only where it is confirmed not found. Raises as a call does."""
        found = self._of(owner).get(image_id)
        return found or images.query(self._cloud, [image_id]).get(image_id)

    def current(self, image_id: str) -> MachineImage | None:
        """The image as it is at this moment."""
        return images.query(self._cloud, [image_id]).get(image_id)

    def remove(self, image_id: str, snapshot_ids: Iterable[str], *, doing: str) -> list[str]:
        """Delete an image and its snapshots; what was left, a sentence each.

        It is shared no longer first. Raises TryAgain while it is being made and can't be given up yet.
        """
        with self._lock:
            self._listed.clear()  # What is made anew in this run is not taken for this one.
        image = self.current(image_id)
        snapshots = dict.fromkeys([*snapshot_ids, *(image.snapshot_ids if image else ())])
        if image is not None:
            for account_id in images.shared_with(self._cloud, image_id):
                images.unshare(self._cloud, image_id, account_id)
            if not self._deleted(image, doing):
                listed = ", ".join(snapshots) or "its snapshots"
                return [f"{image_id} and {listed} stay: an instance was made from the image and may need it"]
        left = []
        for snapshot_id in snapshots:
            try:
                images.delete_snapshot(self._cloud, snapshot_id)
            except Refused as error:
                left.append(f"the snapshot {snapshot_id} stays ({error.code})")
        return left

    def _deleted(self, image: MachineImage, doing: str) -> bool:
        """Whether it is gone; not where an instance uses it."""
        image_id = image.image_id
        try:
            if image.status in MAKING:
                try:
                    images.cancel_copy(self._cloud, image_id)
                except Refused as error:
                    # Done meanwhile; or no copy, which is deleted as any other.
                    if error.code not in ("IncorrectImageStatus", "ImageCreatedNotFromCopy", "CancelNotSupported"):
                        raise
                else:
                    return True
            images.delete(self._cloud, image_id)
        except Refused as error:
            if error.code == images.IN_USE:
                return False
            if image.status in MAKING:
                done = "" if image.progress is None else f", {image.progress} % by now"
                raise TryAgain(
                    printable(
                        f"Could not {doing}: the image {image_id} is still being made{done}, and can't be deleted "
                        f"before that is over ({error.code}, RequestId {error.request_id}). The state keeps it: run "
                        "the same command again then."
                    )
                ) from None
            raise
        return True

    def _once(self, origin: Origin, token: Callable[[Iterable[str]], str], make: Make) -> tuple[MachineImage, bool]:
        made = [image for image in self._of(origin.owner).values() if image.tags.get(INSTANCE) == origin.instance_id]
        if len(made) > 1:
            listed = ", ".join(sorted(image.image_id for image in made))
            raise Refused(
                f"Could not choose the image of {origin.instance_id}: by their tags {listed} were all made for it by "
                "this stack. Delete those not needed in the console, then run `pulumi up` again."
            )
        if made:
            return made[0], True
        used_up: list[str] = []
        while True:
            try:
                image_id = make(token(used_up))
            except Refused as refusal:
                if refusal.code != images.NAME_TAKEN:
                    raise
                return self._of_this_name(origin, refusal), True
            image = self._answered(image_id)
            if image is not None or len(used_up) >= MOST_TOKENS:
                return image or MachineImage(image_id, origin.image_name, "Creating", 0), False
            used_up.append(image_id)

    def _answered(self, image_id: str) -> MachineImage | None:
        """What a request led to; None where that was deleted before. Past the request nothing may fail."""
        try:
            return self.current(image_id)
        except HandoverError:
            return MachineImage(image_id, "", "Creating", 0)

    def _of_this_name(self, origin: Origin, refusal: Refused) -> MachineImage:
        """The account's image of this name, which has to be this copy's."""
        found = images.named(self._cloud, origin.image_name)
        if found is None or any(found.tags.get(key) != value for key, value in origin.owner.tags.items()):
            raise refusal
        return found

    def _of(self, owner: Owner) -> Mapping[str, MachineImage]:
        """The stack's images by id. A query that failed has failed for everybody who waits for it."""
        with self._lock:
            began, found = self._listed.get(owner, (None, {}))
            if began is None or time.monotonic() - began > QUERY_SECONDS:
                try:
                    found = self._query(owner)
                except HandoverError as failure:
                    found = failure
                self._listed[owner] = (time.monotonic(), found)
        if isinstance(found, HandoverError):
            raise found
        return found

    def _query(self, owner: Owner) -> Mapping[str, MachineImage]:
        return {image.image_id: image for image in images.tagged(self._cloud, owner.tags)}
