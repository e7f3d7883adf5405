"""`channel: image` with the real engine: the whole way of a copy, failures, killed runs, and what removing it does."""

from __future__ import annotations

import json
import re
import signal
from datetime import timedelta
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.world import Profile, World
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
        declare(stack, "db-01", DB_01, copy={"stop_source": True, "leave_stopped": True})
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


class TestAFileThatIsRemoved:
    """At each stage of its copy: what can't be cleaned up yet is kept, and nothing else waits for it."""

    @pytest.fixture
    def world(self, world: World) -> World:
        """With credentials of the recipient's that may delete nothing, and instances that take a minute to stop."""
        denied = Profile(name="without-deleting", kind="ram", denied=("CancelCopyImage", "DeleteImage"))
        accounts = tuple(
            account.model_copy(update={"profiles": (*account.profiles, denied)}) if account.id == RECIPIENT else account
            for account in world.accounts
        )
        times = world.times.model_copy(update={"stopping": timedelta(minutes=1)})
        return world.model_copy(update={"accounts": accounts, "times": times})

    def test_while_its_image_is_made_is_given_up_and_cleaned_up_by_a_watch(
        self, stack: Project, cloud: Sandbox, source: Cloud
    ) -> None:
        declare(stack, "db-01", DB_01, copy={"stop_source": True, "leave_stopped": True})
        up(stack)
        stack.remove("db-01")
        declare(stack, "web-02", WEB_02)
        stopping = up(stack)
        assert "db-01: The copy of i-bp1db" in stopping.text
        assert "is still being stopped, and can't be started again before" in stopping.text
        assert len(images_of(source)) == 1, "the other one was begun"

        # Put back, it goes on.
        cloud.clock.advance(timedelta(minutes=1))
        declare(stack, "db-01", DB_01, copy={"stop_source": True, "leave_stopped": True})
        up(stack)
        assert status(stack, "db-01") == "Imaging"
        assert len(images_of(source)) == 2

        stack.remove("db-01")
        shown = stack.handover("plan")
        assert "give the copy up, and delete its image once that is made" in shown.text, shown.text
        cloud.clock.advance(timedelta(minutes=2))
        kept = up(stack)
        unfinished = r"is still being made \(\d\d %\), and can't be deleted or cancelled before"
        assert re.search(unfinished, kept.text), kept.text
        assert not cloud.log.entries("DeleteImage")
        assert instances.query(source, [DB_01])[DB_01].status == "Stopped"
        again = stack.preview("--expect-no-changes")
        assert "is given up, and is cleaned up later" in again.text
        assert "is given up, and is cleaned up later" in stack.handover("status").text

        cloud.clock.advance(MADE_IN)
        watched = stack.handover("watch", "--up", "--once")
        assert "Running `pulumi up`: " in watched.text, watched.text
        assert [image.tags["instance-handover:instance"] for image in images_of(source)] == [WEB_02]
        cloud.clock.advance(timedelta(minutes=1))
        assert instances.query(source, [DB_01])[DB_01].status == "Running"
        assert "db-01" not in stack.handover("status").text

    def test_while_it_is_shared_or_copied_is_cleaned_up_at_both_accounts_also_by_a_killed_run(
        self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
    ) -> None:
        declare(stack, "db-01", DB_01)
        declare(stack, "web-02", WEB_02)
        up(stack)
        cloud.clock.advance(MADE_IN)
        up(stack)
        assert status(stack, "db-01") == "Copying"

        # Without the recipient's permission nothing is deleted at the source either, and what is left is named.
        stack.remove("db-01")
        stack.use("sandbox", side="both", recipientProfile="without-deleting")
        denied = stack.up()
        assert not denied.ok
        own = next(one for one in images_of(recipient) if one.tags["instance-handover:instance"] == DB_01)
        assert own.image_id in denied.text, denied.text
        assert "Forbidden.RAM" in denied.text
        assert len(images_of(source)) == 2
        stack.use("sandbox", side="both", recipientProfile="sandbox-recipient")

        killed(stack, cloud, "DeleteImage")
        removed = up(stack)
        order = [entry.action for entry in cloud.log.entries() if entry.action in ORDER]
        assert order.index("CancelCopyImage") < order.index("DeleteImage")
        assert "The instance stays with the source." in removed.text
        assert {image.tags["instance-handover:handover"] for image in images_of(source)} == {"web-02"}
        assert {image.tags["instance-handover:handover"] for image in images_of(recipient)} == {"web-02"}
        assert len(cloud.state.snapshot_store.of(SOURCE, "cn-hangzhou")) == len(images_of(source)[0].snapshot_ids)

        declare(stack, "db-01", DB_01)
        up(stack)
        assert status(stack, "db-01") == "Imaging"
        assert len(images_of(source)) == 2

    def test_once_the_recipients_instance_is_made_leaves_that_and_its_image_and_says_so(
        self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
    ) -> None:
        stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", protect=False)
        declare(stack, "web-02", WEB_02)
        for _ in range(3):
            up(stack)
            cloud.clock.advance(MADE_IN)
        assert status(stack, "web-02") == "Starting"
        stack.remove("web-02")
        declare(stack, "db-01", DB_01)
        left = up(stack)
        (own,) = images_of(recipient)
        assert f"{own.image_id} and {', '.join(own.snapshot_ids)} stay" in left.text, left.text
        assert [image.tags["instance-handover:instance"] for image in images_of(source)] == [DB_01]
        assert len(made(recipient)) == 1


