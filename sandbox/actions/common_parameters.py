"""Names, descriptions, tags and resource groups as calls give them: what is allowed, with the real error codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.actions.call import Call
from sandbox.models.errors import ApiError, invalid

LONGEST_NAME = 128
LONGEST_DESCRIPTION = 256
LONGEST_TAG = 128
MOST_TAGS = 20

TAG_FIELDS = ("Tag.N.Key", "Tag.N.Value")

_LINKS = ("http://", "https://")
_RESERVED = ("aliyun", "acs:")  # of tags


def name(call: Call, parameter: str, *, code: str, shortest: int = 2) -> str:
    """A name of up to 128 characters that begins with a letter; empty where it is missing."""
    given = call.text(parameter)
    if given is None:
        return ""
    fits = shortest <= len(given) <= LONGEST_NAME and given[0].isalpha() and not given.startswith(_LINKS)
    if not fits or not all(character.isalnum() or character in ":_.-" for character in given):
        raise ApiError(400, code, f"The specified {parameter} is wrongly formed.")
    return given


def name_filter(pattern: str | None) -> Callable[[str], bool]:
    """Whether a name fits: `*` stands for any text, wherever it is; all else for itself. None: every name does."""
    if pattern is None:
        return lambda name: True
    first, *rest = pattern.split("*")
    if not rest:
        return lambda name: name == first
    *between, last = rest

    def matches(name: str) -> bool:
        at = len(first)
        # No regular expression: many stars would take it for ever.
        for part in between:
            found = name.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return name.startswith(first) and name.endswith(last) and at + len(last) <= len(name)

    return matches


def description(call: Call, parameter: str = "Description", *, code: str) -> str:
    """A description of 2 to 256 characters that is no link; empty where it is missing."""
    given = call.text(parameter)
    if given is None:
        return ""
    if not 2 <= len(given) <= LONGEST_DESCRIPTION or given.startswith(_LINKS):
        raise ApiError(400, code, "The specified description is wrongly formed.")
    return given


def tags(call: Call) -> dict[str, str]:
    """`Tag.N.Key` and `Tag.N.Value`."""
    found: dict[str, str] = {}
    for tag in call.entries("Tag", most=MOST_TAGS):
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= LONGEST_TAG or key.startswith((*_RESERVED, *_LINKS)):
            raise invalid("Tag.N.Key", "is not valid", code="InvalidTagKey.Malformed")
        if len(value) > LONGEST_TAG or value.startswith((*_RESERVED, *_LINKS)):
            raise invalid("Tag.N.Value", "is not valid", code="InvalidTagValue.Malformed")
        if key in found:
            raise ApiError(400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key.")
        found[key] = value
    return found


def has_tags(thing: Mapping[str, str], requested: Mapping[str, str]) -> bool:
    """Whether a thing's tags are among them all that are requested. An empty value stands for any."""
    return all(key in thing and value in ("", thing[key]) for key, value in requested.items())


def ecs_tags(thing: Mapping[str, str]) -> dict[str, Any]:
    """Tags as ECS lists them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in thing.items()]}


def resource_group(call: Call, parameter: str = "ResourceGroupId") -> str | None:
    """A resource group of the caller, or None where it is missing. Raises 404 for another one."""
    named = call.text(parameter)
    if named is not None and named not in {group.id for group in call.account.resource_groups}:
        raise ApiError(404, "InvalidResourceGroup.NotFound", f"The specified {parameter} does not exist.")
    return named
