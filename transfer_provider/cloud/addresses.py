"""Elastic IP addresses as an account lists them: DescribeEipAddresses of VPC 2016-04-28."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import no_answer
from transfer_provider.cloud.paging import PAGE, UNREADABLE, all_numbers, in_batches
from transfer_provider.model.inventory import Address

DESCRIBE_EIP_ADDRESSES = Action("DescribeEipAddresses", repeatable=True, product="vpc", version="2016-04-28")

MOST_IDS = 50  # of addresses, in one call


def query(cloud: Cloud, allocation_ids: Sequence[str]) -> Mapping[str, Address]:
    """Those of these addresses that this account has in this region, by id; 50 a call."""
    return {
        address.allocation_id: address
        for some in in_batches(allocation_ids, MOST_IDS)
        for address in _listed(cloud, AllocationId=",".join(some))
    }


def unbound(cloud: Cloud) -> Mapping[str, list[str]]:
    """The ids of the account's EIPs in this region that are bound to nothing, by name; the unnamed are left out."""
    found: dict[str, list[str]] = {}
    for address in _listed(cloud, Status="Available"):
        if address.name:
            found.setdefault(address.name, []).append(address.allocation_id)
    return found


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
    )
