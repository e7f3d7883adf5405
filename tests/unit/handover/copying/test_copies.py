"""What is queried of copies that are settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.unit.handover.copying.test_plan import COPYING, NEW, NOW, SETTINGS, wanted
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.handover.copying.copies import Copies
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner

COUNT = 250


def copied(number: int) -> HeldCopy:
    return replace(
        COPYING,
        instance_id=f"i-{number}",
        image_id=f"m-{number}",
        status=Status.COPIED,
        new_instance_id=f"{NEW}{number}",
    )


def declared(held: HeldCopy) -> Wanted:
    one = wanted(private_ip="keep", stop_source=True)
    return replace(one, name=held.name, request=replace(one.request, instance_id=held.instance_id))


def copies_of(held: Sequence[HeldCopy]) -> Copies:
    return Copies(SETTINGS, StackState(copies={one.instance_id: one for one in held}), Owner.of("project", "stack"))


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of each query for images. All but m-0 are there; there is no other call."""
    asked: list[list[str]] = []

    def query(cloud: Cloud, image_ids: Sequence[str]) -> Mapping[str, MachineImage]:
        if image_ids:
            assert "'r'" in str(cloud), "as the recipient's account lists them"
            asked.append(list(image_ids))
        return {id_: MachineImage(id_, "", "Available") for id_ in image_ids if id_ != "m-0"}

    monkeypatch.setattr(images, "query", query)
    return asked


def test_their_shared_images_are_queried_in_one_batch_and_nothing_else(queries: list[list[str]]) -> None:
    held = [copied(number) for number in range(COUNT)]
    copies = copies_of(held)
    copies.query([declared(one) for one in held])
    shares = [copies.decided(declared(one), now=NOW).share for one in held]
    assert shares == [False, *[True] * (COUNT - 1)]
    assert queries == [[one.image_id for one in held]]


def test_one_that_is_shared_no_longer_is_not_queried(queries: list[list[str]]) -> None:
    held = replace(copied(0), shared=False)
    copies = copies_of([held])
    copies.query([declared(held)])
    assert not copies.decided(declared(held), now=NOW).share
    assert queries == []


def test_nor_one_whose_status_is_all_that_is_asked_for(queries: list[list[str]]) -> None:
    held = copied(0)
    assert copies_of([held]).decided(declared(held), now=NOW, declares=False).status is Status.COPIED
    assert queries == []


def test_what_could_not_be_queried_is_not_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Mapping[str, MachineImage]:
        raise NotAllowed("Could not look up images.", code="Forbidden.RAM", request_id="R")

    monkeypatch.setattr(images, "query", refused)
    copies = copies_of([copied(0)])
    for _ in range(2):
        with pytest.raises(NotAllowed):
            copies.decided(declared(copied(0)), now=NOW)
