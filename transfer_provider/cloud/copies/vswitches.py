"""The vSwitches of an account's region: their zones and address ranges, by DescribeVSwitches of VPC 2016-04-28."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import UNREADABLE, all_numbers

DESCRIBE_VSWITCHES = Action("DescribeVSwitches", repeatable=True, product="vpc", version="2016-04-28")
LARGEST_PAGE = 50


@dataclass(frozen=True)
class VSwitch:
    """A vSwitch as its account lists it."""

    vswitch_id: str
    vpc_id: str
    zone_id: str
    cidr_block: str


def query_all(cloud: Cloud) -> Mapping[str, VSwitch]:
    """All the account's vSwitches in the region, by id; 50 a call. Raises as `Cloud.ask` does."""
    doing = f"look up vSwitches in {cloud.region} with {cloud}"

    def page(number: int) -> tuple[Sequence[VSwitch], int]:
        query = {"RegionId": cloud.region, "PageSize": str(LARGEST_PAGE), "PageNumber": str(number)}
        answer = cloud.ask(DESCRIBE_VSWITCHES, query, doing=doing)
        try:
            listed = [
                VSwitch(str(entry["VSwitchId"]), str(entry["VpcId"]), str(entry["ZoneId"]), str(entry["CidrBlock"]))
                for entry in answer["VSwitches"]["VSwitch"]
            ]
            return listed, int(answer["TotalCount"])
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    return {vswitch.vswitch_id: vswitch for vswitch in all_numbers(page)}
