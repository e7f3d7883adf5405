"""What is due of a copy in each stage, and where it stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from transfer_provider import Copy, Cutover, Window
from transfer_provider.handover.copying.plan import CopyDue, decide, next_steps
from transfer_provider.handover.copying.seen import Seen
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.copies import CopyStep, MachineImage, SourcePower
from transfer_provider.model.inventory import Disk, Instance
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import TransferRequest
from transfer_provider.model.windows import DAYS

WEB, NEW = "i-bp1web00000000000001", "i-bp1new00000000000001"
IMAGE, OWN = "m-bp1image000000000001", "m-bp1own000000000000001"
GROUP = "sg-bp1orchid000000web"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SETTINGS = Settings(
    region="cn-hangzhou", sourceAccount="1000000000000001", recipients=("1000000000000002",), recipientProfile="r"
)
ORIGINAL = {"private_ip": "10.20.0.9", "disks": [{"type": "system"}, {"type": "data"}]}
HELD = HeldCopy(
    "web-01", WEB, "cn-hangzhou", "1000000000000002", Status.IMAGING, image_id=IMAGE, image_status="Creating",
    original=ORIGINAL,
)  # fmt: skip
DISKS = [Disk("d-1", NEW, type="system"), Disk("d-2", NEW)]


def wanted(cutover: Cutover | None = None, window: Window | None = None, **copy: Any) -> Wanted:
    request = TransferRequest(WEB, "cn-hangzhou", "1000000000000002")
    return Wanted(
        "web-01", request, channel="image", destination=True, copy=Copy(**copy), cutover=cutover, window=window
    )


def image(status: str = "Available", id_: str = IMAGE, progress: int | None = None) -> MachineImage:
    return MachineImage(id_, "name", status, progress)


def running(**more: Any) -> Instance:
    return Instance(NEW, "web", "cn-hangzhou", **{"status": "Running", "security_group_ids": [GROUP]} | more)


def source(status: str) -> Instance:
    return Instance(WEB, "web", "cn-hangzhou", status)


def due(
    wanted: Wanted, held: HeldCopy | None, seen: Seen | None = None, groups: Collection[str] = (GROUP,), **more: Any
) -> CopyDue:
    return decide(wanted, SETTINGS, held, seen or Seen(), now=NOW, group_ids=groups, **more)


class TestTheImage:
    def test_is_made_at_once(self) -> None:
        found = due(wanted(), None)
        assert (found.status, found.take_image, found.source) == (Status.IMAGING, True, "as it is")
        assert not found.share
        assert next_steps(None, found) == [CopyStep.MAKE_IMAGE]

    def test_or_once_the_sources_instance_is_stopped_for_it(self) -> None:
        stopping = wanted(stop_source=True)
        first = due(stopping, None, Seen(source=source("Running")))
        assert (first.status, first.take_image, first.source) == (Status.IMAGING, False, "stopped for the image")
        assert next_steps(None, first) == [CopyStep.STOP_FOR_IMAGE]
        held = replace(HELD, image_id="", image_status="NotMade", source=SourcePower.STOPPED)
        assert not due(stopping, held, Seen(source=source("Stopping"))).take_image
        stopped = due(stopping, held, Seen(source=source("Stopped")))
        assert stopped.take_image
        assert next_steps(held, stopped) == [CopyStep.MAKE_IMAGE]

    def test_is_waited_for_with_its_progress(self) -> None:
        found = due(wanted(), HELD, Seen(image=image("Creating", progress=40)))
        assert (found.status, found.share) == (Status.IMAGING, False)
        assert "(40 %)" in found.message
        assert next_steps(HELD, found) == []

    def test_waits_for_its_turn_with_nothing_declared_until_the_state_holds_it(self) -> None:
        assert due(wanted(), None, waits=True).status is None
        assert due(wanted(), HELD, Seen(image=image()), waits=True).share


class TestTheRecipientsImage:
    def test_is_copied_in_the_run_that_shares_it(self) -> None:
        found = due(wanted(), HELD, Seen(image=image()))
        assert (found.status, found.share, found.own_image, found.instance) == (Status.COPYING, True, True, False)
        assert next_steps(HELD, found) == [CopyStep.SHARE, CopyStep.COPY_IMAGE]
        assert CopyStep.COPY_IMAGE.of_a_run == "copies the image for the recipient"

    def test_waits_for_room_beside_the_others(self) -> None:
        found = due(wanted(), HELD, Seen(image=image()), room=0)
        assert (found.status, found.share, found.own_image) == (Status.SHARED, True, False)
        assert "5 at a time" in found.message
        begun = replace(HELD, own_image_id=OWN)
        assert due(wanted(), begun, Seen(image=image(), own=image("Creating", OWN)), room=0).own_image

    def test_is_left_out_where_it_is_not_wanted(self) -> None:
        found = due(wanted(own_image=False), HELD, Seen(image=image()))
        assert (found.status, found.own_image, found.instance, found.runs_from) == (Status.STARTING, False, True, IMAGE)


COPYING = replace(HELD, status=Status.COPYING, shared=True, own_image_id=OWN)
OWNED = Seen(image=image(), own=image(id_=OWN))


class TestTheInstance:
    def test_is_made_from_the_recipients_image(self) -> None:
        found = due(wanted(), COPYING, OWNED)
        assert (found.status, found.instance, found.runs_from) == (Status.STARTING, True, OWN)

    def test_waits_for_the_receive_window_unless_it_is_accepted_now(self) -> None:
        days = [day for day in DAYS if day != "wed"]
        window = Window.model_validate({"days": days, "from": "00:00", "to": "00:00", "time_zone": "UTC"})
        held_back = due(wanted(window=window), COPYING, OWNED)
        assert (held_back.status, held_back.instance) == (Status.SHARED, False)
        assert held_back.held_until == datetime(2026, 11, 26, tzinfo=UTC)
        assert held_back.waits_for_window
        assert not due(wanted(window=window), COPYING, replace(OWNED, own=image("Creating", OWN))).waits_for_window
        assert not due(wanted(window=window), HELD, Seen(image=image()), room=0).waits_for_window
        assert due(wanted(window=window), COPYING, OWNED, accept_now=["web-01"]).outside_window
        made = replace(COPYING, new_instance_id=NEW)
        assert due(wanted(window=window), made, replace(OWNED, instance=running())).instance

    def test_of_a_killed_run_is_taken_over(self) -> None:
        found = due(wanted(), COPYING, replace(OWNED, instance=running(status="Starting")))
        assert (found.adopt, found.status) == (NEW, Status.STARTING)
        assert next_steps(COPYING, found) == [CopyStep.TAKE_OVER]

    @pytest.mark.parametrize(
        ("seen", "missing"),
        [
            (replace(OWNED, instance=running(status="Starting"), disks=DISKS), "it is Starting"),
            (replace(OWNED, instance=running(), disks=DISKS[:1]), "1 of 2 disks are attached"),
            (
                replace(OWNED, instance=running(), disks=[DISKS[0], replace(DISKS[1], status="Attaching")]),
                "1 of 2 disks are attached",
            ),
            (replace(OWNED, instance=running(security_group_ids=["sg-other"]), disks=DISKS), f"it is not in {GROUP}"),
        ],
    )
    def test_is_copied_only_when_it_runs_with_all_disks_in_its_groups(self, seen: Seen, missing: str) -> None:
        made = replace(COPYING, status=Status.STARTING, new_instance_id=NEW)
        found = due(wanted(), made, seen)
        assert found.status is Status.STARTING
        assert missing in found.message
        assert due(wanted(), made, replace(OWNED, instance=running(), disks=DISKS)).status is Status.COPIED

    def test_is_not_verified_while_its_groups_are_not_known(self) -> None:
        made = replace(COPYING, status=Status.STARTING, new_instance_id=NEW)
        seen = replace(OWNED, instance=running(), disks=DISKS)
        assert decide(wanted(), SETTINGS, made, seen, now=NOW, group_ids=None).status is Status.STARTING

    def test_keeps_the_private_address_where_the_vswitch_has_it(self) -> None:
        keep = wanted(private_ip="keep")
        assert due(keep, COPYING, replace(OWNED, private_ips="10.20.0.0/16")).private_ip == "10.20.0.9"
        assert due(keep, COPYING, replace(OWNED, private_ips="10.30.0.0/16")).private_ip is None
        assert due(wanted(private_ip="10.30.0.7"), COPYING, OWNED).private_ip == "10.30.0.7"

    @pytest.mark.parametrize(
        ("private_ips", "in_use"), [("10.20.0.0/16", {"10.20.0.9": "i-2"}), ("10.20.0.0/28", {}), ("10.20.0.9/32", {})]
    )
    def test_gets_another_address_where_the_one_to_keep_is_taken_or_reserved(
        self, private_ips: str, in_use: dict[str, str]
    ) -> None:
        found = due(wanted(private_ip="keep"), COPYING, replace(OWNED, private_ips=private_ips, in_use=in_use))
        free = private_ips == "10.20.0.0/28"
        assert (found.instance, found.private_ip) == (True, "10.20.0.9" if free else None)

    def test_is_not_made_while_another_has_the_address_that_is_declared(self) -> None:
        declared, taken = wanted(private_ip="10.20.0.7"), replace(OWNED, in_use={"10.20.0.7": "i-\x1b[2J"})
        found = due(declared, COPYING, taken)
        assert (found.status, found.instance, found.address_taken) == (Status.SHARED, False, True)
        assert "10.20.0.7 is in use by i-" in found.message
        assert "\x1b" not in found.message
        assert due(declared, COPYING, replace(OWNED, in_use={"10.20.0.8": "i-2"})).instance
        # Its own, once it is made.
        assert due(declared, replace(COPYING, new_instance_id=NEW), replace(taken, instance=running())).instance


class TestAFailure:
    @pytest.mark.parametrize(
        ("held", "seen", "why"),
        [
            (HELD, Seen(image=image("CreateFailed")), "it is CreateFailed"),
            (HELD, Seen(), "is gone"),
            (COPYING, replace(OWNED, own=image("CreateFailed", OWN)), "it is CreateFailed"),
            (COPYING, replace(OWNED, own=None), "is gone"),
            (COPYING, Seen(own=image(id_=OWN)), "is gone"),
        ],
    )
    def test_says_why_and_what_to_do_and_goes_no_further(self, held: HeldCopy, seen: Seen, why: str) -> None:
        found = due(wanted(), held, seen)
        assert found.status is Status.COPY_FAILED
        assert why in found.why
        assert "Nothing is tried again by itself" in found.message
        assert not found.instance
        assert found.own_image == bool(held.own_image_id)

    def test_starts_the_sources_instance_again(self) -> None:
        stopped = replace(HELD, source=SourcePower.STOPPED)
        cutover = Cutover(source="stop")
        assert due(wanted(cutover), stopped, Seen(image=image("CreateFailed"))).source == "started again"

    def test_is_final(self) -> None:
        failed = replace(COPYING, status=Status.COPY_FAILED, why="It failed.")
        found = due(wanted(), failed, OWNED)
        assert (found.status, found.message, found.instance) == (Status.COPY_FAILED, "It failed.", False)

    def test_of_an_image_does_not_matter_once_the_instance_is_made(self) -> None:
        made = replace(COPYING, new_instance_id=NEW)
        assert due(wanted(), made, Seen(instance=running(), disks=DISKS)).status is Status.COPIED


class TestAnImageThatSomebodyDeleted:
    GONE = Seen(share_lost=True)
    COPIED = replace(COPYING, status=Status.COPIED, new_instance_id=NEW)

    def test_is_shared_no_longer_once_it_is_copied_and_all_else_stays_as_it_is(self) -> None:
        before, found = due(wanted(), self.COPIED), due(wanted(), self.COPIED, self.GONE)
        assert before.share
        assert found == replace(before, share=False)
        assert next_steps(self.COPIED, found) == []
        # Its share is in the state no more: it is not declared again, and not looked for either.
        assert not due(wanted(), replace(self.COPIED, shared=False)).share

    def test_is_shared_no_longer_when_it_is_verified(self) -> None:
        made = replace(COPYING, new_instance_id=NEW)
        seen = Seen(share_lost=True, instance=running(), disks=DISKS)
        assert (due(wanted(), made, seen).status, due(wanted(), made, seen).share) == (Status.COPIED, False)

    def test_is_shared_no_longer_after_a_failure(self) -> None:
        failing = due(wanted(), COPYING, Seen(share_lost=True, own=image(id_=OWN)))
        assert (failing.status, failing.share, failing.own_image) == (Status.COPY_FAILED, False, True)
        failed = replace(COPYING, status=Status.COPY_FAILED, why="It failed.")
        assert not due(wanted(), failed, self.GONE).share
        assert due(wanted(), failed).share


class TestTheSourcesInstance:
    STOPPED = replace(HELD, source=SourcePower.STOPPED)

    def test_is_started_again_once_the_image_is_made(self) -> None:
        assert due(wanted(), self.STOPPED, Seen(image=image("Creating"))).source == "stopped for the image"
        assert due(wanted(), self.STOPPED, Seen(image=image())).source == "started again"

    def test_stays_stopped_for_a_cutover_and_is_stopped_when_the_copy_is_verified_not_before(self) -> None:
        stop = Cutover(source="stop")
        assert due(wanted(stop), self.STOPPED, Seen(image=image())).source == "stopped for the image"
        made = replace(COPYING, new_instance_id=NEW)
        assert due(wanted(stop), made, replace(OWNED, instance=running(status="Starting"))).source == "as it is"
        verified = due(wanted(stop), made, replace(OWNED, instance=running(), disks=DISKS))
        assert (verified.status, verified.source) == (Status.COPIED, "stopped for good")
        assert "is stopped at the source" in verified.message

    def test_stays_stopped_where_it_is_to_be_left_so_unless_the_copy_fails(self) -> None:
        left = wanted(stop_source=True, leave_stopped=True)
        assert due(left, self.STOPPED, Seen(image=image())).source == "stopped for the image"
        made = replace(COPYING, source=SourcePower.STOPPED, new_instance_id=NEW)
        verified = due(left, made, replace(OWNED, instance=running(), disks=DISKS))
        assert (verified.status, verified.source) == (Status.COPIED, "stopped for the image")
        assert "is stopped at the source" in verified.message
        assert CopyStep.START_SOURCE not in next_steps(made, verified)
        assert due(left, replace(made, status=Status.COPIED)).source == "stopped for the image"
        assert due(left, self.STOPPED, Seen(image=image("CreateFailed"))).source == "started again"

    def test_a_copied_one_is_not_queried_and_stays_declared(self) -> None:
        copied = replace(COPYING, status=Status.COPIED, new_instance_id=NEW, private_ip="10.20.0.7")
        found = due(wanted(), copied)
        assert (found.status, found.share, found.own_image, found.instance) == (Status.COPIED, True, True, True)
        assert "which this tool never does" in found.message
        assert next_steps(copied, found) == []
