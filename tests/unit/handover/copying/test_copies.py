"""What is queried of copies that are settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.unit.handover.copying.test_plan import COPYING, NEW, NOW, SETTINGS, wanted
from transfer_provider import Copy
from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images, interfaces, vswitches
from transfer_provider.cloud.copies.vswitches import VSwitch
from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.handover.copying.copies import Copies
from transfer_provider.handover.copying.plan import CopyDue
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.model.copies import MachineImage
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner

COUNT = 250
RECIPIENT = str(Cloud("r", "cn-hangzhou"))  # whose account lists an image while it is shared


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
def queries(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Whose credentials each query for images has, and its ids. All but m-0 are there; there is no other call."""
    asked: list[tuple[str, list[str]]] = []

    def query(cloud: Cloud, image_ids: Sequence[str]) -> Mapping[str, MachineImage]:
        if image_ids:
            asked.append((str(cloud), list(image_ids)))
        return {id_: MachineImage(id_, "", "Available") for id_ in image_ids if id_ != "m-0"}

    monkeypatch.setattr(images, "query", query)
    return asked


def test_their_shared_images_are_queried_in_one_batch_and_nothing_else(queries: list[tuple[str, list[str]]]) -> None:
    held = [copied(number) for number in range(COUNT)]
    copies = copies_of(held)
    copies.query([declared(one) for one in held])
    shares = [copies.decided(declared(one), now=NOW).share for one in held]
    assert shares == [False, *[True] * (COUNT - 1)]
    assert queries == [(RECIPIENT, [one.image_id for one in held])]


def test_one_that_is_shared_no_longer_is_not_queried(queries: list[tuple[str, list[str]]]) -> None:
    held = replace(copied(0), shared=False)
    copies = copies_of([held])
    copies.query([declared(held)])
    assert not copies.decided(declared(held), now=NOW).share
    assert queries == []


def test_nor_one_whose_status_is_all_that_is_asked_for(queries: list[tuple[str, list[str]]]) -> None:
    held = copied(0)
    assert copies_of([held]).decided(declared(held), now=NOW, declares=False).status is Status.COPIED
    assert queries == []


class TestAddresses:
    """Of copies whose instances are made in this run."""

    @pytest.fixture
    def looked_up(self, queries: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The vSwitches whose addresses are looked up; i-2 has 10.20.0.8, and the stack has made nothing yet."""
        asked: list[str] = []

        def in_use(_: Cloud, vswitch_id: str) -> Mapping[str, str]:
            asked.append(vswitch_id)
            return {"10.20.0.8": "i-2"}

        there = VSwitch("vsw-1", "vpc-1", "cn-hangzhou-h", "10.20.0.0/16")
        monkeypatch.setattr(interfaces, "in_use", in_use)
        monkeypatch.setattr(vswitches, "query_all", lambda _: {"vsw-1": there})
        monkeypatch.setattr(instances, "tagged", lambda *_: ())
        monkeypatch.setattr(instances, "query", lambda *_: {})
        return asked

    @staticmethod
    def held(number: int) -> HeldCopy:
        return replace(COPYING, instance_id=f"i-{number}", image_id=f"m-1{number}", own_image_id=f"m-2{number}")

    def decided(self, *addresses: str) -> list[CopyDue]:
        """What is due of copies that are declared with these."""
        held = [self.held(number) for number in range(len(addresses))]
        made = [
            replace(declared(one), vswitch_id="vsw-1", copy=Copy(private_ip=address), window=None)
            for one, address in zip(held, addresses, strict=True)
        ]
        copies = copies_of(held)
        copies.query(made)
        return [copies.decided(one, now=NOW) for one in made]

    def test_are_looked_up_once_a_vswitch_and_given_to_one_copy_each(self, looked_up: list[str]) -> None:
        kept = self.decided(*["keep"] * COUNT)
        assert looked_up == ["vsw-1"]
        assert all(one.instance for one in kept)
        assert [one.private_ip for one in kept] == ["10.20.0.9", *[None] * (COUNT - 1)]

    def test_that_are_declared_go_before_those_that_are_kept(self, looked_up: list[str]) -> None:
        kept, given, taken, twice = self.decided("keep", "10.20.0.9", "10.20.0.8", "10.20.0.9")
        assert (kept.private_ip, given.private_ip) == (None, "10.20.0.9")
        assert [one.instance for one in (kept, given, taken, twice)] == [True, True, False, False]
        assert "in use by the copy of i-1" in twice.message

    def test_that_may_not_be_seen_are_left_to_the_cloud(
        self, looked_up: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(*_: object) -> Mapping[str, str]:
            looked_up.append("refused")
            raise NotAllowed("Could not look up addresses.", code="Forbidden.RAM", request_id="R")

        monkeypatch.setattr(interfaces, "in_use", refused)
        assert [one.private_ip for one in self.decided("10.20.0.8", "10.20.0.7")] == ["10.20.0.8", "10.20.0.7"]
        assert looked_up == ["refused"]

    def test_are_not_looked_up_where_none_is_declared(self, looked_up: list[str]) -> None:
        copies = copies_of([self.held(0)])
        any_address = replace(declared(self.held(0)), vswitch_id="vsw-1", copy=Copy())
        assert copies.decided(any_address, now=NOW).instance
        assert looked_up == []


def test_what_could_not_be_queried_is_not_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> Mapping[str, MachineImage]:
        raise NotAllowed("Could not look up images.", code="Forbidden.RAM", request_id="R")

    monkeypatch.setattr(images, "query", refused)
    copies = copies_of([copied(0)])
    for _ in range(2):
        with pytest.raises(NotAllowed):
            copies.decided(declared(copied(0)), now=NOW)
