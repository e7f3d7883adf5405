"""From a handover of one stack to the same in another: what differs there is left open, for a person to fill in.

The file's text stays, with its comments, but for the keys that differ. Two stacks never hand over the same instance, an
address is taken over by one of them only, and terms are a person's to accept: of these nothing is carried over. Pure;
the caller reads the text back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.capture.kept_lines import indent_of, newline_of, replace_key
from transfer_provider.capture.plan import HANDOVER_SCHEMA, TERMS
from transfer_provider.capture.yaml_writer import Open, lines, plain
from transfer_provider.inputs.fields import KeyPath
from transfer_provider.inputs.manifest import Manifest
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import Document

MOST_NAMED = 5


@dataclass(frozen=True)
class Target:
    """The stack that gets the handover: its settings, and the names of the groups and the handovers that it has."""

    stack: str
    settings: Settings
    groups: Collection[str]
    handovers: Collection[str]


@dataclass(frozen=True)
class Promoted:
    """The text, what it has to read back as, and what is open in it, by key."""

    text: str
    meant: Mapping[str, Any]
    left_open: Mapping[KeyPath, Open]
    comments_kept: bool


def left_open(manifest: Manifest, origin: str, target: Target) -> dict[KeyPath, Open]:
    """The keys that a person has to fill in for the other stack, with what; `origin` is the stack that has it."""
    return dict(_of_transfer(manifest, origin, target)) | dict(_of_recreate(manifest, origin, target))


def with_comments(text: str, document: Document, left_open: Mapping[KeyPath, Open]) -> Promoted:
    """The file's text with these keys left open, and all other lines as they are."""
    entry = _opened(document.values, left_open)
    newline = newline_of(text)
    edited: list[str | None] = list(text.split(newline))
    # What is written in braces is written anew as a whole, by the key that begins its line.
    for path in sorted({_begins_line(document, path) for path in left_open}, key=len, reverse=True):
        indent = indent_of(edited[document.lines[path] - 1])
        written = newline.join(lines({str(path[-1]): _at(entry, path)}, indent))
        replace_key(edited, document, path, written.removeprefix(indent))
    kept = newline.join(line for line in edited if line is not None)
    return Promoted(kept, plain(entry), left_open, comments_kept=True)


def anew(document: Document, left_open: Mapping[KeyPath, Open]) -> Promoted:
    """The same, written anew without the file's comments: for a text that can't be edited by lines."""
    entry = _opened(document.values, left_open)
    text = "\n".join([HANDOVER_SCHEMA, *lines(entry)]) + "\n"
    return Promoted(text, plain(entry), left_open, comments_kept=False)


def _of_transfer(manifest: Manifest, origin: str, target: Target) -> Iterator[tuple[KeyPath, Open]]:
    settings = target.settings
    yield ("instance_id",), Open(f"fill in the instance that {target.stack} hands over; never the one of {origin}")
    if manifest.region not in (None, settings.region):
        what = f"fill in the instance's region where it is not {settings.region}; else remove this line"
        yield ("region",), Open(what)
    if not _same_recipient(manifest, target):
        yield (
            ("recipient_account_id",),
            Open(f"fill in a recipient of {target.stack}, in quotes: {_recipients(target)}"),
        )
        for key in ("recipient_account_name", "recipient_email"):
            if getattr(manifest, key) is not None:
                yield (key,), Open("fill in what belongs to that account, or remove this line")
    if manifest.resource_group_id is not None:
        yield ("resource_group_id",), Open("fill in the instance's resource group, or remove this line")
    yield ("accept_terms",), Open(TERMS)
    absent = [name for name in manifest.after if name not in target.handovers]
    if absent:
        what = f"fill in, or remove this line; in {origin} it is {_listed(manifest.after)}"
        yield ("after",), Open(f"{what}, and {target.stack} has no {_listed(absent)} yet")


def _of_recreate(manifest: Manifest, origin: str, target: Target) -> Iterator[tuple[KeyPath, Open]]:
    recreate = manifest.recreate
    if recreate is None:
        return
    what = f"fill in the recipient's vSwitch; in {origin} it is {recreate.vswitch_id}"
    yield ("recreate", "vswitch_id"), Open(what)
    # A group by its id is in one VPC of one account.
    absent = [name for name in recreate.security_groups if name not in target.groups]
    if absent:
        what = f"fill in; in {origin} it is {_listed(recreate.security_groups)}, and {target.stack} does not define"
        yield ("recreate", "security_groups"), Open(f"{what} {_listed(absent)}")
    if recreate.resource_group_id is not None and not _same_recipient(manifest, target):
        yield ("recreate", "resource_group_id"), Open("fill in the recipient's resource group, or remove this line")
    if recreate.eip is not None and recreate.eip.adopt is not None:
        what = f"fill in an address the recipient has, never the one of {origin}; or remove this line"
        yield ("recreate", "eip", "adopt"), Open(what)
    if recreate.window is not None:
        yield ("recreate", "window"), Open(f"fill in, or remove this line for that of {target.stack}'s settings")


def _same_recipient(manifest: Manifest, target: Target) -> bool:
    """Whether there is no other account that the stack may hand over to."""
    return set(target.settings.recipients) == {manifest.recipient_account_id}


def _recipients(target: Target) -> str:
    return _listed([f'"{account_id}"' for account_id in target.settings.recipients])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _begins_line(document: Document, path: KeyPath) -> KeyPath:
    """The key that begins the line of this one: itself, or one that is written in braces around it."""
    while len(path) > 1 and document.lines[path] == document.lines[path[:-1]]:
        path = path[:-1]
    return path


def _opened(values: Mapping[str, Any], left_open: Mapping[KeyPath, Open], *around: str) -> dict[str, Any]:
    """The file's values, in its order, with these left open."""
    entry: dict[str, Any] = {}
    for key, value in values.items():
        path = (*around, key)
        if path in left_open:
            entry[key] = left_open[path]
        elif value is None:
            entry[key] = Open("nothing: as in the stack's settings")
        elif isinstance(value, Mapping):
            entry[key] = _opened(value, left_open, *path)
        else:
            entry[key] = value
    return entry


def _at(entry: Mapping[str, Any], path: KeyPath) -> Any:
    value: Any = entry
    for key in path:
        value = value[key]
    return value
