"""What a stack's state holds of the recipient's network: security groups, rules, addresses, bindings. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from transfer_provider.model.inventory import ALL_PORTS, PeerKind, SecurityGroupRule

EIP_ADDRESS = "alicloud:ecs/eipAddress:EipAddress"
EIP_ASSOCIATION = "alicloud:ecs/eipAssociation:EipAssociation"
SECURITY_GROUP = "alicloud:ecs/securityGroup:SecurityGroup"
SECURITY_GROUP_RULE = "alicloud:ecs/securityGroupRule:SecurityGroupRule"

# The property of alicloud's SecurityGroupRule for each kind of other end, as the state has it.
PEERS: Mapping[PeerKind, str] = {
    "cidr": "cidrIp",
    "ipv6_cidr": "ipv6CidrIp",
    "prefix_list": "prefixListId",
    "group_id": "sourceSecurityGroupId",
}


@dataclass(frozen=True)
class RecipientState:
    """What the state holds of the recipient's network."""

    groups: Mapping[str, str] = field(default_factory=dict)
    """The id of each security group, by name."""
    rules: Mapping[str, Sequence[SecurityGroupRule]] = field(default_factory=dict)
    """The rules of each security group, by the group's id."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The allocation id of each address, by its handover's name."""
    bound: Collection[str] = frozenset()
    """The handovers with a binding, by name."""

    @classmethod
    def of(cls, resources: Mapping[str, Mapping[str, Any]]) -> RecipientState:
        """Of a stack's resources: type and outputs of each, by URN."""
        rules: dict[str, list[SecurityGroupRule]] = {}
        for outputs in _of_type(resources, SECURITY_GROUP_RULE).values():
            rule = rule_of(outputs)
            if rule is not None:
                rules.setdefault(str(outputs.get("securityGroupId")), []).append(rule)
        return cls(
            groups={_name(urn): str(outputs["id"]) for urn, outputs in _of_type(resources, SECURITY_GROUP).items()},
            rules=rules,
            addresses={
                _name(urn): str(outputs.get("allocationId") or outputs["id"])
                for urn, outputs in _of_type(resources, EIP_ADDRESS).items()
                if _of_handover(urn)
            },
            bound=frozenset(_name(urn) for urn in _of_type(resources, EIP_ASSOCIATION) if _of_handover(urn)),
        )


def _of_type(resources: Mapping[str, Mapping[str, Any]], kind: str) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of the resources of a type that exist, by URN."""
    return {
        urn: resource["outputs"]
        for urn, resource in resources.items()
        if resource.get("type") == kind and (resource.get("outputs") or {}).get("id")
    }


def rule_of(outputs: Mapping[str, Any]) -> SecurityGroupRule | None:
    """A rule, given by the properties of its resource, as its account lists it; None where its other end is missing."""
    ends = {kind: str(outputs[PEERS[kind]]) for kind in get_args(PeerKind) if outputs.get(PEERS[kind])}
    if not ends:
        return None
    kind, peer = next(iter(ends.items()))
    return SecurityGroupRule(
        direction="ingress" if outputs.get("type") == "ingress" else "egress",
        protocol=str(outputs.get("ipProtocol")).lower(),
        port_range=str(outputs.get("portRange") or ALL_PORTS),
        peer_kind=kind,
        peer=peer,
        policy="drop" if str(outputs.get("policy")).lower() == "drop" else "accept",
        priority=int(outputs.get("priority") or 1),
    )


def _of_handover(urn: str) -> bool:
    """Whether the resource is a child of a Handover."""
    return "Handover$" in urn


def _name(urn: str) -> str:
    """The resource's name."""
    return urn.rsplit("::", 1)[1]
