"""`channel: image` with the real engine: the whole way of a copy, failures, killed runs, and what removing it does."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.world import World
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import DB_01, RECIPIENT, SOURCE, WEB_02, Project, Run
from transfer_provider.cloud import disks, instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.inventory import Instance
from transfer_provider.model.ownership import Owner

VSWITCH, GROUP = "vsw-bp1orchid00000001", "sg-bp1orchid000000web"
RECREATE: dict[str, Any] = {"vswitch_id": VSWITCH, "security_groups": [GROUP]}
OWNER = Owner.of("instance-handover", "sandbox")
KEY, THEIR_KEY = "key-acme0001", "key-orchid0001"
MADE_IN = timedelta(minutes=6)
MAKERS = ("CreateImage", "CopyImage", "RunInstances")


def with_instance(world: World, instance_id: str, **changes: Any) -> World:
    """The world with one instance of the source's changed."""
    there = [
        account.model_copy(
            update={
                "instances": tuple(
                    instance.model_copy(update=changes) if instance.id == instance_id else instance
                    for instance in account.instances
                )
            }
        )
        for account in world.accounts
    ]
    return world.model_copy(update={"accounts": tuple(there)})


def encrypted(world: World, instance_id: str) -> World:
    """The world with all disks of one of the source's instances encrypted with a customer's key."""
    instance = next(one for one in world.account(SOURCE).instances if one.id == instance_id)
    sealed = tuple(disk.model_copy(update={"encrypted": True, "kms_key": KEY}) for disk in instance.disks)
    return with_instance(world, instance_id, disks=sealed)


@pytest.fixture
def stack(project: Project) -> Project:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    return project


def declare(project: Project, name: str, instance_id: str, **more: Any) -> None:
    given = {"channel": "image", "recreate": RECREATE} | more
    project.declare(name, instance_id, **given)


def status(project: Project, name: str) -> str:
    return str(outputs(project, name)["status"])


def outputs(project: Project, name: str) -> dict[str, Any]:
    found: dict[str, Any] = project.outputs()["handovers"][name]
    return found


def up(project: Project) -> Run:
    run = project.up()
    assert run.ok, run.text
    return run


def made(cloud: Cloud) -> list[Instance]:
    """The instances that the stack made."""
    return list(instances.tagged(cloud, OWNER.tags))


def images_of(cloud: Cloud) -> list[MachineImage]:
    return list(images.tagged(cloud, OWNER.tags))


class TestTheWholeWay:
    @pytest.fixture
    def world(self, world: World) -> World:
        return encrypted(world, DB_01)

    def test_with_encryption_data_disks_an_own_image_and_a_source_that_is_stopped_for_it(
        self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
    ) -> None:
        copy = {
            "stop_source": True,
            "instance_type": "ecs.g7.xlarge",
            "kms_key_id": THEIR_KEY,
            "private_ip": "10.20.0.77",
            "data_disks": [{"device": "/dev/xvdb", "size_gib": 100, "category": "cloud_essd"}],
        }
        declare(stack, "db-01", DB_01, recreate=RECREATE | {"eip": {"bandwidth": 5}}, copy=copy)

        up(stack)  # The source's instance is stopped first; nothing waits for that.
        assert status(stack, "db-01") == "Imaging"
        assert not cloud.log.entries("CreateImage")
        cloud.clock.advance(timedelta(minutes=1))
        assert instances.query(source, [DB_01])[DB_01].status == "Stopped"

        up(stack)
        cloud.clock.advance(timedelta(minutes=2))
        halfway = up(stack)
        assert "The image m-" in halfway.text
        assert re.search(r"is being made \([45]\d %\)", halfway.text), halfway.text
        assert instances.query(source, [DB_01])[DB_01].status == "Stopped"

        cloud.clock.advance(MADE_IN)
        preview = stack.preview()
        assert preview.ok, preview.text
        assert '"stopped for the image" => "started again"' in preview.text
        up(stack)
        assert status(stack, "db-01") == "Copying"
        cloud.clock.advance(MADE_IN)
        assert instances.query(source, [DB_01])[DB_01].status == "Running"

        up(stack)
        assert status(stack, "db-01") == "Starting"
        assert not cloud.log.entries("AllocateEipAddress")
        up(stack)
        found = outputs(stack, "db-01")
        (copied,) = made(recipient)
        assert (found["status"], found["new_instance_id"]) == ("Copied", copied.instance_id)
        assert "which this tool never does" in found["status_message"]
        assert found["new_address"] == accounts.addresses(recipient)[0].ip
        assert (copied.status, copied.private_ip, copied.instance_type) == ("Running", "10.20.0.77", "ecs.g7.xlarge")
        assert set(copied.security_group_ids) == {GROUP}
        assert copied.tags["project"] == "orchid"
        assert sorted(
            (disk.type, disk.size_gib, disk.encrypted, disk.kms_key_id)
            for disk in disks.query(recipient, [copied.instance_id])[copied.instance_id]
        ) == [("data", 100, True, THEIR_KEY), ("system", 40, True, THEIR_KEY)]
        assert "Password" not in str(cloud.log.entries("RunInstances"))

        # What is settled is not queried again, and nothing changes.
        assert stack.preview("--expect-no-changes").ok
        (image,), (own,) = images_of(source), images_of(recipient)
        assert image.image_id != own.image_id
        assert len(cloud.log.entries("CreateImage")) == len(cloud.log.entries("CopyImage")) == 1
        assert len(cloud.log.entries("RunInstances")) == 1

        # Removed: all of it is protected.
        stack.remove("db-01")
        refused = stack.up()
        assert not refused.ok
        assert "it is protected" in refused.text or "nothing was declared" in refused.text.lower()
        assert made(recipient)


