"""The report of a stack: a look at it, the look-ups of both accounts, and what follows from them. Read-only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.follow.overview import Followed, Look, Overview
from transfer_provider.cli.report import groups, lookups
from transfer_provider.cli.report.facts import Evidence, Reader, Report, Seen
from transfer_provider.cli.report.handovers import OTHER_HALF, Judged, Known, may_have_moved, request_of
from transfer_provider.cli.report.lookups import LookUps
from transfer_provider.cli.report.versions import versions
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.eligibility import judge as eligibility
from transfer_provider.eligibility.copying import judge_copies
from transfer_provider.eligibility.judge import Finding
from transfer_provider.eligibility.planned import Planned
from transfer_provider.inputs.stack_files import StackFiles

REAL_NAME = "real name"

Progress = Callable[[str], None]


def gather(root: Path, stack: str, names: Sequence[str], engine: Engine, progress: Progress) -> Report:
    """The report of a stack, or of those of its handovers. Raises as `Overview.look` does."""
    look = Overview(root, stack, engine=engine).look(progress, only=names)
    files, settings = StackFiles(root, stack), look.settings
    recipient = _of_recipient(look, progress)
    known = Known(look, None, recipient)
    at_source = [
        followed
        for followed in look.handovers
        if followed.case.channel == "image" or not known.arrived_at(followed).listed
    ]
    known = Known(look, _of_source(look, at_source, progress), recipient)
    known.judged = _judge(known, at_source)
    handovers = [known.facts(followed) for followed in look.handovers]
    only = {group for each in handovers for group in each.groups} if names else None
    return Report(
        project=str(files.project.get("name")),
        stack=stack,
        side=settings.side,
        language=settings.language,
        made_at=look.now,
        source_account=settings.sourceAccount,
        recipients=settings.recipients,
        chosen=names,
        handovers=handovers,
        groups=groups.compared(look, known.source, recipient, only),
        account_findings=known.judged.of_accounts,
        not_checked=known.judged.not_checked,
        readers=[_reader(look, "source", known.source), _reader(look, "recipient", recipient)],
        versions=versions(files, settings, look.declared, look.exported, engine),
        failures=_failures(look, known.source, recipient),
        notes=look.notes,
    )


def _of_recipient(look: Look, progress: Progress) -> LookUps | None:
    account = look.accounts.recipient
    if account is None:
        return None
    moved = [followed for followed in look.handovers if may_have_moved(followed)]
    region_of = {name: group.region or look.settings.region for name, group in look.declared.groups.items()}
    held = look.exported.state.recipient.groups
    allocations = [
        (followed.case.region, allocation_id)
        for followed in look.handovers
        if (allocation_id := Known.allocation_id(look, followed.case)) is not None
    ]
    if not look.settings.runs_source:
        account.query_transfers_of(_instances(moved))
    copied = [
        (copy.region, copy.new_instance_id)
        for followed in look.handovers
        if (copy := Known.held_copy(look, followed.case)) is not None and copy.new_instance_id
    ]
    return lookups.of_recipient(
        account,
        [*_instances(moved), *copied],
        [(region_of.get(name, look.settings.region), group_id) for name, group_id in held.items()],
        allocations,
        progress,
    )


def _of_source(look: Look, at_source: Sequence[Followed], progress: Progress) -> LookUps | None:
    account = look.accounts.source
    if account is None:
        return None
    captured = [
        (group.region or look.settings.region, group.captured_from)
        for group in look.declared.groups.values()
        if group.captured_from
    ]
    moved = (followed.case for followed in look.handovers if may_have_moved(followed))
    left = {case.region for case in moved if case.submitted.get("source_public_ip")}
    return lookups.of_source(account, _instances(at_source), captured, left, progress)


def _judge(known: Known, at_source: Sequence[Followed]) -> Judged:
    """The findings of the instances that the source lists, and of those not submitted that it does not."""
    look = known.look
    of_instance: dict[str, list[Finding]] = {}
    of_accounts: list[Finding] = []
    unknown: list[str] = []
    eips = {followed.case.instance_id: followed.case.address for followed in look.handovers}
    for region, inventory in (known.source.inventories if known.source else {}).items():
        cases = [followed.case for followed in at_source if followed.case.region == region]
        requests = [request_of(case) for case in cases if case.instance_id in inventory.instances or not case.submitted]
        recipient = known.recipient
        verified = recipient.ask(REAL_NAME, region, cloud_inventory.verified) if recipient else None
        by_copy = {case.instance_id for case in cases if case.channel == "image"}
        transfers = [request for request in requests if request.instance_id not in by_copy]
        copies = [request for request in requests if request.instance_id in by_copy]
        days = look.settings.expiryDays
        judged = [
            *(
                eligibility.judge(inventory, transfers, eips=eips, expiry_days=days, recipient_verified=verified)
                if transfers
                else ()
            ),
            *judge_copies(inventory, dict.fromkeys(copies, Planned()), expiry_days=days),
        ]
        of_instance |= {request.instance_id: [] for request in requests}
        for finding in eligibility.soften(judged, look.settings.warnOnly):
            of_instance.get(finding.subject, of_accounts).append(finding)
        unknown += eligibility.unknown(inventory)
    return Judged(of_instance, list(dict.fromkeys(of_accounts)), list(dict.fromkeys(unknown)))


def _reader(look: Look, side: str, looked: LookUps | None) -> Reader:
    """Whose credentials a side was queried with."""
    if looked is None:
        return Reader(side, None, None, OTHER_HALF)
    cloud = looked.account.verified(look.settings.region)
    if cloud is None:
        return Reader(side, None, None, lookups.seen_of(looked.account.error("instances", ""), listed=False))
    return Reader(side, looked.account.account_id, cloud.caller(), Seen(Evidence.LISTED))


def _failures(look: Look, *sides: LookUps | None) -> Sequence[str]:
    """What could not be queried, each once."""
    of_look_ups = [failure for looked in sides if looked for failure in looked.failures]
    return list(dict.fromkeys([*look.failures, *of_look_ups]))


def _instances(some: Iterable[Followed]) -> list[tuple[str, str]]:
    return [(followed.case.region, followed.case.instance_id) for followed in some]
