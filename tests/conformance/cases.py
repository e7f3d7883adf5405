"""A call of every action that the sandbox offers: what its documents require, and what the action is of no use without.

Parameters are as the SDK's models take them, by their names on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.conformance.world import EACH, GROUP, RECIPIENT, REGION


@dataclass(frozen=True)
class Case:
    """A call that succeeds. `listing` is where its answer has the entries of a page; `profile` is who makes it."""

    parameters: Mapping[str, Any]
    listing: tuple[str, str] | None = None
    profile: str = "source"


IN_REGION = {"RegionId": REGION}
TAGGED = {"Tag": [{"Key": "purpose", "Value": "conformance"}]}
RULE = {"IpProtocol": "tcp", "PortRange": "22/22"}
INSTANCES = json.dumps([f"i-{number}" for number in EACH])


def _of_group(number: int, **more: Any) -> Case:
    return Case({**IN_REGION, "SecurityGroupId": f"sg-{number}", **more})


CASES: Mapping[tuple[str, str], Case] = {
    ("Ecs", "DescribeInstances"): Case(IN_REGION, ("Instances", "Instance")),
    ("Ecs", "DescribeAccountAttributes"): Case(IN_REGION, ("AccountAttributeItems", "AccountAttributeItem")),
    ("Ecs", "DescribeDisks"): Case(IN_REGION, ("Disks", "Disk")),
    ("Ecs", "DescribeInstanceAttribute"): Case({"InstanceId": "i-2"}),
    ("Ecs", "ModifyInstanceAttribute"): Case({"InstanceId": "i-2", "Description": "Changed"}),
    ("Ecs", "DescribeUserData"): Case({**IN_REGION, "InstanceId": "i-2"}),
    ("Ecs", "DescribeInstanceMaintenanceAttributes"): Case(
        IN_REGION, ("MaintenanceAttributes", "MaintenanceAttribute")
    ),
    ("Ecs", "DescribeInstanceAttachmentAttributes"): Case(
        {**IN_REGION, "InstanceIds": INSTANCES}, ("Instances", "Instance")
    ),
    ("Ecs", "DescribeInstanceAutoRenewAttribute"): Case(
        {**IN_REGION, "InstanceId": "i-paid"}, ("InstanceRenewAttributes", "InstanceRenewAttribute")
    ),
    ("Ecs", "StopInstance"): Case({"InstanceId": "i-2"}),
    ("Ecs", "StartInstance"): Case({"InstanceId": "i-stopped"}),
    ("Ecs", "DeleteInstance"): Case({"InstanceId": "i-released"}),
    ("Ecs", "ModifyInstanceChargeType"): Case(
        {**IN_REGION, "InstanceIds": '["i-3"]', "InstanceChargeType": "PostPaid"}
    ),
    ("Ecs", "RunInstances"): Case(
        {
            **IN_REGION,
            "ImageId": "m-1",
            "InstanceType": "ecs.g7.large",
            "VSwitchId": "vsw-1",
            "SecurityGroupIds": ["sg-1"],
            "SystemDisk": {"Size": "40"},
            "DataDisk": [{"Size": 20, "Category": "cloud_essd"}],
            **TAGGED,
        }
    ),
    ("Ecs", "DescribeInstanceTypes"): Case({}, ("InstanceTypes", "InstanceType")),
    ("Ecs", "DescribeAvailableResource"): Case(
        {**IN_REGION, "DestinationResource": "InstanceType"}, ("AvailableZones", "AvailableZone")
    ),
    ("Ecs", "DescribeNetworkInterfaces"): Case(IN_REGION, ("NetworkInterfaceSets", "NetworkInterfaceSet")),
    ("Ecs", "DescribeKeyPairs"): Case(IN_REGION, ("KeyPairs", "KeyPair")),
    ("Ecs", "DescribeImages"): Case(IN_REGION, ("Images", "Image")),
    ("Ecs", "CreateImage"): Case({**IN_REGION, "InstanceId": "i-4", "ImageName": "made"}),
    ("Ecs", "ModifyImageAttribute"): Case({**IN_REGION, "ImageId": "m-2", "Description": "Changed"}),
    ("Ecs", "DeleteImage"): Case({**IN_REGION, "ImageId": "m-9"}),
    ("Ecs", "ModifyImageSharePermission"): Case({**IN_REGION, "ImageId": "m-3", "AddAccount": [RECIPIENT]}),
    ("Ecs", "DescribeImageSharePermission"): Case({**IN_REGION, "ImageId": "m-1"}, ("Accounts", "Account")),
    ("Ecs", "CopyImage"): Case({**IN_REGION, "ImageId": "m-1", "DestinationImageName": "copied"}),
    ("Ecs", "CancelCopyImage"): Case({**IN_REGION, "ImageId": "m-copying"}),
    ("Ecs", "DescribeInstanceRamRole"): Case(
        {**IN_REGION, "InstanceIds": INSTANCES}, ("InstanceRamRoleSets", "InstanceRamRoleSet")
    ),
    ("Ecs", "DescribeInstancesFullStatus"): Case(IN_REGION, ("InstanceFullStatusSet", "InstanceFullStatusType")),
    ("Ecs", "DescribePrefixLists"): Case(IN_REGION, ("PrefixLists", "PrefixList")),
    ("Ecs", "CreateSecurityGroup"): Case({**IN_REGION, "VpcId": "vpc-1"}),
    ("Ecs", "DescribeSecurityGroups"): Case(IN_REGION, ("SecurityGroups", "SecurityGroup")),
    ("Ecs", "DescribeSecurityGroupAttribute"): Case(
        {**IN_REGION, "SecurityGroupId": "sg-1"}, ("Permissions", "Permission")
    ),
    ("Ecs", "ModifySecurityGroupAttribute"): _of_group(3, Description="Web servers"),
    ("Ecs", "ModifySecurityGroupPolicy"): _of_group(3, InnerAccessPolicy="Drop"),
    ("Ecs", "DeleteSecurityGroup"): _of_group(9),
    ("Ecs", "AuthorizeSecurityGroup"): _of_group(4, Permissions=[{**RULE, "SourceCidrIp": "10.0.0.0/8"}]),
    ("Ecs", "AuthorizeSecurityGroupEgress"): _of_group(4, **RULE, DestCidrIp="10.0.0.0/8"),
    ("Ecs", "RevokeSecurityGroup"): _of_group(5, **RULE, SourceCidrIp="10.0.0.0/8"),
    ("Ecs", "RevokeSecurityGroupEgress"): _of_group(5, Permissions=[{**RULE, "DestCidrIp": "10.0.0.0/8"}]),
    ("Ecs", "ModifySecurityGroupRule"): _of_group(1, SecurityGroupRuleId="sgr-3", Description="Changed"),
    ("Ecs", "ModifySecurityGroupEgressRule"): _of_group(1, SecurityGroupRuleId="sgr-out", Description="Changed"),
    ("Ecs", "JoinSecurityGroup"): Case({"SecurityGroupId": "sg-6", "InstanceId": "i-5"}),
    ("Ecs", "LeaveSecurityGroup"): Case({"SecurityGroupId": "sg-2", "InstanceId": "i-6"}),
    ("Ecs", "CreateSnapshot"): Case({"DiskId": "d-7-data"}),
    ("Ecs", "DescribeSnapshots"): Case(IN_REGION, ("Snapshots", "Snapshot")),
    ("Ecs", "ModifySnapshotAttribute"): Case({"SnapshotId": "s-2", "Description": "Changed"}),
    ("Ecs", "DeleteSnapshot"): Case({"SnapshotId": "s-9"}),
    ("Ecs", "TagResources"): Case({**IN_REGION, **TAGGED, "ResourceType": "securitygroup", "ResourceId": ["sg-7"]}),
    ("Ecs", "UntagResources"): Case(
        {**IN_REGION, "ResourceType": "securitygroup", "ResourceId": ["sg-7"], "TagKey": ["none"]}
    ),
    ("Ecs", "ListTagResources"): Case(
        {**IN_REGION, "ResourceType": "securitygroup", "ResourceId": ["sg-1"]}, ("TagResources", "TagResource")
    ),
    ("Ecs", "JoinResourceGroup"): Case(
        {"ResourceType": "securitygroup", "ResourceId": "sg-8", "ResourceGroupId": GROUP}
    ),
    ("Ecs", "TransferInstance"): Case(
        {**IN_REGION, "InstanceId": "i-12", "RecipientAccountId": RECIPIENT, "AgreementAccepted": "true"}
    ),
    ("Ecs", "DescribeInstanceTransfers"): Case(IN_REGION, ("Transfers", "Transfer")),
    ("Ecs", "AcceptInstanceTransfer"): Case({**IN_REGION, "TransferId": "it-9"}, profile="recipient"),
    ("Ecs", "CancelInstanceTransfer"): Case({**IN_REGION, "TransferId": "it-10"}),
    ("Sts", "GetCallerIdentity"): Case({}),
    ("Vpc", "DescribeVpcs"): Case(IN_REGION, ("Vpcs", "Vpc")),
    ("Vpc", "DescribeVpcAttribute"): Case({**IN_REGION, "VpcId": "vpc-1"}),
    ("Vpc", "DescribeVSwitches"): Case({"VpcId": "vpc-1"}, ("VSwitches", "VSwitch")),
    ("Vpc", "DescribeVSwitchAttributes"): Case({"VSwitchId": "vsw-1"}),
    ("Vpc", "AllocateEipAddress"): Case(IN_REGION),
    ("Vpc", "DescribeEipAddresses"): Case(IN_REGION, ("EipAddresses", "EipAddress")),
    ("Vpc", "ModifyEipAddressAttribute"): Case({"AllocationId": "eip-3", "Bandwidth": "7"}),
    ("Vpc", "AssociateEipAddress"): Case({"AllocationId": "eip-4", "InstanceId": "i-8"}),
    ("Vpc", "UnassociateEipAddress"): Case({"AllocationId": "eip-2"}),
    ("Vpc", "ReleaseEipAddress"): Case({"AllocationId": "eip-9"}),
    ("Vpc", "DeletionProtection"): Case({**IN_REGION, "InstanceId": "eip-5", "Type": "EIP", "ProtectionEnable": False}),
    ("Vpc", "TagResources"): Case({**IN_REGION, **TAGGED, "ResourceType": "EIP", "ResourceId": ["eip-6"]}),
    ("Vpc", "UnTagResources"): Case({**IN_REGION, "ResourceType": "EIP", "ResourceId": ["eip-6"], "TagKey": ["none"]}),
    ("Vpc", "ListTagResources"): Case(
        {**IN_REGION, "ResourceType": "EIP", "ResourceId": ["eip-1"]}, ("TagResources", "TagResource")
    ),
    ("Vpc", "MoveResourceGroup"): Case(
        {**IN_REGION, "ResourceType": "eip", "ResourceId": "eip-7", "NewResourceGroupId": GROUP}
    ),
}
