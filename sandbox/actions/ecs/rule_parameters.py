"""A rule as API calls write it: from parameters to a rule, with the real error codes, and back.

Two ways to write: `Permissions.N.IpProtocol` and so on, and the older `IpProtocol` for a single rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from sandbox.actions.call import Call
from sandbox.models import security_group_rules
from sandbox.models.errors import ApiError, invalid, missing
from sandbox.models.security_group_rules import Rule

Direction = Literal["ingress", "egress"]

MOST_RULES = 100

_COMMON = ("IpProtocol", "PortRange", "NicType", "Policy", "Priority", "Description")


def ends(direction: Direction) -> tuple[str, str, str, str]:
    """The parameters for the other end: an IPv4 block, an IPv6 one, a group, a prefix list."""
    side = _side(direction)
    return (f"{side}CidrIp", f"Ipv6{side}CidrIp", f"{side}GroupId", f"{side}PrefixListId")


def parameters(direction: Direction) -> tuple[str, ...]:
    """Every parameter that a rule may have."""
    return (*_COMMON, *ends(direction))


def given(call: Call) -> Sequence[Mapping[str, str]]:
    """The parameters of each rule that the call writes, in either way but not both."""
    many, alone = call.entries("Permissions", most=MOST_RULES), fields(call)
    if many and alone:
        raise ApiError(
            400,
            "InvalidParam.Permissions",
            "The specified parameter Permissions cannot coexist with other parameters.",
        )
    return many or (alone,)


def any_given(call: Call) -> bool:
    """Whether the call writes a rule at all."""
    return bool(call.entries("Permissions", most=MOST_RULES) or fields(call))


def fields(call: Call) -> dict[str, str]:
    """The parameters of the one rule that the call writes in the older way."""
    names = {*parameters("ingress"), *parameters("egress")}
    return {name: value for name, value in call.parameters.items() if name in names}


def rule(fields: Mapping[str, str], direction: Direction) -> Rule:
    """The rule that these parameters write. Raises ApiError with the code of the first thing that is wrong."""
    protocol, ports = _protocol_and_ports(fields)
    _choice(fields, "NicType", ("intranet", "internet"), "InvalidNicType.ValueNotSupported")
    policy = _choice(fields, "Policy", ("accept", "drop"), "InvalidPolicy.Malformed") or "accept"
    description = fields.get("Description", "")
    if len(description) > security_group_rules.LONGEST_DESCRIPTION:
        raise ApiError(
            400,
            "InvalidSecurityGroupDiscription.Malformed",
            "The specified security group rule description is not valid.",
        )
    return Rule.model_validate(
        {
            "direction": direction,
            "protocol": protocol,
            "ports": ports,
            "policy": policy,
            "priority": _priority(fields.get("Priority") or "1"),
            "description": description,
            **_other_end(fields, direction, protocol),
        }
    )


def written(rule: Rule) -> dict[str, str]:
    """The parameters that write the rule."""
    values = (rule.cidr, rule.ipv6_cidr, rule.group, rule.prefix_list)
    return {
        "IpProtocol": rule.protocol,
        "PortRange": rule.ports,
        "Policy": rule.policy,
        "Priority": str(rule.priority),
        "Description": rule.description,
        **{name: value for name, value in zip(ends(rule.direction), values, strict=True) if value is not None},
    }


def duplicates() -> ApiError:
    """The same rule twice."""
    return ApiError(
        400,
        "InvalidParam.DuplicatePermissions",
        "There are duplicate permissions in the specified parameter Permissions.",
    )


def _protocol_and_ports(fields: Mapping[str, str]) -> tuple[str, str]:
    protocol, ports = fields.get("IpProtocol", "").lower(), fields.get("PortRange", "")
    if not protocol:
        raise missing("IpProtocol")
    if protocol not in security_group_rules.PROTOCOLS:
        raise ApiError(
            400,
            "InvalidIpProtocol.ValueNotSupported",
            "The parameter IpProtocol must be specified with case insensitive TCP, UDP, ICMP, ICMPv6, GRE or All.",
        )
    if not ports:
        raise invalid("PortRange", "must set", code="InvalidPortRange.Malformed")
    if not security_group_rules.is_port_range(ports):
        raise invalid("PortRange", "has to be two integers up to 65535 as ?/?", code="InvalidParam.PortRange")
    if not security_group_rules.ports_fit(protocol, ports):
        raise ApiError(
            400, "OperationDenied", "The specified IpProtocol does not exist or IpProtocol and PortRange do not match."
        )
    return protocol, ports


def _priority(given: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", given):
        raise ApiError(400, "InvalidPriority.Malformed", "The parameter Priority is invalid.")
    if not 1 <= int(given) <= security_group_rules.HIGHEST_PRIORITY:
        raise ApiError(400, "InvalidPriority.ValueNotSupported", "The parameter Priority is invalid.")
    return int(given)


def _other_end(fields: Mapping[str, str], direction: Direction, protocol: str) -> dict[str, str]:
    """The one other end that counts: an address before a group, a group before a prefix list."""
    side = _side(direction)
    cidr, ipv6, group, prefix_list = (fields.get(name) or None for name in ends(direction))
    if cidr and ipv6:
        raise ApiError(
            400,
            f"InvalidParam.{side}Ip",
            f"The Parameters {side}CidrIp and Ipv6{side}CidrIp cannot be set at the same time.",
        )
    if cidr:
        if not security_group_rules.is_ipv4(cidr):
            raise invalid(f"parameter {side}CidrIp", "is not valid", code=f"Invalid{side}CidrIp.Malformed")
        if protocol == "icmpv6":
            raise ApiError(
                400,
                "InvalidParam.Ipv6ProtocolConflictWithIpv4Address",
                "IPv4 address cannot be specified for IPv6-specific protocol.",
            )
        return {"cidr": cidr}
    if ipv6:
        shortest = security_group_rules.ipv6(ipv6)
        if shortest is None:
            raise invalid(f"parameter Ipv6{side}CidrIp", "is not valid", code=f"InvalidParam.Ipv6{side}CidrIp")
        if protocol == "icmp":
            raise ApiError(
                400,
                "InvalidParam.Ipv4ProtocolConflictWithIpv6Address",
                "IPv6 address cannot be specified for IPv4-specific protocol.",
            )
        return {"ipv6_cidr": shortest}
    if group:
        return {"group": group}
    if prefix_list:
        return {"prefix_list": prefix_list}
    raise ApiError(
        400, f"MissingParameter.{side}", f"One of the parameters {', '.join(ends(direction))} must be specified."
    )


def _choice(fields: Mapping[str, str], name: str, values: tuple[str, ...], code: str) -> str | None:
    value = fields.get(name, "").lower()
    if value and value not in values:
        raise invalid(f"parameter {name}", "is not valid", code=code)
    return value or None


def _side(direction: Direction) -> str:
    return "Source" if direction == "ingress" else "Dest"
