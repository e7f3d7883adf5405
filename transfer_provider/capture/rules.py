"""A security group's rule of the source account as `security-groups.yaml` writes it for the recipient.

What can't be valid for the recipient, such as a prefix list of the source's, is left open; what may be meant otherwise
there, such as an address inside the source's VPC, is kept and marked to be decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import count
from typing import Any

from pydantic import ValidationError

from transfer_provider.capture.yaml_writer import Noted, Open
from transfer_provider.inputs.security_groups import SecurityGroupRuleInputs
from transfer_provider.model.inventory import ALL_PORTS, WITH_PORTS, SecurityGroupRule

EVERY_PORT = "1/65535"
LONGEST_DESCRIPTION = 512
NOTHING_SET = {"direction": "no direction", "protocol": "no protocol"}  # in a file that is not finished


class Surroundings:
    """What a rule's other end is judged by: the names of captured groups, private addresses, and the VPCs' ranges.

    `names` are by group id; `private` is whose address each is; `ranges` are pairs of VPC and range.
    """

    def __init__(self, names: Mapping[str, str], private: Mapping[str, str], ranges: Sequence[tuple[str, str]]) -> None:
        self.names = names
        self._private = private
        self._ranges = [(ip_network(text, strict=False), text, vpc_id) for vpc_id, text in ranges]

    def decide(self, text: str) -> str | None:
        """What to decide about a CIDR; None where it lies outside of what the source account has."""
        network = ip_network(text, strict=False)
        address = str(network.network_address)
        if network.num_addresses == 1 and address in self._private:
            whose = self._private[address]
            return f"decide: {address} is {whose}'s private address at the source; the recipient's will differ"
        for around, text_of_range, vpc_id in self._ranges:
            if _inside(network, around):
                return f"decide: {text} lies in the source's VPC {vpc_id} ({text_of_range}); the recipient's may differ"
        return None


def entries(rules: Sequence[SecurityGroupRule], around: Surroundings) -> dict[str, Any]:
    """All rules of a group by name, in an order of their own, so that capturing again gives the same."""
    found: dict[str, Any] = {}
    for rule in sorted(rules, key=_order):
        name = _name(rule)
        # A number may be another's name already: the second of port 1, and the range 1/2.
        numbered = (name if number == 1 else f"{name}-{number}" for number in count(1))
        found[next(free for free in numbered if free not in found)] = _entry(rule, around)
    return found


def read(entry: Mapping[str, Any]) -> SecurityGroupRuleInputs:
    """A rule as it stands in a file, without the keys that are left open; unchecked where it is not valid."""
    given = {key: value for key, value in entry.items() if value is not None}
    try:
        return SecurityGroupRuleInputs(**given)
    except ValidationError:
        return SecurityGroupRuleInputs.model_construct(**NOTHING_SET | given)


def same(captured: SecurityGroupRuleInputs, declared: SecurityGroupRuleInputs) -> bool:
    """Whether they are the same rule; an end that the captured rule leaves open may have become anything."""
    if not captured.peer:
        declared = declared.model_copy(update={"source": None, "destination": None})
    return captured == declared


def in_words(rule: SecurityGroupRuleInputs) -> str:
    """A rule in one line."""
    ports = "" if rule.port_range == ALL_PORTS else f" {rule.port_range}"
    where = "from" if rule.direction == "ingress" else "to"
    described = f", {rule.description!r}" if rule.description else ""
    end = rule.peer or "an open end"
    return f"{rule.direction} {rule.protocol}{ports} {where} {end}, {rule.policy}, priority {rule.priority}{described}"


def _entry(rule: SecurityGroupRule, around: Surroundings) -> Any:
    comments = [f"decide: at the source it has {beyond} too, which this file can't hold" for beyond in rule.beyond]
    entry: dict[str, Any] = {"direction": rule.direction, "protocol": rule.protocol}
    if rule.protocol in WITH_PORTS:
        first, _, last = (EVERY_PORT if rule.port_range == ALL_PORTS else rule.port_range).partition("/")
        entry["ports"] = int(first) if first == last else f"{first}/{last}"
    entry["source" if rule.direction == "ingress" else "destination"] = _end(rule, around, comments)
    if rule.policy == "drop":
        entry["policy"] = "drop"
    if rule.priority != 1:
        entry["priority"] = rule.priority
    description = one_line(rule.description, LONGEST_DESCRIPTION)
    if description:
        entry["description"] = description
    if description != rule.description:
        comments.append("its description had to be changed: one line, without blanks around it, up to 512 characters")
    return Noted(entry, comments) if comments else entry


def _end(rule: SecurityGroupRule, around: Surroundings, comments: list[str]) -> Any:
    match rule.peer_kind:
        case "group_id" if rule.peer in around.names:
            return around.names[rule.peer]
        case "group_id" if rule.peer_owner:
            return Open(f"decide: was {rule.peer}, a security group of account {rule.peer_owner}")
        case "group_id":
            return Open(f"decide: was {rule.peer}, a security group that the source account does not list")
        case "prefix_list":
            return Open(f"decide: was {rule.peer}, a prefix list of the source account; name one of the recipient's")
    network = str(ip_network(rule.peer, strict=False))
    decide = around.decide(network)
    if decide:
        comments.append(decide)
    return network


def one_line(text: str, longest: int) -> str:
    """A description as a file can hold it."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return printable.strip()[:longest].strip()


def _order(rule: SecurityGroupRule) -> tuple[Any, ...]:
    first, _, last = rule.port_range.partition("/")
    return (
        rule.direction != "ingress",
        rule.protocol,
        int(first),
        int(last or first),
        rule.priority,
        rule.policy,
        rule.peer_kind,
        rule.peer,
        rule.description,
    )


def _name(rule: SecurityGroupRule) -> str:
    """Such as `in-tcp-443`, `in-tcp-8000-8080`, `out-all`, `out-tcp-25-drop`."""
    parts: Iterator[str] = iter(
        (
            "in" if rule.direction == "ingress" else "out",
            rule.protocol,
            *(dict.fromkeys(rule.port_range.split("/")) if rule.port_range != ALL_PORTS else ()),
            *(("drop",) if rule.policy == "drop" else ()),
        )
    )
    return "-".join(parts)


def _inside(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)
