"""Which security groups and addresses a stack made, by their tags: the keys, and how they are read. Pure.

    instance-handover:project    instance-handover:stack       both kinds: whose it is
    instance-handover:handover   instance-handover:instance    an address: the handover, and the instance it is for
    instance-handover:group                                    a security group: its name in security-groups.yaml

The plugin sends a group's tags with its creation, and an address's afterwards. So an address's description, which is
sent with its allocation, says the same; where it has tags, they count.

Values have to fit in a tag (128 characters, at the start no `aliyun` or `acs:`, no link) and all of them in a
description (256): one that does not is shortened, with a hash of the whole, so that two names never become one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "instance-handover:"
PROJECT, STACK = PREFIX + "project", PREFIX + "stack"
HANDOVER, INSTANCE = PREFIX + "handover", PREFIX + "instance"
GROUP = PREFIX + "group"

LONGEST = 44  # of a project or stack
LONGEST_NAME = 63  # of a handover or group: as long as a file's name may be

_PLAIN = re.compile(r"(?!aliyun|acs:)[A-Za-z0-9_.-]+")
_DESCRIBED = re.compile(r"Made by instance-handover: project=(\S+) stack=(\S+) handover=(\S+) instance=(\S+)")
_HASH = 12


@dataclass(frozen=True)
class Owner:
    """The project and stack that something belongs to, as tags hold them; `Owner.of` makes it of their names."""

    project: str
    stack: str

    @classmethod
    def of(cls, project: str, stack: str) -> Owner:
        return cls(fitting(project, LONGEST), fitting(stack, LONGEST))

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags of all that the stack made."""
        return {PROJECT: self.project, STACK: self.stack}

    def tags_of_address(self, handover: str, instance_id: str) -> Mapping[str, str]:
        """The tags of a handover's address."""
        return {**self.tags, HANDOVER: fitting(handover, LONGEST_NAME), INSTANCE: instance_id}

    def tags_of_group(self, name: str) -> Mapping[str, str]:
        """The tags of a security group."""
        return {**self.tags, GROUP: fitting(name, LONGEST_NAME)}

    def description_of_address(self, handover: str, instance_id: str) -> str:
        """The same as an address's tags, as its description."""
        return (
            f"Made by instance-handover: project={self.project} stack={self.stack} "
            f"handover={fitting(handover, LONGEST_NAME)} instance={instance_id}"
        )


@dataclass(frozen=True)
class Mark:
    """What is written on a security group or an address; empty where it is not said."""

    owner: Owner
    handover: str = ""
    instance_id: str = ""
    group: str = ""


def read_mark(tags: Mapping[str, str], description: str = "") -> Mark | None:
    """The mark in tags, or without any in a description; None where there is none, so that nobody here made it."""
    if PROJECT in tags or STACK in tags:
        owner = Owner(tags.get(PROJECT, ""), tags.get(STACK, ""))
        return Mark(owner, tags.get(HANDOVER, ""), tags.get(INSTANCE, ""), tags.get(GROUP, ""))
    found = _DESCRIBED.fullmatch(description)
    return Mark(Owner(found[1], found[2]), found[3], found[4]) if found else None


def fitting(name: str, longest: int) -> str:
    """A name as a tag's value: as it is where it fits, else its beginning and a hash."""
    if len(name) <= longest and _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    beginning = re.sub(r"[^A-Za-z0-9_.-]", "-", name)[: longest - _HASH - 3]
    return f"x-{beginning}-{digest}"
