"""`security-groups.yaml`: the security groups a stack's handovers share, re-created for the recipient.

    web:
      vpc_id: vpc-bp1orchid00000001
      rules:
        https: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }

Groups and rules have names; a rule's name is its identity, so that everything else about it may change. `base` names a
file whose groups are the stack's as well (several_stacks/base_file.py). The keys and their formats are in
security_groups.py; here is what goes together, in a rule and among groups.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from transfer_provider.inputs.fields import Entry, check, nearest
from transfer_provider.inputs.regions import refusal_of_region
from transfer_provider.inputs.security_groups import GROUP_NAME, SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.inputs.several_stacks.base_file import KEY, with_base
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem, name_of
from transfer_provider.inputs.yaml_file import load as load_yaml
from transfer_provider.model.inventory import WITH_PORTS

FILE = "security-groups.yaml"
RULE_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
MOST_RULES = 200
BASE = (
    "the path, from this file, of a file whose groups are this stack's as well, such as "
    "../shared/security-groups.yaml; of a group that both have, the keys and rules of this file take the place of those"
)
WITHOUT_PORTS = ("icmp", "icmpv6", "gre", "all")


def load(path: Path, root: Path, region: str) -> dict[str, SecurityGroupInputs]:
    """The groups of a file and its base by name; a file that is not there holds none.

    `root` is the project's folder, which problems name files relative to; `region` is the stack's, taken where a group
    sets none. Raises FilesRefused with all problems.
    """
    groups, problems = read(path, root, region)
    if problems:
        raise FilesRefused(problems)
    return {name: group for name, group in groups.items() if group is not None}


def read(
    path: Path, root: Path, region: str, more_regions: Collection[str] = ()
) -> tuple[dict[str, SecurityGroupInputs | None], list[Problem]]:
    """As `load`, but with the problems beside the groups; a group that can't be read is None, and its name is known.

    `more_regions` are those that the stack's settings add to the known ones.
    Raises FilesRefused only where the file, or its base, can't be read at all.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except OSError:
        pass  # Whatever it is, the reading below reports it.
    own = load_yaml(path, name_of(path, root), may_be_empty=True)
    reading = _Reading(with_base(own, path, root), region, more_regions)
    return reading.groups(), reading.problems


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    made = TypeAdapter(dict[str, SecurityGroupInputs]).json_schema()
    # Which of a shared group's keys are set in this file and which in the other, no schema of one file knows.
    del made["$defs"][SecurityGroupInputs.__name__]["required"]
    base = {"type": "string", "pattern": r"^[^/~\\].*\.yaml$", "description": BASE}
    made["properties"] = {KEY: {"anyOf": [base, made["additionalProperties"]]}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Security groups of a stack"} | made


def unknown_group(name: str, known: Collection[str]) -> str:
    """The problem of a group that is not defined."""
    # What is not in a name's format is not repeated: it may be a secret that went astray.
    named = f"the group {name!r}" if GROUP_NAME.fullmatch(name) else "a group"
    defined = ", ".join(sorted(known)) or "none"
    return f"names {named}, which {FILE} does not define; {nearest(name, known)}Defined: {defined}"


class _Reading:
    """One file being read; problems are collected on the way, so that one does not hide another."""

    def __init__(self, document: Document, region: str, more_regions: Collection[str]) -> None:
        self._document = document
        self._region = region
        self._more_regions = more_regions
        self.problems: list[Problem] = []

    def groups(self) -> dict[str, SecurityGroupInputs | None]:
        """All groups; one whose own keys are wrong is None."""
        groups = {name: self._group(name, values) for name, values in self._document.values.items()}
        for name, group in groups.items():
            if group is not None:
                self._check_reach(name, group, groups)
        return groups

    def _group(self, name: str, values: Any) -> SecurityGroupInputs | None:
        if not GROUP_NAME.fullmatch(name):
            self._problem(
                "is no name for a group; take 2 to 63 of a-z, 0-9 and -, a letter first, not beginning with sg- or pl-",
                name,
            )
        if not isinstance(values, dict):
            wrong = "is empty; give" if values is None else "has to be"
            hint = nearest(name, [KEY]) if isinstance(values, str) else ""
            self._problem(f"{wrong} a mapping with at least vpc_id{hint and f'; {hint.strip()}'}", name)
            return None
        given = values.get("rules")
        if not isinstance(given, dict):
            group = self._checked(SecurityGroupInputs, values, name)
        else:
            # The rules are checked on their own, so that a problem of one does not hide another's.
            rules = self._rules(name, given)
            alone = self._checked(SecurityGroupInputs, values | {"rules": {}}, name)
            group = alone and alone.model_copy(update={"rules": rules})
        if group and group.type == "enterprise" and group.inner_access_policy is not None:
            self._problem(
                "can't be chosen in an enterprise group, whose instances never reach each other; leave it out",
                name,
                "inner_access_policy",
            )
        refusal = refusal_of_region(group.region, self._more_regions) if group and group.region else None
        if refusal:
            self._problem(refusal, name, "region")
            return None
        return group

    def _rules(self, group: str, given: Mapping[str, Any]) -> dict[str, SecurityGroupRuleInputs]:
        if len(given) > MOST_RULES:
            self._problem(f"are more than {MOST_RULES}, the most a group has; share them out", group, "rules")
        first: dict[SecurityGroupRuleInputs, str] = {}
        rules: dict[str, SecurityGroupRuleInputs] = {}
        for name, values in given.items():
            where = (group, "rules", name)
            rule = self._rule(name, values, where)
            if rule is None:
                continue
            earlier = first.setdefault(rule.model_copy(update={"description": None}), name)
            if earlier != name:
                line = self._line_of(group, earlier, name)
                self._problem(f"is the same as rule {earlier} in {line}; keep one", *where)
            rules[name] = rule
        return rules

    def _rule(self, name: str, values: Any, where: tuple[str, ...]) -> SecurityGroupRuleInputs | None:
        """One rule; None, with its problems noted, where anything about it is wrong."""
        before = len(self.problems)
        if not RULE_NAME.fullmatch(name):
            self._problem("is no name for a rule; take up to 63 of a-z, 0-9, '.' and -", *where)
        if not isinstance(values, dict):
            wrong = "is empty; give" if values is None else "has to be"
            self._problem(f"{wrong} a mapping with direction, protocol and its other end", *where)
            return None
        rule = self._checked(SecurityGroupRuleInputs, values, *where)
        self._check_ports(values, where)
        self._check_ends(values, where)
        if rule and rule.peer:
            self._check_family(rule, where)
        return rule if len(self.problems) == before else None

    def _check_ports(self, values: Mapping[str, Any], where: tuple[str, ...]) -> None:
        protocol, ports = values.get("protocol"), values.get("ports")
        if protocol in WITH_PORTS and "ports" not in values:
            self._problem(
                f"is missing; {protocol} needs a port such as 443 or a range such as 1/65535", *where, "ports"
            )
        if protocol in WITHOUT_PORTS and ports is not None:
            self._problem(f"do not go with {protocol}, which has none; leave them out", *where, "ports")

    def _check_ends(self, values: Mapping[str, Any], where: tuple[str, ...]) -> None:
        direction = values.get("direction")
        if direction not in ("ingress", "egress"):
            return
        own, other = ("source", "destination") if direction == "ingress" else ("destination", "source")
        if values.get(other) is not None:
            self._problem(f"does not go with {direction}; give {own} instead", *where, other)
        elif own not in values:
            self._problem(f"is missing; an {direction} rule needs it", *where, own)
        peer = values.get(own)
        if isinstance(peer, str) and GROUP_NAME.fullmatch(peer) and peer not in self._document.values:
            self._problem(unknown_group(peer, self._document.values.keys()), *where, own)

    def _check_reach(
        self, name: str, group: SecurityGroupInputs, groups: Mapping[str, SecurityGroupInputs | None]
    ) -> None:
        """A rule points to groups only among normal ones, and to the file's others only in its VPC and region."""
        for rule_name, rule in group.rules.items():
            at = (name, "rules", rule_name)
            if group.type == "enterprise" and rule.policy == "drop":
                self._problem("is not offered in an enterprise group, which drops what no rule accepts", *at, "policy")
            if rule.peer_kind not in ("group", "group_id"):
                continue
            end = (*at, "source" if rule.direction == "ingress" else "destination")
            other = groups.get(rule.peer)
            if group.type == "enterprise" or (other and other.type == "enterprise"):
                self._problem("points at a group, which an enterprise group neither may nor can be; give a CIDR", *end)
            elif other and self._place(other) != self._place(group):
                self._problem(f"points at {rule.peer}, which is in another VPC or region; give a CIDR", *end)

    def _check_family(self, rule: SecurityGroupRuleInputs, where: tuple[str, ...]) -> None:
        """ICMP is IPv4's, and ICMPv6 is IPv6's."""
        end = (*where, "source" if rule.direction == "ingress" else "destination")
        if rule.protocol == "icmp" and rule.peer_kind == "ipv6_cidr":
            self._problem("is an IPv6 CIDR, and icmp is IPv4's protocol; take icmpv6, or an IPv4 CIDR", *end)
        if rule.protocol == "icmpv6" and rule.peer_kind == "cidr":
            self._problem("is an IPv4 CIDR, and icmpv6 is IPv6's protocol; take icmp, or an IPv6 CIDR", *end)

    def _place(self, group: SecurityGroupInputs) -> tuple[str, str]:
        return group.vpc_id, group.region or self._region

    def _checked(self, model: type[Entry], values: Mapping[str, Any], *where: str) -> Entry | None:
        entry, wrong = check(model, values)
        for path, message in wrong.items():
            # A key that is missing in a shared group may well be set by the stack's own file.
            shared = self._document.file_of(*where) != self._document.file and message.startswith("is missing")
            hint = f"; here, or under {where[0]} in {self._document.file}" if shared and len(where) == 1 else ""
            self._problem(f"{message}{hint}", *where, *map(str, path[:1]))
        return entry

    def _line_of(self, group: str, rule: str, other: str) -> str:
        """Where a rule of the group is, seen from another."""
        line = self._document.line(group, "rules", rule)
        file = self._document.file_of(group, "rules", rule)
        return f"line {line}" if file == self._document.file_of(group, "rules", other) else f"{file}:{line}"

    def _problem(self, message: str, *where: str) -> None:
        file, line = self._document.file_of(*where), self._document.line(*where)
        self.problems.append(Problem(file, line, ".".join(where), message))
