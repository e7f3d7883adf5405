"""Which instance types there are, and what a zone offers."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.actions.ecs.copying import Copying


def offered(copying: Copying, **parameters: str) -> dict[str, dict[str, str]]:
    """The status of each offer, by the zone and what is offered."""
    answer = copying.recipient.call("DescribeAvailableResource", parameters)
    found: dict[str, dict[str, str]] = {}
    for zone in answer["AvailableZones"]["AvailableZone"]:
        (resource,) = zone["AvailableResources"]["AvailableResource"]
        offers = resource["SupportedResources"]["SupportedResource"]
        found[zone["ZoneId"]] = {offer["Value"]: offer["Status"] for offer in offers}
    return found


def test_a_type_may_be_sold_out_in_one_zone(copying: Copying) -> None:
    asked = {"DestinationResource": "InstanceType", "InstanceType": "ecs.g8i.large"}
    assert offered(copying, **asked) == {
        "cn-hangzhou-h": {"ecs.g8i.large": "SoldOut"},
        "cn-hangzhou-i": {"ecs.g8i.large": "Available"},
    }
    assert offered(copying, **asked, ZoneId="cn-hangzhou-i") == {"cn-hangzhou-i": {"ecs.g8i.large": "Available"}}


def test_every_zone_offers_categories_of_disks(copying: Copying) -> None:
    of_zones = offered(copying, DestinationResource="SystemDisk")
    assert all("cloud_essd" in categories for categories in of_zones.values())


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"DestinationResource": ""}, (400, "MissingParameter")),
        ({"DestinationResource": "Clouds"}, (400, "InvalidParameter")),
        ({"InstanceType": "none"}, (400, "InvalidInstanceType.ValueNotSupported")),
        ({"RegionId": ""}, (400, "MissingParameter")),
    ],
)
def test_a_query_is_refused(copying: Copying, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    asked = {"DestinationResource": "InstanceType", **changed}
    assert copying.recipient.refused("DescribeAvailableResource", asked) == refusal


def test_types_are_listed_with_their_vcpus_and_memory(copying: Copying) -> None:
    asked = {"InstanceTypes.1": "ecs.g7.large", "InstanceTypes.2": "ecs.none.large"}
    (listed,) = copying.recipient.call("DescribeInstanceTypes", asked)["InstanceTypes"]["InstanceType"]
    assert (listed["CpuCoreCount"], listed["MemorySize"], listed["InstanceTypeFamily"]) == (2, 8.0, "ecs.g7")
    assert len(copying.recipient.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]) > 10
