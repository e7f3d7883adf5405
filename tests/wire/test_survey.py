"""The survey against the sandbox: how many calls it makes, what it concludes, and where it stops."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused, TryAgain
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.handover.survey import Survey
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

REGION = "cn-hangzhou"
SOURCE, RECIPIENT, OTHER = "1000000000000001", "1000000000000002", "1000000000000003"
WEB_01, WEB_02 = "i-bp1web00000000000001", "i-bp1web00000000000002"
VSWITCH, GROUP = "vsw-bp1orchid00000001", "sg-bp1orchid000000web"


Side = Literal["both", "source", "recipient"]


def of(side: Side = "both", source: str = "sandbox-source", recipient: str = "sandbox-recipient") -> Settings:
    """The settings of a stack that runs this side with these profiles, and may hand over to anybody in the sandbox."""
    return Settings(
        region=REGION,
        side=side,
        sourceProfile=source,
        recipientProfile=recipient,
        sourceAccount=SOURCE,
        recipients=(RECIPIENT, OTHER, SOURCE),
    )


BOTH = of()


def submit(instance_id: str, recipient: str = RECIPIENT) -> str:
    return operations.submit(
        Cloud("sandbox-source", REGION), TransferRequest(instance_id, REGION, recipient), f"token-{instance_id}"
    ).transfer_id


def accept(transfer_id: str) -> None:
    operations.accept(Cloud("sandbox-recipient", REGION), transfer_id, vswitch_id=VSWITCH, security_group_ids=[GROUP])


def wanted(instance_id: str) -> Wanted:
    return Wanted(instance_id, TransferRequest(instance_id, REGION, RECIPIENT))


def observed(instance_id: str = WEB_01, settings: Settings = BOTH, state: StackState | None = None) -> Observed:
    survey = Survey(settings, state or StackState())
    survey.query([wanted(instance_id)])
    return survey.of(wanted(instance_id))


def called(sandbox: Sandbox) -> list[str | None]:
    return [entry.action for entry in sandbox.log.entries()]


def test_an_instance_nobody_submitted_is_neither_received_nor_arrived(sandbox: Sandbox) -> None:
    assert observed() == Observed()


def test_the_receipt_is_due_from_the_approval_on_and_the_arrival_once_listed(sandbox: Sandbox) -> None:
    transfer_id = submit(WEB_01)
    assert (observed().received, observed().arrived) == (False, False)
    sandbox.desk.approve(WEB_01)
    assert (observed().received, observed().arrived) == (True, False)
    accept(transfer_id)
    assert (observed().received, observed().arrived) == (True, False)
    sandbox.clock.advance(timedelta(minutes=1))
    assert (observed().received, observed().arrived) == (True, True)


def test_a_rejected_or_cancelled_transfer_makes_no_receipt_due(sandbox: Sandbox) -> None:
    submit(WEB_01)
    sandbox.desk.reject(WEB_01, reason="No.")
    assert not observed().received


def test_one_survey_costs_a_call_for_each_account_and_two_for_100_instances(sandbox: Sandbox) -> None:
    survey = Survey(BOTH, StackState())
    ids = [f"i-bp1many{number:013d}" for number in range(250)]
    survey.query([wanted(instance_id) for instance_id in ids])
    for instance_id in ids:
        survey.of(wanted(instance_id))
    assert sorted(map(str, called(sandbox))) == sorted(
        ["GetCallerIdentity"] * 2
        + ["DescribeInstanceTransfers"] * 3
        # The last confirms that what is not listed is not there.
        + ["DescribeInstances"] * (3 + 1)
    )
    assert all(len(entry.parameters.get("InstanceIds", "").split(",")) <= 100 for entry in sandbox.log.entries())


def test_what_the_state_holds_as_arrived_is_not_queried(sandbox: Sandbox) -> None:
    found = observed(state=StackState(received={WEB_01}, arrived={WEB_01}))
    assert (found.received, found.arrived) == (True, True)
    assert called(sandbox) == ["GetCallerIdentity"] * 2


def test_a_program_that_declares_its_handovers_one_by_one_makes_as_few_calls_as_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = many_instances(load(DEMO), SOURCE, REGION, 120)
    with Sandbox.running(world, directory=tmp_path) as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        ids = [f"i-bp1many{number:013d}" for number in range(1, 121)]
        for instance_id in ids:
            submit(instance_id)
        sandbox.desk.approve(ids[0])
        sandbox.log.clear()
        survey = Survey(BOTH, StackState())
        received = [instance_id for instance_id in ids if survey.of(wanted(instance_id)).received]
        assert received == ids[:1]
        assert sorted(map(str, called(sandbox))) == ["DescribeInstanceTransfers"] * 2 + ["GetCallerIdentity"] * 2


def test_what_arrived_is_observed_without_naming_it_before(sandbox: Sandbox) -> None:
    transfer_id = submit(WEB_01)
    sandbox.desk.approve(WEB_01)
    accept(transfer_id)
    sandbox.clock.advance(timedelta(minutes=1))
    assert Survey(BOTH, StackState()).of(wanted(WEB_01)).arrived


@pytest.mark.parametrize(
    ("side", "accounts"), [("source", {SOURCE}), ("recipient", {RECIPIENT}), ("both", {SOURCE, RECIPIENT})]
)
def test_each_side_uses_its_own_credentials_only(sandbox: Sandbox, side: Side, accounts: set[str]) -> None:
    profiles = {
        "source": "sandbox-source" if SOURCE in accounts else "no-such-profile",
        "recipient": "sandbox-recipient" if RECIPIENT in accounts else "no-such-profile",
    }
    observed(settings=of(side, **profiles))
    assert {entry.account_id for entry in sandbox.log.entries()} == accounts


def test_the_recipients_half_observes_what_it_is_offered(sandbox: Sandbox) -> None:
    submit(WEB_01)
    sandbox.desk.approve(WEB_01)
    found = observed(settings=of("recipient"))
    assert found.received
    assert found.transfer is not None
    assert found.transfer.status == "Approved"


@pytest.mark.parametrize("action", ["GetCallerIdentity", "DescribeInstanceTransfers", "DescribeInstances"])
@pytest.mark.parametrize("kind", ["throttle", "error", "cut-before", "cut-after"])
def test_no_answer_is_an_error_and_never_not_found(
    sandbox: Sandbox, action: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transfer_provider.cloud.client.ATTEMPTS", 1)
    sandbox.faults.add(Fault(action=action, kind=kind))
    with pytest.raises(TryAgain):
        observed(state=StackState(received={WEB_01}))


def test_no_permission_is_an_error_and_never_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed, match="Forbidden"):
        observed(settings=of(recipient="sandbox-recipient-denied"))


def test_one_account_on_both_sides_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed, match=r"both belong to account 1000000000000001\. Set each"):
        observed(settings=of(recipient="sandbox-source-ram"))


def test_credentials_of_another_account_than_the_recipient_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(NotAllowed, match="and its recipient_account_id is 1000000000000002"):
        observed(settings=of(recipient="sandbox-other"))


def test_a_completed_transfer_whose_instance_is_not_listed_stops_with_an_explanation(sandbox: Sandbox) -> None:
    transfer_id = submit(WEB_01)
    sandbox.desk.approve(WEB_01)
    accept(transfer_id)
    sandbox.clock.advance(timedelta(minutes=1))
    # As if the recipient had released it, or its list lagged.
    del sandbox.state._holdings[WEB_01]
    for known in (StackState(), StackState(received={WEB_01})):
        with pytest.raises(Refused, match="Nothing is concluded from that and no changes were made"):
            observed(state=known)
        with pytest.raises(Refused, match="Could not find"):
            Survey(BOTH, known).of(wanted(WEB_01))


def test_a_receipt_of_the_state_that_nobody_lists_any_more_stops_as_well(sandbox: Sandbox) -> None:
    with pytest.raises(Refused, match="Could not find"):
        observed(state=StackState(received={WEB_01}))


def test_a_transfer_the_state_holds_as_completed_stops_as_well_when_nobody_lists_it(sandbox: Sandbox) -> None:
    known = StackState(completed={WEB_01})
    with pytest.raises(Refused, match="Could not find"):
        observed(state=known)
    with pytest.raises(Refused, match="Could not find"):
        Survey(BOTH, known).of(wanted(WEB_01))


def test_a_later_transfer_counts_more_than_a_terminal_one(sandbox: Sandbox) -> None:
    submit(WEB_01)
    sandbox.desk.expire(WEB_01)
    source = Cloud("sandbox-source", REGION)
    operations.submit(source, TransferRequest(WEB_01, REGION, RECIPIENT, reason="again"), "again")
    sandbox.desk.approve(WEB_01)
    assert observed().received


def test_what_the_state_holds_is_looked_up_as_it_is_now_in_one_call(sandbox: Sandbox) -> None:
    rejected, open_ = submit(WEB_01), submit(WEB_02)
    sandbox.desk.reject(WEB_01, reason="No.")
    sandbox.log.clear()
    held = [
        Transfer(transfer_id, instance_id, Status.UNDER_REVIEW, RECIPIENT, region=REGION)
        for transfer_id, instance_id in ((rejected, WEB_01), (open_, WEB_02), ("it-notlisted", WEB_02))
    ]
    listed = Survey(BOTH, StackState()).listed(held)
    assert {id_: transfer.status for id_, transfer in listed.items()} == {rejected: "Rejected", open_: "UnderReview"}
    assert called(sandbox) == ["DescribeInstanceTransfers"]


@pytest.mark.parametrize("side", ["both", "source", "recipient"])
def test_the_time_is_alibaba_clouds_whichever_half_the_stack_runs(sandbox: Sandbox, side: Side) -> None:
    sandbox.clock.advance(timedelta(days=40))
    survey = Survey(of(side), StackState())
    survey.query([wanted(WEB_01)])
    assert abs(survey.now() - sandbox.clock.now()) < timedelta(minutes=1)
