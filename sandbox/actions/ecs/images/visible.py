"""Which images an account may see and use: its own, those offered to everybody, those shared with it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.actions.call import Call
from sandbox.models.errors import ApiError
from sandbox.models.images import Image, ImageOwner
from sandbox.models.instances import Instance

# What an instance of a world is made from unless the world says otherwise: everybody may use it.
COMMON = str(Instance.model_fields["image"].default)


@dataclass(frozen=True)
class Visible:
    """An image as the caller sees it. `owner` is the account that has it; None: Alibaba Cloud."""

    image: Image
    owner: str | None
    alias: ImageOwner

    @property
    def shared(self) -> bool:
        """Whether the caller sees it because another account shares it."""
        return self.alias == "others" and self.owner is not None


def visible(call: Call, region: str) -> list[Visible]:
    """The images of a region that the caller may see, and those that its instances were made from."""
    store = call.cloud.image_store
    found = []
    for image in store.everything():
        owner = store.owner_of(image.id)
        if image.region != region:
            continue
        if owner == call.account.id or image.owner in ("system", "marketplace"):
            found.append(Visible(image, owner, image.owner))
        elif image.shared_with(call.account.id):
            found.append(Visible(image, owner, "others"))
    # What no account has is Alibaba Cloud's own; there are many more of those, but nobody here uses them.
    used = {
        holding.instance.image
        for holding in call.cloud.holdings()
        if holding.owner == call.account.id and holding.instance.region == region
    }
    unknown = used - {image.id for image in store.everything()} - call.cloud.images_that_were
    found += [Visible(Image(id=image_id, region=region, owner="system"), None, "system") for image_id in unknown]
    return sorted(found, key=lambda entry: entry.image.id)


def one_visible(call: Call, region: str, image_id: str) -> Visible:
    """One image that the caller may use. Raises 404 for any other."""
    for entry in visible(call, region):
        if entry.image.id == image_id:
            return entry
    if image_id == COMMON:
        return Visible(Image(id=COMMON, region=region, owner="system"), None, "system")
    raise not_found()


def own(call: Call) -> Image:
    """The image of ImageId, in the region of RegionId: the caller's. Raises 404 for any other."""
    region, image_id = call.region(), call.required("ImageId")
    image = call.cloud.image_store.get(image_id, call.account.id, region)
    if image is None or image.owner != "self":
        raise not_found()
    return image


def not_found() -> ApiError:
    """There is no such image, or it is not for the caller."""
    return ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
