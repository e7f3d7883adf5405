"""Security groups and rules as they are written in `security-groups.yaml`, key by key.

What is allowed follows Alibaba Cloud's documents of CreateSecurityGroup and AuthorizeSecurityGroup, and the alicloud
provider's own checks. Descriptions read on from "give", as in fields.py.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from transfer_provider.inputs.fields import EXPLAINED, STRICT, Line, Region, SecurityGroupId, VpcId

PORTS = r"([1-9][0-9]{0,4})(?:/([1-9][0-9]{0,4}))?"
PORTS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 65535},
        {"type": "string", "pattern": f"^{PORTS}$"},
    ]
}


def _ports(value: Any) -> Any:
    """`443` or `8000/8080` as a port range."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if found := re.fullmatch(PORTS, text):
        first, last = int(found.group(1)), int(found.group(2) or found.group(1))
        if first > last:
            raise PydanticCustomError(EXPLAINED, "has its first port above its last; write the lower one first")
        if last <= 65535:
            return f"{first}/{last}"
    raise PydanticCustomError(EXPLAINED, "is no port or range; give 443, or 8000/8080, within 1 to 65535")


def _no_link(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        raise PydanticCustomError(
            EXPLAINED, "begins with http:// or https://, which Alibaba Cloud refuses; begin otherwise"
        )
    return value


class RuleEntry(BaseModel):
    """A rule as it is written."""

    model_config = STRICT

    direction: Literal["ingress", "egress"] = Field(description="the direction: ingress or egress")
    protocol: Literal["tcp", "udp", "icmp", "icmpv6", "gre", "all"] = Field(
        description="the protocol: tcp, udp, icmp, icmpv6, gre or all"
    )
    ports: Annotated[str, BeforeValidator(_ports), WithJsonSchema(PORTS_SCHEMA)] | None = Field(
        default=None, description="a port such as 443 or a range such as 8000/8080; for tcp and udp only"
    )
    source: str | None = Field(
        default=None,
        description="where from, for ingress: an IPv4 or IPv6 CIDR, a prefix list's id, a group of this file, or the "
        "id of a group the recipient has",
    )
    destination: str | None = Field(default=None, description="where to, for egress: the same kinds as for source")
    policy: Literal["accept", "drop"] = Field(default="accept", description="the policy: accept or drop")
    priority: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, description="the priority, a whole number from 1 (first) to 100"
    )
    description: Annotated[str, Field(min_length=1, max_length=512), Line] | None = Field(
        default=None, description="what the rule is for: one line, 1 to 512 characters"
    )


class GroupEntry(BaseModel):
    """A security group as it is written."""

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
    rules: dict[str, RuleEntry] = Field(default_factory=dict, description="rules by name, each a mapping of its keys")
