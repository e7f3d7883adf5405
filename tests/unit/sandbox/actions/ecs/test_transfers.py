"""The four transfer actions: what they answer, what they refuse, and how a transfer lives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.examples import examples
from tests.unit.sandbox.api import DB, OTHER, RECIPIENT, SOURCE, UNVERIFIED, WEB, WEB_2, Api, submission

ORCHID_WEB, ORCHID_DB = "sg-bp1orchid000000web", "sg-bp1orchid0000000db"
ORCHID_VSWITCH = "vsw-bp1orchid00000001"


def listed(api: Api, **parameters: str) -> list[str]:
    answer = api.call("DescribeInstanceTransfers", parameters)
    return [transfer["TransferId"] for transfer in answer["Transfers"]["Transfer"]]


def approved(cloud: Sandbox, source: Api, instance_id: str = WEB) -> str:
    transfer_id = str(source.submit(instance_id)["TransferId"])
    cloud.desk.approve(transfer_id)
    return transfer_id


# --- submitting


def test_a_submitted_transfer_is_under_review(source: Api) -> None:
    answer = source.submit()
    assert answer["Status"] == "UnderReview"
    assert len(answer["TransferId"]) == len("it-") + 20
    assert source.transfer(answer["TransferId"])["InstanceId"] == WEB


def test_a_transfer_is_listed_with_all_that_was_requested(source: Api) -> None:
    query = {"RecipientAccountName": "orchid", "ResourceGroupId": "rg-acmeorchid00001"}
    listed = source.transfer(source.submit(DB, **query)["TransferId"])
    assert (
        listed.items()
        >= {
            "InstanceId": DB,
            "RegionId": "cn-hangzhou",
            "ResourceGroupId": "rg-acmeorchid00001",
            "Status": "UnderReview",
            "SourceAccountId": SOURCE,
            "RecipientAccountId": RECIPIENT,
            "RecipientAccountName": "orchid",
            "Reason": "Project Orchid moves out",
        }.items()
    )
    assert listed.keys() >= {"CreationTime", "CancellableUntil"}
    assert not listed.keys() & {"ReviewTime", "AcceptBefore", "CompletionTime", "FailureCode", "FailureMessage"}


@pytest.mark.parametrize("missing", ["InstanceId", "RecipientAccountId", "AgreementAccepted", "RegionId"])
def test_what_a_submission_needs_has_to_be_there(source: Api, missing: str) -> None:
    assert source.refused("TransferInstance", submission() | {missing: ""}) == (400, "MissingParameter")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"AgreementAccepted": "false"}, 400, "AgreementNotAccepted"),
        ({"DryRun": "perhaps"}, 400, "InvalidParameter"),
        ({"InstanceId": "i-bp1nothere0000000001"}, 404, "InvalidInstanceId.NotFound"),
        ({"InstanceId": "i-bp1orchid00000000001"}, 404, "InvalidInstanceId.NotFound"),
        ({"InstanceId": "i-uf6web00000000000001"}, 404, "InvalidInstanceId.NotFound"),
        ({"RegionId": "cn-nowhere"}, 404, "InvalidRegionId.NotFound"),
        ({"ResourceGroupId": "rg-nothere"}, 404, "InvalidResourceGroup.NotFound"),
        ({"RecipientAccountId": "1000000000000099"}, 404, "InvalidRecipient.NotFound"),
        ({"RecipientAccountId": SOURCE}, 403, "InvalidRecipient.SameAccount"),
        ({"RecipientAccountName": "birch"}, 403, "InvalidRecipient.Mismatch"),
        ({"RecipientEmail": "it@birch.example"}, 403, "InvalidRecipient.Mismatch"),
        ({"InstanceId": "i-bp1starting000000001"}, 403, "IncorrectInstanceStatus"),
        ({"InstanceId": "i-bp1releasing00000001"}, 403, "IncorrectInstanceStatus"),
        ({"InstanceId": "i-bp1recycling00000001"}, 403, "IncorrectInstanceStatus"),
        ({"InstanceId": "i-bp1expired0000000001"}, 403, "InstanceExpired"),
        ({"InstanceId": "i-bp1security000000001"}, 403, "InstanceLockedForSecurity"),
        ({"InstanceId": "i-bp1arrears0000000001"}, 403, "OperationDenied.InstanceLocked"),
        ({"InstanceId": "i-bp1detaching00000001"}, 403, "OperationDenied.DiskNotAttached"),
    ],
)
def test_a_submission_is_refused(cloud: Sandbox, source: Api, changed: dict[str, str], status: int, code: str) -> None:
    assert source.refused("TransferInstance", submission() | changed) == (status, code)
    assert cloud.desk.transfers() == []


def test_name_and_email_of_the_recipient_may_be_given(source: Api) -> None:
    assert source.submit(RecipientAccountName="orchid", RecipientEmail="Cloud@Orchid.example")["TransferId"]


def test_a_source_without_real_name_verification_is_refused(cloud: Sandbox) -> None:
    api = Api(cloud, "sandbox-unverified")
    refused = api.refused("TransferInstance", submission("i-bp1clover00000000001"))
    assert refused == (403, "RealNameAuthenticationError")


def test_a_stopped_instance_may_be_submitted(source: Api) -> None:
    assert source.submit("i-bp1stopped0000000001")["Status"] == "UnderReview"


def test_an_instance_has_one_unfinished_transfer_at_most(source: Api) -> None:
    source.submit()
    again = submission(RecipientAccountId=OTHER)
    assert source.refused("TransferInstance", again) == (409, "OperationConflict.TransferInProgress")


def test_a_dry_run_that_passes_changes_nothing(cloud: Sandbox, source: Api) -> None:
    assert source.refused("TransferInstance", submission(DryRun="true")) == (400, "DryRunOperation")
    assert cloud.desk.transfers() == []


def test_a_dry_run_is_refused_for_what_the_run_would_be_refused_for(source: Api) -> None:
    dry = submission("i-bp1expired0000000001", DryRun="true")
    assert source.refused("TransferInstance", dry) == (403, "InstanceExpired")


def test_a_request_that_was_cancelled_is_not_taken_again(source: Api) -> None:
    source.call("CancelInstanceTransfer", TransferId=source.submit()["TransferId"])
    assert source.refused("TransferInstance", submission()) == (403, "OperationDenied.RepeatedTransfer")


@pytest.mark.parametrize("other", [{"Reason": "Another"}, {"Reason": ""}, {"RecipientAccountId": OTHER}])
def test_a_changed_request_is_taken_after_a_cancellation(source: Api, other: dict[str, str]) -> None:
    source.call("CancelInstanceTransfer", TransferId=source.submit()["TransferId"])
    assert source.submit(**other)["Status"] == "UnderReview"


def test_a_rejected_request_may_be_submitted_again(cloud: Sandbox, source: Api) -> None:
    source.submit()
    cloud.desk.reject(WEB, reason="Unclear.")
    assert source.submit()["Status"] == "UnderReview"


# --- the review


def test_an_approval_gives_the_recipient_a_day(cloud: Sandbox, source: Api) -> None:
    transfer_id = approved(cloud, source)
    listed = source.transfer(transfer_id)
    assert listed["Status"] == "Approved"
    assert cloud.desk.transfers()[0].accept_before == _reviewed(cloud) + timedelta(hours=24)


def test_an_approval_that_nobody_accepts_expires_with_the_clock(cloud: Sandbox, source: Api) -> None:
    transfer_id = approved(cloud, source)
    cloud.clock.advance(timedelta(hours=23, minutes=59))
    assert source.transfer(transfer_id)["Status"] == "Approved"
    cloud.clock.advance(timedelta(minutes=1))
    listed = source.transfer(transfer_id)
    assert (listed["Status"], listed["FailureCode"]) == ("Expired", "TransferExpired")


def test_what_expired_stays_expired_when_the_clock_is_reset(cloud: Sandbox, source: Api) -> None:
    transfer_id = approved(cloud, source)
    cloud.clock.advance(timedelta(hours=25))
    assert source.transfer(transfer_id)["Status"] == "Expired"
    cloud.clock.reset()
    assert source.transfer(transfer_id)["Status"] == "Expired"


def test_a_review_takes_as_long_as_it_takes(cloud: Sandbox, source: Api) -> None:
    transfer_id = source.submit()["TransferId"]
    cloud.clock.advance(timedelta(days=30))
    assert source.transfer(transfer_id)["Status"] == "UnderReview"


def test_a_rejection_is_listed_with_its_reason(cloud: Sandbox, source: Api, recipient: Api) -> None:
    transfer_id = source.submit()["TransferId"]
    cloud.desk.reject(WEB, reason="The recipient has arrears.")
    for side in (source, recipient):
        listed = side.transfer(transfer_id)
        assert (listed["Status"], listed["FailureCode"]) == ("Rejected", "ReviewRejected")
        assert listed["FailureMessage"] == "The recipient has arrears."
        assert listed["ReviewTime"]


# --- accepting


def test_an_accepted_transfer_moves_the_instance_in_two_seconds(cloud: Sandbox, source: Api, recipient: Api) -> None:
    transfer_id = approved(cloud, source)
    recipient.call("AcceptInstanceTransfer", TransferId=transfer_id)
    assert source.transfer(transfer_id)["Status"] == "Transferring"
    assert cloud.state.owner_of(WEB) == SOURCE
    cloud.clock.advance(timedelta(seconds=2))
    listed = source.transfer(transfer_id)
    assert listed["Status"] == "Completed"
    assert listed["CompletionTime"]
    assert cloud.state.owner_of(WEB) == RECIPIENT


def test_a_completed_instance_answers_to_the_recipient_only(cloud: Sandbox, source: Api, recipient: Api) -> None:
    recipient.call("AcceptInstanceTransfer", TransferId=approved(cloud, source))
    cloud.clock.advance(timedelta(seconds=2))
    requested = {"InstanceIds": json.dumps([WEB])}
    assert source.call("DescribeInstances", requested)["Instances"]["Instance"] == []
    (found,) = recipient.call("DescribeInstances", requested)["Instances"]["Instance"]
    assert (found["InstanceId"], found["InstanceName"]) == (WEB, "web-01")


def test_the_instance_lands_where_the_recipient_wants_it(cloud: Sandbox, source: Api, recipient: Api) -> None:
    transfer_id = approved(cloud, source, DB)
    groups = {"SecurityGroupId.1": ORCHID_DB, "SecurityGroupId.2": ORCHID_WEB}
    landing = {"VSwitchId": ORCHID_VSWITCH, "ResourceGroupId": "rg-orchidprod00001"}
    recipient.call("AcceptInstanceTransfer", {"TransferId": transfer_id, **landing, **groups})
    cloud.clock.advance(timedelta(seconds=2))
    (found,) = recipient.call("DescribeInstances", InstanceIds=json.dumps([DB]))["Instances"]["Instance"]
    assert found["SecurityGroupIds"]["SecurityGroupId"] == [ORCHID_DB, ORCHID_WEB]
    assert found["VpcAttributes"]["VSwitchId"] == ORCHID_VSWITCH
    assert found["VpcAttributes"]["VpcId"] == "vpc-bp1orchid00000001"
    assert found["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0].startswith("10.20.")
    assert found["ResourceGroupId"] == "rg-orchidprod00001"


def test_where_the_recipient_states_nothing_it_lands_in_its_first(cloud: Sandbox, source: Api, recipient: Api) -> None:
    recipient.call("AcceptInstanceTransfer", TransferId=approved(cloud, source, DB))
    cloud.clock.advance(timedelta(seconds=2))
    (found,) = recipient.call("DescribeInstances", InstanceIds=json.dumps([DB]))["Instances"]["Instance"]
    assert found["SecurityGroupIds"]["SecurityGroupId"] == [ORCHID_WEB]
    assert found["VpcAttributes"]["VSwitchId"] == ORCHID_VSWITCH
    assert found["ResourceGroupId"] == ""


def test_a_bound_address_stays_with_the_source(cloud: Sandbox, source: Api, recipient: Api) -> None:
    instance_id = "i-bp1eip00000000000001"
    recipient.call("AcceptInstanceTransfer", TransferId=approved(cloud, source, instance_id))
    cloud.clock.advance(timedelta(seconds=2))
    (found,) = recipient.call("DescribeInstances", InstanceIds=json.dumps([instance_id]))["Instances"]["Instance"]
    assert found["EipAddress"]["AllocationId"] == ""
    assert cloud.state.eip_of(instance_id) is None


def test_a_fixed_public_address_and_the_expiry_follow(cloud: Sandbox, source: Api, recipient: Api) -> None:
    ids = {"InstanceIds": json.dumps(["i-bp1publicip000000001", DB])}
    before = source.call("DescribeInstances", ids)["Instances"]["Instance"]
    for instance in before:
        recipient.call("AcceptInstanceTransfer", TransferId=approved(cloud, source, instance["InstanceId"]))
    cloud.clock.advance(timedelta(seconds=2))
    after = recipient.call("DescribeInstances", ids)["Instances"]["Instance"]
    for kept in ("PublicIpAddress", "ExpiredTime", "InstanceChargeType", "Tags"):
        assert [instance[kept] for instance in after] == [instance[kept] for instance in before]


def test_an_instance_is_not_accepted_into_basic_and_enterprise_groups(
    cloud: Sandbox, source: Api, recipient: Api
) -> None:
    made = recipient.call("CreateSecurityGroup", VpcId="vpc-bp1orchid00000001", SecurityGroupType="enterprise")
    both = {"SecurityGroupId.1": ORCHID_WEB, "SecurityGroupId.2": made["SecurityGroupId"]}
    refused = recipient.refused("AcceptInstanceTransfer", {"TransferId": approved(cloud, source), **both})
    assert refused == (404, "EnterpriseGroupLimited.MutliGroupType")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"TransferId": "it-unknown"}, (404, "InvalidTransferId.NotFound")),
        ({"TransferId": ""}, (400, "MissingParameter")),
        ({"RegionId": "cn-shanghai"}, (404, "InvalidTransferId.NotFound")),
        ({"VSwitchId": "vsw-bp1acme0000000001"}, (404, "InvalidVSwitchId.NotFound")),
        ({"VSwitchId": "vsw-uf6orchid00000001"}, (404, "InvalidVSwitchId.NotFound")),
        ({"SecurityGroupId.1": "sg-bp1acme00000000web"}, (404, "InvalidSecurityGroupId.NotFound")),
        ({"SecurityGroupId.1": "sg-uf6orchid000000web"}, (404, "InvalidSecurityGroupId.NotFound")),
        (
            {"VSwitchId": ORCHID_VSWITCH, "SecurityGroupId.1": "sg-bp1orchid0000other"},
            (404, "InvalidSecurityGroupId.NotFound"),
        ),
        (
            {"SecurityGroupId.1": ORCHID_WEB, "SecurityGroupId.2": "sg-bp1orchid0000other"},
            (404, "InvalidSecurityGroupId.NotFound"),
        ),
        ({"SecurityGroupId.6": ORCHID_WEB}, (400, "InvalidParameter")),
        ({"ResourceGroupId": "rg-acmeorchid00001"}, (404, "InvalidResourceGroup.NotFound")),
    ],
)
def test_an_acceptance_is_refused(
    cloud: Sandbox, source: Api, recipient: Api, changed: dict[str, str], code: tuple[int, str]
) -> None:
    transfer_id = approved(cloud, source)
    assert recipient.refused("AcceptInstanceTransfer", {"TransferId": transfer_id} | changed) == code
    assert source.transfer(transfer_id)["Status"] == "Approved"


@pytest.mark.parametrize("profile", ["sandbox-source", "sandbox-other"])
def test_only_the_recipient_can_accept(cloud: Sandbox, source: Api, profile: str) -> None:
    refused = Api(cloud, profile).refused("AcceptInstanceTransfer", {"TransferId": approved(cloud, source)})
    assert refused == (404, "InvalidTransferId.NotFound")


def test_nothing_is_accepted_before_its_approval_or_twice(cloud: Sandbox, source: Api, recipient: Api) -> None:
    requested = {"TransferId": source.submit()["TransferId"]}
    assert recipient.refused("AcceptInstanceTransfer", requested) == (403, "IncorrectTransferStatus")
    cloud.desk.approve(WEB)
    recipient.call("AcceptInstanceTransfer", requested)
    assert recipient.refused("AcceptInstanceTransfer", requested) == (403, "IncorrectTransferStatus")


def test_a_recipient_without_real_name_verification_is_refused(cloud: Sandbox, source: Api) -> None:
    transfer_id = source.submit(RecipientAccountId=UNVERIFIED)["TransferId"]
    cloud.desk.approve(transfer_id)
    refused = Api(cloud, "sandbox-unverified").refused("AcceptInstanceTransfer", {"TransferId": transfer_id})
    assert refused == (403, "RealNameAuthenticationError")


def test_a_recipient_whose_quota_is_used_up_is_refused(cloud: Sandbox, source: Api) -> None:
    transfer_id = source.submit(RecipientAccountId=OTHER)["TransferId"]
    cloud.desk.approve(transfer_id)
    refused = Api(cloud, "sandbox-other").refused("AcceptInstanceTransfer", {"TransferId": transfer_id})
    assert refused == (403, "QuotaExceeded.Instance")


def test_an_instance_can_be_handed_back(cloud: Sandbox, source: Api, recipient: Api) -> None:
    recipient.call("AcceptInstanceTransfer", TransferId=approved(cloud, source))
    cloud.clock.advance(timedelta(seconds=2))
    back = recipient.submit(RecipientAccountId=SOURCE)["TransferId"]
    cloud.desk.approve(back)
    source.call("AcceptInstanceTransfer", TransferId=back)
    cloud.clock.advance(timedelta(seconds=2))
    assert cloud.state.owner_of(WEB) == SOURCE


# --- cancelling


@pytest.mark.parametrize("is_approved", [False, True])
def test_a_transfer_is_cancelled_within_two_hours(cloud: Sandbox, source: Api, is_approved: bool) -> None:
    transfer_id = source.submit()["TransferId"]
    if is_approved:
        cloud.desk.approve(transfer_id)
    cloud.clock.advance(timedelta(hours=1, minutes=59))
    source.call("CancelInstanceTransfer", TransferId=transfer_id)
    assert source.transfer(transfer_id)["Status"] == "Cancelled"


def test_after_two_hours_nothing_is_cancelled(cloud: Sandbox, source: Api) -> None:
    requested = {"TransferId": source.submit()["TransferId"]}
    cloud.clock.advance(timedelta(hours=2))
    assert source.refused("CancelInstanceTransfer", requested) == (403, "OperationDenied.CancelWindowClosed")


def test_what_is_transferring_is_not_cancelled(cloud: Sandbox, source: Api, recipient: Api) -> None:
    requested = {"TransferId": approved(cloud, source)}
    recipient.call("AcceptInstanceTransfer", requested)
    assert source.refused("CancelInstanceTransfer", requested) == (403, "IncorrectTransferStatus")


def test_what_has_ended_is_not_cancelled(cloud: Sandbox, source: Api) -> None:
    requested = {"TransferId": source.submit()["TransferId"]}
    cloud.desk.reject(WEB, reason="Unclear.")
    assert source.refused("CancelInstanceTransfer", requested) == (403, "IncorrectTransferStatus")


@pytest.mark.parametrize("profile", ["sandbox-recipient", "sandbox-other"])
def test_only_the_source_can_cancel(cloud: Sandbox, source: Api, profile: str) -> None:
    refused = Api(cloud, profile).refused("CancelInstanceTransfer", {"TransferId": source.submit()["TransferId"]})
    assert refused == (404, "InvalidTransferId.NotFound")


# --- listing


def test_each_side_lists_what_it_sends_or_receives(cloud: Sandbox, source: Api, recipient: Api) -> None:
    transfer_id = source.submit()["TransferId"]
    assert listed(source) == listed(source, Role="Source") == [transfer_id]
    assert listed(recipient) == listed(recipient, Role="Recipient") == [transfer_id]
    assert listed(source, Role="Recipient") == listed(recipient, Role="Source") == []
    assert listed(Api(cloud, "sandbox-other")) == []


def test_the_newest_is_listed_first(source: Api) -> None:
    submitted = [source.submit(instance_id)["TransferId"] for instance_id in (WEB, WEB_2, DB)]
    assert listed(source) == submitted[::-1]


def test_the_listing_is_filtered(cloud: Sandbox, source: Api) -> None:
    first, second = source.submit(WEB)["TransferId"], source.submit(WEB_2)["TransferId"]
    cloud.desk.approve(first)
    assert listed(source, TransferIds=json.dumps([first, "it-unknown"])) == [first]
    assert listed(source, InstanceIds=json.dumps([WEB_2])) == [second]
    assert listed(source, Status="Approved,Rejected") == [first]
    assert listed(source, RegionId="cn-shanghai") == []


@pytest.mark.parametrize("name", ["TransferIds", "InstanceIds"])
def test_an_empty_list_of_ids_lists_nothing(source: Api, name: str) -> None:
    source.submit()
    assert listed(source, **{name: "[]"}) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Role": "Both"}, "InvalidParameter"),
        ({"Status": "Approved,Unheard"}, "InvalidParameter"),
        ({"TransferIds": "it-1"}, "InvalidParameter"),
        ({"TransferIds": '{"a": 1}'}, "InvalidParameter"),
        ({"InstanceIds": json.dumps([str(number) for number in range(101)])}, "InvalidParameter.InstanceIds"),
        ({"MaxResults": "101"}, "InvalidParameter"),
        ({"MaxResults": "0"}, "InvalidParameter"),
        ({"NextToken": "nonsense"}, "InvalidParameter"),
        ({"NextToken": "ü"}, "InvalidParameter"),
    ],
)
def test_a_listing_is_refused(source: Api, changed: dict[str, str], code: str) -> None:
    assert source.refused("DescribeInstanceTransfers", changed) == (400, code)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The source of 60 transfers."""
    world = many_instances(load(DEMO), SOURCE, "cn-hangzhou", 60)
    with Sandbox.running(world, directory=tmp_path_factory.mktemp("home")) as cloud:
        api = Api(cloud)
        for number in range(1, 61):
            api.submit(f"i-bp1many{number:013d}")
        yield api


