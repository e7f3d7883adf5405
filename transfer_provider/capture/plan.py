"""From inventory to files: the handovers of instances, and the security groups they are in, for a person to go on with.

Nothing that is there is overwritten. An instance is known by its `instance_id`, a group by its `captured_from`: what
a file has of one is compared by meaning, and differences are shown. Pure: files come in as documents, and go out as
text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from transfer_provider.capture import rules as captured_rules
from transfer_provider.capture.differences import Difference, of_group, of_handover
from transfer_provider.capture.rules import Surroundings
from transfer_provider.capture.yaml_writer import Noted, Open, lines, plain
from transfer_provider.inputs import security_groups_file as security_groups
from transfer_provider.inputs.handover import HIGHEST_BANDWIDTH, Eip
from transfer_provider.inputs.several_stacks.base_file import KEY as BASE
from transfer_provider.inputs.yaml_file import Document
from transfer_provider.model.inventory import Address, Instance, Inventory, SecurityGroup

HANDOVER_SCHEMA = "# yaml-language-server: $schema=../handover.schema.json"
GROUPS_SCHEMA = "# yaml-language-server: $schema=../security-groups.schema.json"
TERMS = "true, once you accept the provider's terms of transfer for the source account"
MOST_GROUPS = 5
LONGEST_NAME = 60
LONGEST_DESCRIPTION = 256

_LINES = get_args(Eip.model_fields["isp"].annotation)


@dataclass(frozen=True)
class Given:
    """What is known of the recipient already; None is left for a person to fill in."""

    region: str
    recipient_account_id: str | None = None
    vswitch_id: str | None = None
    vpc_id: str | None = None
    reason: str | None = None


@dataclass
class Plan:
    """What capturing comes to: handovers to be written by file name, groups to be added, and what is there already."""

    handovers: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    """The text of each group to be added, by name."""
    meant: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each of these texts has to read back as, by the file's or the group's name."""
    unchanged: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)


def plan(
    inventories: Sequence[Inventory],
    handovers: Sequence[Document],
    groups: Document | None,
    given: Given,
    taken: Iterable[str] = (),
) -> Plan:
    """What to write for the instances of these inventories (one a region), beside the documents that are there.

    `handovers` are the folder's handover files, `groups` its security-groups.yaml with its base; `taken` are further
    names that no new handover gets.
    """
    return _Planning(handovers, groups, given, taken).of(inventories)


def vpcs(inventories: Iterable[Inventory]) -> list[tuple[str, str]]:
    """The instances' VPCs, as (region, VPC id)."""
    return sorted(
        {
            (inventory.region, instance.vpc_id)
            for inventory in inventories
            for instance in inventory.instances.values()
            if instance.vpc_id
        }
    )


