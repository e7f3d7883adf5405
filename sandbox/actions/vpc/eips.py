"""VPC: elastic addresses are allocated, listed, changed, bound, unbound and released."""

from __future__ import annotations

from typing import Any

from sandbox.actions import common_parameters, paging
from sandbox.actions.call import Action, Answer, Call, seconds
from sandbox.models.eips import HIGHEST_BANDWIDTH, ISPS, next_address
from sandbox.models.errors import ApiError, invalid
from sandbox.models.world import Eip
from sandbox.state.ids import new_id

MOST_IDS = 50
DEFAULT_BANDWIDTH = 5
CHARGES = tuple(HIGHEST_BANDWIDTH)


def allocate_eip_address(call: Call) -> Answer:
    """A new address for the caller, bound to nothing."""
    region = call.region()
    held = call.cloud.eip_store.of(call.account.id, region)
    if call.account.eip_quota is not None and len(held) >= call.account.eip_quota:
        raise ApiError(400, "QuotaExceeded.Eip", "Elastic IP address quota exceeded")
    charge = call.choice("InternetChargeType", CHARGES) or "PayByBandwidth"
    given = {eip.ip_address for eip in call.cloud.eip_store.everything()}
    eip = Eip.model_validate(
        {
            "id": new_id("eip", region),
            "region": region,
            "ip_address": next_address(given),
            "name": common_parameters.name(call, "Name", code="InvalidParameter.Name", shortest=1),
            "description": common_parameters.description(call, code="InvalidParameter.Description"),
            "bandwidth": _bandwidth(call, charge, DEFAULT_BANDWIDTH),
            "isp": call.choice("ISP", ISPS) or "BGP",
            "charge_type": call.choice("InstanceChargeType", ("PrePaid", "PostPaid")) or "PostPaid",
            "internet_charge_type": charge,
            "resource_group": common_parameters.resource_group(call),
            "created": call.cloud.clock.now(),
        }
    )
    call.choice("Netmode", ("public",))
    call.number("Period", default=1)  # paying is none of the sandbox's business
    call.choice("PricingCycle", ("Month", "Year"))
    call.flag("AutoPay")
    call.cloud.eip_store.add(call.account.id, eip)
    return {
        "AllocationId": eip.id,
        "EipAddress": eip.ip_address,
        "ResourceGroupId": eip.resource_group or "",
    }


def describe_eip_addresses(call: Call) -> Answer:
    """The caller's addresses in a region, newest first."""
    region = call.region()
    wanted = call.comma_separated("AllocationId", most=MOST_IDS)
    addresses = call.comma_separated("EipAddress", most=MOST_IDS)
    tags = common_parameters.tags(call)
    named = common_parameters.name_filter(call.text("EipName"))
    found = [
        eip
        for eip in reversed(call.cloud.eip_store.of(call.account.id, region))
        if (wanted is None or eip.id in wanted)
        and (addresses is None or eip.ip_address in addresses)
        and named(eip.name)
        and call.text("Status") in (None, _status(eip))
        and call.text("AssociatedInstanceType") in (None, _instance_type(eip))
        and call.text("AssociatedInstanceId") in (None, eip.instance)
        and call.text("ISP") in (None, eip.isp)
        and call.text("ChargeType") in (None, eip.charge_type)
        and call.text("ResourceGroupId") in (None, eip.resource_group)
        and common_parameters.has_tags(eip.tags, tags)
    ]
    page, pagination = paging.of_vpc(call, found)
    return pagination | {"EipAddresses": {"EipAddress": [_described(eip) for eip in page]}}


def modify_eip_address_attribute(call: Call) -> Answer:
    """Another bandwidth, name or description."""
    eip = _own_eip(call)
    changes: dict[str, Any] = {"bandwidth": _bandwidth(call, eip.internet_charge_type, eip.bandwidth)}
    if "Name" in call.parameters:
        changes["name"] = common_parameters.name(call, "Name", code="InvalidParameter.Name", shortest=1)
    if "Description" in call.parameters:
        changes["description"] = common_parameters.description(call, code="InvalidParameter.Description")
    call.cloud.eip_store.put(eip.model_copy(update=changes))
    return {}


def associate_eip_address(call: Call) -> Answer:
    """Bind an address to an instance of the same account and region, one to one."""
    eip = _own_eip(call)
    instance_id = call.required("InstanceId")
    _require_instance_type(call)
    holding = call.cloud.holding(instance_id)
    if holding is None or holding.owner != call.account.id or holding.instance.region != eip.region:
        # As Alibaba Cloud writes it.
        raise ApiError(404, "InvalidInstanId.NotFound", "Specified instance does not exist.")
    if holding.instance.status not in ("Running", "Stopped"):
        raise ApiError(400, "IncorrectInstanceStatus", "Current instance status does not support this operation.")
    if holding.instance.public_ip is not None:
        raise ApiError(
            400,
            "EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP",
            "The specified instance has a public IP address, so no EIP can be associated with it.",
        )
    if eip.instance is not None:
        raise _incorrect_status()
    if call.cloud.eip_of(instance_id) is not None:
        raise ApiError(400, "InvalidAssociation.Duplicated", "Specified instance already is associated.")
    call.cloud.eip_store.put(eip.model_copy(update={"instance": instance_id}))
    return {}


