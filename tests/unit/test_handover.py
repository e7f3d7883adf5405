"""What one handover declares in each stage: the wiring, with Pulumi's own mocks in the engine's place."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.unit.engine_mock import Engine
from transfer_provider import Eip, Handover
from transfer_provider.cloud.errors import TryAgain
from transfer_provider.handover import Program
from transfer_provider.network import Network
from transfer_provider.seen import Recorded, Seen, Sides
from transfer_provider.survey import Survey

WEB_01 = "i-bp1web00000000000001"
BOTH = Sides("both", "source", "recipient")


class Told(Survey):
    """A survey that has seen what a test says."""

    def __init__(self, seen: Seen | Exception) -> None:
        super().__init__(BOTH, Recorded())
        self.seen = seen

    def of(self, instance_id: str, region: str, recipient_account_id: str) -> Seen:
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen

    def unbound_address(self, region: str, name: str) -> str | None:
        return None


def program(seen: Seen | Exception, sides: Sides = BOTH) -> Program:
    return Program(sides, Recorded(), Told(seen), Network("recipient"))


def declare(engine: Engine, program: Program, **more: Any) -> Handover:
    given: dict[str, Any] = {
        "instance_id": WEB_01,
        "region": "cn-hangzhou",
        "recipient_account_id": "1000000000000002",
        "accept_terms": True,
        "vswitch_id": "vsw-bp1orchid00000001",
        "security_group_ids": ["sg-bp1orchid000000web"],
        "eip": Eip(),
    } | more
    return engine.run(lambda: Handover("web-01", **given, program=program))


TRANSFER, RECEIPT, ADDRESS, BINDING = "InstanceTransfer", "InstanceReceipt", "EipAddress", "EipAssociation"


@pytest.mark.parametrize(
    ("seen", "allocate", "kinds"),
    [
        (Seen(), "now", [TRANSFER, ADDRESS]),
        (Seen(), "on-arrival", [TRANSFER]),
        (Seen(received=True), "now", [TRANSFER, ADDRESS, RECEIPT]),
        (Seen(received=True), "on-arrival", [TRANSFER, RECEIPT]),
        (Seen(received=True, arrived=True), "now", [TRANSFER, ADDRESS, RECEIPT, BINDING]),
        (Seen(received=True, arrived=True), "on-arrival", [TRANSFER, ADDRESS, RECEIPT, BINDING]),
    ],
)
def test_each_stage_declares_what_is_due(engine: Engine, seen: Seen, allocate: Any, kinds: list[str]) -> None:
    declare(engine, program(seen), eip=Eip(allocate=allocate))
    assert engine.kinds() == sorted(["Handover", *kinds])


def test_the_sources_half_declares_the_transfer_only(engine: Engine) -> None:
    declare(engine, program(Seen(), Sides("source", "source")))
    assert engine.kinds() == ["Handover", TRANSFER]


def test_the_recipients_half_declares_all_but_the_transfer(engine: Engine) -> None:
    declare(engine, program(Seen(received=True, arrived=True), Sides("recipient", None, "recipient")))
    assert TRANSFER not in engine.kinds()
    assert {RECEIPT, ADDRESS, BINDING} <= set(engine.kinds())


def test_without_a_place_at_the_recipient_only_the_transfer_is_declared(engine: Engine) -> None:
    declare(engine, program(Seen(received=True)), vswitch_id=None, security_group_ids=None, eip=None)
    assert engine.kinds() == ["Handover", TRANSFER]


@pytest.mark.parametrize("left_out", ["vswitch_id", "security_group_ids"])
def test_half_a_place_is_refused(engine: Engine, left_out: str) -> None:
    with pytest.raises(pulumi.RunError, match="web-01: the recipient's side needs vswitch_id and security_group_ids"):
        declare(engine, program(Seen()), **{left_out: None})


def test_a_look_that_failed_ends_the_program_with_its_message(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="no answer came"):
        declare(engine, program(TryAgain("no answer came")))
    assert engine.declared == []
