"""Look-ups of VPCs and vSwitches, and the two products' own actions."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.api import Api

VPC_ID, VSWITCH_ID = "vpc-bp1orchid00000001", "vsw-bp1orchid00000001"


def test_an_account_lists_its_own_vpcs_of_the_region(recipient: Api) -> None:
    def vpcs(**parameters: str) -> list[str]:
        return [vpc["VpcId"] for vpc in recipient.vpc("DescribeVpcs", parameters)["Vpcs"]["Vpc"]]

    assert vpcs() == [VPC_ID, "vpc-bp1orchid00000002"]
    assert vpcs(RegionId="cn-shanghai") == ["vpc-uf6orchid00000001"]
    assert vpcs(VpcId=f"{VPC_ID},vpc-bp1acme0000000001") == [VPC_ID]
    assert vpcs(PageSize="1", PageNumber="2") == ["vpc-bp1orchid00000002"]
    assert recipient.vpc_refused("DescribeVpcs", PageSize="51") == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("action", "parameter", "most"), [("DescribeVpcs", "VpcId", 20), ("DescribeEipAddresses", "AllocationId", 50)]
)
def test_no_more_ids_are_requested_than_the_real_one_takes(
    recipient: Api, action: str, parameter: str, most: int
) -> None:
    ids = [f"any-{number}" for number in range(most + 1)]
    assert recipient.vpc(action, {parameter: ",".join(ids[:most])})["TotalCount"] == 0
    assert recipient.vpc_refused(action, {parameter: ",".join(ids)}) == (400, "InvalidParameter")


def test_a_vpc_is_listed_with_its_vswitches(recipient: Api) -> None:
    vpc = recipient.vpc("DescribeVpcAttribute", VpcId=VPC_ID)
    assert (vpc["Status"], vpc["CidrBlock"], vpc["RegionId"]) == ("Available", "10.0.0.0/8", "cn-hangzhou")
    assert vpc["VSwitchIds"] == {"VSwitchId": [VSWITCH_ID]}


def test_an_account_lists_its_own_vswitches_of_the_region(recipient: Api, source: Api) -> None:
    def vswitches(api: Api, **parameters: str) -> list[str]:
        return [vswitch["VSwitchId"] for vswitch in api.vpc("DescribeVSwitches", parameters)["VSwitches"]["VSwitch"]]

    assert vswitches(recipient) == [VSWITCH_ID]
    assert vswitches(recipient, VpcId="vpc-bp1orchid00000002") == []
    assert vswitches(recipient, ZoneId="cn-hangzhou-h", VSwitchId=VSWITCH_ID) == [VSWITCH_ID]
    assert vswitches(source, RegionId="cn-shanghai") == ["vsw-uf6acme0000000001"]


def test_the_vswitches_of_a_vpc_are_listed_without_a_region(source: Api) -> None:
    listed = source.vpc("DescribeVSwitches", RegionId="", VpcId="vpc-uf6acme0000000001")["VSwitches"]["VSwitch"]
    assert [vswitch["VSwitchId"] for vswitch in listed] == ["vsw-uf6acme0000000001"]
    assert source.vpc_refused("DescribeVSwitches", RegionId="") == (400, "MissingParameter")


def test_a_vswitch_is_listed_with_its_free_addresses(recipient: Api) -> None:
    vswitch = recipient.vpc("DescribeVSwitchAttributes", VSwitchId=VSWITCH_ID)
    assert (vswitch["VpcId"], vswitch["ZoneId"], vswitch["CidrBlock"]) == (VPC_ID, "cn-hangzhou-h", "10.20.0.0/16")
    assert vswitch["AvailableIpAddressCount"] == 65536 - 4 - 1


@pytest.mark.parametrize(
    ("action", "requested", "refusal"),
    [
        ("DescribeVpcAttribute", {"VpcId": "vpc-bp1acme0000000001"}, (404, "InvalidVpcId.NotFound")),
        ("DescribeVpcAttribute", {"VpcId": VPC_ID, "RegionId": "cn-shanghai"}, (404, "InvalidVpcId.NotFound")),
        ("DescribeVSwitchAttributes", {"VSwitchId": "vsw-bp1acme0000000001"}, (404, "InvalidVSwitchId.NotFound")),
        ("DescribeVSwitchAttributes", {"VSwitchId": "vsw-uf6orchid00000001"}, (404, "InvalidVSwitchId.NotFound")),
    ],
)
def test_what_is_elsewhere_is_not_found(
    recipient: Api, action: str, requested: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert recipient.vpc_refused(action, requested) == refusal


@pytest.mark.parametrize("action", ["CreateVpc", "DescribeRouteTableList", "DescribeInstances", "ModifyEipForwardMode"])
def test_an_action_nobody_implemented_is_not_offered(recipient: Api, action: str) -> None:
    assert recipient.vpc_refused(action) == (404, "InvalidAction.NotFound")


def test_an_action_belongs_to_its_product(recipient: Api) -> None:
    assert recipient.refused("DescribeVpcs") == (404, "InvalidAction.NotFound")
    assert recipient.refused("AllocateEipAddress") == (404, "InvalidAction.NotFound")


def test_what_the_plugins_data_sources_read_is_there_and_empty(recipient: Api) -> None:
    (vpc, _) = recipient.vpc("DescribeVpcs")["Vpcs"]["Vpc"]
    assert (vpc["SecondaryCidrBlocks"], vpc["UserCidrs"]) == ({"SecondaryCidrBlock": []}, {"UserCidr": []})
    (vswitch,) = recipient.vpc("DescribeVSwitches")["VSwitches"]["VSwitch"]
    assert vswitch["RouteTable"] == {"RouteTableId": "", "RouteTableType": ""}
    allocated = recipient.vpc("AllocateEipAddress")["AllocationId"]
    (eip,) = recipient.vpc("DescribeEipAddresses", AllocationId=allocated)["EipAddresses"]["EipAddress"]
    assert eip["AvailableRegions"] == {"AvailableRegion": ["cn-hangzhou"]}
