"""Security groups and rules as users declare them in `security-groups.yaml`, key by key; `capture/` writes the same.

What is allowed follows Alibaba Cloud's documents of CreateSecurityGroup and AuthorizeSecurityGroup, and the alicloud
provider's own checks. Descriptions read on from "give", as in fields.py. What goes together, in a rule and among the
groups of a file, is checked in security_groups_file.py.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from transfer_provider.inputs.fields import STRICT, Line, Region, SecurityGroupId, VpcId, invalid
from transfer_provider.model.inventory import ALL_PORTS, PeerKind

PORTS = r"([1-9][0-9]{0,4})(?:/([1-9][0-9]{0,4}))?"
PORTS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65535},
        {"type": "string", "pattern": f"^{PORTS}$"},
    ]
}
GROUP_NAME = re.compile(r"(?!sg-|pl-)[a-z]([a-z0-9-]{0,61}[a-z0-9])")
GROUP_ID = re.compile(r"sg-[0-9a-z]{4,60}")
PREFIX_LIST_ID = re.compile(r"pl-[0-9a-z]{4,60}")
# Only what Alibaba Cloud reads: no netmasks, no IPv6 zones.
CIDR = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?")
DEFAULT_INNER_ACCESS_POLICY: Literal["Accept"] = "Accept"  # of a normal group


def _ports(value: Any) -> Any:
    """`443` or `8000/8080` as a port range."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if found := re.fullmatch(PORTS, text):
        first, last = int(found.group(1)), int(found.group(2) or found.group(1))
        if first > last:
            raise invalid("has its first port above its last; write the lower one first")
        if last <= 65535:
            return f"{first}/{last}"
    raise invalid("is no port or range; give 443, or 8000/8080, within 1 to 65535")


def _peer(value: Any) -> Any:
    """An id or a group's name as it is; a CIDR in its usual form."""
    if not isinstance(value, str) or any(form.fullmatch(value) for form in (GROUP_NAME, GROUP_ID, PREFIX_LIST_ID)):
        return value
    try:
        network = ip_network(value, strict=False) if CIDR.fullmatch(value) else None
    except ValueError:
        network = None
    if network is None:
        raise invalid(
            "is no CIDR, prefix list, group id or name of a group; give for example 10.0.0.0/8, 2001:db8::/32, "
            "pl-…, sg-… or a group of this file"
        )
    address, _, length = value.partition("/")
    if not length and int(network.network_address) == 0:
        raise invalid(f"has no prefix length; for every address write {address}/0")
    if not length:
        raise invalid(f"has no prefix length; for this one address write {network}")
    if ip_address(address) != network.network_address:
        raise invalid(f"has host bits set; write {network}")
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None:
        raise invalid(f"is an IPv4 CIDR in the form of IPv6; write {mapped}/{network.prefixlen - 96}")
    return str(network)


def _no_link(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        raise invalid("begins with http:// or https://, which Alibaba Cloud refuses; begin otherwise")
    return value


class SecurityGroupRuleInputs(BaseModel):
    """A rule as it is declared."""

    model_config = STRICT

    direction: Literal["ingress", "egress"] = Field(description="the direction: ingress or egress")
    protocol: Literal["tcp", "udp", "icmp", "icmpv6", "gre", "all"] = Field(
        description="the protocol: tcp, udp, icmp, icmpv6, gre or all"
    )
    ports: Annotated[str, BeforeValidator(_ports), WithJsonSchema(PORTS_SCHEMA)] | None = Field(
        default=None, description="a port such as 443 or a range such as 8000/8080; for tcp and udp only"
    )
    source: Annotated[str, BeforeValidator(_peer)] | None = Field(
        default=None,
        description="where from, for ingress: an IPv4 or IPv6 CIDR, a prefix list's id, a group of this file, or the "
        "id of a group the recipient has",
    )
    destination: Annotated[str, BeforeValidator(_peer)] | None = Field(
        default=None, description="where to, for egress: the same kinds as for source"
    )
    policy: Literal["accept", "drop"] = Field(default="accept", description="the policy: accept or drop")
    priority: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="the priority, a whole number from 1 (first) to 100"
    )
    description: Annotated[str, Field(min_length=1, max_length=512), Line] | None = Field(
        default=None, description="what the rule is for: one line, 1 to 512 characters"
    )

    @property
    def port_range(self) -> str:
        """The ports as Alibaba Cloud writes them: `443/443`, `8000/8080`, `-1/-1` where the protocol has none."""
        return self.ports or ALL_PORTS

    @property
    def peer(self) -> str:
        """The other end: the source of an ingress rule, the destination of an egress rule; empty where left open."""
        return (self.source if self.direction == "ingress" else self.destination) or ""

    @property
    def peer_kind(self) -> PeerKind | Literal["group"]:
        """What the other end is; `group` is a name in the same file."""
        if PREFIX_LIST_ID.fullmatch(self.peer):
            return "prefix_list"
        if GROUP_ID.fullmatch(self.peer):
            return "group_id"
        if GROUP_NAME.fullmatch(self.peer):
            return "group"
        return "ipv6_cidr" if ":" in self.peer else "cidr"


class SecurityGroupInputs(BaseModel):
    """A security group as it is declared."""

    model_config = STRICT

    vpc_id: VpcId = Field(description="the id of the recipient's VPC the group is in, such as vpc-bp1orchid00000001")
    region: Region | None = Field(
        default=None, description="the id of the VPC's region, such as cn-hangzhou; the stack's where left out"
    )
    captured_from: SecurityGroupId | None = Field(
        default=None,
        description="the id of the source's group it was captured from, by which `handover capture` finds it again",
    )
    type: Literal["normal", "enterprise"] = Field(default="normal", description="the type: normal or enterprise")
    inner_access_policy: Literal["Accept", "Drop"] | None = Field(
        default=None,
        description="whether the group's instances reach each other: Accept (a normal group's default) or Drop",
    )
    description: Annotated[str, Field(min_length=2, max_length=256), Line, BeforeValidator(_no_link)] | None = Field(
        default=None, description="what the group is for: one line, 2 to 256 characters"
    )
    rules: dict[str, SecurityGroupRuleInputs] = Field(
        default_factory=dict, description="rules by name, each a mapping of its keys"
    )

    @property
    def effective_inner_access_policy(self) -> Literal["Accept", "Drop"] | None:
        """With the default of a normal group; None where it can't be chosen, in an enterprise group."""
        return None if self.type == "enterprise" else self.inner_access_policy or DEFAULT_INNER_ACCESS_POLICY
