"""What a report holds: plain values, from which each format is written. Pure.

What was seen, what was only recorded, and what is not known, and why, are never mixed up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transfer_provider.cli.follow.standing import DeadlineKind, Standing
from transfer_provider.cli.follow.timeline import Happening
from transfer_provider.eligibility.judge import Finding
from transfer_provider.eligibility.left_behind import LeftBehind
from transfer_provider.model.rule_comparison import Compared, RuleRow


class Evidence(StrEnum):
    """Whether an account lists something, and why that is not known."""

    LISTED = "listed"
    NOT_LISTED = "not listed"
    """Confirmed: the right account answered, with the permission to list it."""
    NO_ANSWER = "no answer"
    NO_PERMISSION = "no permission"
    WRONG_ACCOUNT = "wrong account"
    OTHER_HALF = "other half"
    """The stack does not run this side's half, so it is not queried."""
    NOT_QUERIED = "not queried"
    """There was no reason to."""

    @property
    def answered(self) -> bool:
        """Whether the account answered: it is there, or it is not."""
        return self in (Evidence.LISTED, Evidence.NOT_LISTED)


@dataclass(frozen=True)
class Seen:
    """What an account said of something; `why` is the error's sentence, where there was one."""

    evidence: Evidence
    why: str = ""

    @property
    def listed(self) -> bool:
        """Whether the account lists it now."""
        return self.evidence is Evidence.LISTED


class Outcome(StrEnum):
    """What became of a handover, by what was seen."""

    DONE = "done"
    """The recipient's account lists the instance, and nothing is left to do."""
    RECEIVED = "received"
    """The recipient's account lists the instance; something is left to do."""
    REPORTED = "reported"
    """Completed by what was reported or recorded; the recipient's account was not seen to list the instance."""
    MISSING = "missing"
    """Completed, and the recipient's account is confirmed not to list the instance."""
    UNDER_WAY = "under way"
    NOT_SUBMITTED = "not submitted"
    FAILED = "failed"
    """Rejected, cancelled or expired: nothing was handed over."""
    NOT_RUNNING = "not running"
    """Of a copy: the recipient's account lists its instance, and it does not run."""
    UNKNOWN = "unknown"
    """Its status could not be queried."""


class Certainty(StrEnum):
    """How something is known."""

    SEEN = "seen"
    """An account listed it, for this report."""
    REPORTED = "reported"
    """Alibaba Cloud reports it of the transfer."""
    RECORDED = "recorded"
    """The stack's state holds it."""
    AHEAD = "ahead"


@dataclass(frozen=True)
class Moment:
    """Something that happened, or will; `at` is None where its time was not recorded."""

    what: Happening | DeadlineKind
    at: datetime | None
    certainty: Certainty


@dataclass(frozen=True)
class Actor:
    """Under which identity something was done. What is None was not recorded."""

    account_id: str | None
    how: str | None
    """For a submission: `submitted` by the stack, or `adopted`; for an acceptance: `received` by the stack, or `listed`
    where only the transfer says so. None where it was not done yet, or that is not known."""
    identity: str | None = None
    """The ARN of who did it: neither the state nor the transfer has it."""


class Binding(StrEnum):
    """What is known of a new address."""

    BOUND = "bound"
    """The recipient's account lists it as bound to the instance."""
    ELSEWHERE = "elsewhere"
    """It is bound to something else."""
    UNBOUND = "unbound"
    NOT_THERE = "not there"
    """The recipient's account is confirmed not to have it."""
    RECORDED = "recorded"
    """The state holds it as bound; that was not seen."""
    ALLOCATED = "allocated"
    """The state holds it; that was not seen."""
    WITH_INSTANCE = "with the instance"
    """It is the instance's own."""
    DECLARED = "declared"
    """It is not allocated yet."""
    NONE = "none"


@dataclass(frozen=True)
class Addresses:
    """A handover's old public address, and its new one; None where there is none."""

    old: str | None
    new: str | None
    binding: Binding
    seen: Seen


class CostKind(StrEnum):
    """What is paid for, or may cost."""

    PAID_UNTIL = "paid until"
    """The subscription's remaining time follows the instance."""
    PAY_AS_YOU_GO = "pay as you go"
    """The recipient pays from its arrival on."""
    PAYMENT_UNKNOWN = "payment unknown"
    OLD_EIP = "old eip"
    """It stays with the source, unbound, and costs until it is released."""
    OLD_EIP_UNKNOWN = "old eip unknown"
    NEW_EIP = "new eip"
    SNAPSHOTS = "snapshots"
    """They stay with the source."""
    MARKETPLACE = "marketplace"
    MARKETPLACE_UNKNOWN = "marketplace unknown"
    SECOND_BILL = "second bill"
    """Of a copy: both sides pay for an instance."""
    SECOND_BILL_AHEAD = "second bill ahead"
    IMAGES = "images"
    """Of a copy: its images' snapshots, at both accounts."""


