"""The api channel's decisions where an answer comes late, wrong or not at all, with a cloud that plays them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from transfer_provider.channels.api import ApiChannel
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused, TryAgain, Unsupported
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

REQUEST = TransferRequest("i-bp1web00000000000001", "cn-hangzhou", "1000000000000002", reason="Orchid")
SOURCE = "1000000000000001"


class ScriptedCloud:
    """Lists `transfers`; what happens at other actions is the test's."""

    region = "cn-hangzhou"
    profile = "source"

    def __init__(self) -> None:
        self.transfers: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.calls: list[str] = []
        self.page = 100
        self.on_submit: Callable[[Mapping[str, str]], str] = self.record
        self.on_list: Callable[[], None] = lambda: None

    def account_id(self) -> str:
        return SOURCE

    def now(self) -> datetime:
        return datetime.now(UTC)

    def record(self, query: Mapping[str, str], status: Status = Status.UNDER_REVIEW) -> str:
        transfer_id = f"it-{len(self.transfers) + 1}"
        self.add(transfer_id, status, query["InstanceId"], query["RecipientAccountId"], query.get("Reason"))
        return transfer_id

    def add(
        self,
        transfer_id: str,
        status: Status,
        instance_id: str = REQUEST.instance_id,
        recipient: str = REQUEST.recipient_account_id,
        reason: str | None = REQUEST.reason,
    ) -> None:
        entry = {"TransferId": transfer_id, "InstanceId": instance_id, "Status": status, "Reason": reason}
        self.transfers.insert(0, entry | {"SourceAccountId": SOURCE, "RecipientAccountId": recipient})

    def read(self, call: object, *, doing: str) -> Any:
        """No instance is listed: none of these decisions depends on it."""
        return SimpleNamespace(instances=SimpleNamespace(instance=[]), next_token=None)

    def ask(self, action: Action, query: Mapping[str, str], *, doing: str) -> Mapping[str, Any]:
        self.calls.append(action.name)
        if action.name == "TransferInstance":
            self.tokens.append(query["ClientToken"])
            return {"TransferId": self.on_submit(query)}
        self.on_list()
        found = [transfer for transfer in self.transfers if _is_queried(transfer, query)]
        start = int(query.get("NextToken", "0"))
        rest = str(start + self.page) if start + self.page < len(found) else ""
        return {"Transfers": {"Transfer": found[start : start + self.page]}, "NextToken": rest}


def _is_queried(transfer: dict[str, Any], query: Mapping[str, str]) -> bool:
    return (
        transfer["TransferId"] in json.loads(query.get("TransferIds", "null") or "null")
        if "TransferIds" in query
        else transfer["InstanceId"] in json.loads(query["InstanceIds"])
        if "InstanceIds" in query
        else transfer["Status"] in query["Status"].split(",")
    )


@pytest.fixture
def cloud() -> ScriptedCloud:
    return ScriptedCloud()


@pytest.fixture
def channel(cloud: ScriptedCloud) -> ApiChannel:
    return ApiChannel(cast(Cloud, cloud))


