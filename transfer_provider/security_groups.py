"""`security-groups.yaml`: the security groups a stack's handovers share, re-created for the recipient.

    web:
      vpc_id: vpc-bp1orchid00000001
      rules:
        https: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }

Groups and rules have names; a rule's name is its identity, so that everything else about it may change. What is
allowed follows Alibaba Cloud's documents of AuthorizeSecurityGroup and the alicloud provider's own checks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from transfer_provider.inputs import Line, Region, explain
from transfer_provider.yaml_file import Document, FilesRefused, Problem
from transfer_provider.yaml_file import load as load_yaml

FILE = "security-groups.yaml"
NAME = re.compile(r"(?!sg-|pl-)[a-z]([a-z0-9-]{0,61}[a-z0-9])")
RULE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
GROUP_ID = re.compile(r"sg-[0-9a-z]{4,60}")
PREFIX_LIST_ID = re.compile(r"pl-[0-9a-z]{4,60}")
MOST_RULES = 200
ALL_PORTS = "-1/-1"
WITH_PORTS = ("tcp", "udp")


@dataclass(frozen=True)
class Peer:
    """The other end of a rule: a CIDR, an IPv6 CIDR, a prefix list's id, a group of the file, or a group's id."""

    kind: Literal["cidr", "ipv6_cidr", "prefix_list", "group", "group_id"]
    value: str


@dataclass(frozen=True)
class Rule:
    """One rule; `port_range` as Alibaba Cloud writes it: `443/443`, `8000/8080`, `-1/-1`."""

    name: str
    direction: Literal["ingress", "egress"]
    protocol: str
    port_range: str
    peer: Peer
    policy: Literal["accept", "drop"]
    priority: int
    description: str | None


@dataclass(frozen=True)
class SecurityGroup:
    """One group with its rules. `inner_access_policy` is None where it can't be chosen: in an enterprise group."""

    name: str
    region: str
    vpc_id: str
    type: Literal["normal", "enterprise"]
    inner_access_policy: Literal["Accept", "Drop"] | None
    description: str | None
    rules: tuple[Rule, ...]


