"""Elastic IP addresses as an account sees them: DescribeEipAddresses of VPC 2016-04-28."""

from __future__ import annotations

from collections.abc import Mapping

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import no_answer

DESCRIBE_EIP_ADDRESSES = Action("DescribeEipAddresses", repeatable=True, product="vpc", version="2016-04-28")
PAGE = 100


def unbound(cloud: Cloud) -> Mapping[str, list[str]]:
    """The ids of the account's EIPs in this region that are bound to nothing, by name; the unnamed are left out."""
    doing = f"look up EIPs in {cloud.region} with {cloud}"
    found: dict[str, list[str]] = {}
    seen, page = 0, 1
    while True:
        query = {"RegionId": cloud.region, "Status": "Available", "PageSize": str(PAGE), "PageNumber": str(page)}
        answer = cloud.ask(DESCRIBE_EIP_ADDRESSES, query, doing=doing)
        try:
            listed = answer["EipAddresses"]["EipAddress"]
            for entry in listed:
                if entry.get("Name"):
                    found.setdefault(str(entry["Name"]), []).append(str(entry["AllocationId"]))
            seen += len(listed)
            if not listed or seen >= int(answer["TotalCount"]):
                return found
        except (AttributeError, KeyError, TypeError, ValueError):
            raise no_answer(doing, "not the list that was asked for") from None
        page += 1
