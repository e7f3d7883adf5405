"""The provider's process as the engine meets it: pickled bytes, floats, dropped None, unknowns, gone, error text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.demo_world import demo
from tests.wire.provider_process import UNKNOWN, Failed, ProviderProcess, running

WEB_01, WEB_02, DB_01 = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001"
INPUTS: dict[str, Any] = {
    "instance_id": WEB_01,
    "region": "cn-hangzhou",
    "recipient_account_id": "1000000000000002",
    "reason": "Project Orchid moves",
    "accept_terms": True,
    "channel": "api",
}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox.running(demo(), directory=tmp_path / "cloud") as started:
        yield started


def provider_environment(cloud: Sandbox) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(cloud.home.directory)} | cloud.environment()


@pytest.fixture
def provider(cloud: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
    with running(provider_environment(cloud), {"sourceProfile": "sandbox-source"}, tmp_path) as started:
        yield started


def test_numbers_arrive_as_floats_and_an_account_id_becomes_its_digits(provider: ProviderProcess) -> None:
    inputs, failures = provider.check(INPUTS | {"recipient_account_id": 1000000000000002})
    assert (inputs, failures) == (INPUTS, {})


def test_an_account_id_that_lost_digits_on_the_way_is_refused_on_its_property(provider: ProviderProcess) -> None:
    _, failures = provider.check(INPUTS | {"recipient_account_id": 9999999999999999})
    assert failures == {"recipient_account_id": "is a number that lost digits; put the account id in quotes"}


def test_all_failures_come_at_once(provider: ProviderProcess) -> None:
    _, failures = provider.check(INPUTS | {"instance_id": "x", "accept_terms": False, "region": "Z"})
    assert set(failures) == {"instance_id", "accept_terms", "region"}


def test_what_is_none_is_not_there(provider: ProviderProcess) -> None:
    inputs, failures = provider.check(INPUTS | {"recipient_email": None, "transfer_id": None})
    assert (inputs, failures) == (INPUTS, {})


def test_unknown_values_are_not_judged_and_stay_unknown(provider: ProviderProcess) -> None:
    inputs, failures = provider.check(INPUTS | {"instance_id": UNKNOWN, "region": "Z"})
    assert set(failures) == {"region"}
    inputs, failures = provider.check(INPUTS | {"instance_id": UNKNOWN})
    assert failures == {}
    assert inputs["instance_id"] == UNKNOWN


def test_check_and_diff_of_what_did_not_change_call_nothing(provider: ProviderProcess, cloud: Sandbox) -> None:
    provider.check(INPUTS)
    diff = provider.diff("it-1", INPUTS | {"status": "UnderReview"}, INPUTS)
    assert not diff.replaces
    assert not cloud.log.entries()


def test_create_returns_at_once_with_all_that_the_answer_tells(provider: ProviderProcess) -> None:
    id_, outputs = provider.create(INPUTS)
    assert id_.startswith("it-")
    assert outputs["transfer_id"] == id_
    assert outputs["status"] == "UnderReview"
    assert outputs["source_account_id"] == "1000000000000001"
    assert outputs["origin"] == "submitted"
    assert {key: outputs[key] for key in INPUTS} == INPUTS
    assert None not in outputs.values()


def test_the_next_read_adds_when_it_was_submitted_and_until_when_it_can_be_cancelled(provider: ProviderProcess) -> None:
    _, outputs = provider.read(*provider.create(INPUTS))
    assert outputs["submitted_at"] < outputs["cancellable_until"]


def test_what_is_declared_together_is_looked_up_together_and_is_in_no_state(
    provider: ProviderProcess, cloud: Sandbox
) -> None:
    declared = [INPUTS | {"instance_id": instance_id} for instance_id in (WEB_01, WEB_02, DB_01)]
    together = {"__together": ",".join(str(inputs["instance_id"]) for inputs in declared)}
    for inputs in declared:
        checked, failures = provider.check(inputs | together)
        assert (checked, failures) == (inputs, {})
    for inputs in declared:
        _, outputs = provider.create(inputs)
        assert bool(outputs["source_public_ip"]) == (inputs["instance_id"] == WEB_01)
    assert sorted(str(entry.action) for entry in cloud.log.entries()) == [
        "DescribeInstanceTransfers",
        "DescribeInstances",
        "GetCallerIdentity",
        "TransferInstance",
        "TransferInstance",
        "TransferInstance",
    ]


@pytest.mark.parametrize("reason", ["Project Orchid moves", "Something else"])
def test_what_another_run_submitted_since_the_batch_was_looked_up_is_not_submitted_twice(
    provider: ProviderProcess, cloud: Sandbox, tmp_path: Path, reason: str
) -> None:
    provider.check(INPUTS | {"__together": f"{WEB_01},{WEB_02}"})
    provider.create(INPUTS | {"instance_id": WEB_02})
    with running(provider_environment(cloud), {"sourceProfile": "sandbox-source"}, tmp_path) as another_run:
        first, _ = another_run.create(INPUTS | {"reason": reason})
    if reason == INPUTS["reason"]:
        assert provider.create(INPUTS)[0] == first
    else:
        with pytest.raises(Failed, match=f"the unfinished transfer {first} .UnderReview. requests reason 'Something"):
            provider.create(INPUTS)
    assert [transfer.id for transfer in cloud.desk.transfers() if transfer.instance_id == WEB_01] == [first]


def test_what_ended_since_the_batch_was_looked_up_is_not_adopted(
    provider: ProviderProcess, cloud: Sandbox, tmp_path: Path
) -> None:
    with running(provider_environment(cloud), {"sourceProfile": "sandbox-source"}, tmp_path) as another_run:
        ended, _ = another_run.create(INPUTS)
    provider.check(INPUTS | {"__together": f"{WEB_01},{WEB_02}"})
    provider.create(INPUTS | {"instance_id": WEB_02})
    cloud.desk.reject(ended, reason="Arrears.")
    id_, outputs = provider.create(INPUTS)
    assert (id_ != ended, outputs["origin"]) == (True, "submitted")


def test_every_input_is_identity_and_replaced_by_cancelling_first(provider: ProviderProcess) -> None:
    id_, state = provider.create(INPUTS)
    for key, value in {"reason": "Other", "recipient_account_id": "1000000000000003", "instance_id": UNKNOWN}.items():
        diff = provider.diff(id_, state, INPUTS | {key: value})
        assert list(diff.replaces) == [key]
        assert diff.deleteBeforeReplace


def test_a_window_that_closed_by_the_clouds_clock_refuses_a_change(provider: ProviderProcess, cloud: Sandbox) -> None:
    id_, state = provider.create(INPUTS)
    cloud.clock.advance(timedelta(hours=3))
    _, state = provider.read(id_, state)
    with pytest.raises(Failed, match=r"Could not change reason: .*its cancel window closed at .*retain_on_delete"):
        provider.diff(id_, state, INPUTS | {"reason": "Other"})


def test_an_unknown_input_of_a_completed_transfer_is_not_refused_before_it_is_known(provider: ProviderProcess) -> None:
    diff = provider.diff("it-1", INPUTS | {"status": "Completed"}, INPUTS | {"instance_id": UNKNOWN})
    assert list(diff.replaces) == ["instance_id"]
    with pytest.raises(Failed, match=r"belongs to the recipient"):
        provider.diff("it-1", INPUTS | {"status": "Completed"}, INPUTS | {"reason": "Other"})


def test_an_input_that_is_not_known_yet_may_make_it_another_request(provider: ProviderProcess) -> None:
    id_, state = provider.create(INPUTS)
    diff = provider.diff(id_, state, INPUTS | {"recipient_account_name": "orchid", "recipient_account_id": UNKNOWN})
    assert set(diff.replaces) == {"recipient_account_name", "recipient_account_id"}


def test_read_tracks_the_review(provider: ProviderProcess, cloud: Sandbox) -> None:
    id_, state = provider.create(INPUTS)
    cloud.desk.reject(id_, reason="The contract is missing.")
    _, state = provider.read(id_, state)
    assert state["status"] == "Rejected"
    assert "The contract is missing" in state["status_message"]
    assert state["origin"] == "submitted"


@pytest.mark.parametrize("status", ["Completed", "Rejected", "Cancelled", "Expired"])
def test_a_terminal_transfer_is_not_queried(provider: ProviderProcess, cloud: Sandbox, status: str) -> None:
    state = INPUTS | {"status": status, "transfer_id": "it-1"}
    assert provider.read("it-1", state) == ("it-1", state)
    provider.delete("it-1", state)
    assert not cloud.log.entries()


def test_a_transfer_the_cloud_does_not_have_is_gone(provider: ProviderProcess) -> None:
    state = INPUTS | {"status": "UnderReview", "source_account_id": "1000000000000001"}
    assert provider.read("it-00000000000000000000", state) == ("", {})
    provider.delete("it-00000000000000000000", state)


def test_another_accounts_credentials_never_make_a_transfer_gone(provider: ProviderProcess) -> None:
    state = INPUTS | {"status": "UnderReview", "source_account_id": "1000000000000009"}
    for operation in (provider.read, provider.delete):
        with pytest.raises(
            Failed, match=r"belongs to account 1000000000000001, and it was submitted by account 1000000000000009"
        ):
            operation("it-00000000000000000000", state)


def test_an_error_is_one_sentence_with_code_and_request_id_and_what_to_do(provider: ProviderProcess) -> None:
    with pytest.raises(Failed) as failed:
        provider.create(INPUTS | {"recipient_account_id": "1999999999999999"})
    assert re.fullmatch(
        r"Could not submit the transfer of i-bp1web00000000000001 to account 1999999999999999: .*"
        r"\(InvalidRecipient.NotFound, RequestId .*\)\. .* and correct the declaration\.",
        str(failed.value),
    )


def test_a_refusal_of_a_change_is_in_its_own_words_too(provider: ProviderProcess) -> None:
    with pytest.raises(Failed, match=r"^Could not change reason: the transfer is Completed"):
        provider.diff("it-1", INPUTS | {"status": "Completed"}, INPUTS | {"reason": "Other"})


def test_the_process_ends_once_nobody_reads_what_it_prints(provider: ProviderProcess) -> None:
    id_, state = provider.create(INPUTS)
    assert provider.read(id_, state)[0] == id_
    assert provider.process.stdout is not None
    provider.process.stdout.close()
    assert provider.process.wait(timeout=30) == 1


def test_a_failed_query_is_an_error_and_never_gone(provider: ProviderProcess, cloud: Sandbox) -> None:
    id_, state = provider.create(INPUTS)
    cloud.faults.add(Fault(action="DescribeInstanceTransfers", kind="not-offered"))
    with pytest.raises(Failed, match=r"InvalidAction.NotFound"):
        provider.read(id_, state)


def test_a_rename_that_was_killed_half_way_cancels_nothing_in_the_next_run(
    provider: ProviderProcess, cloud: Sandbox
) -> None:
    id_, submitted = provider.create(INPUTS)
    adopted = submitted | {"origin": "adopted"}
    with running(provider_environment(cloud), {"sourceProfile": "sandbox-source"}, cloud.home.directory) as next_run:
        for outputs in (submitted, adopted):
            next_run.read(id_, outputs)
        next_run.delete(id_, submitted)
        assert cloud.desk.transfers()[0].status == "UnderReview"
        next_run.delete(id_, adopted)
        assert cloud.desk.transfers()[0].status == "Cancelled"
