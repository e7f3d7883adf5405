"""The real alicloud plugin makes a copy for another account: image, share, copy, new instance.

What it can do with these resources is in the first test. What it can't was measured with it (1.285.0 of the Terraform
provider that it wraps) by killing it half-way, and is partly kept as tests, so that they fail when it gets better:

* `ecs.Image` waits by `DescribeImages` without a Status, which lists images that are Available. So it doesn't see one
  that is Creating or CreateFailed: it waits for its create timeout (10 minutes by default) even where the image has
  failed. A refresh meanwhile, as every run with `refresh: always` makes, takes the image out of the state, and the next
  `up` calls CreateImage again: refused while the first is in the making (IncorrectDiskStatus.CreatingSnapshot) or where
  it has the same name (InvalidImageName.Duplicated), else a second image. A destroy leaves it behind. Without any
  refresh the next `up` is an update, which waits up to 10 minutes more.
* `ecs.ImageCopy` waits 60 s at least, then up to its timeout. A refresh keeps one that is Creating and takes it for
  made: the next `up` calls RunInstances of it (OperationDenied.ImageNotValid). Destroyed then, it calls DeleteImage,
  never CancelCopyImage, and fails (OperationDenied.ImageCopying).
* `ecs.Image` and `ecs.Instance` send a ClientToken that is made anew for each create, `ecs.ImageCopy` none. After
  `kill -9` the state knows only that a create was pending. The next `up` makes a second instance, a second copy and a
  second image, unless a name or a private address is in the way. A lost answer of CreateImage or RunInstances is asked
  for again with the same token and nothing is doubled; of CopyImage it ends the run, and the next makes a second copy.
* A throttled call ends the run where the plugin makes it without a retry (ModifyImageSharePermission, CopyImage,
  DescribeUserData and others of `ecs.Instance`, which is then in the state as failed, and made).
* By its source: another `image_id` of an `ecs.Instance` replaces its system disk in place; any change of `data_disks`
  or `system_disk_category` replaces the instance; `data_disks` are never read back. `ecs.ImageSharePermission` is
  taken for there as long as the image is shared with anybody.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.models.world import World, load, shipped
from sandbox.server.server import Sandbox
from sandbox.state.cloud import Holding
from tests.engine.project import RECIPIENT, SOURCE, Project, Run

RECIPIENTS_KEY = "key-bp1orchid0000001"

# The instance is encrypted with a key of the source's, and has a data disk of 200 GiB.
PROGRAM = '''"""A copy of an instance for another account; what may change is in wishes.json."""
import json
from pathlib import Path

import pulumi
import pulumi_alicloud as alicloud

wishes = json.loads(Path("wishes.json").read_text())
anywhere = {"region": "cn-hangzhou", "account_type": "Domestic", "skip_region_validation": True}
source = alicloud.Provider("source", profile="sandbox-source", **anywhere)
recipient = alicloud.Provider("recipient", profile="sandbox-recipient", **anywhere)
timeouts = pulumi.CustomTimeouts(create=wishes["timeout"])

image = alicloud.ecs.Image(
    "image",
    instance_id="i-bp1vault000000000001",
    image_name="vault-01",
    description="vault-01 for orchid",
    delete_auto_snapshot=True,
    tags={"project": "orchid"},
    opts=pulumi.ResourceOptions(provider=source, custom_timeouts=timeouts),
)
shares = []
if wishes["shared"]:
    shares.append(
        alicloud.ecs.ImageSharePermission(
            "share", image_id=image.id, account_id="1000000000000002", opts=pulumi.ResourceOptions(provider=source)
        )
    )
own = alicloud.ecs.ImageCopy(
    "own",
    source_image_id=image.id,
    source_region_id="cn-hangzhou",
    image_name="vault-01",
    description="vault-01",
    encrypted=True,
    kms_key_id="key-bp1orchid0000001",
    delete_auto_snapshot=True,
    tags={"project": "orchid"},
    opts=pulumi.ResourceOptions(provider=recipient, depends_on=shares),
)
common = {
    "image_id": own.id,
    "instance_type": "ecs.g7.large",
    "security_groups": ["sg-bp1orchid000000web", "sg-bp1orchid0000000db"],
    "vswitch_id": "vsw-bp1orchid00000001",
    "key_name": "orchid",
    "tags": wishes["tags"],
    "opts": pulumi.ResourceOptions(provider=recipient),
}
alicloud.ecs.Instance(
    "as-it-goes",
    instance_name="vault-01",
    private_ip="172.16.0.77",
    system_disk_category="cloud_essd",
    system_disk_size=60,
    data_disks=[{"device": "/dev/xvdb", "size": 300, "category": "cloud_essd", "name": "data", "encrypted": True}],
    **common,
)
alicloud.ecs.Instance(
    "in-advance", instance_name="vault-02", instance_charge_type="PrePaid", period=1, force_delete=True, **common
)
'''

WISHES: dict[str, Any] = {"shared": True, "tags": {"project": "orchid"}, "timeout": "10m"}

OF_THE_SOURCE = {
    "CreateImage",
    "DeleteImage",
    "DeleteSnapshot",
    "DescribeImageSharePermission",
    "DescribeImages",
    "ModifyImageSharePermission",
}
OF_THE_RECIPIENT = {
    "CopyImage",
    "DeleteImage",
    "DeleteInstance",
    "DeleteSnapshot",
    "DescribeDisks",
    "DescribeImages",
    "DescribeInstanceAttachmentAttributes",
    "DescribeInstanceAttribute",
    "DescribeInstanceAutoRenewAttribute",
    "DescribeInstanceMaintenanceAttributes",
    "DescribeInstanceRamRole",
    "DescribeInstances",
    "DescribeNetworkInterfaces",
    "DescribeUserData",
    "ModifyInstanceChargeType",
    "RunInstances",
    "TagResources",
}


@pytest.fixture
def world() -> World:
    """The world of images, in which they take two seconds."""
    images = load(shipped("images"))
    soon = {"image": timedelta(seconds=2), "image_copy": timedelta(seconds=2)}
    return images.model_copy(update={"times": images.times.model_copy(update=soon)})


@pytest.fixture
def program(tmp_path: Path, cloud: Sandbox) -> Iterator[Project]:
    """The program in a project of its own; whatever the plugin calls, the sandbox knows the action."""
    file = tmp_path / "copy.py"
    file.write_text(PROGRAM)
    made = Project.made(tmp_path / "project", cloud, program=file)
    wish(made)
    yield made
    made.end_strays()
    unknown = ("InvalidAction.NotFound", "InvalidParameter")
    assert [entry for entry in cloud.log.entries() if str(entry.error_code).startswith(unknown)] == []


def wish(program: Project, **changed: Any) -> None:
    (program.folder / "wishes.json").write_text(json.dumps(WISHES | changed))


def succeeds(run: Run) -> str:
    assert run.ok, run.text
    return run.text


def of_the_recipient(cloud: Sandbox) -> dict[str, Holding]:
    return {held.instance.name: held for held in cloud.state.holdings() if held.owner == RECIPIENT}


def own_images(cloud: Sandbox, account: str) -> list[str]:
    return [image.id for image in cloud.state.images(account) if image.owner == "self"]


def calls(cloud: Sandbox, action: str) -> int:
    return len(cloud.log.entries(action))


def test_the_whole_way_from_an_image_to_a_running_instance_and_back(program: Project, cloud: Sandbox) -> None:
    succeeds(program.up())
    made = of_the_recipient(cloud)
    instance = made["vault-01"].instance
    assert (instance.status, instance.private_ip, instance.key_pair) == ("Running", "172.16.0.77", "orchid")
    assert set(instance.security_groups) == {"sg-bp1orchid000000web", "sg-bp1orchid0000000db"}
    disks = [(disk.type, disk.size_gib, disk.encrypted) for disk in instance.disks]
    assert disks == [("system", 60, True), ("data", 300, True)]
    assert {disk.kms_key for disk in made["vault-02"].instance.disks} == {RECIPIENTS_KEY}
    assert (instance.charge_type, made["vault-02"].instance.charge_type) == ("PostPaid", "PrePaid")
    succeeds(program.up("--expect-no-changes"))

    wish(program, shared=False, tags={"project": "orchid", "stage": "live"})
    assert "- 1 deleted" in succeeds(program.up())
    (image,) = [image for image in cloud.state.images(SOURCE) if image.owner == "self"]
    assert image.shares == ()
    assert of_the_recipient(cloud)["vault-01"].instance.tags == {"project": "orchid", "stage": "live"}
    succeeds(program.up("--expect-no-changes"))

    succeeds(program.destroy())
    assert of_the_recipient(cloud) == {}
    for account in (SOURCE, RECIPIENT):
        assert own_images(cloud, account) == []
        assert cloud.state.snapshots(account) == []
    for profile, actions in (("sandbox-source", OF_THE_SOURCE), ("sandbox-recipient", OF_THE_RECIPIENT)):
        assert {entry.action for entry in cloud.log.entries() if entry.profile == profile} == actions
    assert (calls(cloud, "CreateImage"), calls(cloud, "CopyImage"), calls(cloud, "RunInstances")) == (1, 1, 2)


class TestAnImageThatTakesItsTime:
    @pytest.fixture
    def world(self, world: World) -> World:
        """It takes longer than the run waits, as most do."""
        return world.model_copy(update={"times": world.times.model_copy(update={"image": timedelta(hours=1)})})

    def test_the_plugin_loses_an_image_in_the_making(self, program: Project, cloud: Sandbox) -> None:
        wish(program, timeout="11s")
        assert "timeout while waiting for state to become 'Available'" in program.up().text
        (image_id,) = own_images(cloud, SOURCE)
        assert image_id in program.pulumi("stack", "export").text
        succeeds(program.refresh())
        assert image_id not in program.pulumi("stack", "export").text
        assert "IncorrectDiskStatus.CreatingSnapshot" in program.up().text
        cloud.images.finish(image_id)
        assert "InvalidImageName.Duplicated" in program.up().text
        succeeds(program.destroy())
        assert own_images(cloud, SOURCE) == [image_id]

    def test_the_plugin_does_not_see_that_an_image_failed(self, program: Project, cloud: Sandbox) -> None:
        wish(program, timeout="14s")
        running = program.started_up()
        while not own_images(cloud, SOURCE):
            assert running.poll() is None
            time.sleep(0.02)
        cloud.images.fail(own_images(cloud, SOURCE)[0])
        text, _ = running.communicate(timeout=120)
        assert "timeout while waiting for state to become 'Available'" in text
        assert "CreateFailed" not in text
