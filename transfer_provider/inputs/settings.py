"""A stack's settings: what `Pulumi.<stack>.yaml` sets, checked.

config:
  instance-handover:region: cn-hangzhou
  instance-handover:sourceProfile: source
  instance-handover:sourceAccount: "1000000000000001"
  instance-handover:recipientProfile: recipient
  instance-handover:recipients: ["1000000000000002"]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from transfer_provider.eligibility.judge import BLOCKERS, EXPIRY_DAYS, MOST_EXPIRY_DAYS
from transfer_provider.inputs.fields import (
    STRICT,
    AccountId,
    Line,
    Region,
    WrittenInDigits,
    each_once,
    explain,
    invalid,
    nearest,
)
from transfer_provider.inputs.regions import refusal_of_region
from transfer_provider.inputs.window import Window
from transfer_provider.inputs.yaml_file import FilesRefused, Problem, load, name_of
from transfer_provider.model import order


def _flag(value: Any) -> Any:
    """Pulumi gives every setting as a text."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _read(value: Any) -> Any:
    """Pulumi gives a list or a mapping as JSON, and every setting as a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return value
    return tuple(value) if isinstance(value, list) else value


def _window(value: Any) -> Any:
    """An empty mapping, the default in Pulumi.yaml, means none."""
    read = _read(value)
    if isinstance(read, dict) and "from_" in read:
        raise invalid("has a key from_; write from")
    # A key with nothing after it was more likely left unfinished.
    return value if read is None else read or None if isinstance(read, dict) else read


def _code(value: Any) -> Any:
    if value not in BLOCKERS:
        codes = ", ".join(BLOCKERS)
        raise invalid(f"names no code of a blocking finding; {nearest(str(value), BLOCKERS)}Codes: {codes}")
    return value


def _withheld(value: Any) -> tuple[()]:
    """Nothing: what is a secret is not kept here, and `handover notify` has Pulumi decrypt it."""
    return ()


Blocker = Annotated[str, BeforeValidator(_code)]


class Settings(BaseModel):
    """What holds for all handovers of a stack; the names are the configuration's keys."""

    model_config = STRICT

    region: Region = Field(description="the id of the region the stack's instances are in, such as cn-hangzhou")
    sourceProfile: Annotated[str, Line] = Field(
        default="",
        description="the Alibaba CLI profile of the source account; empty: the default credential chain",
    )
    recipientProfile: Annotated[str, Line] = Field(
        default="",
        description="the Alibaba CLI profile of the recipient's account; empty: the default credential chain",
    )
    side: Literal["both", "source", "recipient"] = Field(
        default="both", description="whose half this stack runs: both, source or recipient"
    )
    protect: Annotated[bool, BeforeValidator(_flag)] = Field(
        default=True, description="true or false: whether Pulumi refuses to delete the recipient's groups and addresses"
    )
    undeclaredRules: Literal["warn", "remove"] = Field(
        default="warn",
        description="warn or remove: what becomes of a rule that nobody declared, in a security group of the stack's",
    )
    handovers: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$")] = Field(
        default="",
        description="the name of the folder with the handovers' files, beside the stack file; empty: the stack's name",
    )
    forgetConsoleTransfers: Annotated[bool, BeforeValidator(_flag)] = Field(
        default=False,
        description="true or false: whether an unfinished console transfer may be removed from state with its file",
    )
    sourceAccount: AccountId | Literal[""] = Field(
        default="",
        description='the 16 digits of the account id sourceProfile has to belong to, in quotes: "1000000000000001"',
    )
    recipients: Annotated[tuple[Annotated[AccountId, WrittenInDigits], ...], BeforeValidator(_read)] = Field(
        default=(),
        description='a list of the account ids that may be handed over to, the allowlist: ["1000000000000002"]',
    )
    maxSubmissions: Annotated[int, Field(ge=0, le=100_000), BeforeValidator(_read)] = Field(
        default=20, description="how many transfers one run may submit at most, a whole number from 0 to 100000"
    )
    waves: Annotated[bool, BeforeValidator(_flag)] = Field(
        default=False,
        description="true or false: whether more transfers than maxSubmissions wait for later runs, "
        "instead of stopping the run",
    )
    after: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")], ...],
        BeforeValidator(_read),
        each_once("a stack"),
    ] = Field(
        default=(),
        description="a list of stacks of this project whose handovers have to be settled before this one submits any, "
        "such as [staging]",
    )
    maxCancellations: Annotated[int, Field(ge=0, le=100_000), BeforeValidator(_read)] = Field(
        default=1,
        description="how many unfinished transfers one run may cancel at most, a whole number from 0 to 100000",
    )
    warnOnly: Annotated[tuple[Blocker, ...], BeforeValidator(_read)] = Field(
        default=(), description="a list of codes of blocking findings that only warn, such as [EncryptedDisk]"
    )
    expiryDays: Annotated[int, Field(ge=0, le=MOST_EXPIRY_DAYS), BeforeValidator(_read)] = Field(
        default=EXPIRY_DAYS,
        description="how many days before its expiry an instance is warned of, "
        f"a whole number from 0 to {MOST_EXPIRY_DAYS}",
    )
    regions: Annotated[tuple[Region, ...], BeforeValidator(_read)] = Field(
        default=(), description="a list of region ids newer than this program's own list, such as [cn-newplace]"
    )
    window: Annotated[Window | None, BeforeValidator(_window)] = Field(
        default=None,
        description="a mapping of days, from, to and time_zone: when the recipient takes instances, unless a handover "
        "sets it",
    )
    language: Literal["en", "zh"] = Field(
        default="en", description="en or zh: the language of notifications, English or Chinese"
    )
    notify: Annotated[tuple[str, ...], BeforeValidator(_withheld)] = Field(
        default=(), description="the targets of notifications, Apprise URLs, each set as a secret; never read here"
    )

    @property
    def runs_source(self) -> bool:
        """Whether the stack runs the source's half: the transfers."""
        return self.side != "recipient"

    @property
    def runs_recipient(self) -> bool:
        """Whether the stack runs the recipient's half: the receipts and what is re-created."""
        return self.side != "source"

    @property
    def removes_rules(self) -> bool:
        """Whether `pulumi up` removes rules that nobody declared."""
        return self.undeclaredRules == "remove"

    @property
    def source_profile(self) -> str | None:
        """The source account's profile; None: the default credential chain."""
        return self.sourceProfile or None

    @property
    def recipient_profile(self) -> str | None:
        """The recipient account's profile; None: the default credential chain."""
        return self.recipientProfile or None

    def refusal_of_region(self, region: str) -> str | None:
        """Why this is no region to hand over in, or None; `regions` adds to the known ones."""
        return refusal_of_region(region, self.regions)

    def refusal_of_recipient(self, account_id: str) -> str | None:
        """Why nothing may be handed over to this account, or None: `recipients` is the stack's allowlist."""
        if account_id in self.recipients:
            return None
        return (
            f"account {account_id} is not on the stack's allowlist of recipients "
            f"({', '.join(self.recipients) or 'empty'}); "
            "correct it, or change `recipients` in the stack's settings in a reviewed commit"
        )