def _ports(value: Any) -> Any:
    """`443` or `"8000/8080"` as a port range."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value}/{value}"
    if isinstance(value, str) and (found := re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", value)):
        first, last = int(found.group(1)), int(found.group(2))
        if first > last:
            raise PydanticCustomError("said", "has its first port above its last; write the lower one first")
        if first >= 1 and last <= 65535:
            return f"{first}/{last}"
    raise PydanticCustomError("said", "is no port or range; give 443, or 8000/8080, within 1 to 65535")


Entry = TypeVar("Entry", bound=BaseModel)

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class RuleEntry(BaseModel):
    """A rule as it is written."""

    model_config = STRICT

    direction: Literal["ingress", "egress"] = Field(description="the direction: ingress or egress")
    protocol: Literal["tcp", "udp", "icmp", "icmpv6", "gre", "all"] = Field(
        description="the protocol: tcp, udp, icmp, icmpv6, gre or all"
    )
    ports: (
        Annotated[
            str,
            BeforeValidator(_ports),
            WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+/[0-9]+$"}]}),
        ]
        | None
    ) = Field(default=None, description="a port such as 443 or a range such as 8000/8080; for tcp and udp only")
    source: str | None = Field(
        default=None,
        description="for ingress, where from: an IPv4 or IPv6 CIDR, a prefix list's id, a group of this file, or the "
        "id of a group the recipient has",
    )
    destination: str | None = Field(default=None, description="for egress, where to: as source")
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

    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-z]{4,60}$")] = Field(
        description="the id of the recipient's VPC the group is in, such as vpc-bp1orchid00000001"
    )
    region: Region | None = Field(
        default=None, description="the id of the VPC's region, such as cn-hangzhou; the stack's where left out"
    )
    type: Literal["normal", "enterprise"] = Field(default="normal", description="the type: normal or enterprise")
    inner_access_policy: Literal["Accept", "Drop"] | None = Field(
        default=None,
        description="whether the group's instances reach each other: Accept (a normal group's default) or Drop",
    )
    description: Annotated[str, Field(min_length=2, max_length=256), Line] | None = Field(
        default=None, description="what the group is for: one line, 2 to 256 characters"
    )
    rules: dict[str, RuleEntry] = Field(default_factory=dict, description="rules by name, each a mapping of its keys")


def load(path: Path, file: str, region: str) -> dict[str, SecurityGroup]:
    """The groups of a file by name; a file that is not there holds none.

    `file` is how problems name it; `region` is taken where a group names none. Raises FilesRefused with all problems.
    """
    if not path.exists() and not path.is_symlink():
        return {}
    reading = _Reading(load_yaml(path, file), region)
    groups = reading.groups()
    if reading.problems:
        raise FilesRefused(reading.problems)
    return groups


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    made = TypeAdapter(dict[str, GroupEntry]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Security groups of a stack"} | made


def unknown_group(name: str, known: Collection[str]) -> str:
    """What to say of a group nobody defines."""
    meant = get_close_matches(name, known, n=1)
    guess = f"did you mean {meant[0]}? " if meant else ""
    return (
        f"names the group {name!r}, which {FILE} does not define; {guess}Defined: {', '.join(sorted(known)) or 'none'}"
    )


class _Reading:
    """One file being read; problems are collected on the way, so that one does not hide another."""

    def __init__(self, document: Document, region: str) -> None:
        self._document = document
        self._region = region
        self._entries: dict[str, GroupEntry] = {}
        self.problems: list[Problem] = []

    def groups(self) -> dict[str, SecurityGroup]:
        """All groups; of use only where no problem was found."""
        for name, values in self._document.values.items():
            entry = self._group_entry(name, values)
            if entry is not None:
                self._entries[name] = entry
        return {name: self._group(name, entry) for name, entry in self._entries.items()}

    def _group_entry(self, name: str, values: Any) -> GroupEntry | None:
        if not NAME.fullmatch(name):
            self._problem(
                "is no name for a group; take 2 to 63 of a-z, 0-9 and -, a letter first, not beginning with sg- or pl-",
                name,
            )
        if not isinstance(values, dict):
            self._problem("has to be a mapping with at least vpc_id", name)
            return None
        rules = values.get("rules") or {}
        if isinstance(rules, dict):
            values = values | {"rules": {}}
        # The rules are looked at on their own, so that one that is wrong does not hide another.
        entry = self._checked(GroupEntry, values, name)
        found = self._rule_entries(name, rules) if isinstance(rules, dict) else {}
        if entry is None:
            return None
        if entry.type == "enterprise" and entry.inner_access_policy is not None:
            self._problem(
                "can't be chosen in an enterprise group, whose instances never reach each other; leave it out",
                name,
                "inner_access_policy",
            )
        if len(rules) > MOST_RULES:
            self._problem(f"are more than {MOST_RULES}, the most a group has; share them out", name, "rules")
        return entry.model_copy(update={"rules": found})

    def _rule_entries(self, group: str, rules: Mapping[str, Any]) -> dict[str, RuleEntry]:
        found: dict[str, RuleEntry] = {}
        for name, values in rules.items():
            where = (group, "rules", name)
            if not RULE_NAME.fullmatch(name):
                self._problem("is no name for a rule; take up to 63 of a-z, 0-9, '.' and -", *where)
            if not isinstance(values, dict):
                self._problem("has to be a mapping with direction, protocol and its other end", *where)
                continue
            rule = self._checked(RuleEntry, values, *where)
            if rule is not None and not self._contradicts(rule, where):
                found[name] = rule
        return found

    def _contradicts(self, rule: RuleEntry, where: tuple[str, ...]) -> bool:
        """Note what does not go together in one rule; whether there is any."""
        before = len(self.problems)
        if rule.protocol in WITH_PORTS and rule.ports is None:
            self._problem(
                f"is missing; {rule.protocol} needs a port such as 443 or a range such as 1/65535", *where, "ports"
            )
        if rule.protocol not in WITH_PORTS and rule.ports is not None:
            self._problem(f"do not go with {rule.protocol}, which has none; leave them out", *where, "ports")
        own, other = ("source", "destination") if rule.direction == "ingress" else ("destination", "source")
        if getattr(rule, other) is not None:
            self._problem(f"does not go with {rule.direction}; give {own} instead", *where, other)
        elif getattr(rule, own) is None:
            self._problem(f"is missing; an {rule.direction} rule needs it", *where, own)
        return len(self.problems) > before

    def _group(self, name: str, entry: GroupEntry) -> SecurityGroup:
        rules: list[Rule] = []
        first: dict[tuple[Any, ...], str] = {}
        for rule_name, one in entry.rules.items():
            rule = self._rule(name, entry, rule_name, one)
            if rule is None:
                continue
            said = (rule.direction, rule.protocol, rule.port_range, rule.peer, rule.policy, rule.priority)
            if said in first:
                line = self._document.line(name, "rules", first[said])
                self._problem(f"says the same as rule {first[said]} in line {line}; keep one", name, "rules", rule_name)
            first.setdefault(said, rule_name)
            rules.append(rule)
        return SecurityGroup(
            name=name,
            region=entry.region or self._region,
            vpc_id=entry.vpc_id,
            type=entry.type,
            inner_access_policy=None if entry.type == "enterprise" else entry.inner_access_policy or "Accept",
            description=entry.description,
            rules=tuple(rules),
        )

    def _rule(self, group: str, entry: GroupEntry, name: str, one: RuleEntry) -> Rule | None:
        key = "source" if one.direction == "ingress" else "destination"
        where = (group, "rules", name, key)
        peer = self._peer(str(getattr(one, key)), where)
        if peer is None or not self._reaches(entry, peer, where):
            return None
        return Rule(
            name=name,
            direction=one.direction,
            protocol=one.protocol,
            port_range=one.ports or ALL_PORTS,
            peer=peer,
            policy=one.policy,
            priority=one.priority,
            description=one.description,
        )

    def _peer(self, text: str, where: tuple[str, ...]) -> Peer | None:
        if PREFIX_LIST_ID.fullmatch(text):
            return Peer("prefix_list", text)
        if GROUP_ID.fullmatch(text):
            return Peer("group_id", text)
        if NAME.fullmatch(text):
            if text in self._document.values:
                return Peer("group", text)
            self._problem(unknown_group(text, self._document.values.keys()), *where)
            return None
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            self._problem(
                "is no CIDR, prefix list, group id or name of a group; give for example 10.0.0.0/8, 2001:db8::/32, "
                "pl-…, sg-… or a group of this file",
                *where,
            )
            return None
        address, _, length = text.partition("/")
        if not length:
            self._problem(f"has no prefix length; for this one address write {network}", *where)
            return None
        if ip_address(address) != network.network_address:
            self._problem(f"has host bits set; write {network}", *where)
            return None
        return Peer("cidr" if network.version == 4 else "ipv6_cidr", str(network))

    def _reaches(self, entry: GroupEntry, peer: Peer, where: tuple[str, ...]) -> bool:
        """Whether a rule may point there: to groups only among normal ones, and to the file's own in one VPC."""
        if peer.kind not in ("group", "group_id"):
            return True
        other = self._entries.get(peer.value) if peer.kind == "group" else None
        if entry.type == "enterprise" or (other and other.type == "enterprise"):
            self._problem("points at a group, which an enterprise group neither may nor can be; give a CIDR", *where)
            return False
        if other and (other.vpc_id, other.region or self._region) != (entry.vpc_id, entry.region or self._region):
            self._problem(f"points at {peer.value}, which is in another VPC or region; give a CIDR", *where)
            return False
        return True

    def _checked(self, model: type[Entry], values: Mapping[str, Any], *where: str) -> Entry | None:
        try:
            return model(**{key: value for key, value in values.items() if value is not None})
        except ValidationError as error:
            for one in error.errors(include_input=False, include_url=False):
                self._problem(explain(one, model), *where, *map(str, one["loc"][:1]))
        return None

    def _problem(self, message: str, *where: str) -> None:
        self.problems.append(Problem(self._document.file, self._document.line(*where), ".".join(where), message))
