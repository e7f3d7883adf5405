"""Where a new instance goes: its vSwitch, its security groups, its private address."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from sandbox.actions.call import Call
from sandbox.actions.ecs.instances import interfaces
from sandbox.actions.ecs.security_group_members import MOST_GROUPS
from sandbox.actions.ecs.security_groups import several_types
from sandbox.models.errors import ApiError, missing
from sandbox.models.world import VSwitch

# The first address of a vSwitch and the last three are the cloud's own.
_OWN_FIRST, _OWN_LAST = 1, 3


@dataclass(frozen=True)
class Place:
    """A place in the caller's network."""

    vswitch: VSwitch
    groups: tuple[str, ...]
    address: str


def requested(call: Call, region: str) -> Place:
    """The place that a call of RunInstances names. Raises the refusal where it can't be."""
    vswitch = _vswitch(call, region)
    return Place(vswitch, _groups(call, region, vswitch), _address(call, vswitch))


def _vswitch(call: Call, region: str) -> VSwitch:
    vswitch_id = call.required("VSwitchId")
    for vswitch in call.account.vswitches:
        if vswitch.id == vswitch_id and vswitch.region == region:
            if call.text("ZoneId") not in (None, vswitch.zone):
                raise ApiError(
                    400, "InvalidParameter.Conflict", "The specified ZoneId conflicts with that of the VSwitchId."
                )
            return vswitch
    raise ApiError(403, "InvalidVSwitchId.NotFound", "The VSwitchId provided does not exist in our records.")


def _groups(call: Call, region: str, vswitch: VSwitch) -> tuple[str, ...]:
    named = tuple(filter(None, call.numbered("SecurityGroupIds", most=MOST_GROUPS)))
    single = call.text("SecurityGroupId")
    if single and named:
        raise ApiError(
            400, "InvalidParameter.Conflict", "SecurityGroupId and SecurityGroupIds can't be specified together."
        )
    wanted = named or ((single,) if single else ())
    if not wanted:
        raise missing("SecurityGroupId")
    groups = [call.cloud.group_store.get(group_id, call.account.id, region) for group_id in wanted]
    found = [group for group in groups if group is not None]
    if len(found) < len(groups):
        raise ApiError(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.")
    if any(group.vpc_id != vswitch.vpc_id for group in found):
        raise ApiError(
            403,
            "OperationDenied.InconsistentNetwork",
            "The specified security group and vswitch are not in the same vpc.",
        )
    if len({group.type for group in found}) > 1:
        raise several_types()
    return tuple(dict.fromkeys(group.id for group in found))


def _address(call: Call, vswitch: VSwitch) -> str:
    """The address requested, or the first that is free."""
    taken = {
        fields["PrimaryIpAddress"]
        for holding in call.cloud.holdings()
        if holding.instance.vswitch == vswitch.id
        for fields in interfaces(call.cloud, holding)
    }
    size = vswitch.cidr.num_addresses
    wanted = call.text("PrivateIpAddress")
    if wanted is None:
        for number in range(_OWN_FIRST, size - _OWN_LAST):
            if str(vswitch.cidr[number]) not in taken:
                return str(vswitch.cidr[number])
        raise ApiError(
            400,
            "OperationDenied.NoVlan",
            'The specified parameter "VlanId" is not valid or vlan has not enough IP address.',
        )
    try:
        address = IPv4Address(wanted)
    except AddressValueError:
        raise ApiError(400, "InvalidPrivateIpAddress.Malformed", "Specified private IP address is malformed.") from None
    number = int(address) - int(vswitch.cidr.network_address)
    if not _OWN_FIRST <= number < size - _OWN_LAST:
        raise ApiError(
            400, "InvalidPrivateIpAddress", "Specified private IP address is not in the CIDR block of virtual switch."
        )
    if wanted in taken:
        raise ApiError(400, "InvalidPrivateIpAddress.Duplicated", "Specified private IP address is duplicated.")
    return wanted
