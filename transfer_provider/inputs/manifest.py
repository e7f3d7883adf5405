"""A stack's folder: one YAML file a handover, and the security groups they share, checked before anything is declared.

    stacks/<stack>/<name>.yaml           ──┐
    stacks/<stack>/security-groups.yaml  ──┴─load──▶  Stack

The file's name is the handover's name, in Pulumi and in messages. Its keys are those of `InstanceTransfer`, so a
preview shows what the file sets; `region` may be left to the stack. `recreate:` is what the recipient gets.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from transfer_provider.inputs import security_groups_file as security_groups
from transfer_provider.inputs.fields import (
    AccountId,
    HandoverChannel,
    Region,
    WrittenInDigits,
    check,
    each_once,
    nearest,
)
from transfer_provider.inputs.file_names import entries
from transfer_provider.inputs.handover import Backup, BackupEntry, Copy, CopyEntry, Cutover, Recreate
from transfer_provider.inputs.security_groups import GROUP_ID, SecurityGroupInputs
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.several_stacks.same_instance import handed_over_before
from transfer_provider.inputs.transfer import CHANNELS, HandoverInputs, TransferFields
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem, load, name_of
from transfer_provider.model import order


class Manifest(TransferFields):
    """One handover, as its file declares it."""

    model_config = ConfigDict(title="Handover of an ECS instance")

    recipient_account_id: Annotated[AccountId, WrittenInDigits] = Field(
        description=TransferFields.model_fields["recipient_account_id"].description
    )
    channel: HandoverChannel = Field(default="api", description=CHANNELS)
    region: Region | None = Field(
        default=None,
        description="the id of the instance's region, such as cn-hangzhou; the stack's where left out",
    )
    protect: bool = Field(
        default=False,
        description="true or false: whether Pulumi refuses to remove the transfer, and so to cancel it",
    )
    backup: BackupEntry | None = Field(
        default=None,
        description="what is made before the transfer is submitted: snapshots, or a mapping of kind and retention_days",
    )
    after: Annotated[list[str], each_once("a handover")] = Field(
        default=[],
        description="a list of handovers of this stack, by name, that have to arrive before this one is submitted, "
        "such as [db-01]",
    )
    recreate: Recreate | None = Field(
        default=None,
        description="what the recipient gets re-created: vswitch_id, security_groups, eip, window; left out, only the "
        "transfer is declared; channel: image needs it",
    )
    copy_: CopyEntry | None = Field(
        default=None,
        alias="copy",
        description="with channel: image, a mapping of what the copy is like: instance_type, disks, charge_type, "
        "stop_source, …; as the source's instance where left out",
    )
    cutover: Cutover | None = Field(
        default=None,
        description="with channel: image, a mapping of what becomes of the source's instance, such as `source: stop`",
    )


@dataclass(frozen=True)
class Declared:
    """A handover to declare: its name, its complete inputs, its backup, what the recipient gets, the names of the
    handovers that it comes after; and, by the channel `image` alone, the copy and what becomes of the source's."""

    name: str
    inputs: HandoverInputs
    recreate: Recreate | None = None
    backup: Backup | None = None
    protect: bool = False
    after: tuple[str, ...] = ()
    copy: Copy | None = None
    cutover: Cutover | None = None


@dataclass(frozen=True)
class Stack:
    """What a stack's folder declares: handovers in the order of their names, and security groups by name.

    `folder_missing`: there is no such folder, which is normal only for a stack whose state holds nothing.
    """

    handovers: list[Declared]
    groups: dict[str, SecurityGroupInputs]
    folder_missing: bool = False


