"""When the stack's DestroyGuard is declared, and what it guards: the wiring, with Pulumi's mocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from tests.unit.engine_mock import Engine
from tests.unit.handover.test_component import WEB_01, of_side, run_of
from transfer_provider import Eip, Handover
from transfer_provider.handover.declare import declare_destroy_guard
from transfer_provider.handover.plan import Observed
from transfer_provider.handover.recipient.network import RecipientNetwork
from transfer_provider.handover.run import Run
from transfer_provider.handover.state import StackState, of_resources
from transfer_provider.inputs.security_groups import SecurityGroupInputs

ARRIVED = Observed(received=True, arrived=True)
WEB = SecurityGroupInputs(vpc_id="vpc-bp1orchid00000001")


def run(observed: Observed, *, protect: bool = False, held: bool = False, side: Any = "both") -> Run:
    made = run_of(observed, of_side(side))
    return replace(made, network=RecipientNetwork("recipient", protect=protect), state=StackState(destroy_guard=held))


def guards(engine: Engine, run: Run, *more_groups: Any, **groups: SecurityGroupInputs) -> dict[str, Any]:
    def program() -> None:
        run.network.declare_groups(groups, "cn-hangzhou")
        handover = Handover(
            "web-01",
            instance_id=WEB_01,
            region="cn-hangzhou",
            recipient_account_id="1000000000000002",
            accept_terms=True,
            vswitch_id="vsw-bp1orchid00000001",
            security_group_ids=[*run.network.group_ids(list(groups)), "sg-bp1orchid000000web", *more_groups],
            eip=Eip(),
            run=run,
        )
        declare_destroy_guard(run, [handover], {"cn-beijing"})

    engine.run(program)
    return engine.named("DestroyGuard")


def test_what_was_received_unprotected_is_guarded_by_the_groups_that_the_stack_declares(engine: Engine) -> None:
    (guard,) = guards(engine, run(ARRIVED), web=WEB).values()
    assert guard["handovers"] == {"web-01": WEB_01}
    assert guard["security_group_ids"] == ["web-id"]
    assert guard["regions"] == ["cn-beijing", "cn-hangzhou"]


def test_a_group_that_a_program_declares_itself_counts_and_one_that_was_there_before_does_not(engine: Engine) -> None:
    made = pulumi.Output.from_input("sg-bp1ofthisprogram")
    (guard,) = guards(engine, run(ARRIVED), made).values()
    assert guard["security_group_ids"] == ["sg-bp1ofthisprogram"]


@pytest.mark.parametrize(
    "of",
    [
        run(ARRIVED, protect=True),
        run(Observed()),
        run(ARRIVED, side="source"),
        run(Observed(), held=True, side="source"),
    ],
)
def test_nothing_is_guarded_that_is_protected_or_not_received(engine: Engine, of: Run) -> None:
    assert guards(engine, of) == {}


@pytest.mark.parametrize("of", [run(ARRIVED, protect=True, held=True), run(Observed(), held=True)])
def test_a_guard_in_the_state_is_never_dropped_by_a_run(engine: Engine, of: Run) -> None:
    assert list(guards(engine, of)) == ["destroy-guard"]


def test_the_state_holds_a_guard_by_its_type() -> None:
    urn, kind = "urn:pulumi:s::p::x::destroy-guard", "pulumi-python:dynamic/destroy_guard:DestroyGuard"
    assert of_resources({urn: {"type": kind, "outputs": {}}}).destroy_guard
    assert not of_resources({}).destroy_guard
