"""The `console` channel: the console's Resource transfer (资源过户), which everyone has and which has no API.

Nothing is submitted from here: a person initiates it as the source, another confirms it as the recipient. What happens
is observed by which account lists the instance, and only by answers with the right credentials:

    the source lists it       AwaitingInitiation   whether it was initiated already is not visible
    neither lists it          Transferring         for some half an hour; longer is explained, never concluded from
    the recipient lists it    Completed

The steps are those of Alibaba Cloud's ECS transfer manual (help.aliyun.com/document_detail/281188.html).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from transfer_provider.channels.before_submission import BeforeSubmission
from transfer_provider.channels.channel import Submission
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.cloud import instances
from transfer_provider.cloud.accounts import require_account
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.cloud.polls import InstancePolls
from transfer_provider.model import status_messages
from transfer_provider.model.lifecycle import Status, parse_time, stop_tracking
from transfer_provider.model.transfer import Transfer, TransferRequest

LONGEST = timedelta(hours=2)  # a move that takes longer is explained, never concluded from

CONSOLE_CANCELS = (
    "only the console can cancel it (user centre → 订单管理 → 过户管理), and only until the recipient confirms; "
    "nothing was cancelled from here"
)


class ConsoleChannel:
    """Both accounts' view of console transfers in a region; without `recipient` only the source's. Thread-safe."""

    recorded_as = "Recorded"

    def __init__(self, source: Cloud, recipient: Cloud | None, *, may_stop_tracking: bool = False) -> None:
        self._may_stop_tracking = may_stop_tracking
        self._source = source
        self._recipient = recipient
        self._before = BeforeSubmission(source)
        self._of_source = InstancePolls(source)
        self._of_recipient = InstancePolls(recipient) if recipient else None

    def expect(self, instance_ids: Iterable[str]) -> None:
        """Announce instances, so that they are looked up together."""
        self._before.expect(instance_ids)

    def submit(self, request: TransferRequest) -> Submission:
        """Check and record; nothing is submitted. A transfer that was carried out already is adopted.

        Raises Refused where the source does not own the instance.
        """
        refuse_unattended(f"record the transfer of {request.instance_id} to account {request.recipient_account_id}")
        source_account_id = self._source.account_id()
        instance = self._before.instance(request.instance_id)
        if instance is not None:
            return Submission(self._awaiting(request, source_account_id), adopted=False, public_ip=instance.public_ip)
        if self._has_arrived(request.instance_id, request.recipient_account_id, fresh=True):
            return Submission(self._completed(request, source_account_id), adopted=True)
        raise Refused(
            f"Could not record the transfer of {request.instance_id}: account {source_account_id} lists no such "
            f"instance in {self._source.region}. Check the instance id, its region, and that the profile belongs to "
            "the source account."
        )

    def read(self, tracked: Transfer, request: TransferRequest) -> Transfer:
        """Where the instance is, by what both accounts list."""
        source_account_id = str(tracked.source_account_id)
        if self._has_arrived(request.instance_id, request.recipient_account_id):
            return self._completed(request, source_account_id)
        if self._of_source.find(request.instance_id) is not None:
            return self._awaiting(request, source_account_id)
        require_account(
            self._source,
            [source_account_id],
            doing=f"refresh the transfer of {request.instance_id}",
            expected_by="it is handed over by account",
            remedy="Use the source account's profile (`pulumi config set sourceProfile NAME`).",
        )
        # It may have arrived between the two queries.
        if self._has_arrived(request.instance_id, request.recipient_account_id, fresh=True):
            return self._completed(request, source_account_id)
        return self._in_transit(request, source_account_id, tracked.left_source_at)

    def remove(self, tracked: Transfer, request: TransferRequest, successor: TransferRequest | None) -> str:
        """Stop tracking it, for nothing can be cancelled from here. Raises Refused while it is Transferring."""
        status, instance_id = self.read(tracked, request).status, request.instance_id
        if status.terminal:
            return stop_tracking(status)
        refuse_unattended(f"stop tracking the transfer of {instance_id}")
        if status is Status.AWAITING_INITIATION:
            nothing_submitted = "removed from state: nothing was submitted from here"
            return f"{nothing_submitted}. Where it was initiated in the console, {CONSOLE_CANCELS}"
        if self._may_stop_tracking:
            return f"removed from state: {CONSOLE_CANCELS}"
        raise Refused(
            f"Could not cancel the transfer of {instance_id}: it is {status}, and {CONSOLE_CANCELS}. To stop "
            "tracking it, set the stack's `forgetConsoleTransfers` to true, or retain_on_delete on the resource."
        )

    def _has_arrived(self, instance_id: str, recipient_account_id: str, *, fresh: bool = False) -> bool:
        """Whether the recipient's account lists the instance; queried with the recipient's own credentials only."""
        if self._recipient is None or self._of_recipient is None:
            return False
        require_account(
            self._recipient,
            [recipient_account_id],
            doing=f"refresh the transfer of {instance_id}",
            expected_by="it goes to account",
            remedy="Correct recipientProfile.",
        )
        if fresh:
            return instance_id in instances.query(self._recipient, [instance_id])
        return self._of_recipient.find(instance_id) is not None

    def _awaiting(self, request: TransferRequest, source_account_id: str) -> Transfer:
        return self._transfer(
            request,
            source_account_id,
            Status.AWAITING_INITIATION,
            status_messages.console_steps(
                request.instance_id, request.region, source_account_id, request.recipient_account_id
            ),
        )

    def _completed(self, request: TransferRequest, source_account_id: str) -> Transfer:
        message = status_messages.console_completed(request.recipient_account_id)
        completed = self._transfer(request, source_account_id, Status.COMPLETED, message)
        return replace(completed, completed_at=_text(self._source.now()))

    def _in_transit(self, request: TransferRequest, source_account_id: str, since: str | None) -> Transfer:
        now = self._source.now()
        began = parse_time(since) or now
        if self._recipient is None:
            message = status_messages.console_left_source()
        elif now - began <= LONGEST:
            message = status_messages.console_moving()
        else:
            message = status_messages.console_moving_too_long(_text(began))
        in_transit = self._transfer(request, source_account_id, Status.TRANSFERRING, message)
        return replace(in_transit, left_source_at=_text(began))

    def _transfer(self, request: TransferRequest, source_account_id: str, status: Status, message: str) -> Transfer:
        return Transfer(
            transfer_id=f"console-{request.instance_id}",
            instance_id=request.instance_id,
            status=status,
            recipient_account_id=request.recipient_account_id,
            source_account_id=source_account_id,
            region=request.region,
            reason=request.reason,
            channel="console",
            message=message,
        )


def _text(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