def load_folder(folder: Path, root: Path, settings: Settings) -> Stack:
    """Everything in a stack's folder; nothing where it does not exist, unless the setting `handovers` names it.

    `root` is what problems name files relative to. The stack's region is taken where a file sets none, and its
    allowlist has to name every recipient. Raises FilesRefused with all problems of all files.
    """
    found = entries(folder, root)
    if found.folder_missing and settings.handovers:
        raise FilesRefused([_missing(folder, root)])
    problems = list(found.problems)
    declared: list[Declared] = []
    owner: dict[str, str] = {}
    orders: dict[str, tuple[Document, Sequence[str]]] = {}
    documents: list[Document] = []
    region = settings.region
    groups = _groups(folder, root, settings, problems)
    for path in found.handovers:
        try:
            document = load(path, name_of(path, root))
        except FilesRefused as error:
            problems += error.problems
            continue
        documents.append(document)
        manifest, wrong = read(document)
        problems += wrong + _twice(document, owner)
        if manifest is None:
            continue
        refused = _not_allowed(document, manifest, settings)
        if groups is not None and not any(problem.key == "region" for problem in refused):
            problems += _out_of_place(document, manifest, groups, region)
        problems += refused + _unnamed(document, manifest, path.stem) + _without_effect(document, manifest)
        orders[path.stem] = (document, manifest.after)
        problems += _of_another_channel(document, manifest)
        declared.append(_declared(path.stem, manifest, region))
    problems += _out_of_order(orders, [path.stem for path in found.handovers])
    problems += handed_over_before(documents, folder, root, settings)
    if problems:
        raise FilesRefused(problems)
    known = {name: group for name, group in (groups or {}).items() if group is not None}
    return Stack(declared, known, found.folder_missing)


def read(document: Document) -> tuple[Manifest | None, list[Problem]]:
    """A handover's file by itself: the manifest, or what is wrong with it."""
    values = dict(document.values)
    if values.get("region", "") is None:
        del values["region"]  # Nothing after it means the stack's.
    manifest, wrong = check(Manifest, values)
    return manifest, [Problem(document.file, document.line(*path), _key(path), what) for path, what in wrong.items()]


def _missing(folder: Path, root: Path) -> Problem:
    """The problem of a folder that the setting `handovers` names, and that is not there."""
    try:
        beside = sorted(path.name for path in folder.parent.iterdir() if path.is_dir())
    except OSError:
        beside = []
    there = f"There is {', '.join(beside)}" if beside else "There is none yet"
    what = f"does not exist, and the setting `handovers` names it; {nearest(folder.name, beside)}{there}"
    return Problem(name_of(folder, root), 1, "", what)


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Manifest.model_json_schema()


def _groups(
    folder: Path, root: Path, settings: Settings, problems: list[Problem]
) -> dict[str, SecurityGroupInputs | None] | None:
    """The stack's security groups, with the problems added; None where the file can't be read at all."""
    file = folder / security_groups.FILE
    try:
        groups, wrong = security_groups.read(file, root, settings.region, settings.regions)
    except FilesRefused as refused:
        problems += refused.problems
        return None
    problems += wrong
    return groups


def _declared(name: str, manifest: Manifest, region: str) -> Declared:
    apart = {"recreate", "backup", "protect", "after", "copy_", "cutover"}
    given = manifest.model_dump(exclude=apart, exclude_none=True)
    by_image = manifest.channel == "image"
    return Declared(
        name,
        HandoverInputs(**{"region": region} | given),
        manifest.recreate,
        manifest.backup,
        manifest.protect,
        tuple(manifest.after),
        (manifest.copy_ or Copy()) if by_image else None,
        (manifest.cutover or Cutover()) if by_image else None,
    )


def _key(path: tuple[int | str, ...]) -> str:
    """A key as problems name it: `recreate.eip.bandwidth`."""
    return ".".join(part for part in path if isinstance(part, str))


def _out_of_place(
    document: Document, manifest: Manifest, groups: Mapping[str, SecurityGroupInputs | None], region: str
) -> list[Problem]:
    """What keeps a handover's instance from being in the groups it names, all at once."""
    if manifest.recreate is None:
        return []
    where = ("recreate", "security_groups")
    first_name, first = "", None
    problems: list[Problem] = []
    for position, name in enumerate(manifest.recreate.security_groups):
        line = document.line(*where, position)
        group = groups.get(name)
        if group is None:
            if name not in groups and not GROUP_ID.fullmatch(name):
                problems.append(Problem(document.file, line, _key(where), security_groups.unknown_group(name, groups)))
            continue
        if first is None:
            first_name, first = name, group
        group_region, instance_region = group.region or region, manifest.region or region
        for what, differs in (
            (
                f"is in {group_region}, and the instance in {instance_region}; take a group of its region",
                group_region != instance_region,
            ),
            (
                f"is in {group.vpc_id}, and {first_name} in {first.vpc_id}; an instance's groups are of one VPC",
                group.vpc_id != first.vpc_id,
            ),
            (
                f"is {group.type}, and {first_name} is {first.type}; an instance's groups are of one type",
                group.type != first.type,
            ),
        ):
            if differs:
                problems.append(Problem(document.file, line, _key(where), f"{name} {what}"))
    return problems