def read(
    values: Mapping[str, str], project: str, stack_file: Path, root: Path, *, own_program: bool = False
) -> Settings:
    """Check the stack's configuration, given as Pulumi has it: `<project>:<key>` and its text.

    Keys of other namespaces are not checked, and of a user's own program only those of `Settings`; it names regions
    itself. Raises FilesRefused with all problems, each at its line.
    """
    prefix = f"{project}:"
    # Half of a character can't be in a model's key.
    names = {key: key.removeprefix(prefix).encode("utf-8", "backslashreplace").decode() for key in values}
    ours: dict[str, Any] = {names[key]: value for key, value in values.items() if key.startswith(prefix)}
    if own_program:
        ours = {"region": "cn-hangzhou"} | {key: value for key, value in ours.items() if key in Settings.model_fields}
    wrong: dict[tuple[str, ...], str] = {}
    try:
        chosen = Settings(**ours)
        found = _missing(chosen) | _out_of_place(chosen) | _out_of_order(chosen.after, stack_file, f"{prefix}after")
        wrong = {(key,): message for key, message in found.items()}
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
        # Of several problems of a setting, the first is the one to solve; the keys of a mapping are like settings.
        for details in reversed(errors):
            key, *inner = (str(part) for part in details["loc"])
            wrong[(key, *inner[:1]) if key == "window" else (key,)] = explain(details, Settings)
    plain = _plain_targets(stack_file, prefix + "notify", root)
    if wrong or plain:
        raise FilesRefused(
            [
                *plain,
                *(
                    Problem(
                        name_of(stack_file, root), _line(stack_file, prefix, path), prefix + ".".join(path), message
                    )
                    for path, message in wrong.items()
                ),
            ]
        )
    return chosen


