"""`security-groups.yaml`: the security groups a stack's handovers share, re-created for the recipient.

    web:
      vpc_id: vpc-bp1orchid00000001
      rules:
        https: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }

Groups and rules have names; a rule's name is its identity, so that everything else about it may change. The keys and
their formats are in security_group_entries.py; here is what goes together, in a rule and among groups.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from transfer_provider.inputs.fields import explain
from transfer_provider.inputs.security_groups import GroupEntry, RuleEntry
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem
from transfer_provider.inputs.yaml_file import load as load_yaml
from transfer_provider.model.inventory import ALL_PORTS, WITH_PORTS

FILE = "security-groups.yaml"
NAME = re.compile(r"(?!sg-|pl-)[a-z]([a-z0-9-]{0,61}[a-z0-9])")
RULE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
GROUP_ID = re.compile(r"sg-[0-9a-z]{4,60}")
PREFIX_LIST_ID = re.compile(r"pl-[0-9a-z]{4,60}")
CIDR = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?")
MOST_RULES = 200
WITHOUT_PORTS = ("icmp", "icmpv6", "gre", "all")


@dataclass(frozen=True)
class Peer:
    """The other end of a rule: a CIDR, an IPv6 CIDR, a prefix list's id, a group of the file, or a group's id."""

    kind: Literal["cidr", "ipv6_cidr", "prefix_list", "group", "group_id"]
    value: str


@dataclass(frozen=True)
class DeclaredRule:
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
class DeclaredGroup:
    """One group with its rules. `inner_access_policy` is None where it can't be chosen: in an enterprise group."""

    name: str
    region: str
    vpc_id: str
    type: Literal["normal", "enterprise"]
    inner_access_policy: Literal["Accept", "Drop"] | None
    description: str | None
    rules: tuple[DeclaredRule, ...]


def load(path: Path, file: str, region: str) -> dict[str, DeclaredGroup]:
    """The groups of a file by name; a file that is not there holds none.

    `file` is how problems name it; `region` is taken where a group names none. Raises FilesRefused with all problems.
    """
    groups, problems = read(path, file, region)
    if problems:
        raise FilesRefused(problems)
    return {name: group for name, group in groups.items() if group is not None}


