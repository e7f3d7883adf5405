"""A security group's rules: what is allowed, and when two are the same. Pure, no I/O and no API.

https://www.alibabacloud.com/help/en/ecs/user-guide/security-group-rules
"""

from __future__ import annotations

import re
from ipaddress import IPv4Interface, IPv6Interface
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import Field, model_validator

from sandbox.models.base import Model
from sandbox.models.timestamps import LONG_AGO, Timestamp

Protocol = Literal["tcp", "udp", "icmp", "icmpv6", "gre", "all"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
WITH_PORTS = ("tcp", "udp")
ALL_PORTS = "-1/-1"

Interface = TypeVar("Interface", IPv4Interface, IPv6Interface)

HIGHEST_PRIORITY = 100
LONGEST_DESCRIPTION = 512


class Rule(Model):
    """Lets in or out, or keeps from it: a protocol and its ports, from or to one other end.

    `ports` is `first/last`, and `-1/-1` for protocols without ports. The other end is one of an IPv4 CIDR block or
    address, an IPv6 address, a security group's id, a prefix list's id.
    """

    id: str | None = None
    direction: Literal["ingress", "egress"]
    protocol: Protocol
    ports: str = ALL_PORTS
    cidr: str | None = None
    ipv6_cidr: str | None = None
    group: str | None = None
    prefix_list: str | None = None
    policy: Literal["accept", "drop"] = "accept"
    priority: Annotated[int, Field(ge=1, le=HIGHEST_PRIORITY)] = 1
    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION)] = ""
    created: Timestamp = LONG_AGO

    @model_validator(mode="after")
    def _makes_sense(self) -> Rule:
        ends = [end for end in (self.cidr, self.ipv6_cidr, self.group, self.prefix_list) if end is not None]
        if len(ends) != 1:
            raise ValueError("a rule names one of cidr, ipv6_cidr, group and prefix_list")
        if not ports_fit(self.protocol, self.ports):
            raise ValueError(f"ports {self.ports} do not fit the protocol {self.protocol}")
        if self.cidr is not None and not is_ipv4(self.cidr):
            raise ValueError(f"cidr {self.cidr} is no IPv4 address or block")
        if self.ipv6_cidr is not None and ipv6(self.ipv6_cidr) != self.ipv6_cidr:
            raise ValueError(f"ipv6_cidr {self.ipv6_cidr} is no IPv6 address or block in its shortest form")
        return self

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes a rule this one: a group has no two that agree in all of it. The description may differ."""
        return (
            self.direction,
            self.protocol,
            self.ports,
            self.cidr,
            self.ipv6_cidr,
            self.group,
            self.prefix_list,
            self.policy,
            self.priority,
        )


def is_port_range(ports: str) -> bool:
    """Whether this is two numbers with a slash between."""
    return re.fullmatch(r"-?[0-9]{1,5}/-?[0-9]{1,5}", ports) is not None


def ports_fit(protocol: str, ports: str) -> bool:
    """Whether the protocol has these ports: 1 to 65535 in rising order for TCP and UDP, none for the others."""
    if protocol not in WITH_PORTS:
        return ports == ALL_PORTS
    if not is_port_range(ports):
        return False
    first, last = map(int, ports.split("/"))
    return 1 <= first <= last <= 65535


def is_ipv4(text: str) -> bool:
    """Whether this is an IPv4 address or CIDR block."""
    # The library would take a net mask after the slash, too.
    return re.fullmatch(r"[0-9.]+(/[0-9]{1,2})?", text) is not None and _read(IPv4Interface, text) is not None


def ipv6(text: str) -> str | None:
    """An IPv6 address or CIDR block in its shortest form, as the cloud keeps it; None where it is none."""
    # The library would take the name of a network card, too.
    read = None if "%" in text else _read(IPv6Interface, text)
    if read is None:
        return None
    return f"{read.ip.compressed}/{read.network.prefixlen}" if "/" in text else read.ip.compressed


def _read(kind: type[Interface], text: str) -> Interface | None:
    try:
        return kind(text)
    except ValueError:
        return None
