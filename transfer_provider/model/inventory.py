"""What one account knows of its instances in one region, as plain values: no I/O, no Pulumi.

`cloud/inventory.py` queries it; `eligibility/` and `capture/` read it. Field names follow Alibaba
Cloud's; times are timezone-aware UTC. What was not queried, or may not be seen, is distinct from what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer

ALL_PORTS = "-1/-1"  # the port range of a rule without ports, and of every port
WITH_PORTS = ("tcp", "udp")  # the protocols that have ports

PeerKind = Literal["cidr", "ipv6_cidr", "prefix_list", "group_id"]


@dataclass(frozen=True)
class Instance:
    """An instance as DescribeInstances lists it to its owner. Texts are None where there is none."""

    instance_id: str
    name: str
    region: str
    status: str
    """Pending, Starting, Running, Stopping or Stopped; an expired or locked instance is Stopped as well."""
    created: datetime | None = None
    expires: datetime | None = None
    """When its subscription ends; None for pay-as-you-go."""
    released_at: datetime | None = None
    """When it is set to be released by itself (AutoReleaseTime)."""
    charge_type: str = "PostPaid"
    instance_type: str = ""
    vcpus: int | None = None
    system: str = ""
    """Its operating system, such as `Red Hat Enterprise Linux 8.4 64 bit`, in Alibaba Cloud's words."""
    spot: bool = False
    locks: Sequence[str] = ()
    """Why it is locked, in Alibaba Cloud's words and whatever case: financial, security, Recycling, …"""
    recyclable: bool = False
    deletion_protection: bool = False
    classic_network: bool = False
    vpc_id: str | None = None
    vswitch_id: str | None = None
    private_ips: Sequence[str] = ()
    fixed_public_ip: str | None = None
    eip: str | None = None
    """The elastic address bound to it."""
    eip_allocation_id: str | None = None
    security_group_ids: Sequence[str] = ()
    secondary_interfaces: Sequence[str] = ()
    image_id: str | None = None
    key_pair: str | None = None
    dedicated_host: str | None = None
    deployment_set: str | None = None
    hpc_cluster: str | None = None
    capacity_reservation: str | None = None
    resource_group_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def private_ip(self) -> str | None:
        """Its first address in the VPC."""
        return self.private_ips[0] if self.private_ips else None

    @property
    def public_ip(self) -> str | None:
        """Its public address, elastic or fixed."""
        return self.eip or self.fixed_public_ip


@dataclass(frozen=True)
class Disk:
    """A disk of an instance, as DescribeDisks lists it."""

    disk_id: str
    instance_id: str
    type: str = "data"
    """system or data."""
    status: str = "In_use"
    """In_use, Available, Attaching, Detaching, Creating or ReIniting."""
    encrypted: bool = False
    shared: bool = False
    """Attached to several instances, or made to be (MultiAttach)."""
    product_code: str | None = None
    """Of a marketplace product."""
    snapshot_policy: str | None = None
    size_gib: int = 0
    category: str = ""
    device: str = ""
    """What it is attached as, such as /dev/xvdb."""
    kms_key_id: str | None = None
    """The key it is encrypted with, where it is listed."""


@dataclass(frozen=True)
class Address:
    """An elastic IP address, as DescribeEipAddresses lists it. The bandwidth is in Mbit/s."""

    allocation_id: str
    ip_address: str
    instance_id: str | None
    name: str
    bandwidth: int
    charge_type: str
    """PostPaid or PrePaid."""
    internet_charge_type: str
    """PayByTraffic or PayByBandwidth."""
    isp: str
    bandwidth_package: str | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SecurityGroupRule:
    """A security group's rule, as DescribeSecurityGroupAttribute lists it; `port_range` as `443/443` or `-1/-1`."""

    direction: Literal["ingress", "egress"]
    protocol: str
    """tcp, udp, icmp, icmpv6, gre or all."""
    port_range: str
    peer_kind: PeerKind
    peer: str
    policy: Literal["accept", "drop"] = "accept"
    priority: int = 1
    description: str = ""
    peer_owner: str | None = None
    """The account the peer group belongs to, where it is another one."""
    beyond: Sequence[str] = ()
    """What else the rule has that a handover's file can't hold: a source port range, a port list, the internet NIC."""
    rule_id: str = field(default="", compare=False)
    """Alibaba Cloud's id of the rule, which an equal one made later does not have; empty where it was not listed."""

    @property
    def in_words(self) -> str:
        """The rule in a line."""
        ports = "" if self.port_range == ALL_PORTS else f" port {_span(self.port_range)}"
        owner = f" of account {self.peer_owner}" if self.peer_owner else ""
        parts = [
            f"{self.direction} {self.protocol}{ports} {'from' if self.direction == 'ingress' else 'to'} "
            f"{self.peer}{owner}",
            f"{self.policy}, priority {self.priority}",
            *self.beyond,
        ]
        described = f" ({self.description!r})" if self.description else ""
        return printable(", ".join(parts) + described)


@dataclass(frozen=True)
class SecurityGroup:
    """A security group with its rules; `type` is normal or enterprise."""

    group_id: str
    name: str
    region: str
    vpc_id: str | None
    type: str
    description: str
    inner_access_policy: str | None
    """Accept or Drop; None where it was not reported."""
    rules: Sequence[SecurityGroupRule] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """The image an instance was made from."""

    image_id: str
    owner: str
    """system, self, others or marketplace."""
    product_code: str | None = None
    platform: str = ""
    """Such as `RedHat` or `Windows Server 2019`."""
    license_type: str = ""
    """Where it was imported: `Aliyun`, or `BYOL`, brought along; else empty or `Auto`."""


@dataclass(frozen=True)
class Maintenance:
    """A system event that is scheduled for an instance, such as its move to another host."""

    event_id: str
    kind: str
    """Such as SystemMaintenance.Redeploy."""
    not_before: str


@dataclass(frozen=True)
class Inventory:
    """What was observed of some instances in one region, by id.

    None: it was not queried, or these credentials may not see it. An instance that was queried and is missing in
    `instances` is not this account's in this region.
    """

    account_id: str
    region: str
    observed_at: datetime
    instances: Mapping[str, Instance]
    disks: Mapping[str, Sequence[Disk]] = field(default_factory=dict)
    """By instance."""
    images: Mapping[str, Image] = field(default_factory=dict)
    transfers: Mapping[str, Sequence[Transfer]] | None = None
    """By instance; None where the account is not offered the action, or it was not queried."""
    maintenance: Mapping[str, Sequence[Maintenance]] | None = None
    """By instance."""
    verified: bool | None = None
    """Whether the account is real-name verified, or needs not be."""
    addresses: Mapping[str, Address] | None = None
    """By allocation id."""
    groups: Mapping[str, SecurityGroup] | None = None
    vpc_cidrs: Mapping[str, Sequence[str]] | None = None
    """The address ranges of each VPC."""
    ram_roles: Mapping[str, str] | None = None
    """The name of each instance's RAM role; without one it is missing."""


def _span(port_range: str) -> str:
    """`443` or `8000/8080`."""
    first, _, last = port_range.partition("/")
    return first if first == last else port_range
