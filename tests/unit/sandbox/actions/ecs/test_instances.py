"""What an account lists of itself: its instances, its attributes, its identity."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_ecs20140526.models import DescribeInstancesRequest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.examples import examples
from tests.unit.sandbox.api import DB, RECIPIENT, SOURCE, WEB, WEB_2, Api, key_of

MANY = 250
# What an attribute's value has beside itself where it is a quota.
NO_QUOTA = {
    "Count": 0,
    "DiskCategory": "",
    "ExpiredTime": "",
    "InstanceChargeType": "",
    "InstanceType": "",
    "ZoneId": "",
}


def found(api: Api, **parameters: str) -> list[str]:
    answer = api.call("DescribeInstances", {"MaxResults": "100", **parameters})
    return [instance["InstanceId"] for instance in answer["Instances"]["Instance"]]


def only(api: Api, instance_id: str) -> dict[str, object]:
    (instance,) = api.call("DescribeInstances", InstanceIds=json.dumps([instance_id]))["Instances"]["Instance"]
    return dict(instance)


def test_an_account_lists_its_own_instances_of_the_region(source: Api, recipient: Api) -> None:
    assert {WEB, WEB_2, DB} <= set(found(source))
    assert found(source, RegionId="cn-shanghai") == ["i-uf6web00000000000001"]
    assert found(source, RegionId="ap-southeast-1") == []
    assert found(recipient) == ["i-bp1orchid00000000001"]


def test_instances_are_filtered(source: Api) -> None:
    assert found(source, InstanceIds=json.dumps([WEB, DB, "i-bp1orchid00000000001"])) == [WEB, DB]
    assert found(source, InstanceIds="[]") == []
    assert found(source, InstanceName="web-01") == [WEB]
    assert found(source, InstanceName="web-*") == [WEB, WEB_2]
    assert found(source, Status="Starting") == ["i-bp1starting000000001"]
    assert found(source, ResourceGroupId="rg-acmeorchid00001") == [DB]
    assert found(source, VpcId="vpc-uf6acme0000000001") == []


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"RegionId": ""}, (400, "MissingParameter")),
        ({"RegionId": "cn-nowhere"}, (404, "InvalidRegionId.NotFound")),
        ({"InstanceIds": "i-1"}, (400, "InvalidInstanceIds.Malformed")),
        ({"InstanceIds": "[1]"}, (400, "InvalidInstanceIds.Malformed")),
        ({"InstanceIds": json.dumps([str(number) for number in range(101)])}, (400, "InvalidParameter.InstanceIds")),
        ({"Status": "Gone"}, (400, "InvalidParameter")),
        ({"PageNumber": "0"}, (400, "InvalidParameter")),
        ({"PageSize": "101"}, (400, "InvalidParameter")),
        ({"PageSize": "many"}, (400, "InvalidParameter")),
        ({"MaxResults": "-1"}, (400, "InvalidParameter")),
        ({"NextToken": "nonsense"}, (400, "InvalidParameter")),
        ({"LockReason": "security"}, (400, "InvalidParameter.LockReason")),
        ({"KeyPairName": "acme"}, (400, "InvalidParameter.KeyPairName")),
    ],
)
def test_a_query_at_instances_is_refused(source: Api, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    assert source.refused("DescribeInstances", changed) == refusal


def test_an_instance_is_listed_as_the_sdk_reads_it(cloud: Sandbox) -> None:
    key = key_of(cloud, "sandbox-source")
    config = Config(
        access_key_id=key.id,
        access_key_secret=key.secret,
        endpoint=cloud.endpoint,
        protocol="HTTPS",
        ca=str(cloud.home.authority),
    )
    requested = DescribeInstancesRequest(region_id="cn-hangzhou", instance_ids=json.dumps([DB]))
    (db,) = EcsClient(config).describe_instances_with_options(requested, RuntimeOptions()).body.instances.instance
    assert (db.instance_id, db.instance_name, db.region_id, db.zone_id) == (DB, "db-01", "cn-hangzhou", "cn-hangzhou-h")
    assert (db.status, db.instance_charge_type, db.cpu, db.memory) == ("Running", "PrePaid", 2, 8192)
    assert (db.creation_time, db.expired_time) == ("2025-01-15T08:00Z", "2098-06-30T16:00Z")
    assert db.security_group_ids.security_group_id == ["sg-bp1acme000000000db"]
    assert db.vpc_attributes.vpc_id == "vpc-bp1acme0000000001"
    assert db.resource_group_id == "rg-acmeorchid00001"
    assert (db.tags.tag[0].tag_key, db.tags.tag[0].tag_value) == ("project", "orchid")


def test_locks_addresses_and_flags_are_listed(source: Api) -> None:
    assert only(source, "i-bp1security000000001")["OperationLocks"] == {
        "LockReason": [{"LockReason": "security", "LockMsg": ""}]
    }
    address = only(source, "i-bp1eip00000000000001")["EipAddress"]
    assert isinstance(address, dict)
    assert address["IpAddress"] == "203.0.113.10"
    assert only(source, "i-bp1publicip000000001")["PublicIpAddress"] == {"IpAddress": ["203.0.113.20"]}
    assert only(source, "i-bp1protected00000001")["DeletionProtection"] is True
    assert only(source, "i-bp1releasing00000001")["Recyclable"] is True
    assert only(source, WEB)["ExpiredTime"] == "2099-12-31T15:59Z"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The owner of 250 instances in ap-southeast-1."""
    world = load(DEMO)
    account = world.account(RECIPIENT)
    moved = {"region": "ap-southeast-1", "vpc_id": "vpc-large"}
    roomy = account.model_copy(
        update={
            "vswitches": (account.vswitches[0].model_copy(update={"id": "vsw-large", **moved}), *account.vswitches),
            "security_groups": (
                account.security_groups[0].model_copy(update={"id": "sg-large", **moved}),
                *account.security_groups,
            ),
        }
    )
    accounts = tuple(roomy if account.id == RECIPIENT else account for account in world.accounts)
    world = many_instances(world.model_copy(update={"accounts": accounts}), RECIPIENT, "ap-southeast-1", MANY)
    with Sandbox.running(world, directory=tmp_path_factory.mktemp("home")) as cloud:
        yield Api(cloud, "sandbox-recipient")