class TestAFailure:
    @pytest.fixture
    def world(self, world: World) -> World:
        return with_instance(world, DB_01, image_fails=True)

    def test_says_why_starts_the_source_again_tries_nothing_and_is_cleaned_up(
        self, stack: Project, cloud: Sandbox, source: Cloud
    ) -> None:
        declare(stack, "db-01", DB_01, copy={"stop_source": True})
        up(stack)
        cloud.clock.advance(timedelta(minutes=1))
        up(stack)
        cloud.clock.advance(MADE_IN)
        run = up(stack)
        found = outputs(stack, "db-01")
        assert found["status"] == "CopyFailed", run.text
        assert "CreateFailed" in found["status_message"]
        assert "Nothing is tried again by itself" in found["status_message"]
        cloud.clock.advance(timedelta(minutes=1))
        assert instances.query(source, [DB_01])[DB_01].status == "Running"

        up(stack)
        assert len(cloud.log.entries("CreateImage")) == 1
        stack.remove("db-01")
        declare(stack, "web-02", WEB_02)
        removed = up(stack)
        assert "its snapshots are deleted" in removed.text
        assert [image.tags["instance-handover:instance"] for image in images_of(source)] == [WEB_02]


def test_an_unfinished_copy_that_is_removed_is_cleaned_up_at_both_accounts_and_can_be_begun_again(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    declare(stack, "db-01", DB_01)
    declare(stack, "web-02", WEB_02)
    up(stack)
    stack.remove("db-01")
    early = stack.up()
    assert not early.ok
    assert "is still being made" in early.text, early.text
    cloud.clock.advance(MADE_IN)
    declare(stack, "db-01", DB_01)
    up(stack)
    assert status(stack, "db-01") == "Copying"
    stack.remove("db-01")
    removed = up(stack)
    # Shared no longer before it is deleted, and the copy in the making before both.
    order = [entry.action for entry in cloud.log.entries() if entry.action in ORDER]
    assert order[-1] != "ModifyImageSharePermission"
    assert order.index("CancelCopyImage") < order.index("DeleteImage")
    assert "The instance stays with the source." in removed.text
    assert {image.tags["instance-handover:handover"] for image in images_of(source)} == {"web-02"}
    assert {image.tags["instance-handover:handover"] for image in images_of(recipient)} == {"web-02"}

    declare(stack, "db-01", DB_01)
    up(stack)
    assert status(stack, "db-01") == "Imaging"
    assert len(images_of(source)) == 2


ORDER = ("CancelCopyImage", "ModifyImageSharePermission", "DeleteImage", "DeleteSnapshot")


class TestKilledRuns:
    def killed(self, project: Project, cloud: Sandbox, action: str) -> None:
        cloud.faults.add(Fault(action=action, kind="delay", seconds=5))
        count = len(cloud.log.entries(action))
        project.broken_off(signal.SIGKILL, when=lambda: len(cloud.log.entries(action)) > count)
        cloud.faults.clear()
        project.end_strays()
        assert project.pulumi("cancel", "--yes", project.stack, stacked=False).ok

    def test_at_each_step_leave_one_image_one_own_image_and_one_instance(
        self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
    ) -> None:
        declare(stack, "web-02", WEB_02)
        steps: list[tuple[str, Callable[[], object]]] = [
            ("CreateImage", lambda: cloud.clock.advance(MADE_IN)),
            ("CopyImage", lambda: cloud.clock.advance(MADE_IN)),
            ("RunInstances", lambda: None),
        ]
        for action, then in steps:
            self.killed(stack, cloud, action)
            up(stack)
            then()
        for _ in range(2):
            up(stack)
        assert status(stack, "web-02") == "Copied"
        assert len(images_of(source)) == len(images_of(recipient)) == len(made(recipient)) == 1

    def test_cut_answers_double_nothing(self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud) -> None:
        declare(stack, "web-02", WEB_02)
        for action in ("CreateImage", "CopyImage", "ModifyImageSharePermission", "RunInstances"):
            cloud.faults.add(Fault(action=action, kind="cut-after", times=1))
        for _ in range(5):
            if not stack.up().ok:
                up(stack)
            cloud.clock.advance(MADE_IN)
        assert status(stack, "web-02") == "Copied"
        assert len(images_of(source)) == len(images_of(recipient)) == len(made(recipient)) == 1


def test_a_cutover_stops_the_source_once_the_copy_is_verified(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    declare(stack, "web-02", WEB_02, copy={"own_image": False}, cutover={"source": "stop"})
    up(stack)
    cloud.clock.advance(MADE_IN)
    up(stack)
    assert instances.query(source, [WEB_02])[WEB_02].status == "Running"
    up(stack)
    cloud.clock.advance(timedelta(minutes=1))
    assert status(stack, "web-02") == "Copied"
    assert instances.query(source, [WEB_02])[WEB_02].status == "Stopped"
    assert "is stopped at the source" in outputs(stack, "web-02")["status_message"]
    assert not cloud.log.entries("DeleteInstance")
    assert RECIPIENT in images.shared_with(source, images_of(source)[0].image_id)


def test_images_that_a_person_deletes_once_it_is_copied_stop_no_later_run_and_change_nothing(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    def delete_images(instance_id: str) -> None:
        for account in (source, recipient):
            (image,) = (one for one in images_of(account) if one.tags["instance-handover:instance"] == instance_id)
            images.unshare(account, image.image_id, RECIPIENT)
            force = {"RegionId": account.region, "ImageId": image.image_id, "Force": "true"}
            account.ask(images.DELETE_IMAGE, force, doing="delete an image")
            if account is source:
                assert all(images.delete_snapshot(account, snapshot_id) for snapshot_id in image.snapshot_ids)

    declare(stack, "web-02", WEB_02, recreate=RECREATE | {"eip": {"bandwidth": 5}})
    declare(stack, "db-01", DB_01)
    for _ in range(4):
        up(stack)
        cloud.clock.advance(MADE_IN)
    before = [outputs(stack, name) for name in ("web-02", "db-01")]
    assert [found["status"] for found in before] == ["Copied", "Copied"]

    delete_images(WEB_02)
    cloud.log.clear()
    up(stack)
    delete_images(DB_01)
    assert stack.up("--refresh=false").ok
    assert stack.preview("--expect-no-changes").ok
    assert [outputs(stack, name) for name in ("web-02", "db-01")] == before
    # Shared no longer by the person, at either account; nothing by the stack.
    assert len(cloud.log.entries("ModifyImageSharePermission")) == 2
    assert not [cloud.log.entries(action) for action in MAKERS if cloud.log.entries(action)]
    assert {instance.instance_id for instance in made(recipient)} == {found["new_instance_id"] for found in before}


def test_status_and_watch_follow_a_copy_that_a_person_began_and_never_begin_one(
    stack: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    declare(stack, "web-02", WEB_02, recreate=RECREATE | {"eip": {"bandwidth": 5}}, copy={"own_image": False})
    nothing = stack.handover("watch", "--up", "--interval", "0.2")
    assert nothing.code == 3, nothing.text
    assert not cloud.log.entries("CreateImage")

    def stands() -> tuple[str, str]:
        run = stack.handover("status", "--json")
        assert run.ok, run.text
        (found,) = json.loads(run.text)["handovers"]
        return found["status"], found["next"]

    up(stack)
    cloud.clock.advance(timedelta(minutes=2))
    cloud.log.clear()
    now, what = stands()
    assert now == "Imaging"
    assert re.search(r"is being made \([45]\d %\)", what), what
    assert len(cloud.log.entries()) <= 8, [entry.action for entry in cloud.log.entries()]

    cloud.clock.advance(MADE_IN)
    _, what = stands()
    assert what == "The next `pulumi up` shares the image with the recipient and makes the recipient's instance."
    ended = stack.handover("watch", "--up", "--interval", "0.2")
    assert (ended.code, "All is settled" in ended.text) == (0, True), ended.text
    assert stands()[0] == "Copied"
    assert len(made(recipient)) == 1
    assert accounts.addresses(recipient)[0].instance_id == made(recipient)[0].instance_id

    # What an unattended run would have to begin, or to clean up, it leaves alone.
    declare(stack, "db-01", DB_01)
    refused = stack.pulumi("up", "--yes", "--skip-preview", environment={"HANDOVER_UNATTENDED": "1"})
    assert not refused.ok
    assert "Could not run unattended" in refused.text
    shown = stack.handover("show", "web-02")
    assert shown.ok, shown.text
    assert "Copied" in shown.text
