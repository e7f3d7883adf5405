"""The making of images is ended before its time, well or not."""

from __future__ import annotations

import pytest

from sandbox.models.errors import SandboxError
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import DB, RECIPIENT, SOURCE, Api


def begun(source: Api) -> str:
    return str(source.call("CreateImage", InstanceId=DB, ImageName="db-01")["ImageId"])


def test_an_image_is_finished_with_its_snapshots(cloud: Sandbox, source: Api) -> None:
    image_id = begun(source)
    assert cloud.images.finish(image_id).status == "Available"
    source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": RECIPIENT})
    (listed,) = cloud.images.images()
    assert (listed.account_id, listed.progress, listed.shared_with) == (SOURCE, "100%", (RECIPIENT,))
    now = cloud.clock.now()
    assert {snapshot.status(now) for snapshot in cloud.state.snapshots(SOURCE)} == {"accomplished"}


def test_an_image_fails_and_another_one_can_be_made(cloud: Sandbox, source: Api) -> None:
    image_id = begun(source)
    assert cloud.images.fail(image_id).status == "CreateFailed"
    now = cloud.clock.now()
    assert {snapshot.status(now) for snapshot in cloud.state.snapshots(SOURCE)} == {"failed"}
    source.call("DeleteImage", ImageId=image_id)
    assert cloud.images.finish(begun(source)).status == "Available"


def test_only_one_in_the_making_is_ended(cloud: Sandbox, source: Api) -> None:
    with pytest.raises(SandboxError, match="There is no image m-none"):
        cloud.images.fail("m-none")
    image_id = begun(source)
    cloud.images.finish(image_id)
    with pytest.raises(SandboxError, match="is Available; only one in the making"):
        cloud.images.fail(image_id)