def test_tokens_of_any_size_list_every_instance_once(large: Api) -> None:
    @settings(max_examples=examples(10), deadline=None)
    @given(st.integers(5, 100))
    def holds(size: int) -> None:
        listed: list[str] = []
        token = ""
        while True:
            requested = {"RegionId": "ap-southeast-1", "MaxResults": str(size), "NextToken": token}
            answer = large.call("DescribeInstances", requested)
            listed += [instance["InstanceId"] for instance in answer["Instances"]["Instance"]]
            token = answer["NextToken"]
            if not token:
                break
        assert len(listed) == len(set(listed)) == MANY

    holds()


def test_page_numbers_of_any_size_list_every_instance_once(large: Api) -> None:
    @settings(max_examples=examples(10), deadline=None)
    @given(st.integers(5, 100))
    def holds(size: int) -> None:
        listed: list[str] = []
        for number in range(1, -(-MANY // size) + 2):
            requested = {"RegionId": "ap-southeast-1", "PageSize": str(size), "PageNumber": str(number)}
            answer = large.call("DescribeInstances", requested)
            listed += [instance["InstanceId"] for instance in answer["Instances"]["Instance"]]
            assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (MANY, number, size)
        assert len(listed) == len(set(listed)) == MANY

    holds()


def test_ten_are_listed_unless_requested_otherwise(large: Api) -> None:
    assert len(large.call("DescribeInstances", RegionId="ap-southeast-1")["Instances"]["Instance"]) == 10


def test_tokens_win_over_page_numbers(large: Api) -> None:
    requested = {"RegionId": "ap-southeast-1", "MaxResults": "11", "PageSize": "50", "PageNumber": "2"}
    answer = large.call("DescribeInstances", requested)
    assert len(answer["Instances"]["Instance"]) == 11
    assert (answer["PageNumber"], answer["PageSize"]) == (2, 11)


@pytest.mark.parametrize(("requested", "size"), [("0", 10), ("3", 10), ("10", 10), ("37", 37), ("101", 100)])
def test_a_page_has_10_to_100_instances_whatever_is_requested(large: Api, requested: str, size: int) -> None:
    answer = large.call("DescribeInstances", RegionId="ap-southeast-1", MaxResults=requested)
    assert len(answer["Instances"]["Instance"]) == answer["PageSize"] == size


def test_a_page_by_number_names_the_next_one_by_a_token_too(large: Api) -> None:
    where = {"RegionId": "ap-southeast-1"}
    second = large.call("DescribeInstances", where | {"PageSize": "100", "PageNumber": "2"})
    rest = large.call("DescribeInstances", where | {"MaxResults": "100", "NextToken": second["NextToken"]})
    third = large.call("DescribeInstances", where | {"PageSize": "100", "PageNumber": "3"})
    assert rest["Instances"] == third["Instances"]
    assert len(third["Instances"]["Instance"]) == MANY - 200
    assert third["NextToken"] == ""
    beyond = large.call("DescribeInstances", where | {"PageSize": "100", "PageNumber": "4"})
    assert (beyond["Instances"]["Instance"], beyond["NextToken"]) == ([], "")


@pytest.mark.parametrize(("profile", "value"), [("sandbox-source", "yes"), ("sandbox-unverified", "none")])
def test_an_account_is_listed_whether_it_is_real_name_verified(cloud: Sandbox, profile: str, value: str) -> None:
    requested = {"AttributeName.1": "real-name-authentication"}
    answer = Api(cloud, profile).call("DescribeAccountAttributes", requested)
    assert answer["AccountAttributeItems"]["AccountAttributeItem"] == [
        {"AttributeName": "real-name-authentication", "AttributeValues": {"ValueItem": [NO_QUOTA | {"Value": value}]}}
    ]


def test_all_attributes_are_listed_where_none_is_named(source: Api) -> None:
    items = source.call("DescribeAccountAttributes")["AccountAttributeItems"]["AccountAttributeItem"]
    assert [item["AttributeName"] for item in items] == [
        "real-name-authentication",
        "max-postpaid-instance-vcpu-count",
        "used-postpaid-instance-vcpu-count",
    ]


def test_an_attribute_the_sandbox_does_not_know_is_refused(source: Api) -> None:
    refused = source.refused("DescribeAccountAttributes", {"AttributeName.1": "max-security-groups"})
    assert refused == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("profile", "kind", "arn"),
    [
        ("sandbox-source", "Account", f"acs:ram::{SOURCE}:root"),
        ("sandbox-source-ram", "RAMUser", f"acs:ram::{SOURCE}:user/sandbox-source-ram"),
        ("sandbox-source-sts", "AssumedRoleUser", f"acs:ram::{SOURCE}:assumed-role/sandbox-source-sts/sandbox"),
        ("sandbox-recipient", "Account", f"acs:ram::{RECIPIENT}:root"),
    ],
)
def test_each_profile_is_listed_who_it_is(cloud: Sandbox, profile: str, kind: str, arn: str) -> None:
    identity = Api(cloud, profile).call("GetCallerIdentity")
    assert (identity["IdentityType"], identity["Arn"]) == (kind, arn)
    assert identity["AccountId"] == arn.split(":")[3]
    assert identity["UserId"]
    assert identity["PrincipalId"]