def test_ten_are_listed_unless_requested_otherwise(busy: Api) -> None:
    answer = busy.call("DescribeInstanceTransfers")
    assert len(answer["Transfers"]["Transfer"]) == 10
    assert answer["TotalCount"] == 60


def test_pages_of_any_size_list_every_transfer_once(busy: Api) -> None:
    @settings(max_examples=examples(10), deadline=None)
    @given(st.integers(3, 100))
    def holds(size: int) -> None:
        found: list[str] = []
        token = ""
        while True:
            requested = {"MaxResults": str(size), "NextToken": token}
            answer = busy.call("DescribeInstanceTransfers", requested)
            found += [transfer["TransferId"] for transfer in answer["Transfers"]["Transfer"]]
            token = answer["NextToken"]
            if not token:
                break
        assert len(found) == len(set(found)) == 60

    holds()


def test_a_transfer_submitted_between_two_pages_shifts_nothing(cloud: Sandbox, source: Api) -> None:
    first, second = source.submit(WEB)["TransferId"], source.submit(WEB_2)["TransferId"]
    page = source.call("DescribeInstanceTransfers", MaxResults="1")
    assert page["Transfers"]["Transfer"][0]["TransferId"] == second
    source.submit(DB)
    assert listed(source, MaxResults="1", NextToken=page["NextToken"]) == [first]


def test_the_steps_can_be_made_to_take_no_time(tmp_path: Path) -> None:
    world = load(DEMO)
    at_once = world.times.model_copy(update={"transferring": timedelta()})
    with Sandbox.running(world.model_copy(update={"times": at_once}), directory=tmp_path) as cloud:
        transfer_id = approved(cloud, Api(cloud))
        Api(cloud, "sandbox-recipient").call("AcceptInstanceTransfer", TransferId=transfer_id)
        assert cloud.state.owner_of(WEB) == RECIPIENT


def _reviewed(cloud: Sandbox) -> datetime:
    reviewed = cloud.desk.transfers()[0].reviewed
    assert reviewed is not None
    return reviewed
