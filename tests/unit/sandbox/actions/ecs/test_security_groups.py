"""Security groups: made, listed, changed, removed; instances join and leave them. Rules have a file of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import RECIPIENT, SOURCE, WEB, WEB_2, Api

VPC_ID = "vpc-bp1orchid00000001"
WEB_GROUP, DB_GROUP, OTHER_VPC = "sg-bp1orchid000000web", "sg-bp1orchid0000000db", "sg-bp1orchid0000other"
SOURCE_WEB, SOURCE_DB = "sg-bp1acme00000000web", "sg-bp1acme000000000db"
INSTANCE = "i-bp1orchid00000000001"


def created(api: Api, **parameters: str) -> str:
    return str(api.call("CreateSecurityGroup", {"VpcId": VPC_ID, **parameters})["SecurityGroupId"])


def listed(api: Api, **parameters: str) -> list[str]:
    answer = api.call("DescribeSecurityGroups", parameters)
    return [group["SecurityGroupId"] for group in answer["SecurityGroups"]["SecurityGroup"]]


def only(api: Api, group_id: str) -> Any:
    (group,) = api.call("DescribeSecurityGroups", SecurityGroupId=group_id)["SecurityGroups"]["SecurityGroup"]
    return group


def groups_of(cloud: Sandbox, instance_id: str) -> tuple[str, ...]:
    holding = cloud.state.holding(instance_id)
    assert holding is not None
    return holding.instance.security_groups


def test_a_new_group_is_listed_as_it_was_requested(recipient: Api, cloud: Sandbox) -> None:
    requested = {
        "SecurityGroupName": "front",
        "Description": "Web servers",
        "Tag.1.Key": "project",
        "Tag.1.Value": "orchid",
    }
    group_id = created(recipient, **requested, ResourceGroupId="rg-orchidprod00001")
    group = only(recipient, group_id)
    assert group_id.startswith("sg-bp1")
    assert (group["SecurityGroupName"], group["Description"], group["VpcId"]) == ("front", "Web servers", VPC_ID)
    assert (group["SecurityGroupType"], group["ResourceGroupId"]) == ("normal", "rg-orchidprod00001")
    assert group["Tags"] == {"Tag": [{"TagKey": "project", "TagValue": "orchid"}]}
    attribute = recipient.call("DescribeSecurityGroupAttribute", SecurityGroupId=group_id)
    assert (attribute["InnerAccessPolicy"], attribute["Permissions"]) == ("Accept", {"Permission": []})
    assert [group.id for group in cloud.state.security_groups(RECIPIENT)][-1] == group_id


def test_the_same_client_token_makes_one_group(recipient: Api, cloud: Sandbox) -> None:
    before = len(cloud.state.security_groups(RECIPIENT))
    assert created(recipient, ClientToken="once") == created(recipient, ClientToken="once")
    assert len(cloud.state.security_groups(RECIPIENT)) == before + 1


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"VpcId": ""}, (403, "InvalidVpcId.NotFound")),
        ({"VpcId": "vpc-bp1acme0000000001"}, (404, "InvalidVpcId.NotFound")),
        ({"VpcId": "vpc-uf6orchid00000001"}, (404, "InvalidVpcId.NotFound")),
        ({"SecurityGroupName": "1"}, (400, "InvalidSecurityGroupName.Malformed")),
        ({"SecurityGroupName": "http://group"}, (400, "InvalidSecurityGroupName.Malformed")),
        ({"Description": "x" * 257}, (400, "InvalidSecurityGroupDiscription.Malformed")),
        ({"SecurityGroupType": "large"}, (400, "InvalidParams.GroupType")),
        ({"ResourceGroupId": "rg-acmeorchid00001"}, (404, "InvalidResourceGroup.NotFound")),
        ({"Tag.1.Key": "acs:mine"}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Key": "a", "Tag.2.Key": "a"}, (400, "Duplicate.TagKey")),
        ({"RegionId": ""}, (400, "MissingParameter")),
    ],
)
def test_a_group_that_can_not_be_made_is_refused(
    recipient: Api, changed: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert recipient.refused("CreateSecurityGroup", {"VpcId": VPC_ID, **changed}) == refusal


def test_groups_are_listed_by_region_account_and_filter(recipient: Api, source: Api) -> None:
    assert listed(recipient) == [OTHER_VPC, DB_GROUP, WEB_GROUP]
    assert listed(recipient, RegionId="cn-shanghai") == ["sg-uf6orchid000000web"]
    assert listed(recipient, VpcId=VPC_ID) == [DB_GROUP, WEB_GROUP]
    assert listed(recipient, SecurityGroupName="db") == [DB_GROUP]
    assert listed(recipient, SecurityGroupIds=json.dumps([WEB_GROUP, SOURCE_WEB])) == [WEB_GROUP]
    assert listed(recipient, SecurityGroupId=SOURCE_WEB) == []
    assert listed(source) == [SOURCE_DB, SOURCE_WEB]


def test_every_page_of_groups_is_listed_once(recipient: Api) -> None:
    made = [created(recipient) for _ in range(12)]
    first = recipient.call("DescribeSecurityGroups", MaxResults="10")
    second = recipient.call("DescribeSecurityGroups", MaxResults="10", NextToken=first["NextToken"])
    both = [group for page in (first, second) for group in page["SecurityGroups"]["SecurityGroup"]]
    assert [group["SecurityGroupId"] for group in both] == [*reversed(made), *listed(recipient, PageNumber="2")[2:]]
    assert second["NextToken"] == ""


def test_name_description_and_policy_are_changed(recipient: Api) -> None:
    group_id = created(recipient, SecurityGroupName="front", Description="Web servers")
    recipient.call("ModifySecurityGroupAttribute", SecurityGroupId=group_id, SecurityGroupName="front-end")
    assert (only(recipient, group_id)["SecurityGroupName"], only(recipient, group_id)["Description"]) == (
        "front-end",
        "Web servers",
    )
    recipient.call("ModifySecurityGroupAttribute", SecurityGroupId=group_id, Description="")
    assert only(recipient, group_id)["Description"] == ""
    recipient.call("ModifySecurityGroupPolicy", SecurityGroupId=group_id, InnerAccessPolicy="drop")
    attribute = recipient.call("DescribeSecurityGroupAttribute", SecurityGroupId=group_id)
    assert attribute["InnerAccessPolicy"] == "Drop"
    refused = recipient.refused(
        "ModifySecurityGroupPolicy", {"SecurityGroupId": group_id, "InnerAccessPolicy": "Maybe"}
    )
    assert refused == (400, "InvalidPolicy.Malformed")


def test_an_enterprise_group_keeps_its_members_apart(recipient: Api) -> None:
    group_id = created(recipient, SecurityGroupType="enterprise")
    attribute = recipient.call("DescribeSecurityGroupAttribute", SecurityGroupId=group_id)
    assert attribute["InnerAccessPolicy"] == "Drop"
    policy = {"SecurityGroupId": group_id, "InnerAccessPolicy": "Accept"}
    assert recipient.refused("ModifySecurityGroupPolicy", policy)[0] == 400


@pytest.mark.parametrize(
    "action",
    [
        "DescribeSecurityGroupAttribute",
        "ModifySecurityGroupAttribute",
        "ModifySecurityGroupPolicy",
        "DeleteSecurityGroup",
        "AuthorizeSecurityGroup",
        "RevokeSecurityGroupEgress",
        "ModifySecurityGroupRule",
    ],
)
@pytest.mark.parametrize(
    "elsewhere",
    [{"SecurityGroupId": SOURCE_WEB}, {"SecurityGroupId": "sg-uf6orchid000000web"}, {"SecurityGroupId": "sg-none"}],
)
def test_a_group_of_elsewhere_is_not_found(recipient: Api, action: str, elsewhere: dict[str, str]) -> None:
    assert recipient.refused(action, elsewhere) == (404, "InvalidSecurityGroupId.NotFound")


def test_a_group_is_deleted_with_its_rules(recipient: Api, cloud: Sandbox) -> None:
    group_id = created(recipient)
    recipient.call("DeleteSecurityGroup", SecurityGroupId=group_id)
    assert group_id not in {group.id for group in cloud.state.security_groups(RECIPIENT)}
    assert recipient.refused("DeleteSecurityGroup", {"SecurityGroupId": group_id}) == (
        404,
        "InvalidSecurityGroupId.NotFound",
    )


def test_a_group_in_use_is_not_deleted(recipient: Api, source: Api) -> None:
    violation = (403, "DependencyViolation")
    assert recipient.refused("DeleteSecurityGroup", {"SecurityGroupId": WEB_GROUP}) == violation  # an instance
    group_id = created(recipient)
    rule = {"SecurityGroupId": WEB_GROUP, "IpProtocol": "tcp", "PortRange": "80/80", "SourceGroupId": group_id}
    recipient.call("AuthorizeSecurityGroup", rule)
    assert recipient.refused("DeleteSecurityGroup", {"SecurityGroupId": group_id}) == violation  # another's rule
    recipient.call("RevokeSecurityGroup", rule)
    recipient.call("DeleteSecurityGroup", SecurityGroupId=group_id)


def test_a_group_that_an_instance_is_on_its_way_into_is_not_deleted(
    recipient: Api, source: Api, cloud: Sandbox
) -> None:
    group_id = created(recipient)
    transfer_id = source.submit()["TransferId"]
    cloud.desk.approve(transfer_id)
    into = {"TransferId": transfer_id, "SecurityGroupId.1": group_id}
    recipient.call("AcceptInstanceTransfer", into)
    assert recipient.refused("DeleteSecurityGroup", {"SecurityGroupId": group_id}) == (403, "DependencyViolation")
    cloud.clock.advance(timedelta(minutes=1))
    assert groups_of(cloud, WEB) == (group_id,)
    assert recipient.refused("DeleteSecurityGroup", {"SecurityGroupId": group_id}) == (403, "DependencyViolation")


def test_what_an_instance_leaves_behind_is_free(recipient: Api, source: Api, cloud: Sandbox) -> None:
    assert groups_of(cloud, WEB) == (SOURCE_WEB, SOURCE_DB)
    transfer_id = source.submit()["TransferId"]
    cloud.desk.approve(transfer_id)
    recipient.call("AcceptInstanceTransfer", TransferId=transfer_id)
    cloud.clock.advance(timedelta(minutes=1))
    assert WEB not in cloud.state.members(SOURCE_WEB)
    assert groups_of(cloud, WEB) == (WEB_GROUP,)
    assert {group.id for group in cloud.state.security_groups(SOURCE)} >= {SOURCE_WEB, SOURCE_DB}


# --- joining and leaving


def test_an_instance_joins_and_leaves_and_the_listing_shows_it(recipient: Api) -> None:
    def listed() -> Any:
        answer = recipient.call("DescribeInstances", InstanceIds=json.dumps([INSTANCE]))
        return answer["Instances"]["Instance"][0]["SecurityGroupIds"]["SecurityGroupId"]

    recipient.call("JoinSecurityGroup", InstanceId=INSTANCE, SecurityGroupId=DB_GROUP)
    assert listed() == [WEB_GROUP, DB_GROUP]
    recipient.call("LeaveSecurityGroup", InstanceId=INSTANCE, SecurityGroupId=WEB_GROUP)
    assert listed() == [DB_GROUP]


def test_an_instance_is_in_one_to_five_groups(recipient: Api) -> None:
    of = {"InstanceId": INSTANCE, "SecurityGroupId": WEB_GROUP}
    assert recipient.refused("LeaveSecurityGroup", of) == (403, "InstanceLastSecurityGroup")
    for _ in range(4):
        recipient.call("JoinSecurityGroup", InstanceId=INSTANCE, SecurityGroupId=created(recipient))
    sixth = {"InstanceId": INSTANCE, "SecurityGroupId": created(recipient)}
    assert recipient.refused("JoinSecurityGroup", sixth) == (400, "InstanceSecurityGroupLimitExceeded")
    recipient.call("LeaveSecurityGroup", of)


def test_an_instance_is_in_basic_or_in_enterprise_groups_never_in_both(recipient: Api) -> None:
    enterprise = created(recipient, SecurityGroupType="enterprise")
    of = {"InstanceId": INSTANCE, "SecurityGroupId": enterprise}
    assert recipient.refused("JoinSecurityGroup", of) == (404, "EnterpriseGroupLimited.MutliGroupType")


@pytest.mark.parametrize(
    ("action", "changed", "refusal"),
    [
        ("JoinSecurityGroup", {"SecurityGroupId": WEB_GROUP}, (403, "InvalidInstanceId.AlreadyExists")),
        ("JoinSecurityGroup", {"SecurityGroupId": OTHER_VPC}, (400, "InvalidInstanceId.Mismatch")),
        ("LeaveSecurityGroup", {}, (403, "InstanceNotInSecurityGroup")),
        ("JoinSecurityGroup", {"InstanceId": WEB}, (404, "InvalidInstanceId.NotFound")),
        ("LeaveSecurityGroup", {"InstanceId": WEB}, (404, "InvalidInstanceId.NotFound")),
        ("JoinSecurityGroup", {"RegionId": "cn-shanghai"}, (404, "InvalidInstanceId.NotFound")),
        ("JoinSecurityGroup", {"SecurityGroupId": SOURCE_WEB}, (404, "InvalidSecurityGroupId.NotFound")),
        ("JoinSecurityGroup", {"InstanceId": ""}, (400, "MissingParameter")),
    ],
)
def test_joining_and_leaving_are_refused(
    recipient: Api, action: str, changed: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert recipient.refused(action, {"InstanceId": INSTANCE, "SecurityGroupId": DB_GROUP, **changed}) == refusal


@pytest.mark.parametrize(
    ("instance_id", "refusal"),
    [
        ("i-bp1starting000000001", (403, "IncorrectInstanceStatus")),
        ("i-bp1security000000001", (403, "InstanceLockedForSecurity")),
    ],
)
def test_only_a_settled_and_unlocked_instance_joins(source: Api, instance_id: str, refusal: tuple[int, str]) -> None:
    assert source.refused("JoinSecurityGroup", {"InstanceId": instance_id, "SecurityGroupId": SOURCE_DB}) == refusal


# --- tags and resource groups


def test_tags_are_given_taken_and_listed(recipient: Api) -> None:
    group_id = created(recipient)
    of = {"ResourceType": "securitygroup", "ResourceId.1": group_id}
    recipient.call("TagResources", {**of, "Tag.1.Key": "a", "Tag.1.Value": "1", "Tag.2.Key": "b", "Tag.2.Value": ""})
    recipient.call("TagResources", {**of, "Tag.1.Key": "a", "Tag.1.Value": "2"})
    tags = recipient.call("ListTagResources", of)["TagResources"]["TagResource"]
    assert [(tag["TagKey"], tag["TagValue"]) for tag in tags] == [("a", "2"), ("b", "")]
    assert listed(recipient, **{"Tag.1.Key": "a", "Tag.1.Value": "2"}) == [group_id]
    assert listed(recipient, **{"Tag.1.Key": "a", "Tag.1.Value": "1"}) == []
    recipient.call("UntagResources", {**of, "TagKey.1": "a", "TagKey.2": "never there"})
    assert only(recipient, group_id)["Tags"] == {"Tag": [{"TagKey": "b", "TagValue": ""}]}
    recipient.call("UntagResources", {**of, "All": "true"})
    assert only(recipient, group_id)["Tags"] == {"Tag": []}


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"ResourceId.1": SOURCE_WEB}, (404, "InvalidResourceId.NotFound")),
        ({"ResourceId.1": ""}, (404, "InvalidResourceId.NotFound")),
        ({"ResourceType": "kitchen"}, (400, "InvalidResourceType.NotSupported")),
        ({"Tag.1.Key": ""}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Key": "acs:a"}, (400, "InvalidTagKey.Malformed")),
        ({"Tag.1.Value": "aliyun-production"}, (400, "InvalidTagValue.Malformed")),
        ({"Tag.1.Value": "a" * 129}, (400, "InvalidTagValue.Malformed")),
        ({f"Tag.{number}.Key": str(number) for number in range(1, 22)}, (400, "InvalidParameter")),
    ],
)
def test_tags_are_refused(recipient: Api, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    requested = {"ResourceType": "securitygroup", "ResourceId.1": WEB_GROUP, "Tag.1.Key": "a", **changed}
    assert recipient.refused("TagResources", requested) == refusal


def test_a_group_moves_into_another_resource_group(recipient: Api) -> None:
    of = {"ResourceType": "securitygroup", "ResourceId": WEB_GROUP}
    recipient.call("JoinResourceGroup", {**of, "ResourceGroupId": "rg-orchidprod00001"})
    assert only(recipient, WEB_GROUP)["ResourceGroupId"] == "rg-orchidprod00001"
    assert listed(recipient, ResourceGroupId="rg-orchidprod00001") == [WEB_GROUP]
    elsewhere = {**of, "ResourceGroupId": "rg-acmeorchid00001"}
    assert recipient.refused("JoinResourceGroup", elsewhere) == (404, "InvalidResourceGroup.NotFound")


def test_an_account_lists_how_many_are_in_a_group(source: Api, cloud: Sandbox) -> None:
    assert only(source, SOURCE_DB)["EcsCount"] == len(cloud.state.members(SOURCE_DB)) == 2
    assert WEB_2 in cloud.state.members(SOURCE_WEB)
