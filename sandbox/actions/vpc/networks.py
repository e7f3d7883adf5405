"""VPC: VPCs and vSwitches are queried; a world defines them, and no action changes them."""

from __future__ import annotations

from typing import Any

from sandbox.actions import paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.models.errors import ApiError, missing
from sandbox.models.timestamps import LONG_AGO
from sandbox.models.vpcs import Vpc, vpcs_of
from sandbox.models.world import VSwitch

MOST_IDS = 20
LARGEST_PAGE = 50

# The first and the last three addresses of a vSwitch are the cloud's own.
RESERVED_ADDRESSES = 4


def describe_vpcs(call: Call) -> Answer:
    """The caller's VPCs in a region."""
    wanted = call.comma_separated("VpcId", most=MOST_IDS)
    found = [vpc for vpc in vpcs_of(call.account, call.region()) if wanted is None or vpc.id in wanted]
    page, pagination = paging.of_vpc(call, found, LARGEST_PAGE)
    return pagination | {"Vpcs": {"Vpc": [_described_vpc(call, vpc) for vpc in page]}}


def describe_vpc_attribute(call: Call) -> Answer:
    """One VPC."""
    region, vpc_id = call.region(), call.required("VpcId")
    for vpc in vpcs_of(call.account, region):
        if vpc.id == vpc_id:
            return _described_vpc(call, vpc)
    raise ApiError(404, "InvalidVpcId.NotFound", "Specified VPC does not exist.")


def describe_vswitches(call: Call) -> Answer:
    """The caller's vSwitches in a region, in a VPC, or in both."""
    region = call.region_if_given()
    if region is None and call.text("VpcId") is None:
        raise missing("RegionId")
    found = [
        vswitch
        for vswitch in call.account.vswitches
        if region in (None, vswitch.region)
        and call.text("VpcId") in (None, vswitch.vpc_id)
        and call.text("VSwitchId") in (None, vswitch.id)
        and call.text("ZoneId") in (None, vswitch.zone)
    ]
    page, pagination = paging.of_vpc(call, found, LARGEST_PAGE)
    return pagination | {"VSwitches": {"VSwitch": [_described_vswitch(call, vswitch) for vswitch in page]}}


def describe_vswitch_attributes(call: Call) -> Answer:
    """One vSwitch."""
    region, vswitch_id = call.region_if_given(), call.required("VSwitchId")
    for vswitch in call.account.vswitches:
        if vswitch.id == vswitch_id and region in (None, vswitch.region):
            return _described_vswitch(call, vswitch)
    raise ApiError(404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist.")


def _described_vpc(call: Call, vpc: Vpc) -> dict[str, Any]:
    return {
        "VpcId": vpc.id,
        "OwnerId": int(call.account.id),
        "RegionId": vpc.region,
        "Status": "Available",
        "CidrBlock": str(vpc.cidr),
        "CreationTime": seconds(LONG_AGO),
        "VSwitchIds": {"VSwitchId": [vswitch.id for vswitch in vpc.vswitches]},
    }


def _described_vswitch(call: Call, vswitch: VSwitch) -> dict[str, Any]:
    inside = sum(holding.instance.vswitch == vswitch.id for holding in call.cloud.holdings())
    return {
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.name,
        "VpcId": vswitch.vpc_id,
        "OwnerId": int(call.account.id),
        "ZoneId": vswitch.zone,
        "Status": "Available",
        "CidrBlock": str(vswitch.cidr),
        "AvailableIpAddressCount": vswitch.cidr.num_addresses - RESERVED_ADDRESSES - inside,
        "CreationTime": seconds(LONG_AGO),
    }


ACTIONS = (
    Action("DescribeVpcs", describe_vpcs, ("VpcId", "PageNumber", "PageSize")),
    Action("DescribeVpcAttribute", describe_vpc_attribute, ("VpcId",)),
    Action("DescribeVSwitches", describe_vswitches, ("VpcId", "VSwitchId", "ZoneId", "PageNumber", "PageSize")),
    Action("DescribeVSwitchAttributes", describe_vswitch_attributes, ("VSwitchId",)),
)