def _unnamed(document: Document, manifest: Manifest, handover: str) -> list[Problem]:
    """The problem of an address that would get a handover's name which Alibaba Cloud refuses."""
    eip = manifest.recreate.eip if manifest.recreate else None
    if eip is None or eip.name is not None or handover[0].isalpha():
        return []
    where = ("recreate", "eip", "name")
    what = "is missing; an address's name begins with a letter, and the handover's does not"
    return [Problem(document.file, document.line(*where), _key(where), what)]


def _without_effect(document: Document, manifest: Manifest) -> list[Problem]:
    """The problem of a receive window with which nothing could be held back: people accept in the console."""
    if manifest.channel != "console" or manifest.recreate is None or manifest.recreate.window is None:
        return []
    where = ("recreate", "window")
    what = "has no effect with channel: console, where people accept it; remove it, and agree on the time with them"
    return [Problem(document.file, document.line(*where), _key(where), what)]


def _of_another_channel(document: Document, manifest: Manifest) -> list[Problem]:
    """The problems of keys that another channel than the handover's has."""
    by_image = manifest.channel == "image"
    found = {
        "copy": (
            manifest.copy_ and not by_image,
            f"has no effect with channel: {manifest.channel}, which hands over the instance itself; remove it, or set "
            "channel: image",
        ),
        "cutover": (
            manifest.cutover and not by_image,
            f"has no effect with channel: {manifest.channel}, which leaves no instance at the source; remove it, or "
            "set channel: image",
        ),
        "recreate": (
            by_image and not manifest.recreate,
            "is missing; channel: image makes an instance in the recipient's network: give vswitch_id and "
            "security_groups",
        ),
        "backup": (
            by_image and manifest.backup,
            "has no effect with channel: image: the source keeps its instance with its disks; remove it",
        ),
    }
    return [Problem(document.file, document.line(key), key, what) for key, (wrong, what) in found.items() if wrong]


def _not_allowed(document: Document, manifest: Manifest, settings: Settings) -> list[Problem]:
    """The problems of a recipient that is not on the stack's allowlist, and of a region that is not known."""
    refusals = {
        "recipient_account_id": settings.refusal_of_recipient(manifest.recipient_account_id),
        "region": settings.refusal_of_region(manifest.region) if manifest.region else None,
    }
    return [Problem(document.file, document.line(key), key, refusal) for key, refusal in refusals.items() if refusal]


def _out_of_order(orders: Mapping[str, tuple[Document, Sequence[str]]], known: Collection[str]) -> list[Problem]:
    """The problems of what files come after, given with each file by the handover's name: a handover that is none of
    the stack's (`known`), itself, and a circle, which is reported at the first of its files."""
    problems = []
    among = frozenset(known)
    meant: dict[str, str] = {}  # Of a file that was renamed many others may still have the former name.
    for name, (document, after) in orders.items():
        for position, other in enumerate(after):
            line = document.line("after", position)
            if other == name:
                problems.append(Problem(document.file, line, "after", "names the handover itself; remove it"))
            elif other not in among:
                if other not in meant:
                    meant[other] = nearest(other, known)
                what = f"names no handover of this stack: {other}; {meant[other]}name another file's, or remove it"
                problems.append(Problem(document.file, line, "after", what))
    others = {name: [other for other in after if other != name] for name, (_, after) in orders.items()}
    for cycle in order.cycles(others):
        document, after = orders[cycle[0]]
        following = cycle[1]
        what = f"goes in a circle: {order.spelled_out(cycle)}, so that none is ever submitted; remove one of these"
        problems.append(Problem(document.file, document.line("after", after.index(following)), "after", what))
    return problems


def _twice(document: Document, owner: dict[str, str]) -> list[Problem]:
    """The problem of an instance that another file hands over as well."""
    instance_id = document.values.get("instance_id")
    if not isinstance(instance_id, str):
        return []
    line = document.line("instance_id")
    first = owner.setdefault(instance_id, f"{document.file}:{line}")
    if first == f"{document.file}:{line}":
        return []
    return [Problem(document.file, line, "instance_id", f"{instance_id} is handed over by {first} too; keep one")]
