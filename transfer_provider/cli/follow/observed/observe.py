"""What both accounts' answers say of one handover. No answer, no permission and "not there" stay three things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from transfer_provider.channels.console import LONGEST
from transfer_provider.cli.follow.observed.account import Account
from transfer_provider.cli.follow.observed.case import Case
from transfer_provider.cli.follow.standing import Observation, read_time
from transfer_provider.cli.follow.waiting import Waiting
from transfer_provider.cloud import operations
from transfer_provider.inputs.settings import Settings
from transfer_provider.model import status_messages
from transfer_provider.model.lifecycle import FAILED, Status
from transfer_provider.model.transfer import Transfer, TransferRequest, differences, how_to_adopt

TIMES = ("submitted_at", "reviewed_at", "completed_at", "cancellable_until", "accept_before", "left_source_at")


@dataclass(frozen=True)
class Accounts:
    """The accounts whose half the stack runs."""

    settings: Settings
    source: Account | None
    recipient: Account | None

    @property
    def known(self) -> Sequence[Account]:
        """Those of them, the source first."""
        return [account for account in (self.source, self.recipient) if account is not None]


@dataclass(frozen=True)
class Current:
    """The transfer of a handover as it is now, as far as that was answered."""

    status: Status | None = None
    transfer: Transfer | None = None
    gone: bool = False
    """Whether the transfer that the state holds as unfinished is confirmed not to be listed."""
    conflict: str | None = None
    """Why the next run can't submit or adopt it."""
    unknown: str | None = None
    """Why it is not known."""


def observe(case: Case, accounts: Accounts, waits: Waiting, now: datetime) -> Observation:
    """All that is known of a handover by a transfer."""
    settings = accounts.settings
    now_is = current(case, accounts)
    arrived = case.recorded_arrival
    if needs_arrival(case, accounts, now_is) and accounts.recipient is not None:
        arrived = case.instance_id in accounts.recipient.instances
        why = None if arrived else wrong_recipient(case, accounts) or accounts.recipient.instances_failed(case.region)
        # On its way it is either way; past that nothing is concluded without an answer.
        if why and not (case.channel == "api" and now_is.status is Status.TRANSFERRING):
            now_is = replace(now_is, unknown=now_is.unknown or why)
    if case.channel == "console" and not arrived and not now_is.unknown and not case.settled(settings):
        now_is = _by_console(case, accounts, now)
    if arrived:
        now_is = replace(now_is, unknown=None, conflict=None, gone=False)
    source_instance = accounts.source.instances.get(case.instance_id) if accounts.source else None
    listed = now_is.transfer
    # Submitted by a run that was killed, while the state still holds the instance's failed transfer, or none.
    submitted_since = bool(listed) and settings.runs_source and case.declared is not None and _failed_or_none(case)
    times = {key: getattr(listed, key) if listed else _text(case.submitted.get(key)) for key in TIMES}
    return Observation(
        name=case.name,
        instance_id=case.instance_id,
        region=case.region,
        recipient_account_id=case.recipient_account_id,
        channel=case.channel,
        declared=case.by_file,
        held=case.held,
        runs_source=settings.runs_source,
        runs_recipient=settings.runs_recipient,
        destination=case.destination,
        address=case.address,
        bound=case.bound,
        received=bool(case.received),
        arrived=arrived,
        recorded=None if submitted_since else case.recorded,
        recorded_arrival=case.recorded_arrival,
        transfer_id=listed.transfer_id if listed else case.transfer_id,
        status=case.recorded if now_is.unknown else now_is.status,
        message=listed.status_message() if listed else _text(case.submitted.get("status_message")),
        instance_expires=source_instance.expires if source_instance and not arrived else None,
        given_up=False,
        window_opens=waits.window_opens,
        waits_for=waits.reasons,
        changed=() if submitted_since else case.changed,
        conflict=now_is.conflict,
        gone=now_is.gone,
        unknown=now_is.unknown,
        **times,
    )


def current(case: Case, accounts: Accounts) -> Current:
    """The transfer by what was listed of it; for a console transfer by the state alone."""
    if case.recorded_arrival:
        return Current(Status.COMPLETED)
    if case.settled(accounts.settings) or case.recorded is Status.COMPLETED or case.channel != "api":
        return Current(case.recorded)
    listed, unknown = _listed(case, accounts)
    if unknown:
        return Current(case.recorded, unknown=unknown)
    if not accounts.settings.runs_source:
        return Current(listed.status if listed else None, listed)
    if tracked(case):
        return Current(listed.status, listed) if listed else Current(gone=True)
    if case.declared is None:
        return Current(case.recorded)
    return _to_be_submitted(case, accounts, listed)


def tracked(case: Case) -> bool:
    """Whether the state holds an unfinished transfer of it, which is queried by its id."""
    return case.recorded is not None and not case.recorded.terminal


def _failed_or_none(case: Case) -> bool:
    return case.recorded is None or case.recorded in FAILED


