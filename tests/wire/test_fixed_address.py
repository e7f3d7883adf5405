"""An EIP for an instance with a fixed public address: found before the submission, and never allocated in vain."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.server.server import Sandbox
from tests.wire.test_survey import accept, called, of, submit
from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.preflight import Checked, Preflight
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.handover.reports.unbindable import unbindable
from transfer_provider.handover.state import StackState
from transfer_provider.handover.survey import Survey
from transfer_provider.inputs.handover import Eip
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

FIXED, ADDRESS = "i-bp1publicip000000001", "203.0.113.20"
RECIPIENT = "1000000000000002"
REQUEST = TransferRequest(FIXED, "cn-hangzhou", RECIPIENT)
WANTED = Wanted("public-ip-01", REQUEST, destination=True, eip=Eip())
UNDER_REVIEW = Transfer("it-1", FIXED, Status.UNDER_REVIEW, RECIPIENT)


def arrive(sandbox: Sandbox) -> None:
    transfer_id = submit(FIXED)
    sandbox.desk.approve(FIXED)
    accept(transfer_id)
    sandbox.clock.advance(timedelta(minutes=1))


def observed(state: StackState, wanted: Wanted = WANTED) -> Observed:
    survey = Survey(of("recipient"), state)
    survey.query([wanted])
    return survey.of(wanted)


@pytest.mark.parametrize("side", ["both", "source"])
@pytest.mark.parametrize("eip", [Eip(), Eip(allocate="now"), Eip(adopt="eip-bp1orchid00000001")])
def test_a_submission_with_an_eip_is_refused(sandbox: Sandbox, side: str, eip: Eip) -> None:
    settings = of("source" if side == "source" else "both")
    with pytest.raises(Refused, match=rf"FixedPublicAddress .*{re.escape(ADDRESS)}.*Leave `eip` out"):
        Preflight(settings, StackState()).check([replace(WANTED, eip=eip)])
    with pytest.raises(Refused, match="FixedPublicAddress"):
        Preflight(settings, StackState()).of(replace(WANTED, eip=eip))


def test_without_an_eip_nothing_is_found(sandbox: Sandbox) -> None:
    preflight = Preflight(of(), StackState())
    preflight.check([replace(WANTED, eip=None)])
    assert preflight.of(replace(WANTED, eip=None)).warnings == ()


def test_a_stack_may_let_it_warn_only(sandbox: Sandbox) -> None:
    preflight = Preflight(of().model_copy(update={"warnOnly": ("FixedPublicAddress",)}), StackState())
    preflight.check([WANTED])
    assert [warning.code for warning in preflight.of(WANTED).warnings] == ["FixedPublicAddress"]


def test_a_transfer_that_is_submitted_already_is_not_refused_but_its_address_is_known_to_be_in_vain(
    sandbox: Sandbox,
) -> None:
    now = replace(WANTED, eip=Eip(allocate="now"))
    preflight = Preflight(of(), StackState(submitted={FIXED: UNDER_REVIEW}))
    preflight.check([now])
    assert preflight.of(now) == Checked(fixed_public_ip=ADDRESS)
    assert called(sandbox) == ["DescribeInstances"]


def test_a_sources_half_that_allocates_no_address_does_not_query_for_one(sandbox: Sandbox) -> None:
    now = replace(WANTED, eip=Eip(allocate="now"))
    Preflight(of("source"), StackState(submitted={FIXED: UNDER_REVIEW})).check([now])
    assert called(sandbox) == []


def test_nor_is_one_that_is_under_way_at_alibaba_cloud_and_not_in_the_state(sandbox: Sandbox) -> None:
    submit(FIXED)
    preflight = Preflight(of(), StackState())
    preflight.check([WANTED])
    assert preflight.of(WANTED).fixed_public_ip == ADDRESS


@pytest.mark.parametrize("eip", [None, Eip()])
def test_nothing_is_queried_for_an_address_that_waits_for_the_arrival(sandbox: Sandbox, eip: Eip | None) -> None:
    Preflight(of(), StackState(submitted={FIXED: UNDER_REVIEW})).check([replace(WANTED, eip=eip)])
    assert called(sandbox) == []


def test_the_recipient_learns_it_when_the_instance_arrives(sandbox: Sandbox) -> None:
    arrive(sandbox)
    found = observed(StackState())
    assert (found.received, found.arrived, found.fixed_public_ip) == (True, True, ADDRESS)


def test_and_from_then_on_as_long_as_an_address_is_declared_and_not_bound(sandbox: Sandbox) -> None:
    arrive(sandbox)
    received = StackState(received={FIXED}, arrived={FIXED})
    assert observed(received).fixed_public_ip == ADDRESS
    sandbox.log.clear()
    assert observed(received, replace(WANTED, eip=None)) == Observed(received=True, arrived=True)
    bound = replace(received, recipient=RecipientState(bound={"public-ip-01"}))
    assert observed(bound) == Observed(received=True, arrived=True)
    assert "DescribeInstances" not in called(sandbox)


def test_an_instance_that_has_arrived_by_the_state_stays_declared_where_the_account_lists_it_no_more(
    sandbox: Sandbox,
) -> None:
    assert observed(StackState(received={FIXED}, arrived={FIXED})) == Observed(received=True, arrived=True)


def test_the_report_states_what_is_wrong_and_what_to_do() -> None:
    found = Observed(received=True, arrived=True, fixed_public_ip=ADDRESS)
    (allocated,) = unbindable(WANTED, found, "eip-1")
    (report,) = unbindable(WANTED, found, None)
    assert report.startswith(f"Could not bind an EIP to {FIXED}: its fixed public address {ADDRESS} goes with it")
    assert "none is allocated. Leave `eip` out of public-ip-01" in report
    assert "ConvertNatPublicIpToEip" in report
    assert "eip-1 stays allocated and unbound" in allocated
    assert not unbindable(replace(WANTED, eip=None), found, None)
    assert not unbindable(WANTED, replace(found, fixed_public_ip=None), None)
