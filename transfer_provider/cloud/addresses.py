"""Elastic IP addresses as an account lists them, and their release: VPC 2016-04-28."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused, no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_numbers, in_batches
from transfer_provider.model.inventory import Address

DESCRIBE_EIP_ADDRESSES = Action("DescribeEipAddresses", repeatable=True, product="vpc", version="2016-04-28")
# An id is never given twice, so that releasing it again releases nothing else.
RELEASE_EIP_ADDRESS = Action("ReleaseEipAddress", repeatable=True, product="vpc", version="2016-04-28")

MOST_IDS = 50  # of addresses, in one call


def query(cloud: Cloud, allocation_ids: Sequence[str]) -> Mapping[str, Address]:
    """Those of these addresses that this account has in this region, by id; 50 a call."""
    return {
        address.allocation_id: address
        for some in in_batches(allocation_ids, MOST_IDS)
        for address in _listed(cloud, AllocationId=",".join(some))
    }


def tagged(cloud: Cloud, tags: Mapping[str, str]) -> list[Address]:
    """The account's addresses in this region that have all of these tags, bound or not; 100 a call."""
    filters: dict[str, str] = {}
    for position, (key, value) in enumerate(tags.items(), start=1):
        filters |= {f"Tag.{position}.Key": key, f"Tag.{position}.Value": value}
    return list(_listed(cloud, **filters))


def unbound(cloud: Cloud) -> list[Address]:
    """The account's addresses in this region that are bound to nothing; 100 a call."""
    return list(_listed(cloud, Status="Available"))


def release(cloud: Cloud, allocation_id: str) -> None:
    """Release an address, for good; one that is bound is refused by Alibaba Cloud. Safe to repeat."""
    query = {"RegionId": cloud.region, "AllocationId": allocation_id}
    try:
        cloud.ask(RELEASE_EIP_ADDRESS, query, doing=f"release {allocation_id} with {cloud}")
    except Refused as error:
        # An earlier attempt took effect, and its answer was lost.
        if error.code != "InvalidAllocationId.NotFound":
            raise


def _listed(cloud: Cloud, **filters: str) -> Iterator[Address]:
    doing = f"look up EIPs in {cloud.region} with {cloud}"

    def fetch(number: int) -> tuple[Sequence[Address], int]:
        query = {"RegionId": cloud.region, "PageSize": str(PAGE), "PageNumber": str(number)} | filters
        answer = cloud.ask(DESCRIBE_EIP_ADDRESSES, query, doing=doing)
        try:
            return [_address(entry) for entry in answer["EipAddresses"]["EipAddress"]], int(answer["TotalCount"])
        except UNREADABLE:
            raise no_answer(doing, "not the requested list") from None

    return all_numbers(fetch)


def _address(entry: Mapping[str, Any]) -> Address:
    return Address(
        allocation_id=str(entry["AllocationId"]),
        ip_address=str(entry["IpAddress"]),
        instance_id=entry.get("InstanceId") or None,
        name=entry.get("Name") or "",
        bandwidth=int(entry["Bandwidth"]),
        charge_type=entry.get("ChargeType") or "PostPaid",
        internet_charge_type=entry.get("InternetChargeType") or "",
        isp=entry.get("ISP") or "",
        bandwidth_package=entry.get("BandwidthPackageId") or None,
        description=entry.get("Description") or entry.get("Descritpion") or "",  # it is written in both ways
        tags={str(tag["Key"]): str(tag.get("Value") or "") for tag in (entry.get("Tags") or {}).get("Tag") or ()},
    )
