"""Capture into several stacks, `<stack>-1`, `<stack>-2`, …: which instance goes where, and each stack's plan.

An instance that one of the stacks has stays there: a handover never moves between stacks, since its transfer is in a
state that doesn't. New ones fill up the stack with the highest number, in the order given, and then further stacks. A
number is never used again, and a stack before the last is not filled up: it may be settled and left alone. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from transfer_provider.capture.plan import Given, Plan, plan, stem
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem
from transfer_provider.model.inventory import Inventory

# More digits are rather a date or a year than a part's number.
HIGHEST_NUMBER = 999

_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


class Written(Protocol):
    """What a stack's folder has."""

    @property
    def handovers(self) -> Sequence[Document]:
        """The handovers' files."""

    @property
    def groups(self) -> Document | None:
        """Its security-groups.yaml."""


def part_name(stack: str, number: int) -> str:
    """The name of one of the stacks that a stack is split into."""
    return f"{stack}-{number}"


def part_number(name: str, stack: str) -> int | None:
    """Which of the stacks that `stack` is split into has this name; None where it is none of them."""
    number = name.removeprefix(f"{stack}-")
    return int(number) if number != name and _NUMBER.fullmatch(number) else None


def split_from(name: str) -> str | None:
    """The name of the stack that a stack of this name would be a part of; None where it has no number."""
    stack, _, _ = name.rpartition("-")
    return stack if stack and part_number(name, stack) else None


def plan_split(
    inventory: Inventory, shared: Mapping[str, Sequence[str]], written: Mapping[str, Written], given: Given
) -> dict[str, Plan]:
    """Each stack's plan, by its name, for its share of the instances.

    `shared` is what `share_out` found, and `written` what the stack and its parts have, by name.
    """
    taken = {stem(document.file) for folder in written.values() for document in folder.handovers}
    plans: dict[str, Plan] = {}
    for name, instance_ids in shared.items():
        folder = written.get(name)
        handovers, groups = (folder.handovers, folder.groups) if folder else ((), None)
        plans[name] = plan([narrowed(inventory, instance_ids)], handovers, groups, given, taken)
        taken |= {stem(file) for file in plans[name].handovers}
    return plans


def share_out(instances: Sequence[str], stack: str, written: Mapping[str, Written], most: int) -> dict[str, list[str]]:
    """The ids of each stack's instances, by the stack's name; stacks that have none of them are left out.

    `instances` are in the order given, `written` is what the stack and its parts have, by name, and `most` is how many
    handovers a part may have. Raises FilesRefused where several stacks declare an instance.
    """
    homes = _homes(instances, written)
    last = max((part_number(name, stack) or 1 for name in written), default=1)
    there = written.get(part_name(stack, last))
    room = most - (len(there.handovers) if there else 0)
    shared: dict[str, list[str]] = {}
    for instance_id in dict.fromkeys(instances):
        home = homes.get(instance_id)
        if home is None:
            if room <= 0:
                last, room = last + 1, most
            room -= 1
            home = part_name(stack, last)
        shared.setdefault(home, []).append(instance_id)
    return shared


def groups_of_several(
    inventory: Inventory, shared: Mapping[str, Sequence[str]], written: Mapping[str, Written]
) -> dict[str, list[str]]:
    """The names of the stacks with a group of their own for the same group of the source's, by its name and id there.

    What such groups allowed each other, by rules or as members of one group, ends between the stacks.
    """
    captured = {name: set(narrowed(inventory, instance_ids).groups or {}) for name, instance_ids in shared.items()}
    for name, folder in written.items():
        entries = folder.groups.values.values() if folder.groups else ()
        captured.setdefault(name, set()).update(
            str(entry.get("captured_from")) for entry in entries if isinstance(entry, Mapping)
        )
    found: dict[str, list[str]] = {}
    for group_id, group in (inventory.groups or {}).items():
        names = [name for name, group_ids in captured.items() if group_id in group_ids]
        if len(names) > 1:
            found[f"{group.name} ({group_id})"] = names
    return found


def require_elsewhere_none(instances: Iterable[str], stack: str, written: Mapping[str, Written]) -> None:
    """Check that no instance is in a part of the stack, where the stack itself is to have it. Raises FilesRefused."""
    wanted = set(instances)
    # Two halves of the same handovers read the same folder.
    own = {document.file for document in written[stack].handovers}
    problems = [
        _problem(
            document, f"declares {document.values['instance_id']} already; add --split, or name it with --stack {name}"
        )
        for name, folder in written.items()
        for document in folder.handovers
        if document.file not in own and document.values.get("instance_id") in wanted
    ]
    if problems:
        raise FilesRefused(problems)


def narrowed(inventory: Inventory, instance_ids: Iterable[str]) -> Inventory:
    """The same of these instances only: with their groups, and every group that the rules of these refer to."""
    instances = {instance_id: inventory.instances[instance_id] for instance_id in instance_ids}
    every = inventory.groups or {}
    needed: set[str] = set()
    further = {group_id for instance in instances.values() for group_id in instance.security_group_ids}
    while further := (further & every.keys()) - needed:
        needed |= further
        further = {rule.peer for group_id in further for rule in every[group_id].rules if rule.peer_kind == "group_id"}
    groups = {group_id: group for group_id, group in every.items() if group_id in needed}
    return replace(inventory, instances=instances, groups=groups)


def _homes(instances: Iterable[str], written: Mapping[str, Written]) -> dict[str, str]:
    """The stack that has each instance."""
    wanted = set(instances)
    found: dict[str, tuple[str, Document]] = {}
    problems: list[Problem] = []
    for name, folder in written.items():
        for document in folder.handovers:
            instance_id = document.values.get("instance_id")
            if not isinstance(instance_id, str) or instance_id not in wanted:
                continue
            first, earlier = found.setdefault(instance_id, (name, document))
            if first != name:
                what = f"declares {instance_id}, as {earlier.file} does; keep the file of the stack that submitted it"
                problems.append(_problem(document, what))
    if problems:
        raise FilesRefused(problems)
    return {instance_id: name for instance_id, (name, _) in found.items()}


def _problem(document: Document, what: str) -> Problem:
    return Problem(document.file, document.line("instance_id"), "instance_id", what)