def unassociate_eip_address(call: Call) -> Answer:
    """Take an address off its instance."""
    eip = _own_eip(call)
    _require_instance_type(call)
    if eip.instance is None:
        raise _incorrect_status()
    if call.text("InstanceId") not in (None, eip.instance):
        raise ApiError(400, "InvalidInstanceId.NotFound", "Specified instance does not exist.")
    call.flag("Force")  # only a NAT gateway could resist
    call.cloud.eip_store.put(eip.model_copy(update={"instance": None}))
    return {}


def release_eip_address(call: Call) -> Answer:
    """Give an address back that is bound to nothing."""
    eip = _own_eip(call)
    if eip.instance is not None:
        raise _incorrect_status()
    if eip.charge_type == "PrePaid":
        raise ApiError(400, "Forbidden.ChargeTypeIsPrepaid", "It's forbidden to release a prepaid EIP")
    if eip.deletion_protection:
        raise ApiError(
            400, "InvalidOperation.DeletionProtection", "The instance can't be deleted because of deletion protection."
        )
    call.cloud.eip_store.remove(eip.id)
    return {}


def deletion_protection(call: Call) -> Answer:
    """Keep an address from being released, or let it be."""
    region, eip_id = call.region(), call.required("InstanceId")
    if call.required("Type") != "EIP":
        raise ApiError(400, "DeletionProtection.TypeNotSupport", "The resource is not support.")
    eip = call.cloud.eip_store.get(eip_id, call.account.id, region)
    if eip is None:
        raise ApiError(400, "DeletionProtection.ResourceNotExist", "The resource is not exist.")
    call.required("ProtectionEnable")
    call.cloud.eip_store.put(eip.model_copy(update={"deletion_protection": call.flag("ProtectionEnable")}))
    return {}


def _own_eip(call: Call) -> Eip:
    allocation_id = call.required("AllocationId")
    eip = call.cloud.eip_store.get(allocation_id, call.account.id, call.region_if_given())
    if eip is None:
        raise ApiError(404, "InvalidAllocationId.NotFound", "Specified allocation ID is not found")
    return eip


def _bandwidth(call: Call, charge: str, default: int) -> int:
    bandwidth = call.number("Bandwidth", default=default)
    if bandwidth > HIGHEST_BANDWIDTH[charge]:
        raise invalid("Bandwidth", f"has to be at most {HIGHEST_BANDWIDTH[charge]} with {charge}")
    return bandwidth


def _require_instance_type(call: Call) -> None:
    if call.text("InstanceType") not in (None, "EcsInstance"):
        raise ApiError(
            400, "InvalidInstanceType.ValueNotSupported", "The specified value of InstanceType is not supported."
        )


def _incorrect_status() -> ApiError:
    return ApiError(400, "IncorrectEipStatus", "Current elastic IP status does not support this operation.")


def _status(eip: Eip) -> str:
    return "InUse" if eip.instance else "Available"


def _instance_type(eip: Eip) -> str:
    return "EcsInstance" if eip.instance else ""


def _described(eip: Eip) -> dict[str, Any]:
    return {
        "AllocationId": eip.id,
        "IpAddress": eip.ip_address,
        "RegionId": eip.region,
        "Name": eip.name,
        "Description": eip.description,
        # Both are no longer published; the plugin's data sources read them.
        "Descritpion": eip.description,
        "AvailableRegions": {"AvailableRegion": [eip.region]},
        "Status": _status(eip),
        "InstanceId": eip.instance or "",
        "InstanceType": _instance_type(eip),
        "InstanceRegionId": eip.region if eip.instance else "",
        "Bandwidth": str(eip.bandwidth),
        "EipBandwidth": str(eip.bandwidth),
        "ISP": eip.isp,
        "ChargeType": eip.charge_type,
        "InternetChargeType": eip.internet_charge_type,
        "BusinessStatus": "Normal",
        "AllocationTime": seconds(eip.created),
        "DeletionProtection": eip.deletion_protection,
        "ResourceGroupId": eip.resource_group or "",
        "Netmode": "public",
        "Mode": "NAT",
        "HDMonitorStatus": "OFF",
        "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in eip.tags.items()]},
    }


ACTIONS = (
    Action(
        "AllocateEipAddress",
        allocate_eip_address,
        (
            "Bandwidth",
            "ISP",
            "InternetChargeType",
            "InstanceChargeType",
            "Period",
            "PricingCycle",
            "AutoPay",
            "Netmode",
            "Name",
            "Description",
            "ResourceGroupId",
            "ClientToken",
        ),
    ),
    Action(
        "DescribeEipAddresses",
        describe_eip_addresses,
        (
            "AllocationId",
            "EipAddress",
            "EipName",
            "Status",
            "AssociatedInstanceType",
            "AssociatedInstanceId",
            "ISP",
            "ChargeType",
            "ResourceGroupId",
            "PageNumber",
            "PageSize",
            *common_parameters.TAG_FIELDS,
        ),
    ),
    Action(
        "ModifyEipAddressAttribute",
        modify_eip_address_attribute,
        ("AllocationId", "Bandwidth", "Name", "Description"),
    ),
    Action(
        "AssociateEipAddress",
        associate_eip_address,
        ("AllocationId", "InstanceId", "InstanceType", "ClientToken"),
    ),
    Action(
        "UnassociateEipAddress",
        unassociate_eip_address,
        ("AllocationId", "InstanceId", "InstanceType", "Force", "ClientToken"),
    ),
    Action("ReleaseEipAddress", release_eip_address, ("AllocationId",)),
    Action("DeletionProtection", deletion_protection, ("InstanceId", "Type", "ProtectionEnable", "ClientToken")),
)
