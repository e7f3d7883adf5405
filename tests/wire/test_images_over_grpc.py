"""SourceImage's and OwnImage's processes against the sandbox: made once, read in one query, cleaned up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.wire.provider_process import Failed, ProviderProcess, running
from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.handover.copying.own_image import OwnImageProvider
from transfer_provider.handover.copying.source_image import SourceImageProvider
from transfer_provider.model.ownership import Owner

REGION = "cn-hangzhou"
RECIPIENT = "1000000000000002"
WEB_01, WEB_02, DB_01 = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001"
OWNER = Owner.of("project", "test")
MADE_IN = timedelta(minutes=6)


def inputs(instance_id: str = DB_01, **more: Any) -> dict[str, Any]:
    return {
        "instance_id": instance_id,
        "region": REGION,
        "recipient_account_id": RECIPIENT,
        "handover": f"handover-of-{instance_id}",
        "project": OWNER.project,
        "stack": OWNER.stack,
        "channel": "image",
        "copy": {},
        "original": {},
        "take_image": True,
        "source": "as it is",
        "status": "Imaging",
        "why": "",
        "protected": False,
        "given_up": False,
    } | more


def begun(sandbox: Sandbox, tmp_path: Path, **environment: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | sandbox.environment() | environment


@pytest.fixture
def process(sandbox: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
    config = {"sourceProfile": "sandbox-source"}
    with running(begun(sandbox, tmp_path), config, tmp_path, SourceImageProvider) as started:
        yield started


@pytest.fixture
def own(sandbox: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
    config = {"recipientProfile": "sandbox-recipient"}
    with running(begun(sandbox, tmp_path), config, tmp_path, OwnImageProvider) as started:
        yield started


def source() -> Cloud:
    return Cloud("sandbox-source", REGION)


def status_of(instance_id: str = DB_01) -> str:
    return instances.query(source(), [instance_id])[instance_id].status


def calls(sandbox: Sandbox, action: str) -> int:
    return len(sandbox.log.entries(action))


class TestTheSourcesImage:
    def test_is_made_and_returns_at_once(self, process: ProviderProcess) -> None:
        id_, outputs = process.create(inputs())
        assert id_ == f"copy-of-{DB_01}"
        assert (outputs["image_status"], outputs["was_running"]) == ("Creating", True)
        (image,) = images.tagged(source(), OWNER.tags)
        assert (image.image_id, len(image.disks)) == (outputs["image_id"], 2)
        assert set(outputs["snapshot_ids"]) == set(image.snapshot_ids)

    def test_of_a_killed_run_is_adopted(self, process: ProviderProcess, sandbox: Sandbox, tmp_path: Path) -> None:
        _, first = process.create(inputs())
        with running(
            begun(sandbox, tmp_path), {"sourceProfile": "sandbox-source"}, tmp_path, SourceImageProvider
        ) as other:
            _, second = other.create(inputs())
        assert first["image_id"] == second["image_id"]
        assert calls(sandbox, "CreateImage") == 1

    def test_whose_answer_is_cut_off_is_made_once(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        sandbox.faults.add(Fault(action="CreateImage", kind="cut-after", times=2))
        _, outputs = process.create(inputs())
        (image,) = images.tagged(source(), OWNER.tags)
        assert image.image_id == outputs["image_id"]

    def test_is_made_anew_after_it_was_deleted_though_its_token_is_known(
        self, process: ProviderProcess, sandbox: Sandbox
    ) -> None:
        id_, outputs = process.create(inputs())
        sandbox.clock.advance(MADE_IN)
        process.delete(id_, outputs)
        assert not images.tagged(source(), OWNER.tags)
        _, again = process.create(inputs())
        assert again["image_id"] != outputs["image_id"]
        assert again["image_status"] == "Creating"

    def test_of_many_is_read_in_one_query_and_once_made_in_none(
        self, process: ProviderProcess, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        made = [process.create(inputs(instance_id)) for instance_id in (WEB_01, WEB_02, DB_01)]
        sandbox.clock.advance(MADE_IN)
        sandbox.log.clear()
        config = {"sourceProfile": "sandbox-source"}
        with running(begun(sandbox, tmp_path), config, tmp_path, SourceImageProvider) as later:
            read = [later.read(id_, outputs) for id_, outputs in made]
            assert calls(sandbox, "DescribeImages") == len(sandbox.log.entries()) == 1
            assert {outputs["image_status"] for _, outputs in read} == {"Available"}
            for id_, outputs in read:
                later.read(id_, outputs)
            assert len(sandbox.log.entries()) == 1

    def test_that_somebody_deleted_is_gone_and_not_made_again(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        id_, outputs = process.create(inputs())
        sandbox.clock.advance(MADE_IN)
        images.delete(source(), outputs["image_id"])
        # As the state holds it: no run has seen it made.
        kept, now = process.read(id_, outputs | {"image_id": "m-bp1gone00000000000001"})
        assert (kept, now["image_status"]) == (id_, "Gone")
        assert "somebody deleted it" in now["status_message"]
        assert calls(sandbox, "CreateImage") == 1

    @pytest.mark.parametrize("kind", ["image", "snapshot"])
    def test_for_which_the_quota_leaves_no_room_is_made_once_it_does(
        self, process: ProviderProcess, sandbox: Sandbox, kind: str
    ) -> None:
        sandbox.owner.set_quotas("1000000000000001", {f"{kind}_quota": 0})
        for _ in range(2):
            with pytest.raises(Failed, match=rf"QuotaExceed.{kind.title()}, .* No image was made. Delete .*{kind}s"):
                process.create(inputs())
        sandbox.owner.set_quotas("1000000000000001", {f"{kind}_quota": 9})
        _, outputs = process.create(inputs())
        (image,) = images.tagged(source(), OWNER.tags)
        assert image.image_id == outputs["image_id"]

    def test_needs_the_instance_to_be_the_sources(self, process: ProviderProcess) -> None:
        with pytest.raises(Failed, match="lists no such instance"):
            process.create(inputs("i-bp1nobodys0000000001"))

    def test_can_not_be_deleted_while_it_is_made(self, process: ProviderProcess) -> None:
        id_, outputs = process.create(inputs())
        with pytest.raises(Failed, match="is still being made"):
            process.delete(id_, outputs)

    def test_is_shared_no_longer_before_it_is_deleted(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        id_, outputs = process.create(inputs())
        sandbox.clock.advance(MADE_IN)
        share(outputs["image_id"])
        process.delete(id_, outputs)
        assert not images.tagged(source(), OWNER.tags)
        assert calls(sandbox, "DeleteSnapshot") == 2

    def test_is_cleaned_up_by_its_own_account_only(
        self, process: ProviderProcess, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        id_, outputs = process.create(inputs())
        sandbox.clock.advance(MADE_IN)
        config = {"sourceProfile": "sandbox-recipient"}
        with (
            running(begun(sandbox, tmp_path), config, tmp_path, SourceImageProvider) as other,
            pytest.raises(Failed, match="the image was made by account 1000000000000001"),
        ):
            other.delete(id_, outputs)
        assert images.tagged(source(), OWNER.tags)


class TestTheSourcesInstance:
    def test_is_stopped_for_the_image_and_started_again(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        stopping = inputs(take_image=False, source="stopped for the image")
        id_, first = process.create(stopping)
        assert (status_of(), first["image_id"], first["image_status"]) == ("Stopping", "", "NotMade")
        sandbox.clock.advance(timedelta(minutes=1))
        assert status_of() == "Stopped"
        second = process.update(id_, first, stopping | {"take_image": True})
        assert second["image_status"] == "Creating"
        third = process.update(id_, second, stopping | {"take_image": True, "source": "started again"})
        assert third["image_id"] == second["image_id"]
        assert status_of() == "Starting"

    def test_is_left_stopped_where_it_was(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        stopped = "i-bp1stopped0000000001"
        id_, first = process.create(inputs(stopped, source="stopped for the image"))
        assert first["was_running"] is False
        process.update(id_, first, inputs(stopped, source="started again"))
        assert status_of(stopped) == "Stopped"
        assert not calls(sandbox, "StartInstance")

    def test_is_started_again_where_the_copy_is_given_up(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        id_, first = process.create(inputs(take_image=False, source="stopped for the image"))
        sandbox.clock.advance(timedelta(minutes=1))
        process.delete(id_, first)
        assert status_of() == "Starting"

    def test_is_not_said_to_be_started_while_it_is_being_stopped(self, process: ProviderProcess) -> None:
        id_, first = process.create(inputs(take_image=False, source="stopped for the image"))
        with pytest.raises(Failed, match="Could not start i-bp1db000000000000001 at the source: it is Stopping"):
            process.delete(id_, first)

    def test_nor_to_be_stopped_while_it_starts(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        id_, first = process.create(inputs(take_image=False, source="stopped for the image"))
        sandbox.clock.advance(timedelta(minutes=1))
        started = process.update(id_, first, inputs(take_image=False, source="started again"))
        with pytest.raises(Failed, match="Could not stop i-bp1db000000000000001 at the source: it is Starting"):
            process.update(id_, started, inputs(take_image=False, source="stopped for good"))

    def test_is_left_stopped_with_the_copy_that_was_verified(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        id_, first = process.create(inputs(take_image=False, source="stopped for the image"))
        sandbox.clock.advance(timedelta(minutes=1))
        process.delete(id_, first | {"status": "Copied"})
        assert status_of() == "Stopped"


class TestAnUnattendedRun:
    @pytest.fixture
    def process(self, sandbox: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
        environment = begun(sandbox, tmp_path, HANDOVER_UNATTENDED="1")
        with running(environment, {"sourceProfile": "sandbox-source"}, tmp_path, SourceImageProvider) as started:
            yield started

    def test_begins_nothing_and_deletes_nothing(self, process: ProviderProcess, sandbox: Sandbox) -> None:
        with pytest.raises(Failed, match="an unattended run submits nothing"):
            process.create(inputs())
        with pytest.raises(Failed, match="an unattended run submits nothing"):
            process.delete("copy-of-x", inputs() | {"source_account_id": "1000000000000001"})
        assert not calls(sandbox, "CreateImage")

    def test_cleans_up_what_a_persons_run_gave_up(
        self, process: ProviderProcess, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        with running(
            begun(sandbox, tmp_path), {"sourceProfile": "sandbox-source"}, tmp_path, SourceImageProvider
        ) as attended:
            id_, outputs = attended.create(inputs())
            given_up = attended.update(id_, outputs, inputs(given_up=True))
        sandbox.clock.advance(MADE_IN)
        process.delete(id_, given_up)
        assert not images.tagged(source(), OWNER.tags)


def share(image_id: str) -> None:
    source().ask(
        images.MODIFY_SHARES, {"RegionId": REGION, "ImageId": image_id, "AddAccount.1": RECIPIENT}, doing="share it"
    )


class TestTheRecipientsImage:
    @pytest.fixture
    def shared(self, process: ProviderProcess, sandbox: Sandbox) -> dict[str, Any]:
        _, outputs = process.create(inputs())
        sandbox.clock.advance(MADE_IN)
        share(outputs["image_id"])
        return {key: inputs()[key] for key in ("instance_id", "region", "handover", "project", "stack")} | {
            "source_image_id": outputs["image_id"],
            "encrypted": False,
            "kms_key_id": "",
        }

    def test_is_copied_once_and_given_up_while_it_is_copied(
        self, own: ProviderProcess, shared: dict[str, Any], sandbox: Sandbox, tmp_path: Path
    ) -> None:
        id_, outputs = own.create(shared)
        assert (id_, outputs["image_status"]) == (outputs["image_id"], "Creating")
        config = {"recipientProfile": "sandbox-recipient"}
        with running(begun(sandbox, tmp_path), config, tmp_path, OwnImageProvider) as other:
            assert other.create(shared)[0] == id_
        assert calls(sandbox, "CopyImage") == 1
        own.delete(id_, outputs)
        assert calls(sandbox, "CancelCopyImage") == 1
        assert not images.tagged(Cloud("sandbox-recipient", REGION), OWNER.tags)

    def test_for_which_the_quota_leaves_no_room_is_copied_once_it_does(
        self, own: ProviderProcess, shared: dict[str, Any], sandbox: Sandbox
    ) -> None:
        sandbox.owner.set_quotas(RECIPIENT, {"image_quota": 0})
        with pytest.raises(Failed, match=r"QuotaExceed.Image, .* Quota Center"):
            own.create(shared)
        sandbox.owner.set_quotas(RECIPIENT, {"image_quota": 1})
        id_, _ = own.create(shared)
        assert [image.image_id for image in images.tagged(Cloud("sandbox-recipient", REGION), OWNER.tags)] == [id_]

    def test_is_deleted_with_its_snapshots_once_it_is_made(
        self, own: ProviderProcess, shared: dict[str, Any], sandbox: Sandbox
    ) -> None:
        id_, outputs = own.create(shared)
        sandbox.clock.advance(MADE_IN)
        _, now = own.read(id_, outputs)
        assert (now["image_status"], now["progress"]) == ("Available", 100)
        own.delete(id_, now)
        assert not images.tagged(Cloud("sandbox-recipient", REGION), OWNER.tags)
        assert calls(sandbox, "DeleteSnapshot") == 2