def read(path: Path, file: str, region: str) -> tuple[dict[str, DeclaredGroup | None], list[Problem]]:
    """As `load`, but with the problems beside the groups; a group that can't be told is None, and its name is known.

    Raises FilesRefused only where the file can't be read at all.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except OSError:
        pass  # Whatever it is, the reading below says it.
    reading = _Reading(load_yaml(path, file, may_be_empty=True), region)
    return reading.groups(), reading.problems


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    made = TypeAdapter(dict[str, GroupEntry]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Security groups of a stack"} | made


def unknown_group(name: str, known: Collection[str]) -> str:
    """What to say of a group nobody defines."""
    meant = get_close_matches(name, known, n=1)
    guess = f"did you mean {meant[0]}? " if meant else ""
    # What does not look like a name is not repeated: it may be a secret that went astray.
    named = f"the group {name!r}" if NAME.fullmatch(name) else "a group"
    return f"names {named}, which {FILE} does not define; {guess}Defined: {', '.join(sorted(known)) or 'none'}"


Entry = TypeVar("Entry", bound=BaseModel)


class _Reading:
    """One file being read; problems are collected on the way, so that one does not hide another."""

    def __init__(self, document: Document, region: str) -> None:
        self._document = document
        self._region = region
        self.problems: list[Problem] = []

    def groups(self) -> dict[str, DeclaredGroup | None]:
        """All groups; one whose own keys are wrong is None."""
        groups = {name: self._group(name, values) for name, values in self._document.values.items()}
        for group in filter(None, groups.values()):
            for rule in group.rules:
                self._check_reach(group, rule, groups)
        return groups

    def _group(self, name: str, values: Any) -> DeclaredGroup | None:
        if not NAME.fullmatch(name):
            self._problem(
                "is no name for a group; take 2 to 63 of a-z, 0-9 and -, a letter first, not beginning with sg- or pl-",
                name,
            )
        if not isinstance(values, dict):
            self._problem("has to be a mapping with at least vpc_id", name)
            return None
        given = values.get("rules")
        # The rules are read on their own, so that one that is wrong does not hide another.
        rules = self._rules(name, given) if isinstance(given, dict) else ()
        entry = self._checked(GroupEntry, values | {"rules": {}} if isinstance(given, dict) else values, name)
        if entry is None:
            return None
        if entry.type == "enterprise" and entry.inner_access_policy is not None:
            self._problem(
                "can't be chosen in an enterprise group, whose instances never reach each other; leave it out",
                name,
                "inner_access_policy",
            )
        return DeclaredGroup(
            name=name,
            region=entry.region or self._region,
            vpc_id=entry.vpc_id,
            type=entry.type,
            inner_access_policy=None if entry.type == "enterprise" else entry.inner_access_policy or "Accept",
            description=entry.description,
            rules=rules,
        )

    def _rules(self, group: str, given: Mapping[str, Any]) -> tuple[DeclaredRule, ...]:
        if len(given) > MOST_RULES:
            self._problem(f"are more than {MOST_RULES}, the most a group has; share them out", group, "rules")
        first: dict[tuple[Any, ...], str] = {}
        rules: list[DeclaredRule] = []
        for name, values in given.items():
            rule = self._rule(name, values, (group, "rules", name))
            if rule is None:
                continue
            said = (rule.direction, rule.protocol, rule.port_range, rule.peer, rule.policy, rule.priority)
            earlier = first.setdefault(said, name)
            if earlier != name:
                line = self._document.line(group, "rules", earlier)
                self._problem(f"says the same as rule {earlier} in line {line}; keep one", group, "rules", name)
            rules.append(rule)
        return tuple(rules)

    def _rule(self, name: str, values: Any, where: tuple[str, ...]) -> DeclaredRule | None:
        """One rule; None, with its problems noted, where anything about it is wrong."""
        before = len(self.problems)
        if not RULE_NAME.fullmatch(name):
            self._problem("is no name for a rule; take up to 63 of a-z, 0-9, '.' and -", *where)
        if not isinstance(values, dict):
            self._problem("has to be a mapping with direction, protocol and its other end", *where)
            return None
        entry = self._checked(RuleEntry, values, *where)
        self._check_ports(values, where)
        peer = self._other_end(values, where)
        if entry is None or peer is None or len(self.problems) > before:
            return None
        return DeclaredRule(
            name=name,
            direction=entry.direction,
            protocol=entry.protocol,
            port_range=entry.ports or ALL_PORTS,
            peer=peer,
            policy=entry.policy,
            priority=entry.priority,
            description=entry.description,
        )

    def _check_ports(self, values: Mapping[str, Any], where: tuple[str, ...]) -> None:
        protocol, ports = values.get("protocol"), values.get("ports")
        if protocol in WITH_PORTS and ports is None:
            self._problem(
                f"is missing; {protocol} needs a port such as 443 or a range such as 1/65535", *where, "ports"
            )
        if protocol in WITHOUT_PORTS and ports is not None:
            self._problem(f"do not go with {protocol}, which has none; leave them out", *where, "ports")

    def _other_end(self, values: Mapping[str, Any], where: tuple[str, ...]) -> Peer | None:
        direction = values.get("direction")
        if direction not in ("ingress", "egress"):
            return None
        own, other = ("source", "destination") if direction == "ingress" else ("destination", "source")
        if values.get(other) is not None:
            self._problem(f"does not go with {direction}; give {own} instead", *where, other)
        elif values.get(own) is None:
            self._problem(f"is missing; an {direction} rule needs it", *where, own)
        text = values.get(own)
        return self._peer(text, (*where, own)) if isinstance(text, str) else None

    def _peer(self, text: str, where: tuple[str, ...]) -> Peer | None:
        if PREFIX_LIST_ID.fullmatch(text):
            return Peer("prefix_list", text)
        if GROUP_ID.fullmatch(text):
            return Peer("group_id", text)
        if text in self._document.values:
            return Peer("group", text)
        if NAME.fullmatch(text):
            self._problem(unknown_group(text, self._document.values.keys()), *where)
            return None
        try:
            # Only what Alibaba Cloud reads: no netmasks, no IPv6 zones.
            network = ip_network(text, strict=False) if CIDR.fullmatch(text) else None
        except ValueError:
            network = None
        if network is None:
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

    def _check_reach(
        self, group: DeclaredGroup, rule: DeclaredRule, groups: Mapping[str, DeclaredGroup | None]
    ) -> None:
        """A rule points to groups only among normal ones, and to the file's others only in its VPC and region."""
        at = (group.name, "rules", rule.name)
        if group.type == "enterprise" and rule.policy == "drop":
            self._problem("is not offered in an enterprise group, which drops what no rule accepts", *at, "policy")
        if rule.peer.kind not in ("group", "group_id"):
            return
        where = (*at, "source" if rule.direction == "ingress" else "destination")
        other = groups.get(rule.peer.value) if rule.peer.kind == "group" else None
        if group.type == "enterprise" or (other and other.type == "enterprise"):
            self._problem("points at a group, which an enterprise group neither may nor can be; give a CIDR", *where)
        elif other and (other.vpc_id, other.region) != (group.vpc_id, group.region):
            self._problem(f"points at {other.name}, which is in another VPC or region; give a CIDR", *where)

    def _checked(self, model: type[Entry], values: Mapping[str, Any], *where: str) -> Entry | None:
        try:
            return model(**{key: value for key, value in values.items() if value is not None})
        except ValidationError as error:
            for one in error.errors(include_input=False, include_url=False):
                self._problem(explain(one, model), *where, *map(str, one["loc"][:1]))
        return None

    def _problem(self, message: str, *where: str) -> None:
        self.problems.append(Problem(self._document.file, self._document.line(*where), ".".join(where), message))