def test_past_the_submission_a_failing_query_does_not_lose_the_transfer(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    def submit_and_then_fail(query: Mapping[str, str]) -> str:
        def fail() -> None:
            raise TryAgain("no answer")

        cloud.on_list = fail
        return cloud.record(query)

    cloud.on_submit = submit_and_then_fail
    transfer = channel.submit(REQUEST).transfer
    assert (transfer.transfer_id, transfer.status, transfer.source_account_id) == ("it-1", "UnderReview", SOURCE)


def test_an_answer_remembered_for_a_cancelled_request_is_not_mistaken_for_a_new_transfer(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    cloud.on_submit = lambda query: cloud.record(query, Status.CANCELLED)
    with pytest.raises(Refused, match=r"the same request was cancelled before, as it-1. Change the request"):
        channel.submit(REQUEST)


def test_a_lost_submission_that_cannot_be_queried_is_reported_as_lost(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    def lost(query: Mapping[str, str]) -> str:
        def silent() -> None:
            raise TryAgain("the query failed")

        cloud.on_list = silent
        raise TryAgain("the submission got no answer")

    cloud.on_submit = lost
    with pytest.raises(TryAgain, match="the submission got no answer"):
        channel.submit(REQUEST)


def test_a_submission_of_the_same_request_a_moment_ago_is_adopted(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    def beaten(query: Mapping[str, str]) -> str:
        cloud.record(query)
        raise Refused("conflict", code="OperationConflict.TransferInProgress")

    cloud.on_submit = beaten
    submission = channel.submit(REQUEST)
    assert (submission.adopted, submission.transfer.transfer_id) == (True, "it-1")


def test_a_handover_that_completed_while_nobody_tracked_it_is_adopted(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    cloud.add("it-9", Status.COMPLETED)

    def moved_away(query: Mapping[str, str]) -> str:
        raise Refused("not there", code="InvalidInstanceId.NotFound")

    cloud.on_submit = moved_away
    submission = channel.submit(REQUEST)
    assert (submission.adopted, submission.transfer.status) == (True, "Completed")


def test_an_instance_that_came_back_is_handed_over_anew(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    cloud.add("it-9", Status.COMPLETED)
    assert channel.submit(REQUEST).transfer.transfer_id != "it-9"


def test_a_request_repeated_after_its_end_has_a_token_of_its_own(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    channel.submit(REQUEST)
    cloud.transfers[0]["Status"] = Status.REJECTED
    channel.submit(REQUEST)
    assert len(set(cloud.tokens)) == 2


def test_what_the_declaration_leaves_out_may_be_anything_in_the_transfer_adopted(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    cloud.add("it-1", Status.APPROVED, reason="Set elsewhere")
    silent = TransferRequest(REQUEST.instance_id, REQUEST.region, REQUEST.recipient_account_id)
    assert channel.submit(silent).adopted
    with pytest.raises(
        Refused, match=r"it-1 \(Approved\) requests reason 'Set elsewhere'\. Restore its reason 'Set elsewhere' and run"
    ):
        channel.submit(REQUEST)


def test_an_unfinished_transfer_without_a_reason_is_adopted_by_leaving_it_out(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    cloud.add("it-1", Status.APPROVED, reason=None)
    with pytest.raises(
        Refused, match=r"requests no reason\. Leave the reason out and run `pulumi up`, which adopts it"
    ):
        channel.submit(REQUEST)


def test_an_unfinished_transfer_to_another_account_has_to_be_cancelled_first(
    cloud: ScriptedCloud, channel: ApiChannel
) -> None:
    cloud.add("it-1", Status.APPROVED, recipient="1000000000000003")
    with pytest.raises(Refused, match=r"Cancel that transfer first, or declare the same to adopt it\.$"):
        channel.submit(REQUEST)


def test_what_a_refused_replacement_left_alone_is_named(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    cloud.add("it-1", Status.CANCELLED)
    with pytest.raises(Refused, match=r"it-2 was not cancelled\. Change the reason to a value not used yet\.$"):
        channel.remove(tracked("it-2"), REQUEST, REQUEST)


def test_a_cancellation_that_took_effect_without_an_answer_is_no_error(
    cloud: ScriptedCloud, channel: ApiChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.add("it-1", Status.UNDER_REVIEW)

    def lost(*_: object) -> None:
        cloud.transfers[0]["Status"] = Status.CANCELLED
        raise TryAgain("no answer")

    monkeypatch.setattr(operations, "cancel", lost)
    assert channel.remove(tracked("it-1"), REQUEST, None) == "cancelled"


def test_a_cancellation_without_an_answer_that_took_no_effect_is_an_error(
    cloud: ScriptedCloud, channel: ApiChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.add("it-1", Status.UNDER_REVIEW)

    def lost(*_: object) -> None:
        raise TryAgain("no answer")

    monkeypatch.setattr(operations, "cancel", lost)
    with pytest.raises(TryAgain, match="no answer"):
        channel.remove(tracked("it-1"), REQUEST, None)


def test_an_unknown_status_is_reported_and_not_guessed(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    cloud.transfers.append({"TransferId": "it-1", "InstanceId": REQUEST.instance_id, "Status": "Paused"})
    with pytest.raises(Unsupported, match="has the status 'Paused', which this version does not know"):
        channel.submit(REQUEST)


def tracked(transfer_id: str) -> Transfer:
    """A transfer as the state holds it."""
    return Transfer(transfer_id, REQUEST.instance_id, Status.UNDER_REVIEW, REQUEST.recipient_account_id, SOURCE)


def test_transfers_are_read_in_pages_and_each_page_once(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    for number in range(250):
        cloud.add(f"it-{number}", Status.UNDER_REVIEW if number % 2 else Status.REJECTED, f"i-{number:06}")
    for number in range(250):
        found = channel.read(tracked(f"it-{number}"), REQUEST)
        assert found is not None
        assert found.instance_id == f"i-{number:06}"
    assert cloud.calls == ["DescribeInstanceTransfers"] * 4


def test_a_failed_query_fails_for_every_resource_that_waits_for_it(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    def throttled() -> None:
        raise TryAgain("throttled")

    cloud.on_list = throttled
    for number in range(60):
        with pytest.raises(TryAgain, match="throttled"):
            channel.read(tracked(f"it-{number}"), REQUEST)
    assert cloud.calls == ["DescribeInstanceTransfers"]


def test_only_what_no_list_holds_is_queried_alone(cloud: ScriptedCloud, channel: ApiChannel) -> None:
    cloud.add("it-1", Status.UNDER_REVIEW)
    assert channel.read(tracked("it-2"), REQUEST) is None
    assert cloud.calls == ["DescribeInstanceTransfers"] * 3