class _Planning:
    def __init__(
        self, handovers: Sequence[Document], groups: Document | None, given: Given, taken: Iterable[str]
    ) -> None:
        self._given = given
        self._documents = {str(document.values.get("instance_id")): document for document in handovers}
        self._taken = {stem(security_groups.FILE), *(stem(document.file) for document in handovers), *taken}
        self._groups = groups
        written = groups.values if groups else {}
        self._names = {
            str(entry["captured_from"]): name
            for name, entry in written.items()
            if isinstance(entry, Mapping) and entry.get("captured_from")
        }
        # Among groups `base` is the file with the shared ones.
        self._taken_groups = {*written, BASE}
        self._plan = Plan()

    def of(self, inventories: Sequence[Inventory]) -> Plan:
        every = [group for inventory in inventories for group in (inventory.groups or {}).values()]
        known = set(self._names)
        for group in sorted(every, key=lambda group: (group.name, group.group_id)):
            if group.group_id not in known:
                self._names[group.group_id] = self._free(_slug(group.name, "group", group.group_id), self._taken_groups)
        for inventory in inventories:
            around = _surroundings(inventory, self._names)
            for group in sorted((inventory.groups or {}).values(), key=lambda group: self._names[group.group_id]):
                name, entry = self._names[group.group_id], self._group(group, around)
                if group.group_id in known:
                    self._compare_group(name, entry)
                else:
                    self._plan.groups[name] = "\n".join(lines({name: entry})) + "\n"
                    self._plan.meant[name] = plain(entry)
            for instance in sorted(inventory.instances.values(), key=lambda instance: instance.instance_id):
                self._handover(inventory, instance)
        return self._plan

    def _handover(self, inventory: Inventory, instance: Instance) -> None:
        written = self._documents.get(instance.instance_id)
        entry = self._manifest(inventory, instance)
        if written is not None:
            found = of_handover(written, plain(entry))
            self._plan.differences += found
            if not found:
                self._plan.unchanged.append(written.file)
            return
        file = f"{self._free(_slug(instance.name, '', instance.instance_id), self._taken)}.yaml"
        self._plan.handovers[file] = "\n".join([HANDOVER_SCHEMA, *lines(entry)]) + "\n"
        self._plan.meant[file] = plain(entry)

    def _manifest(self, inventory: Inventory, instance: Instance) -> dict[str, Any]:
        """The handover's keys in the order of the file; what is not known yet is left open."""
        given = self._given
        account_id = 'fill in the 16 digits of the recipient\'s account id, in quotes: "1000000000000002"'
        entry: dict[str, Any] = {
            "instance_id": instance.instance_id,
            "region": instance.region if instance.region != given.region else None,
            "recipient_account_id": given.recipient_account_id or Open(account_id),
            "reason": given.reason or Open("fill in why it changes owner, for the review"),
            "resource_group_id": instance.resource_group_id,
            "accept_terms": Open(TERMS),
            "recreate": self._recreate(inventory, instance),
        }
        if instance.fixed_public_ip:
            comment = f"Its fixed public address {instance.fixed_public_ip} moves with it."
            entry["recreate"] = Noted(entry["recreate"], [comment])
        return _without_none(entry)

    def _recreate(self, inventory: Inventory, instance: Instance) -> dict[str, Any]:
        vswitch = f"fill in the recipient's vSwitch; at the source it is {instance.vswitch_id}, {instance.vpc_id}"
        names = [self._names.get(group_id, group_id) for group_id in instance.security_group_ids]
        first, further = names[:MOST_GROUPS], names[MOST_GROUPS:]
        comments = [f"decide: 5 are the most; also in {', '.join(further)}"] if further else []
        address = (inventory.addresses or {}).get(instance.eip_allocation_id or "")
        return _without_none(
            {
                "vswitch_id": self._given.vswitch_id or Open(vswitch),
                "security_groups": _noted(first, comments),
                "eip": _eip(address) if address else None,
            }
        )

    def _group(self, group: SecurityGroup, around: Surroundings) -> dict[str, Any]:
        """The group's keys in the order of the file; a default is left out."""
        given = self._given
        enterprise = group.type == "enterprise"
        description = captured_rules.one_line(group.description, LONGEST_DESCRIPTION)
        allowed = len(description) > 1 and not description.startswith(("http://", "https://"))
        entry: dict[str, Any] = {
            "captured_from": group.group_id,
            "vpc_id": given.vpc_id or Open(f"fill in the recipient's VPC; at the source it is {group.vpc_id}"),
            "region": group.region if group.region != given.region else None,
            "type": group.type if enterprise else None,
            "inner_access_policy": "Drop" if group.inner_access_policy == "Drop" and not enterprise else None,
            "description": description if allowed else None,
            "rules": captured_rules.entries(group.rules, around) or None,
        }
        if description and not allowed:
            entry["type"] = Noted(group.type, [f"decide: its description {description!r} is none that is allowed"])
        return _without_none(entry)

    def _compare_group(self, name: str, entry: Mapping[str, Any]) -> None:
        written = self._groups
        if written is None:
            return
        found = of_group(written, name, plain(entry))
        self._plan.differences += found
        if not found:
            self._plan.unchanged.append(f"{written.file_of(name)}: {name}")

    def _free(self, wanted: str, taken: set[str]) -> str:
        """The name, or it with a number, and from now on taken."""
        names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(taken) + 2))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        return name


def _eip(address: Address) -> Any:
    """The new address as the source's is, as far as a file can hold it; a default is left out."""
    charge = address.internet_charge_type if address.internet_charge_type in HIGHEST_BANDWIDTH else "PayByTraffic"
    highest = HIGHEST_BANDWIDTH[charge]
    bandwidth = max(1, min(address.bandwidth, highest))
    comments = []
    if address.charge_type == "PrePaid":
        comments.append("decide: at the source it is paid in advance; this one is pay-as-you-go")
    if address.bandwidth_package:
        comments.append(f"decide: at the source it is in the bandwidth package {address.bandwidth_package}")
    if bandwidth != address.bandwidth:
        comments.append(f"decide: at the source it has {address.bandwidth} Mbit/s; {highest} are the most here")
    if address.isp not in (*_LINES, ""):
        comments.append(f"decide: at the source its line is {address.isp}")
    entry = {
        "bandwidth": bandwidth,
        "internet_charge_type": charge if charge != "PayByTraffic" else None,
        "isp": address.isp if address.isp in _LINES and address.isp != "BGP" else None,
    }
    return _noted(_without_none(entry), comments)


def _without_none(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}


def _noted(value: Any, comments: Sequence[str]) -> Any:
    return Noted(value, comments) if comments else value


def _surroundings(inventory: Inventory, names: Mapping[str, str]) -> Surroundings:
    private = {
        address: instance.name or instance.instance_id
        for instance in inventory.instances.values()
        for address in instance.private_ips
    }
    ranges = [(vpc_id, text) for vpc_id, texts in (inventory.vpc_cidrs or {}).items() for text in texts]
    return Surroundings(names, private, ranges)


def _slug(name: str, prefix: str, id_: str) -> str:
    """A name of a file or a group, made from what the account calls it, else from its id."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not slug:
        slug = id_.lower() if not prefix else id_.rpartition("-")[2][-8:]
    if prefix and (not slug[0].isalpha() or len(slug) < 2 or slug.startswith(("sg-", "pl-"))):
        slug = f"{prefix}-{slug}"
    return slug[:LONGEST_NAME].strip("-")


def stem(file: str) -> str:
    """A handover's name, which is its file's."""
    return file.rpartition("/")[2].removesuffix(".yaml")