@dataclass(frozen=True)
class Cost:
    """Something that was paid for, or may cost; `values` fill in its sentence."""

    kind: CostKind
    values: Mapping[str, str]

    @property
    def paid(self) -> bool:
        """Whether it tells how the instance itself is paid for."""
        return self.kind in (CostKind.PAID_UNTIL, CostKind.PAY_AS_YOU_GO, CostKind.PAYMENT_UNKNOWN)


@dataclass(frozen=True)
class CopyFacts:
    """Of a handover by a copy: what the recipient got, while the source keeps its instance."""

    image_id: str | None
    """The source's image; None where the state holds none."""
    new_instance_id: str | None
    """The recipient's instance; None where the state holds none."""
    status: str | None = None
    """The recipient's instance's as its account lists it, such as Running; None where it was not seen."""
    private_ip: str | None = None


@dataclass(frozen=True)
class HandoverFacts:
    """All that is known of one handover."""

    standing: Standing
    outcome: Outcome
    moments: Sequence[Moment]
    reason: str | None
    recipient_name: str | None
    at_source: Seen
    at_recipient: Seen
    recorded_arrival: bool
    """Whether the stack's state holds the instance as received."""
    submission: Actor
    acceptance: Actor
    findings: Sequence[Finding] | None
    """None where it could not be judged: `at_source` says why."""
    leaves: LeftBehind | None
    """None where the source's account did not list the instance; so does `at_source`."""
    network: Seen
    """Whether the source's security groups and addresses were listed with it."""
    addresses: Addresses
    groups: Sequence[str]
    """What it was, or will be, received into: names of the stack's groups, or ids of others."""
    vswitch_id: str | None
    backup: str | None
    costs: Sequence[Cost]
    copy: CopyFacts | None = None
    """None: the instance itself is handed over."""

    @property
    def name(self) -> str:
        """The handover's name."""
        return self.standing.name


@dataclass(frozen=True)
class GroupFacts:
    """A security group that the stack re-creates, beside the source's."""

    name: str
    region: str
    source_id: str | None
    """The group it was captured from; None where the file names none."""
    source: Seen
    group_id: str | None
    recipient: Seen
    rows: Sequence[RuleRow] | None
    """Rule by rule; None where either side was not seen."""
    declared: int | None
    """How many rules its file declares; None where no file does."""
    inner: tuple[str | None, str | None] | None = None
    """The source's inner access policy and the re-created one, where they differ."""

    def number(self, kind: Compared) -> int:
        """How many rules compare so."""
        return sum(row.kind is kind for row in self.rows or ())

    @property
    def same(self) -> bool:
        """Whether it was seen to have the same rules."""
        return self.rows is not None and self.inner is None and self.number(Compared.SAME) == len(self.rows)


@dataclass(frozen=True)
class Reader:
    """Whose credentials this report was queried with, of one side; `why` where nobody's were accepted."""

    side: str
    account_id: str | None
    identity: str | None
    seen: Seen


@dataclass(frozen=True)
class Versions:
    """By what the handovers were carried out, and the report written. What is None is not known."""

    library: str
    sdk: str
    engine: str | None
    plugin: str
    state_engine: str | None
    state_plugins: Sequence[str]
    state_written_at: str | None
    program: str | None
    """`sha256:` and the digest of the stack's program."""
    files: str
    applied_files: str | None

    @property
    def files_applied(self) -> bool | None:
        """Whether the files are those that a person's last run applied; None where none has recorded that."""
        return None if self.applied_files is None else self.applied_files == self.files


@dataclass(frozen=True)
class Report:
    """Everything about a stack's handovers, at one time."""

    project: str
    stack: str
    side: str
    language: str
    """Of the stack's settings: `en` or `zh`."""
    made_at: datetime
    """The time at Alibaba Cloud; this machine's where nobody answered."""
    source_account: str
    recipients: Sequence[str]
    chosen: Sequence[str]
    """The handovers that were asked for; empty: all."""
    handovers: Sequence[HandoverFacts]
    groups: Sequence[GroupFacts]
    account_findings: Sequence[Finding]
    not_checked: Sequence[str]
    """What these credentials may not see."""
    readers: Sequence[Reader]
    versions: Versions
    failures: Sequence[str]
    notes: Sequence[str]

    @property
    def complete(self) -> bool:
        """Whether everything could be queried."""
        return not self.failures