def killed(project: Project, cloud: Sandbox, action: str) -> None:
    """A run that is killed while it waits for the answer to this action."""
    cloud.faults.add(Fault(action=action, kind="delay", seconds=5))
    count = len(cloud.log.entries(action))
    project.broken_off(signal.SIGKILL, when=lambda: len(cloud.log.entries(action)) > count)
    cloud.faults.clear()
    project.end_strays()
    assert project.pulumi("cancel", "--yes", project.stack, stacked=False).ok


ORDER = ("CancelCopyImage", "ModifyImageSharePermission", "DeleteImage", "DeleteSnapshot")


class TestKilledRuns:
    def test_at_each_step_leave_one_image_one_own_image_and_one_instance(
        self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
    ) -> None:
        declare(stack, "web-02", WEB_02)
        for action in MAKERS:
            killed(stack, cloud, action)
            up(stack)
            cloud.clock.advance(MADE_IN)
        for _ in range(2):
            up(stack)
        assert status(stack, "web-02") == "Copied"
        assert len(images_of(source)) == len(images_of(recipient)) == len(made(recipient)) == 1

    def test_and_a_lost_state_double_nothing_and_all_is_taken_over(
        self, stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
    ) -> None:
        declare(stack, "web-02", WEB_02, recreate=RECREATE | {"eip": {"bandwidth": 5, "allocate": "now"}})
        for _ in range(4):
            up(stack)
            cloud.clock.advance(MADE_IN)
        (address,) = accounts.addresses(recipient)
        before = images_of(source), images_of(recipient), made(recipient), address, outputs(stack, "web-02")
        assert address.instance_id == made(recipient)[0].instance_id

        for command in (("stack", "rm", "--force", "--yes", "--preserve-config"), ("stack", "init", stack.stack)):
            assert stack.pulumi(*command, stacked=command[1] == "rm").ok
        cloud.log.clear()
        for _ in range(2):
            up(stack)
        assert stack.preview("--expect-no-changes").ok
        (address,) = accounts.addresses(recipient)
        assert (images_of(source), images_of(recipient), made(recipient), address, outputs(stack, "web-02")) == before
        assert not [
            cloud.log.entries(action) for action in (*MAKERS, "AllocateEipAddress") if cloud.log.entries(action)
        ]
        kinds = {resource["type"].rpartition(":")[2] for resource in stack.resources()}
        assert {"SourceImage", "OwnImage", "Instance", "EipAddress", "EipAssociation"} <= kinds

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


def test_an_address_or_a_quota_that_is_gone_meanwhile_holds_the_instance_back_and_doubles_nothing(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    declare(stack, "web-02", WEB_02, copy={"private_ip": "10.20.0.77"})
    for _ in range(2):
        up(stack)
        cloud.clock.advance(MADE_IN)
    somebody = {"ImageId": images_of(recipient)[0].image_id, "InstanceType": "ecs.g7.large", "VSwitchId": VSWITCH}
    somebody |= {"SecurityGroupIds.1": GROUP, "PrivateIpAddress": "10.20.0.77"}
    accounts.change(recipient, "RunInstances", **somebody)
    # Taken in the very moment: what is looked up does not show it.
    cloud.faults.add(Fault(kind="not-offered", action="DescribeNetworkInterfaces", times=1))
    refused = stack.up()
    assert not refused.ok
    assert "InvalidPrivateIpAddress.Duplicated" in refused.text
    held = up(stack)
    assert "its private address 10.20.0.77 is in use by i-" in held.text
    assert (status(stack, "web-02"), made(recipient)) == ("Shared", [])
    declare(stack, "web-02", WEB_02, copy={"private_ip": "10.20.0.78"})
    cloud.owner.set_quotas(RECIPIENT, {"vcpu_quota": 1})
    refused = stack.up()
    assert not refused.ok
    assert "QuotaExceed.ElasticQuota" in refused.text
    cloud.owner.set_quotas(RECIPIENT, {"vcpu_quota": 100})
    up(stack)
    cloud.clock.advance(MADE_IN)
    up(stack)
    assert status(stack, "web-02") == "Copied"
    assert [instance.private_ip for instance in made(recipient)] == ["10.20.0.78"]
    assert (len(images_of(source)), len(images_of(recipient))) == (1, 1)


def test_a_cutover_stops_the_source_once_the_copy_is_verified(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    another_day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(cloud.clock.now().weekday() + 3) % 7]
    window = {"days": [another_day], "from": "00:00", "to": "00:00", "time_zone": "UTC"}
    declare(
        stack,
        "web-02",
        WEB_02,
        recreate=RECREATE | {"window": window},
        copy={"own_image": False},
        cutover={"source": "stop"},
    )
    up(stack)
    cloud.clock.advance(MADE_IN)
    waits = up(stack)
    assert "web-02: the recipient's instance is made in the receive window, which opens" in waits.text
    assert "approved" not in waits.text + stack.handover("plan").text + stack.handover("status").text
    assert status(stack, "web-02") == "Shared"
    accepted = stack.handover("accept", "web-02", "--now", "--yes")
    assert accepted.ok, accepted.text
    assert "an instance with a bill of its own" in accepted.text
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
    # Shared no longer some time before it is deleted: no run in between shares it again.
    (image,) = images_of(source)
    images.unshare(source, image.image_id, RECIPIENT)
    up(stack)
    assert images.shared_with(source, image.image_id) == []
    delete_images(DB_01)
    assert stack.up("--refresh=false").ok
    assert stack.preview("--expect-no-changes").ok
    assert [outputs(stack, name) for name in ("web-02", "db-01")] == before
    # Shared no longer by the person, twice, and at the other account; nothing by the stack.
    assert len(cloud.log.entries("ModifyImageSharePermission")) == 3
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
