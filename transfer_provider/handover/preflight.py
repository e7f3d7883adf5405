"""Before anything is declared: can what is not submitted yet be handed over at all? One batched look for all of it.

Only the source account knows, so a program that runs the recipient's half checks nothing. A transfer that the stack's
state holds, or that is under way at Alibaba Cloud already, is not judged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.eligibility import judge as eligibility
from transfer_provider.eligibility.judge import Finding
from transfer_provider.handover.plan import Recorded
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Disk, Inventory
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

EVERY = "(every one)"

# With one of these ended, the same handover may ask again, by another request.
FAILED = (Status.REJECTED, Status.CANCELLED, Status.EXPIRED)


@dataclass(frozen=True)
class Checked:
    """What the look told of one handover: its warnings, and its disks; None where nothing is submitted any more."""

    warnings: Sequence[Finding] = ()
    disks: Sequence[Disk] | None = None


@dataclass(frozen=True)
class _Row:
    """Something that blocks a handover, by its name, or every one."""

    handover: str
    finding: Finding


class Checks:
    """The look and its judgement, for one program run."""

    def __init__(self, settings: Settings, recorded: Recorded) -> None:
        self._settings = settings
        self._recorded = recorded
        self._submissions: set[str] = set()
        self._checked: dict[str, Checked] = {}
        self._inventories: dict[str, Inventory] = {}
        self._recipient_verified: list[bool | None] = []

    def look(self, planned: Mapping[str, TransferRequest]) -> None:
        """Judge all that is not submitted yet. Raises Refused with a table of everything that blocks, and where a run
        would submit more than the stack allows."""
        regions: dict[str, dict[str, TransferRequest]] = {}
        for name, request in planned.items():
            if self._to_be_submitted(request):
                regions.setdefault(request.region, {})[name] = request
            elif self._to_be_replaced(request):
                self._submissions.add(name)
        blocked: list[_Row] = []
        for region, there in regions.items():
            inventory = cloud_inventory.query(self._source(region), [request.instance_id for request in there.values()])
            blocked += self._judge(there, inventory)
        if blocked:
            raise Refused(_table(blocked, sum(map(len, regions.values()))))
        self._require_few()

    def of(self, name: str, request: TransferRequest) -> Checked:
        """What the look told of this handover. One that was not looked at together with others is judged now, by a look
        at all the region's instances, which is made once. Raises Refused where something blocks it."""
        if not self._to_be_submitted(request):
            return Checked()
        if request.instance_id not in self._checked:
            region = request.region
            if region not in self._inventories:
                self._inventories[region] = cloud_inventory.query_all(self._source(region))
            blocked = self._judge({name: request}, self._inventories[region])
            if blocked:
                raise Refused(_table(blocked, 1))
            self._require_few()
        return self._checked[request.instance_id]

    def _to_be_submitted(self, request: TransferRequest) -> bool:
        """Whether a run would submit it, as far as the stack's state tells."""
        if not self._settings.runs_source:
            return False
        submitted = self._recorded.submitted.get(request.instance_id)
        if submitted is None:
            return True
        return submitted.status in FAILED and _asks_anew(submitted, request)

    def _to_be_replaced(self, request: TransferRequest) -> bool:
        """Whether a run would cancel it and submit another request."""
        submitted = self._recorded.submitted.get(request.instance_id)
        return self._settings.runs_source and submitted is not None and _asks_anew(submitted, request)

    def _require_few(self) -> None:
        most = self._settings.maxSubmissions
        if len(self._submissions) > most:
            raise Refused(
                f"Could not submit {len(self._submissions)} transfers in one run: the stack allows {most}, so nothing "
                "was declared and nothing changed. Declare fewer at once; or have `maxSubmissions` changed, reviewed."
            )

    def _judge(self, planned: Mapping[str, TransferRequest], inventory: Inventory) -> list[_Row]:
        """Note what warns, and return what blocks."""
        new = {name: request for name, request in planned.items() if not eligibility.under_way(inventory, request)}
        self._checked |= {request.instance_id: Checked() for name, request in planned.items() if name not in new}
        if not new:
            return []
        judged = eligibility.judge(
            inventory,
            new.values(),
            expiry_days=self._settings.expiryDays,
            recipient_verified=self._verified(inventory.region),
        )
        findings = eligibility.soften(judged, self._settings.warnOnly)
        names = {request.instance_id: name for name, request in new.items()}
        self._submissions.update(names.values())
        for position, instance_id in enumerate(names):
            # What warns of an account is said once, of the first.
            about = {instance_id} | ({one.subject for one in findings} - names.keys() if position == 0 else set())
            warnings = tuple(one for one in findings if one.subject in about and not one.blocks)
            self._checked[instance_id] = Checked(warnings, inventory.disks.get(instance_id, ()))
        return [_Row(names.get(one.subject, EVERY), one) for one in findings if one.blocks]

    def _verified(self, region: str) -> bool | None:
        """Whether the recipient is real-name verified, where its credentials are at hand and may see it; asked once."""
        if not self._settings.runs_recipient:
            return None
        if not self._recipient_verified:
            self._recipient_verified.append(cloud_inventory.verified(Cloud(self._settings.recipient_profile, region)))
        return self._recipient_verified[0]

    def _source(self, region: str) -> Cloud:
        return Cloud(self._settings.source_profile, region)


def _asks_anew(submitted: Transfer, request: TransferRequest) -> bool:
    """Whether the request is another one than what was submitted."""
    return (submitted.recipient_account_id, submitted.reason) != (request.recipient_account_id, request.reason)


def _table(blocked: Sequence[_Row], judged: int) -> str:
    """Everything that blocks, a line each."""
    names = {row.handover for row in blocked}
    count = judged if EVERY in names else len(names)
    lines = [("handover", "instance or account", "code", "what is wrong, and what to do")]
    lines += [
        (row.handover, row.finding.subject, row.finding.code, f"{row.finding.message} {row.finding.remedy}")
        for row in blocked
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        [
            f"{count} of {judged} {'handover' if judged == 1 else 'handovers'} can't be submitted, so nothing was "
            "declared and nothing changed:",
            *(
                "  " + "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[3]])
                for line in lines
            ),
            "A code under the stack's setting `warnOnly` only warns.",
        ]
    )
