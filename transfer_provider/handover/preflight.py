"""The preflight checks: before anything is declared, can what is not submitted yet be handed over at all?

Only the source account can answer, so a program that runs the recipient's half checks nothing. A transfer that the
stack's state holds, or that is under way at Alibaba Cloud already, is not checked again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transfer_provider.cloud import instances
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.eligibility import judge as eligibility
from transfer_provider.eligibility.judge import Finding
from transfer_provider.handover.copying.checks import Asked, CopyChecks
from transfer_provider.handover.guards import differs
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.reports.approved import ApprovedInstances
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.handover import Copy
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Disk, Instance, Inventory
from transfer_provider.model.lifecycle import FAILED
from transfer_provider.model.text import printable

EVERY = "(all handovers)"


@dataclass(frozen=True)
class Checked:
    """What was found for one handover: its warnings, and its disks; None where nothing is to be submitted."""

    warnings: Sequence[Finding] = ()
    disks: Sequence[Disk] | None = None
    instance: Instance | None = None
    """The instance, where it is to be submitted."""
    fixed_public_ip: str | None = None
    """Of an instance whose transfer was submitted already, where an address is to be allocated before it arrives."""


@dataclass(frozen=True)
class Blocked:
    """A blocking finding, and the handover it blocks by its name; of an account, all handovers."""

    handover: str
    finding: Finding


@dataclass(frozen=True)
class Judgement:
    """The result of the preflight checks of some handovers."""

    checked: Mapping[str, Checked] = field(default_factory=dict)
    """By instance."""
    blocked: Sequence[Blocked] = ()
    submissions: frozenset[str] = frozenset()
    """The handovers that a run would submit, by name."""


class Preflight:
    """The preflight checks of one program run."""

    def __init__(self, settings: Settings, state: StackState) -> None:
        self._settings = settings
        self._state = state
        self._submissions: frozenset[str] = frozenset()
        self._checked: dict[str, Checked] = {}
        self._inventories: dict[str, Inventory] = {}
        self._batches: dict[tuple[str, tuple[str, ...]], Inventory] = {}
        self._verified: dict[str, bool | None] = {}
        recipient = (lambda region: Cloud(settings.recipient_profile, region)) if settings.runs_recipient else None
        self._copies = CopyChecks(recipient, expiry_days=settings.expiryDays)
        self._begun: Sequence[Asked] = ()
        self.approved = ApprovedInstances(settings, state)

    def check(self, handovers: Sequence[Wanted], waiting: Collection[str] = ()) -> None:
        """Check all of these that are not submitted yet, in one batch a region.

        `waiting` are the names of those that are not submitted in this run: what blocks them only warns. Raises Refused
        with a table of every blocking finding, and where a run would submit more than the stack allows.
        """
        copies = self._state.copies
        self._begun = [
            _asked(wanted)
            for wanted in handovers
            if (held := copies.get(wanted.instance_id)) is not None and not held.new_instance_id
        ]
        blocked: list[Blocked] = []
        judged = 0
        for region, new in self._new(handovers).items():
            inventory = self._batch(region, new)
            submitted = [wanted for wanted in new if wanted.name not in waiting]
            judgement = self._judge(submitted, inventory)
            self._keep(judgement)
            self._keep_waiting([wanted for wanted in new if wanted.name in waiting], inventory)
            blocked += judgement.blocked
            judged += len(submitted)
        if blocked:
            raise Refused(_table(blocked, judged))
        self._check_late_addresses(handovers)
        replaced = {wanted.name for wanted in handovers if self._to_be_replaced(wanted)}
        self._submissions |= replaced
        self._require_few_submissions()

    def under_way(self, handovers: Sequence[Wanted], *, every: bool) -> frozenset[str]:
        """The instances of those not submitted yet whose very request is under way at Alibaba Cloud: it is adopted.

        `every`: these are all of the program's, and are queried in one batch a region, which `check` goes by as well.
        """
        return frozenset(
            wanted.instance_id
            for region, new in self._new(handovers).items()
            for inventory in [self._batch(region, new) if every else self._whole(region)]
            for wanted in new
            if wanted.copy is None and eligibility.under_way(inventory, wanted.request)
        )

    def room(self, handovers: Sequence[Wanted]) -> int:
        """How many transfers the run may submit beside those it replaces of these, and what it submits already."""
        replaced = {wanted.name for wanted in handovers if self._to_be_replaced(wanted)}
        return self._settings.maxSubmissions - len(self._submissions | replaced)

    def of_waiting(self, wanted: Wanted) -> Checked:
        """The result for a handover that is not submitted in this run: what would block it only warns."""
        if wanted.instance_id not in self._checked and self._to_be_submitted(wanted):
            self._keep_waiting([wanted], self._whole(wanted.request.region))
        return self._checked.get(wanted.instance_id, Checked())

    def of(self, wanted: Wanted) -> Checked:
        """The result for this handover. A handover that was not in the batch is checked now, by one query of all the
        region's instances, which is made once. Raises Refused where a finding blocks it."""
        if not self._to_be_submitted(wanted):
            return self._checked.get(wanted.instance_id, Checked())
        if wanted.instance_id not in self._checked:
            region = wanted.request.region
            inventory = self._whole(region)
            if wanted.instance_id not in inventory.instances:
                instances.confirm_listing(self._source(region))
            judgement = self._judge([wanted], inventory)
            if judgement.blocked:
                raise Refused(_table(judgement.blocked, 1))
            self._keep(judgement)
            self._require_few_submissions()
        return self._checked[wanted.instance_id]

    def _check_late_addresses(self, handovers: Sequence[Wanted]) -> None:
        """Query the instances whose address is to be allocated now, and was declared after the submission only."""
        if not (self._settings.runs_source and self._settings.runs_recipient):
            return
        regions: dict[str, list[str]] = {}
        for wanted in handovers:
            held = self._state.name(wanted.instance_id, wanted.name) in self._state.addresses
            submitted = self._state.submitted.get(wanted.instance_id)
            under_way = submitted is not None and not submitted.status.terminal
            if under_way and wanted.copy is None and wanted.address and wanted.allocates_now and not held:
                regions.setdefault(wanted.request.region, []).append(wanted.instance_id)
        for region, ids in regions.items():
            for instance_id, instance in instances.query(self._source(region), ids).items():
                checked = self._checked.get(instance_id, Checked())
                self._checked[instance_id] = replace(checked, fixed_public_ip=instance.fixed_public_ip)

    def _new(self, handovers: Sequence[Wanted]) -> Mapping[str, list[Wanted]]:
        """Those of these that are not submitted yet, by region."""
        regions: dict[str, list[Wanted]] = {}
        for wanted in handovers:
            if self._to_be_submitted(wanted):
                regions.setdefault(wanted.request.region, []).append(wanted)
        return regions

    def _batch(self, region: str, handovers: Sequence[Wanted]) -> Inventory:
        """What the source has of just these instances, queried once."""
        ids = tuple(wanted.instance_id for wanted in handovers)
        if (region, ids) not in self._batches:
            self._batches[region, ids] = cloud_inventory.query(self._source(region), ids)
        return self._batches[region, ids]

    def _whole(self, region: str) -> Inventory:
        """What the source has in the region, queried once."""
        if region not in self._inventories:
            self._inventories[region] = cloud_inventory.query_all(self._source(region))
        return self._inventories[region]

    def _keep_waiting(self, handovers: Sequence[Wanted], inventory: Inventory) -> None:
        """Keep what would block these, as warnings: until it is their turn there is time to settle it."""
        found: dict[str, list[Finding]] = {}
        for row in self._judge(handovers, inventory).blocked:
            found.setdefault(row.handover, []).append(
                replace(row.finding, blocks=False, remedy=f"{row.finding.remedy} It waits; its submission would fail.")
            )
        for wanted in handovers:
            fixed = _fixed_public_ip(inventory, wanted.instance_id)
            self._checked[wanted.instance_id] = Checked(found.get(wanted.name, ()), fixed_public_ip=fixed)

    def _keep(self, judgement: Judgement) -> None:
        self._checked |= judgement.checked
        self._submissions |= judgement.submissions

    def _to_be_submitted(self, wanted: Wanted) -> bool:
        """Whether a run would submit it, or begin its copy, by the stack's state."""
        request = wanted.request
        if not self._settings.runs_source:
            return False
        if wanted.copy is not None:
            return wanted.instance_id not in self._state.copies
        submitted = self._state.submitted.get(request.instance_id)
        if submitted is None:
            return True
        return submitted.status in FAILED and differs(submitted, request)

    def _to_be_replaced(self, wanted: Wanted) -> bool:
        """Whether a run would cancel it and submit another request."""
        request = wanted.request
        submitted = self._state.submitted.get(request.instance_id)
        if not self._settings.runs_source or submitted is None or self._to_be_submitted(wanted):
            return False
        return differs(submitted, request)

    def _require_few_submissions(self) -> None:
        most = self._settings.maxSubmissions
        if len(self._submissions) > most:
            raise Refused(
                f"Could not submit {len(self._submissions)} transfers in one run: the stack allows {most}, so nothing "
                "was declared and no changes were made. Declare fewer at once, or let the rest wait for later runs by "
                "the setting `waves`; or change `maxSubmissions` in the stack's settings in a reviewed commit."
            )

    def _judge(self, handovers: Sequence[Wanted], inventory: Inventory) -> Judgement:
        """Judge the requests that are not under way at Alibaba Cloud already."""
        new = [
            wanted
            for wanted in handovers
            if wanted.copy is not None or not eligibility.under_way(inventory, wanted.request)
        ]
        names = {wanted.instance_id: wanted.name for wanted in new}
        under_way = {
            wanted.instance_id: Checked(fixed_public_ip=_fixed_public_ip(inventory, wanted.instance_id))
            for wanted in handovers
            if wanted.instance_id not in names
        }
        if not new:
            return Judgement(under_way)
        copies = [wanted for wanted in new if wanted.copy is not None]
        transfers = [wanted for wanted in new if wanted.copy is None]
        judged = self._copies.findings(inventory, [_asked(wanted) for wanted in copies], self._begun)
        if transfers:
            judged += eligibility.judge(
                inventory,
                [wanted.request for wanted in transfers],
                eips={wanted.instance_id: wanted.eip is not None for wanted in transfers},
                expiry_days=self._settings.expiryDays,
                recipient_verified=self._recipient_verified(inventory.region),
            )
        findings = eligibility.soften(judged, self._settings.warnOnly)
        warnings = [finding for finding in findings if not finding.blocks]
        checked = {
            instance_id: Checked(
                # A warning about an account is reported once, with the first handover.
                tuple(
                    warning
                    for warning in warnings
                    if warning.subject == instance_id or (position == 0 and warning.subject not in names)
                ),
                inventory.disks.get(instance_id, ()),
                inventory.instances.get(instance_id),
            )
            for position, instance_id in enumerate(names)
        }
        blocked = [Blocked(names.get(finding.subject, EVERY), finding) for finding in findings if finding.blocks]
        return Judgement(under_way | checked, blocked, frozenset(names.values()))

    def _recipient_verified(self, region: str) -> bool | None:
        """Whether the recipient is real-name verified, where this program has its credentials and they may query it;
        queried once."""
        if not self._settings.runs_recipient:
            return None
        if "recipient" not in self._verified:
            recipient = Cloud(self._settings.recipient_profile, region)
            self._verified["recipient"] = cloud_inventory.verified(recipient)
        return self._verified["recipient"]

    def _source(self, region: str) -> Cloud:
        return Cloud(self._settings.source_profile, region)


def _asked(wanted: Wanted) -> Asked:
    """A copy, to be checked."""
    return Asked(wanted.request, wanted.copy or Copy(), wanted.vswitch_id)


def _fixed_public_ip(inventory: Inventory, instance_id: str) -> str | None:
    instance = inventory.instances.get(instance_id)
    return instance.fixed_public_ip if instance else None


def _table(blocked: Sequence[Blocked], judged: int) -> str:
    """Every blocking finding, a line each."""
    names = {row.handover for row in blocked}
    count = judged if EVERY in names else len(names)
    lines = [("handover", "instance or account", "code", "what is wrong, and what to do")]
    lines += [
        (
            printable(row.handover),
            printable(row.finding.subject),
            row.finding.code,
            f"{row.finding.message} {row.finding.remedy}",
        )
        for row in blocked
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        [
            f"{count} of {judged} {'handover' if judged == 1 else 'handovers'} can't be submitted, so nothing was "
            "declared and no changes were made:",
            *(
                "  " + "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[3]])
                for line in lines
            ),
            "A finding whose code is in the stack's setting `warnOnly` only warns.",
        ]
    )
