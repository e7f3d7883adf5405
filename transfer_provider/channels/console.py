"""The `console` channel: the console's Resource transfer (资源过户), which everyone has and which has no API.

Nothing is submitted from here: a person initiates it as the source, another confirms it as the recipient. What happens
is told from outside by which account lists the instance, and only by positive looks with the right credentials:

    the source lists it       AwaitingInitiation   nobody can see whether it was initiated already
    neither lists it          Transferring         for some half an hour; longer is explained, never concluded from
    the recipient lists it    Completed

The steps are those of Alibaba Cloud's ECS transfer manual (help.aliyun.com/document_detail/281188.html).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from transfer_provider.channels.channel import Submission
from transfer_provider.cloud import instances
from transfer_provider.cloud.accounts import require_account
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.cloud.polls import InstancePolls
from transfer_provider.model.lifecycle import Status, parse_time, stop_tracking
from transfer_provider.model.transfer import Transfer, TransferRequest

CONFIRMATION = "24 hours"
USUAL = "about half an hour"
LONGEST = timedelta(hours=2)

CANCEL_THERE = (
    "only the console can cancel it (user centre → 订单管理 → 过户管理), and only until the recipient confirms; "
    "nothing was cancelled from here"
)


class ConsoleChannel:
    """Both accounts' view of console transfers in one region; without `recipient` only one half of it. Thread-safe."""

    recorded_as = "Recorded"

    def __init__(self, source: Cloud, recipient: Cloud | None, *, may_stop_tracking: bool = False) -> None:
        self._may_stop_tracking = may_stop_tracking
        self._source = source
        self._recipient = recipient
        self._of_source = InstancePolls(source)
        self._of_recipient = InstancePolls(recipient) if recipient else None

    def submit(self, request: TransferRequest) -> Submission:
        """Check and record; nothing is submitted. A transfer that was carried out already is followed.

        Raises Refused where the source does not own the instance.
        """
        source_account_id = self._source.account_id()
        here = instances.query(self._source, [request.instance_id]).get(request.instance_id)
        if here is not None:
            return Submission(self._awaiting(request, source_account_id), adopted=False)
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
        # It may have arrived between the two looks.
        if self._has_arrived(request.instance_id, request.recipient_account_id, fresh=True):
            return self._completed(request, source_account_id)
        return self._in_transit(request, source_account_id, tracked.left_source_at)

    def remove(self, tracked: Transfer, request: TransferRequest, successor: TransferRequest | None) -> str:
        """Stop tracking it, for nothing can be cancelled from here. Raises Refused while the instance is on its way."""
        status, instance_id = self.read(tracked, request).status, request.instance_id
        if status.terminal:
            return stop_tracking(status)
        if status is Status.AWAITING_INITIATION:
            nothing_submitted = "removed from state: nothing was submitted from here"
            return f"{nothing_submitted}. Where it was initiated in the console, {CANCEL_THERE}"
        if self._may_stop_tracking:
            return f"removed from state: {CANCEL_THERE}"
        raise Refused(
            f"Could not cancel the transfer of {instance_id}: it is {status}, and {CANCEL_THERE}. To stop tracking it, "
            "set the stack's `forgetConsoleTransfers` to true, or retain_on_delete on the resource."
        )

    def public_ip(self, instance_id: str) -> str | None:
        """The instance's public address, elastic or fixed, while the source owns it; None where it has none."""
        return instances.public_ip(self._source, instance_id)

    def _has_arrived(self, instance_id: str, recipient_account_id: str, *, fresh: bool = False) -> bool:
        """Whether the recipient's account lists the instance; asked with the recipient's own credentials only."""
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
        return self._transfer(request, source_account_id, Status.AWAITING_INITIATION, steps(request, source_account_id))

    def _completed(self, request: TransferRequest, source_account_id: str) -> Transfer:
        message = f"The recipient's account {request.recipient_account_id} lists the instance."
        completed = self._transfer(request, source_account_id, Status.COMPLETED, message)
        return replace(completed, completed_at=_text(self._source.now()))

    def _in_transit(self, request: TransferRequest, source_account_id: str, since: str | None) -> Transfer:
        now = self._source.now()
        began = parse_time(since) or now
        if self._recipient is None:
            message = "It left the source's account; only the recipient's can tell that it arrived."
        elif now - began <= LONGEST:
            message = f"Neither account lists the instance: it is moving, which takes {USUAL}."
        else:
            message = (
                f"Neither account lists the instance since {_text(began)}, and moving takes {USUAL}. Nothing is "
                "concluded from that: look at the order in the console (user centre → 订单管理 → 过户管理), check that "
                "nobody released the instance, and ask Alibaba Cloud support with its id."
            )
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


def steps(request: TransferRequest, source_account_id: str) -> str:
    """What two people have to do in the console, one step a sentence."""
    return (
        "Nothing is submitted yet; two people do it in the console, each with the account's own login, for RAM users "
        f"can't. 1. As the source {source_account_id}: user centre → 订单管理 → 过户管理 → 可过户资源, select "
        f"{request.instance_id} in {request.region}, 发起过户, enter the recipient's account "
        f"{request.recipient_account_id}, accept the terms of transfer, pass the identity check. 2. Within "
        f"{CONFIRMATION}, or it expires, as the recipient {request.recipient_account_id}: 过户管理 → "
        "我确认的资源过户 → 确认接收过户, choose VPC, vSwitch and security groups, accept the terms, pass the identity "
        f"check. It then moves, which takes {USUAL} and can't be undone."
    )


def _text(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
