"""Attributes of instances that have actions of their own, their interfaces and key pairs."""

from __future__ import annotations

import json

import pytest

from tests.unit.sandbox.actions.ecs.copying import PLAIN, SPOT, Copying
from tests.unit.sandbox.api import DB, WEB, Api


def test_one_instance_is_described_by_itself(source: Api) -> None:
    found = source.call("DescribeInstanceAttribute", InstanceId=DB)
    assert (found["InstanceName"], found["Status"], found["InstanceChargeType"]) == ("db-01", "Running", "PrePaid")
    assert found["SecurityGroupIds"]["SecurityGroupId"] == ["sg-bp1acme000000000db"]
    theirs = {"InstanceId": "i-bp1orchid00000000001"}
    assert source.refused("DescribeInstanceAttribute", theirs) == (404, "InvalidInstanceId.NotFound")


def test_an_instance_is_renamed_and_protected(source: Api) -> None:
    changes = {"InstanceName": "shop", "Description": "The shop", "HostName": "shop", "DeletionProtection": "true"}
    source.call("ModifyInstanceAttribute", {"InstanceId": WEB, **changes})
    (found,) = source.call("DescribeInstances", InstanceIds=json.dumps([WEB]))["Instances"]["Instance"]
    assert {name: found[name] for name in changes} == changes | {"DeletionProtection": True}
    refusal = source.refused("ModifyInstanceAttribute", {"InstanceId": WEB, "InstanceName": "1"})
    assert refusal == (400, "InvalidInstanceName.Malformed")


def test_an_instance_takes_tags_and_a_resource_group(source: Api) -> None:
    source.call(
        "TagResources", {"ResourceType": "instance", "ResourceId.1": WEB, "Tag.1.Key": "stage", "Tag.1.Value": "live"}
    )
    source.call("JoinResourceGroup", ResourceType="instance", ResourceId=WEB, ResourceGroupId="rg-acmeorchid00001")
    (found,) = source.call("DescribeInstances", {"Tag.1.Key": "stage", "Tag.1.Value": "live"})["Instances"]["Instance"]
    assert (found["InstanceId"], found["ResourceGroupId"]) == (WEB, "rg-acmeorchid00001")
    theirs = {"ResourceType": "instance", "ResourceId.1": "i-bp1orchid00000000001", "Tag.1.Key": "stage"}
    assert source.refused("TagResources", theirs) == (404, "InvalidResourceId.NotFound")


def test_maintenance_and_pools_are_listed_for_each(source: Api) -> None:
    kept = source.call("DescribeInstanceMaintenanceAttributes", {"InstanceId.1": WEB})
    (listed,) = kept["MaintenanceAttributes"]["MaintenanceAttribute"]
    assert (listed["InstanceId"], listed["ActionOnMaintenance"]["Value"]) == (WEB, "AutoRecover")
    pools = source.call("DescribeInstanceAttachmentAttributes", InstanceIds=json.dumps([WEB, "i-none"]))
    assert [entry["InstanceId"] for entry in pools["Instances"]["Instance"]] == [WEB]


def test_renewal_is_for_subscriptions(source: Api) -> None:
    renewal = source.call("DescribeInstanceAutoRenewAttribute", InstanceId=DB)
    (listed,) = renewal["InstanceRenewAttributes"]["InstanceRenewAttribute"]
    assert (listed["InstanceId"], listed["RenewalStatus"], listed["AutoRenewEnabled"]) == (DB, "Normal", False)
    assert source.refused("DescribeInstanceAutoRenewAttribute", {"InstanceId": WEB}) == (403, "ChargeTypeViolation")


def test_an_interface_has_its_instances_groups_and_address(source: Api) -> None:
    (listed,) = source.call("DescribeNetworkInterfaces", InstanceId=WEB)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert (listed["InstanceId"], listed["Type"], listed["Status"]) == (WEB, "Primary", "InUse")
    assert listed["SecurityGroupIds"]["SecurityGroupId"] == ["sg-bp1acme00000000web", "sg-bp1acme000000000db"]
    named = {"NetworkInterfaceId.1": listed["NetworkInterfaceId"]}
    assert source.call("DescribeNetworkInterfaces", named)["TotalCount"] == 1


@pytest.mark.parametrize(
    ("action", "parameter"),
    [
        ("DescribeInstanceAttachmentAttributes", "InstanceIds"),
        ("DescribeInstanceAutoRenewAttribute", "InstanceId"),
        ("DescribeUserData", "InstanceId"),
    ],
)
def test_the_instances_have_to_be_named(source: Api, action: str, parameter: str) -> None:
    assert source.refused(action, {parameter: ""}) == (400, "MissingParameter")


def test_key_pairs_are_their_accounts(copying: Copying) -> None:
    for api, names in ((copying.source, ["acme"]), (copying.recipient, ["orchid"])):
        assert [pair["KeyPairName"] for pair in api.call("DescribeKeyPairs")["KeyPairs"]["KeyPair"]] == names
    assert copying.recipient.call("DescribeKeyPairs", KeyPairName="acme")["TotalCount"] == 0


def test_instances_are_found_by_their_image(copying: Copying) -> None:
    image_id = copying.shared(PLAIN)
    made = copying.run(image_id)
    copying.run(copying.shared(SPOT))
    listed = copying.recipient.call("DescribeInstances", ImageId=image_id)["Instances"]["Instance"]
    assert [instance["InstanceId"] for instance in listed] == [made]