def needs_arrival(case: Case, accounts: Accounts, now_is: Current) -> bool:
    """Whether it matters whether the recipient's account lists the instance."""
    settings = accounts.settings
    if case.channel == "image":
        return False
    if not settings.runs_recipient or case.recorded_arrival or case.settled(settings):
        return False
    if case.channel == "console":
        return True
    if not settings.runs_source:
        return now_is.status not in (Status.UNDER_REVIEW, Status.APPROVED, *FAILED)
    return now_is.gone or now_is.status in (Status.TRANSFERRING, Status.COMPLETED)


def wrong_recipient(case: Case, accounts: Accounts) -> str | None:
    """Why the recipient's credentials say nothing of this handover; None where they are its recipient's."""
    account = accounts.recipient
    if account is None or account.account_id in (None, case.recipient_account_id):
        return None
    return (
        f"recipientProfile belongs to account {account.account_id}, and its recipient_account_id is "
        f"{case.recipient_account_id}. Correct either; several recipients need a stack each."
    )


def _listed(case: Case, accounts: Accounts) -> tuple[Transfer | None, str | None]:
    """Its transfer as an account lists it now, or why that is not known; neither: confirmed not to be listed."""
    why: str | None = None
    for account in accounts.known:
        wrong = wrong_recipient(case, accounts) if account is accounts.recipient else None
        found = None if wrong else _found(case, accounts, account)
        if found is not None:
            return found, None
        failed = wrong or account.transfers_failed(case.region)
        if failed is None and why is None:
            return None, None
        why = why or failed
    return None, why


def _found(case: Case, accounts: Accounts, account: Account) -> Transfer | None:
    if tracked(case):
        return account.transfers.get(case.transfer_id or "")
    source = accounts.settings.sourceAccount if accounts.settings.runs_source else None
    listed = account.of_instance.get(case.instance_id, {}).values()
    return operations.newest(each for each in listed if source in (None, each.source_account_id))


def _to_be_submitted(case: Case, accounts: Accounts, newest: Transfer | None) -> Current:
    """Of a declared request that the state does not hold, given the newest transfer of its instance."""
    if case.declared is None or accounts.source is None:
        return Current(case.recorded)
    request = case.declared.inputs.request()
    different = differences(newest, request) if newest else []
    if newest and not newest.status.terminal:
        if not different:
            return Current(newest.status, newest)
        return Current(case.recorded, conflict=_in_the_way(newest, request, different))
    if newest and newest.status is Status.COMPLETED and not different:
        return Current(newest.status, newest)
    of_instance = accounts.source.of_instance.get(case.instance_id, {}).values()
    cancelled = _same_cancelled(of_instance, request)
    if cancelled:
        return Current(
            case.recorded,
            conflict=f"The same request was cancelled before, as {cancelled.transfer_id}, and is never accepted again: "
            "change the reason, or remove its file.",
        )
    return Current(case.recorded, conflict=_not_at_source(case, accounts.source))


def _in_the_way(unfinished: Transfer, request: TransferRequest, different: Sequence[str]) -> str:
    return (
        f"The unfinished transfer {unfinished.transfer_id} ({unfinished.status}) requests {', '.join(different)}: the "
        f"next `pulumi up` is refused. {how_to_adopt(unfinished, request)}"
    )


def _same_cancelled(listed: Iterable[Transfer], request: TransferRequest) -> Transfer | None:
    cancelled = (transfer for transfer in listed if transfer.status is Status.CANCELLED)
    return next((transfer for transfer in cancelled if not differences(transfer, request)), None)


def _not_at_source(case: Case, source: Account) -> str | None:
    """Why it can't be submitted: the source does not list the instance. None where it does, or that is not known."""
    if case.instance_id in source.instances or source.instances_failed(case.region) or not source.queried(case.region):
        return None
    return (
        f"The source's account lists no instance {case.instance_id} in {case.region}: the next `pulumi up` is refused. "
        "Check the instance id and its region."
    )


def _by_console(case: Case, accounts: Accounts, now: datetime) -> Current:
    """A console transfer whose instance the recipient's account does not list, or whose recipient is not queried."""
    source = accounts.source
    if source is None:
        return Current()
    at_source = case.instance_id in source.instances
    if not at_source and source.instances_failed(case.region):
        return Current(case.recorded, unknown=source.instances_failed(case.region))
    if case.recorded is None:
        return Current(conflict=None if at_source else _not_at_source(case, source))
    if at_source:
        steps = status_messages.console_steps(
            case.instance_id, case.region, source.account_id or "", case.recipient_account_id
        )
        return Current(Status.AWAITING_INITIATION, _console_transfer(case, Status.AWAITING_INITIATION, steps))
    left = _text(case.submitted.get("left_source_at"))
    if accounts.recipient is None:
        message = status_messages.console_left_source()
    elif left is None or now - (read_time(left) or now) <= LONGEST:
        message = status_messages.console_moving()
    else:
        message = status_messages.console_moving_too_long(left)
    return Current(
        Status.TRANSFERRING, replace(_console_transfer(case, Status.TRANSFERRING, message), left_source_at=left)
    )


def _console_transfer(case: Case, status: Status, message: str) -> Transfer:
    return Transfer(f"console-{case.instance_id}", case.instance_id, status, case.recipient_account_id, message=message)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
