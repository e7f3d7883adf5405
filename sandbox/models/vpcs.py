"""The VPCs of a world: those that its vSwitches and security groups are in. Pure, no API."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from sandbox.models.world import Account, VSwitch

# A VPC is as large as the private range that holds its vSwitches.
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


@dataclass(frozen=True)
class Vpc:
    """A VPC of an account, with its vSwitches."""

    id: str
    region: str
    cidr: IPv4Network
    vswitches: tuple[VSwitch, ...]


def vpcs_of(account: Account, region: str) -> list[Vpc]:
    """The account's VPCs in a region, in the order of the world file."""
    named = [(vswitch.region, vswitch.vpc_id) for vswitch in account.vswitches]
    named += [(group.region, group.vpc_id) for group in account.security_groups]
    return [_vpc(account, region, vpc_id) for where, vpc_id in dict.fromkeys(named) if where == region]


def _vpc(account: Account, region: str, vpc_id: str) -> Vpc:
    vswitches = tuple(vswitch for vswitch in account.vswitches if vswitch.vpc_id == vpc_id)
    inside = (network for network in _PRIVATE if vswitches and vswitches[0].cidr.subnet_of(network))
    return Vpc(vpc_id, region, next(inside, _PRIVATE[1]), vswitches)
