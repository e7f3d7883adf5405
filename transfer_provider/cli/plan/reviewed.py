"""A plan as a reviewer reads it: rows, rules, what is beyond, messages. Plain values, as they came from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from transfer_provider.cli.engine.preview import Message, PlannedStep
from transfer_provider.cli.plan.decisions import Decision
from transfer_provider.eligibility.left_behind import Item
from transfer_provider.model.rule_comparison import RuleRow


class Verdict(IntEnum):
    """What a plan comes to: the command's exit code."""

    NOTHING = 0
    BLOCKED = 3
    CHANGES = 4
    IRREVERSIBLE = 5


@dataclass(frozen=True)
class Row:
    """One handover: what is planned, and what a reviewer decides by. What is empty is not known, or there is none."""

    name: str
    decision: Decision
    also: Sequence[str] = ()
    """What else is planned for it, in a few words each."""
    instance_id: str = ""
    instance_name: str = ""
    instance_type: str = ""
    region: str = ""
    source_account: str = ""
    recipient_account: str = ""
    recipient_name: str = ""
    reason: str = ""
    reason_before: str = ""
    """The reason of the request that is cancelled or was submitted before, where it differs."""
    channel: str = ""
    status: str = ""
    deadlines: Sequence[str] = ()
    next: str = ""
    """What happens next where nothing is planned, or what it waits for; a sentence."""
    old_address: str = ""
    new_address: str = ""
    source_groups: Sequence[str] = ()
    groups: Sequence[str] = ()
    findings: Sequence[Finding] = ()
    costs: Sequence[str] = ()
    stays: Sequence[Item] = ()
    """What stays with the source."""

    @property
    def irreversible(self) -> bool:
        """Whether what is planned for it can't be undone."""
        return self.decision.irreversible


@dataclass(frozen=True)
class Finding:
    """What a run reports of a handover; `code` is empty where it has none."""

    code: str
    text: str


@dataclass(frozen=True)
class Rules:
    """The rules of the groups that some handovers are received into, beside those of the groups they were in."""

    handovers: Sequence[str]
    source_groups: Sequence[str]
    groups: Sequence[str]
    rows: Sequence[RuleRow]
    not_compared: Sequence[str] = ()
    """Groups that the recipient has already, whose rules no file declares."""
    notes: Sequence[str] = ()
    """Where the groups themselves let more in than the source's."""


@dataclass(frozen=True)
class Beyond:
    """What the engine plans for resources of no handover: one operation on resources of one type."""

    op: str
    kind: str
    names: Sequence[str]
    irreversible: bool = False
    opens: bool = False
    """Rules that let everybody in, and are in no comparison with the source's."""


@dataclass(frozen=True)
class Plan:
    """Everything a reviewer decides on."""

    stack: str
    rows: Sequence[Row] = ()
    """The irreversible first, then what changes, then the rest."""
    rules: Sequence[Rules] = ()
    beyond: Sequence[Beyond] = ()
    messages: Sequence[Message] = ()
    """What the engine and the program report of no single handover."""
    errors: Sequence[str] = ()
    """Why the preview was refused."""
    failures: Sequence[str] = ()
    """What could not be queried: what depends on it is not shown."""
    steps: Sequence[PlannedStep] = field(default=(), repr=False)
    """All that changes, for the diff."""
    saved: str | None = None
    """Where the engine's update plan was saved."""

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        if self.errors:
            return Verdict.BLOCKED
        if any(row.irreversible for row in self.rows) or any(each.irreversible for each in self.beyond):
            return Verdict.IRREVERSIBLE
        planned = any(row.decision is not Decision.NOTHING for row in self.rows)
        return Verdict.CHANGES if planned or self.beyond or self.steps else Verdict.NOTHING

    @property
    def irreversible(self) -> Sequence[Row]:
        """The handovers with a step that can't be undone."""
        return [row for row in self.rows if row.irreversible]

    @property
    def changing(self) -> Sequence[Row]:
        """The others with a step."""
        return [row for row in self.rows if not row.irreversible and row.decision is not Decision.NOTHING]

    @property
    def resting(self) -> Sequence[Row]:
        """Those without a step."""
        return [row for row in self.rows if row.decision is Decision.NOTHING]
