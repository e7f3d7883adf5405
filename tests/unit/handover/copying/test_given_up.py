"""Which copies without a file are cleaned up later, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.unit.handover.copying.test_plan import COPYING, HELD, NEW, WEB, image, source
from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.cloud.errors import TryAgain
from transfer_provider.handover import guards
from transfer_provider.handover.copying import given_up
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.state import Held, StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.copies import MachineImage, SourcePower
from transfer_provider.model.inventory import Instance
from transfer_provider.model.lifecycle import Status

MAKING = replace(HELD, protected=False)
STOPPING = replace(MAKING, image_id="", image_status="NotMade", source=SourcePower.STOPPED, was_running=True)


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        (MAKING, True),
        (HELD, False),  # The engine refuses to delete what is protected.
        (replace(MAKING, status=Status.COPY_FAILED), False),
        (replace(COPYING, protected=False), False),
        (replace(COPYING, protected=False, new_instance_id=NEW), False),
    ],
)
def test_only_what_may_be_in_the_making_is_queried(held: HeldCopy, kept: bool) -> None:
    assert given_up.removed({WEB: held}, [WEB]) == []
    assert given_up.removed({WEB: held}, []) == ([held] if kept else [])


class TestWhatCanNotBeCleanedUpYet:
    def found(
        self, monkeypatch: pytest.MonkeyPatch, held: HeldCopy, made: MachineImage | None, there: Instance | None = None
    ) -> list[str]:
        def query_images(_: Cloud, __: Sequence[str]) -> Mapping[str, MachineImage]:
            return {made.image_id: made} if made else {}

        def query_instances(_: Cloud, __: Sequence[str]) -> Mapping[str, Instance]:
            return {there.instance_id: there} if there else {}

        monkeypatch.setattr(images, "query", query_images)
        monkeypatch.setattr(instances, "query", query_instances)
        return [copy.report for copy in given_up.not_yet("s", [held])]

    def test_is_an_image_in_the_making(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (report,) = self.found(monkeypatch, MAKING, image("Creating", progress=40))
        assert "web-01: The copy of i-bp1web00000000000001 is given up, and is cleaned up later: the image" in report
        assert "still being made (40 %), and can't be deleted or cancelled before. The state keeps it." in report
        for over in ("Available", "CreateFailed"):
            assert self.found(monkeypatch, MAKING, image(over)) == []
        assert self.found(monkeypatch, MAKING, None) == [], "somebody deleted it"

    def test_is_an_instance_that_is_being_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        (report,) = self.found(monkeypatch, STOPPING, None, source("Stopping"))
        assert "is still being stopped, and can't be started again before" in report
        assert self.found(monkeypatch, STOPPING, None, source("Stopped")) == []

    def test_is_what_could_not_be_queried(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: object) -> Mapping[str, MachineImage]:
            raise TryAgain("Could not look up images: no answer.")

        monkeypatch.setattr(images, "query", fails)
        (copy,) = given_up.not_yet("s", [MAKING])
        assert copy.why == "its image could not be queried (Could not look up images: no answer)"


def test_what_was_given_up_counts_as_cancelled_once() -> None:
    none = Settings(
        region="cn-hangzhou", sourceAccount="1000000000000001", recipients=("1000000000000002",), maxCancellations=0
    )
    held = Held("web-01", WEB, MAKING.transfer())
    assert guards.cancellations([], StackState(handovers={"web-01": held}), none, every=True)
    known = StackState(handovers={"web-01": replace(held, given_up=True)})
    assert guards.cancellations([], known, none, every=True) == []
