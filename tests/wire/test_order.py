"""Whose turn it is, by what both accounts list: against the sandbox, with the calls counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest

from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.wire.test_survey import RECIPIENT, REGION, SOURCE, accept, called, of, submit
from transfer_provider.cloud import permissions
from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.order.decision import Order
from transfer_provider.handover.order.turns import Ahead, StackAhead, Turns, Wait
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.preflight import Preflight
from transfer_provider.handover.reports import untracked
from transfer_provider.handover.state import StackState
from transfer_provider.handover.survey import Survey
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

WEB_01, DB_01 = "i-bp1web00000000000001", "i-bp1db000000000000001"
STAGING = StackAhead("staging")


def wanted(name: str, instance_id: str, *after: str, reason: str | None = None) -> Wanted:
    return Wanted(name, TransferRequest(instance_id, REGION, RECIPIENT, reason=reason), after=after)


def decided(
    *handovers: Wanted,
    settings: Settings | None = None,
    state: StackState | None = None,
    stacks: tuple[StackAhead, ...] = (),
    every: bool = True,
) -> tuple[Turns, Preflight]:
    """What waits in a run of these, and what its preflight checks hold by then."""
    chosen, held = settings or of(), state or StackState()
    survey, preflight = Survey(chosen, held), Preflight(chosen, held)
    if every:
        survey.query(handovers)
    known = {one.name: one for one in handovers}
    return Order(chosen, held, survey, preflight, stacks).decide(handovers, known, {}, every=every), preflight


def with_settings(side: Any = "both", **more: Any) -> Settings:
    return of(side).model_copy(update=more)


DB, WEB = wanted("db-01", DB_01), wanted("web-01", WEB_01, "db-01")


def test_a_handover_waits_until_the_recipient_lists_the_instance_ahead(sandbox: Sandbox) -> None:
    assert decided(DB, WEB)[0].waits == {"web-01": Wait([Ahead("db-01")])}
    transfer_id = submit(DB_01)
    sandbox.desk.approve(DB_01)
    assert "web-01" in decided(DB, WEB)[0].waits
    accept(transfer_id)
    assert "web-01" in decided(DB, WEB)[0].waits
    sandbox.clock.advance(timedelta(minutes=1))
    assert not decided(DB, WEB)[0].waits


def test_the_sources_half_queries_the_transfers_ahead_in_one_batch(sandbox: Sandbox) -> None:
    transfer_id = submit(DB_01)
    held = StackState(
        submitted={DB_01: Transfer(transfer_id, DB_01, Status.UNDER_REVIEW, RECIPIENT, region=REGION)}, tracked=[DB_01]
    )
    half = of("source")
    sandbox.desk.approve(DB_01)
    assert decided(DB, WEB, settings=half, state=held)[0].waits == {
        "web-01": Wait([Ahead("db-01", Status.APPROVED)]),
    }
    accept(transfer_id)
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.log.clear()
    assert not decided(DB, WEB, settings=half, state=held)[0].waits
    listings = sandbox.log.entries(action="DescribeInstanceTransfers")
    assert [entry.parameters.get("TransferIds") for entry in listings if "TransferIds" in entry.parameters] == [
        f'["{transfer_id}"]'
    ]


@pytest.mark.parametrize("every", [True, False])
def test_what_a_killed_run_submitted_is_adopted_instead_of_waiting(sandbox: Sandbox, every: bool) -> None:
    submit(WEB_01)
    assert decided(DB, WEB, every=every)[0].waits == {}
    one = with_settings(waves=True, maxSubmissions=1)
    web = wanted("a-web", WEB_01)
    assert not decided(web, DB, settings=one, every=every)[0].waits
    assert decided(web, DB, stacks=(STAGING,), every=every)[0].waits.keys() == {"db-01"}
    # Another request is not this one.
    other = wanted("web-01", WEB_01, "db-01", reason="Another")
    assert decided(DB, other, every=every)[0].waits.keys() == {"web-01"}


def test_another_request_under_way_of_what_waits_is_reported_as_untracked(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", reported.append)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "orchid")
    transfer_id = submit(WEB_01)
    untracked.warn(of(), StackState(), [DB.request, WEB.request])
    assert reported == []
    untracked.warn(of(), StackState(), [DB.request, WEB.request], {WEB_01})
    assert f"{transfer_id} of {WEB_01}" in reported[0]


def test_what_blocks_a_handover_that_waits_only_warns_until_its_turn(sandbox: Sandbox) -> None:
    gone = wanted("gone-01", "i-bp1gone0000000000001", "db-01")
    turns, preflight = decided(DB, gone)
    preflight.check([DB, gone], turns.waits)
    (warning,) = preflight.of_waiting(gone).warnings
    assert not warning.blocks
    assert warning.remedy.endswith("It waits; its submission would fail.")
    assert preflight.of_waiting(gone).disks is None
    assert preflight.of(DB).warnings == ()
    with pytest.raises(Refused, match="1 of 2 handovers can't be submitted"):
        Preflight(of(), StackState()).check([DB, gone])
    alone = Preflight(of(), StackState()).of_waiting(gone)
    assert [found.code for found in alone.warnings] == [warning.code]


def test_waves_allow_what_is_left_beside_replaced_transfers(sandbox: Sandbox) -> None:
    chosen = with_settings(waves=True, maxSubmissions=1)
    held = StackState(submitted={DB_01: Transfer("it-1", DB_01, Status.UNDER_REVIEW, RECIPIENT, reason="old")})
    turns, preflight = decided(DB, wanted("web-01", WEB_01), settings=chosen, state=held)
    assert turns.waits == {"web-01": Wait(wave=1)}
    preflight.check([DB, wanted("web-01", WEB_01)], turns.waits)


def test_an_order_takes_no_call_that_a_run_without_it_does_not_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox.running(many_instances(load(DEMO), SOURCE, REGION, 120), directory=tmp_path) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        ids = [f"i-bp1many{number:013d}" for number in range(1, 121)]
        first = wanted("m-000", ids[0])
        plain = [first, *(wanted(f"m-{number:03}", one) for number, one in enumerate(ids[1:], 1))]
        ordered = [first, *(wanted(one.name, one.instance_id, "m-000") for one in plain[1:])]
        calls = []
        for handovers, more in ((plain, {"maxSubmissions": 200}), (ordered, {}), (plain, {"waves": True})):
            sandbox.log.clear()
            permissions.begin_run()
            turns, preflight = decided(*handovers, settings=with_settings(**more))
            preflight.check(handovers, turns.waits)
            # Whose credentials these are is asked once a process.
            calls.append(sorted(action for action in map(str, called(sandbox)) if action != "GetCallerIdentity"))
        assert calls[1] == calls[2] == calls[0]
        assert len(turns.waits) == 100
