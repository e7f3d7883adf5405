"""Elastic addresses: allocated, listed, changed, bound, unbound, released."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.models.world import DEMO, load
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import OTHER, RECIPIENT, SOURCE, WEB, WEB_2, Api

INSTANCE = "i-bp1orchid00000000001"
BOUND, FREE, OF_WEB = "eip-bp1acme000000001", "eip-bp1acme000000002", "eip-bp1acme000000003"


def allocated(api: Api, **parameters: str) -> str:
    return str(api.vpc("AllocateEipAddress", parameters)["AllocationId"])


def listed(api: Api, **parameters: str) -> list[str]:
    return [eip["AllocationId"] for eip in api.vpc("DescribeEipAddresses", parameters)["EipAddresses"]["EipAddress"]]


def only(api: Api, allocation_id: str) -> Any:
    (eip,) = api.vpc("DescribeEipAddresses", AllocationId=allocation_id)["EipAddresses"]["EipAddress"]
    return eip


def test_a_new_address_is_listed_as_it_was_requested(recipient: Api, cloud: Sandbox) -> None:
    requested = {"Bandwidth": "20", "InternetChargeType": "PayByTraffic", "ISP": "BGP_PRO", "Name": "front"}
    answer = recipient.vpc("AllocateEipAddress", {**requested, "Description": "Web servers"})
    eip = only(recipient, answer["AllocationId"])
    assert answer["AllocationId"].startswith("eip-bp1")
    assert answer["EipAddress"] == eip["IpAddress"]
    assert (eip["Name"], eip["Description"], eip["ISP"]) == ("front", "Web servers", "BGP_PRO")
    assert (eip["Bandwidth"], eip["ChargeType"], eip["InternetChargeType"]) == ("20", "PostPaid", "PayByTraffic")
    assert (eip["Status"], eip["InstanceId"], eip["InstanceType"]) == ("Available", "", "")
    assert [eip.id for eip in cloud.state.eips(RECIPIENT)] == [answer["AllocationId"]]


def test_what_is_left_open_is_as_alibaba_cloud_has_it(recipient: Api) -> None:
    eip = only(recipient, allocated(recipient))
    assert (eip["Bandwidth"], eip["InternetChargeType"], eip["ISP"]) == ("5", "PayByBandwidth", "BGP")


def test_no_two_accounts_get_the_same_address(recipient: Api, source: Api) -> None:
    allocated(source)
    allocated(recipient)
    given = allocated(recipient)
    recipient.vpc("ReleaseEipAddress", AllocationId=given)
    allocated(recipient)
    allocated(source)
    addresses = [only(api, eip)["IpAddress"] for api in (recipient, source) for eip in listed(api)]
    assert len(set(addresses)) == len(addresses) == 7


def test_the_same_client_token_allocates_one_address(recipient: Api) -> None:
    assert allocated(recipient, ClientToken="once") == allocated(recipient, ClientToken="once")
    assert len(listed(recipient)) == 1


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"Bandwidth": "0"}, (400, "InvalidParameter")),
        ({"Bandwidth": "501"}, (400, "InvalidParameter")),
        ({"Bandwidth": "201", "InternetChargeType": "PayByTraffic"}, (400, "InvalidParameter")),
        ({"InternetChargeType": "PayByMoon"}, (400, "InvalidParameter")),
        ({"InstanceChargeType": "Gift"}, (400, "InvalidParameter")),
        ({"ISP": "Pigeon"}, (400, "InvalidParameter")),
        ({"Name": "1st"}, (400, "InvalidParameter.Name")),
        ({"ResourceGroupId": "rg-acmeorchid00001"}, (404, "InvalidResourceGroup.NotFound")),
        ({"RegionId": "cn-nowhere"}, (404, "InvalidRegionId.NotFound")),
        ({"IpAddress": "203.0.113.99"}, (400, "InvalidParameter.IpAddress")),
    ],
)
def test_an_address_that_can_not_be_had_is_refused(
    recipient: Api, changed: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert recipient.vpc_refused("AllocateEipAddress", changed) == refusal
    assert listed(recipient) == []


def test_addresses_are_listed_by_account_region_and_filter(source: Api, recipient: Api) -> None:
    assert listed(source) == [OF_WEB, FREE, BOUND]
    assert listed(source, RegionId="cn-shanghai") == listed(recipient) == []
    assert listed(source, AllocationId=f"{FREE},{BOUND},eip-none") == [FREE, BOUND]
    assert listed(source, EipAddress="203.0.113.11") == [FREE]
    assert listed(source, Status="InUse") == [OF_WEB, BOUND]
    assert listed(source, AssociatedInstanceType="EcsInstance", AssociatedInstanceId=WEB) == [OF_WEB]
    assert listed(source, EipName="web-01") == [OF_WEB]
    assert listed(source, PageSize="1", PageNumber="2") == [FREE]
    too_many = ",".join(f"eip-{number}" for number in range(51))
    assert source.vpc_refused("DescribeEipAddresses", AllocationId=too_many) == (400, "InvalidParameter")


def test_name_description_and_bandwidth_are_changed(recipient: Api) -> None:
    eip_id = allocated(recipient, Name="front", Description="Web servers")
    recipient.vpc("ModifyEipAddressAttribute", AllocationId=eip_id, Bandwidth="50", Name="f")
    eip = only(recipient, eip_id)
    assert (eip["Bandwidth"], eip["Name"], eip["Description"]) == ("50", "f", "Web servers")
    recipient.vpc("ModifyEipAddressAttribute", AllocationId=eip_id, Description="")
    assert only(recipient, eip_id)["Description"] == ""


@pytest.mark.parametrize(
    "action",
    ["ModifyEipAddressAttribute", "AssociateEipAddress", "UnassociateEipAddress", "ReleaseEipAddress"],
)
@pytest.mark.parametrize("elsewhere", [{"AllocationId": "eip-none"}, {"RegionId": "cn-shanghai"}])
def test_an_address_of_elsewhere_is_not_found(source: Api, action: str, elsewhere: dict[str, str]) -> None:
    requested = {"AllocationId": FREE, **elsewhere}
    assert source.vpc_refused(action, requested) == (404, "InvalidAllocationId.NotFound")


def test_an_address_of_another_account_is_not_found(recipient: Api) -> None:
    assert recipient.vpc_refused("ReleaseEipAddress", AllocationId=FREE) == (404, "InvalidAllocationId.NotFound")
    assert listed(recipient, AllocationId=FREE) == []


# --- binding


def test_an_address_is_bound_and_unbound_and_both_listings_show_it(recipient: Api) -> None:
    def of_instance() -> Any:
        answer = recipient.call("DescribeInstances", InstanceIds=json.dumps([INSTANCE]))
        return answer["Instances"]["Instance"][0]["EipAddress"]

    eip_id = allocated(recipient, Bandwidth="7")
    recipient.vpc("AssociateEipAddress", AllocationId=eip_id, InstanceId=INSTANCE, InstanceType="EcsInstance")
    eip = only(recipient, eip_id)
    assert (eip["Status"], eip["InstanceId"], eip["InstanceType"]) == ("InUse", INSTANCE, "EcsInstance")
    listed = {"AllocationId": eip_id, "IpAddress": eip["IpAddress"], "Bandwidth": 7}
    assert of_instance() == listed | {"InternetChargeType": "PayByBandwidth", "IsSupportUnassociate": True}
    recipient.vpc("UnassociateEipAddress", AllocationId=eip_id, InstanceId=INSTANCE)
    assert only(recipient, eip_id)["Status"] == "Available"
    assert of_instance()["AllocationId"] == ""


def test_a_stopped_instance_is_bound_too(source: Api) -> None:
    source.vpc("AssociateEipAddress", AllocationId=FREE, InstanceId="i-bp1stopped0000000001")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"InstanceId": WEB}, (400, "InvalidAssociation.Duplicated")),
        ({"InstanceId": "i-bp1publicip000000001"}, (400, "EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP")),
        ({"AllocationId": BOUND}, (400, "IncorrectEipStatus")),
        ({"InstanceId": "i-bp1starting000000001"}, (400, "IncorrectInstanceStatus")),
        ({"InstanceId": INSTANCE}, (404, "InvalidInstanId.NotFound")),
        ({"InstanceId": "i-uf6web00000000000001"}, (404, "InvalidInstanId.NotFound")),
        ({"InstanceId": "i-none"}, (404, "InvalidInstanId.NotFound")),
        ({"InstanceType": "Nat"}, (400, "InvalidInstanceType.ValueNotSupported")),
        ({"InstanceId": ""}, (400, "MissingParameter")),
    ],
)
def test_a_binding_is_refused(source: Api, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    assert source.vpc_refused("AssociateEipAddress", {"AllocationId": FREE, "InstanceId": WEB_2, **changed}) == refusal


def test_the_same_client_token_binds_once(source: Api) -> None:
    for _ in range(2):
        source.vpc("AssociateEipAddress", AllocationId=FREE, InstanceId=WEB_2, ClientToken="once")
    again = {"AllocationId": FREE, "InstanceId": WEB_2, "ClientToken": "twice"}
    assert source.vpc_refused("AssociateEipAddress", again) == (400, "IncorrectEipStatus")


def test_only_what_is_bound_is_unbound(source: Api) -> None:
    assert source.vpc_refused("UnassociateEipAddress", AllocationId=FREE) == (400, "IncorrectEipStatus")
    other = {"AllocationId": BOUND, "InstanceId": WEB_2}
    assert source.vpc_refused("UnassociateEipAddress", other) == (400, "InvalidInstanceId.NotFound")


def test_an_instance_that_moves_leaves_its_address_behind(source: Api, recipient: Api, cloud: Sandbox) -> None:
    transfer_id = source.submit(WEB)["TransferId"]
    cloud.desk.approve(transfer_id)
    recipient.call("AcceptInstanceTransfer", TransferId=transfer_id)
    assert only(source, OF_WEB)["InstanceId"] == WEB
    cloud.clock.advance(timedelta(minutes=1))
    assert (only(source, OF_WEB)["Status"], only(source, OF_WEB)["InstanceId"]) == ("Available", "")
    assert {eip.id: eip.instance for eip in cloud.state.eips(SOURCE)}[OF_WEB] is None
    given = allocated(recipient)
    recipient.vpc("AssociateEipAddress", AllocationId=given, InstanceId=WEB)
    source.vpc("ReleaseEipAddress", AllocationId=OF_WEB)


# --- releasing


def test_an_address_is_released(source: Api) -> None:
    source.vpc("ReleaseEipAddress", AllocationId=FREE)
    assert listed(source) == [OF_WEB, BOUND]
    assert source.vpc_refused("ReleaseEipAddress", AllocationId=FREE) == (404, "InvalidAllocationId.NotFound")


def test_an_address_in_use_is_not_released(source: Api) -> None:
    assert source.vpc_refused("ReleaseEipAddress", AllocationId=BOUND) == (400, "IncorrectEipStatus")


def test_what_is_paid_in_advance_is_not_released(recipient: Api) -> None:
    eip_id = allocated(recipient, InstanceChargeType="PrePaid", Period="1", PricingCycle="Month", AutoPay="true")
    refused = recipient.vpc_refused("ReleaseEipAddress", AllocationId=eip_id)
    assert refused == (400, "Forbidden.ChargeTypeIsPrepaid")


def test_what_is_protected_is_not_released(source: Api) -> None:
    protect = {"InstanceId": FREE, "Type": "EIP"}
    source.vpc("DeletionProtection", protect, ProtectionEnable="true")
    assert only(source, FREE)["DeletionProtection"] is True
    assert source.vpc_refused("ReleaseEipAddress", AllocationId=FREE) == (400, "InvalidOperation.DeletionProtection")
    source.vpc("DeletionProtection", protect, ProtectionEnable="false")
    source.vpc("ReleaseEipAddress", AllocationId=FREE)
    refused = source.vpc_refused("DeletionProtection", protect, ProtectionEnable="true")
    assert refused == (400, "DeletionProtection.ResourceNotExist")
    refused = source.vpc_refused("DeletionProtection", protect | {"Type": "NATGW"}, ProtectionEnable="true")
    assert refused == (400, "DeletionProtection.TypeNotSupport")


# --- quota, tags, resource groups


@pytest.fixture
def short(tmp_path: Path) -> Iterator[Api]:
    """Of an account that may hold two addresses in a region."""
    world = load(DEMO)
    accounts = tuple(
        account.model_copy(update={"eip_quota": 2}) if account.id == OTHER else account for account in world.accounts
    )
    with Sandbox.running(world.model_copy(update={"accounts": accounts}), directory=tmp_path / "short") as cloud:
        yield Api(cloud, "sandbox-other")


def test_a_quota_holds_for_each_region(short: Api) -> None:
    first = allocated(short)
    allocated(short)
    assert short.vpc_refused("AllocateEipAddress") == (400, "QuotaExceeded.Eip")
    allocated(short, RegionId="cn-shanghai")
    short.vpc("ReleaseEipAddress", AllocationId=first)
    allocated(short)


def test_tags_and_resource_groups_of_addresses(source: Api) -> None:
    of = {"ResourceType": "EIP", "ResourceId.1": FREE}
    source.vpc("TagResources", {**of, "Tag.1.Key": "stage", "Tag.1.Value": "live"})
    assert only(source, FREE)["Tags"] == {"Tag": [{"Key": "stage", "Value": "live"}]}
    assert listed(source, **{"Tag.1.Key": "stage"}) == [FREE]
    assert source.vpc("ListTagResources", of)["TagResources"]["TagResource"][0]["TagValue"] == "live"
    source.vpc("UnTagResources", {**of, "TagKey.1": "stage"})
    assert only(source, FREE)["Tags"] == {"Tag": []}
    source.vpc("MoveResourceGroup", ResourceType="EIP", ResourceId=FREE, NewResourceGroupId="rg-acmeorchid00001")
    assert only(source, FREE)["ResourceGroupId"] == "rg-acmeorchid00001"
    missing = {"ResourceType": "EIP", "ResourceId": "eip-none", "NewResourceGroupId": "rg-acmeorchid00001"}
    assert source.vpc_refused("MoveResourceGroup", missing) == (404, "InvalidResourceId.NotFound")