def _missing(chosen: Settings) -> dict[str, str]:
    """The accounts, which a stack has to set: no credentials are taken for the right ones unchecked."""
    needed = {"sourceAccount": chosen.runs_source, "recipients": True}
    return {
        key: f"is missing; give {Settings.model_fields[key].description}"
        for key, need in needed.items()
        if need and not getattr(chosen, key)
    }


def _out_of_place(chosen: Settings) -> dict[str, str]:
    """A region that is not known, and a source account that is named as a recipient."""
    wrong = {"region": chosen.refusal_of_region(chosen.region)}
    if chosen.sourceAccount in chosen.recipients:
        wrong["recipients"] = f"names {chosen.sourceAccount}, which is the source account; remove it from the list"
    return {key: message for key, message in wrong.items() if message}


def _out_of_order(after: Sequence[str], stack_file: Path, key: str) -> dict[str, str]:
    """The stack itself among those it comes after, and a circle of stacks, as far as their files can be read."""
    own = stack_file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    if own in after:
        return {"after": f"names the stack itself, {own}; remove it from the list"}
    ways = {stack: [stack] for stack in after}  # How each stack is come by.
    ahead = list(after)
    while ahead:
        stack = ahead.pop(0)
        for other in _after(stack_file.with_name(f"Pulumi.{stack}.yaml"), key):
            if other == own:
                circle = order.spelled_out([own, *ways[stack]])
                return {"after": f"goes in a circle: {circle}, so that none ever submits; remove one of these"}
            if other not in ways:
                ways[other] = [*ways[stack], other]
                ahead.append(other)
    return {}


def _after(stack_file: Path, key: str) -> list[str]:
    """What another stack's file sets; nothing where it can't be read, which that stack's own runs report."""
    try:
        config = load(stack_file, stack_file.name).values.get("config")
    except FilesRefused:
        return []
    names = _read(config.get(key)) if isinstance(config, Mapping) else ()
    return [name for name in names if isinstance(name, str)] if isinstance(names, tuple) else []


def _line(stack_file: Path, prefix: str, path: tuple[str, ...]) -> int:
    """Where the key stands in the stack's file; its first line where it is set elsewhere."""
    key, *inner = path
    try:
        return load(stack_file, stack_file.name).line("config", f"{prefix}{key}", *inner)
    except FilesRefused:
        return 1


def _plain_targets(stack_file: Path, key: str, root: Path) -> list[Problem]:
    """Each notification target that the stack's file has in plain text; of those, nothing is repeated."""
    try:
        document = load(stack_file, name_of(stack_file, root), may_be_empty=True)
    except FilesRefused:
        return []
    config = document.values.get("config")
    targets = config.get(key) if isinstance(config, Mapping) else None
    entries: dict[tuple[str | int, ...], Any]
    if isinstance(targets, list):
        entries = {(key, position): target for position, target in enumerate(targets)}
    else:
        entries = {(key,): targets} if targets else {}
    remedy = (
        "remove it here, set each target as a secret: `pulumi config set --secret --path 'notify[0]'`, which asks for "
        "it; and have its service replace the token, which this file and the stack's history may have shown"
    )
    return [
        Problem(document.file, document.line("config", *path), key, f"{what}; {remedy}")
        for path, target in entries.items()
        if (what := _plain(target, alone=len(path) == 1))
    ]


def _plain(target: Any, *, alone: bool) -> str:
    """What is wrong with a target as the stack's file has it; empty where it is one secret of the list."""
    secret = isinstance(target, Mapping) and set(target) == {"secure"}
    if secret:
        return "is one secret instead of a list of them" if alone else ""
    return "is in plain text, and a target is a secret"
