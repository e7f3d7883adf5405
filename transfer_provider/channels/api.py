"""The `api` channel: transfers through `TransferInstance` and its companions (assumed, see cloud/operations.py).

Nothing doubled, nothing lost: a submission queries first, carries a token derived from the request, and
queries again where its answer was lost. Only a positive answer with the right account confirms a "not found".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from transfer_provider.channels.before_submission import BeforeSubmission
from transfer_provider.channels.channel import Submission
from transfer_provider.channels.unattended import refuse_unattended
from transfer_provider.cloud import operations
from transfer_provider.cloud.accounts import require_account
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, Refused, TryAgain
from transfer_provider.cloud.polls import TransferPolls
from transfer_provider.model.lifecycle import Status, parse_time, refusal_to_cancel, stop_tracking
from transfer_provider.model.transfer import Transfer, TransferRequest, differences, how_to_adopt


class ApiChannel:
    """The source account's side of transfers in a region. Thread-safe."""

    recorded_as = "Submitted"

    def __init__(self, cloud: Cloud, _recipient: Cloud | None = None, *, may_stop_tracking: bool = False) -> None:
        self._cloud = cloud
        self._polls = TransferPolls(cloud)
        self._before = BeforeSubmission(cloud)

    def expect(self, instance_ids: Iterable[str]) -> None:
        """Announce instances, so that what is looked up before their submissions is looked up together."""
        self._before.expect(instance_ids)

    def submit(self, request: TransferRequest) -> Submission:
        """Submit the request, or adopt the same transfer where it is unfinished or completed.

        Raises Refused where another transfer of the instance is unfinished or the cloud refuses; TryAgain where no
        answer came and no transfer is listed: running again then adopts what was submitted, if it was.
        """
        source_account_id = self._cloud.account_id()
        # Before the submission: past it nothing may fail, and later the source does not list the instance.
        instance = self._before.instance(request.instance_id)
        submission = self._submit(request, source_account_id)
        return replace(submission, public_ip=instance.public_ip if instance else None)

    def _submit(self, request: TransferRequest, source_account_id: str) -> Submission:
        listed = self._before.transfers(request.instance_id)
        if any(not transfer.status.terminal for transfer in listed):
            # It may have ended since the batch was looked up.
            listed = self._of_instance(request)
            unfinished = _unfinished(listed, request)
            if unfinished:
                return Submission(unfinished, adopted=True)
        earlier = [transfer.transfer_id for transfer in listed if not differences(transfer, request)]
        refuse_unattended(f"submit the transfer of {request.instance_id} to account {request.recipient_account_id}")
        try:
            answer = operations.submit(self._cloud, request, request.client_token(earlier))
        except Refused as refusal:
            if refusal.code == "OperationConflict.TransferInProgress":
                return self._adopted_after_conflict(refusal, request)
            if refusal.code == "InvalidInstanceId.NotFound":
                return _adopted_as_completed(refusal, request, listed)
            raise
        except TryAgain as lost:
            return self._found_after_lost_answer(lost, request)
        submitted = Transfer(
            answer.transfer_id,
            request.instance_id,
            Status.UNDER_REVIEW,
            request.recipient_account_id,
            source_account_id,
        )
        # Its times come with the next refresh.
        return Submission(
            submitted if answer.status is Status.UNDER_REVIEW else self._confirmed(submitted), adopted=False
        )

    def _dry_run(self, request: TransferRequest, replaced: str) -> None:
        """Raise what submitting the request would be refused with, before the transfer it replaces is cancelled."""
        cancelled = (transfer for transfer in self._of_instance(request) if transfer.status is Status.CANCELLED)
        same = next((transfer for transfer in cancelled if not differences(transfer, request)), None)
        if same is not None:
            raise Refused(
                f"Could not replace the transfer of {request.instance_id}: the request that is to replace it was "
                f"cancelled before, as {same.transfer_id}, and is not accepted again. {replaced} was not cancelled. "
                "Change the reason to a value not used yet."
            )
        try:
            operations.dry_run(self._cloud, request)
        except Refused as error:
            raise Refused(
                f"{error} {replaced} was not cancelled.", code=error.code, request_id=error.request_id
            ) from None

    def read(self, tracked: Transfer, request: TransferRequest) -> Transfer | None:
        """The transfer as it stands now; None only where it is confirmed not found, with this very account."""
        transfer = self._polls.find(tracked.transfer_id)
        if transfer is None:
            self._require_account(tracked.source_account_id, f"refresh the transfer {tracked.transfer_id}")
        return transfer

    def remove(self, tracked: Transfer, request: TransferRequest, successor: TransferRequest | None) -> str:
        """Cancel it, before a replacement only after a dry run of its successor."""
        if successor is not None:
            self._dry_run(successor, tracked.transfer_id)
        return self._cancel(tracked.transfer_id, tracked.instance_id, tracked.source_account_id)

    def _cancel(self, transfer_id: str, instance_id: str, source_account_id: str | None) -> str:
        """Cancel it; returns what was done, for the log. A transfer that is terminal, or not found, is no error.

        Raises Refused where it can't be cancelled any more, naming support and retain_on_delete.
        """
        doing = f"cancel the transfer {transfer_id} of {instance_id}"
        refuse_unattended(doing)
        try:
            operations.cancel(self._cloud, transfer_id, instance_id)
        except Refused as error:
            if error.code == "InvalidTransferId.NotFound":
                self._require_account(source_account_id, doing)
                return "removed from state: Alibaba Cloud has no such transfer any more"
            current = self._query(transfer_id)
            if current is not None and current.status.terminal:
                return stop_tracking(current.status)
            why = current and refusal_to_cancel(
                current.status, parse_time(current.cancellable_until), self._cloud.now()
            )
            if why is None:
                raise
            raise Refused(
                f"Could not {doing}: {why} ({error.code}, RequestId {error.request_id}).",
                code=error.code,
                request_id=error.request_id,
            ) from None
        except TryAgain:
            if not self._is_cancelled(transfer_id):
                raise
        return "cancelled"

    def _is_cancelled(self, transfer_id: str) -> bool:
        """Whether a cancellation without an answer took effect; False where that is not answered either."""
        try:
            current = self._query(transfer_id)
        except HandoverError:
            return False
        return current is not None and current.status is Status.CANCELLED

    def _of_instance(self, request: TransferRequest) -> list[Transfer]:
        return list(operations.list_all(self._cloud, instance_ids=[request.instance_id]))

    def _query(self, transfer_id: str) -> Transfer | None:
        listed = operations.list_page(self._cloud, transfer_ids=[transfer_id]).transfers
        return next((transfer for transfer in listed if transfer.transfer_id == transfer_id), None)

    def _adopted_after_conflict(self, conflict: Refused, request: TransferRequest) -> Submission:
        """What was submitted a moment ago elsewhere; raises the conflict where no transfer is unfinished."""
        unfinished = _unfinished(self._of_instance(request), request)
        if unfinished is None:
            raise conflict
        return Submission(unfinished, adopted=True)

    def _found_after_lost_answer(self, lost: TryAgain, request: TransferRequest) -> Submission:
        """What a submission without an answer led to; raises `lost` where no transfer is listed, or no answer comes."""
        try:
            unfinished = _unfinished(self._of_instance(request), request)
        except TryAgain:
            unfinished = None
        if unfinished is None:
            raise lost
        return Submission(unfinished, adopted=False)

    def _confirmed(self, submitted: Transfer) -> Transfer:
        """The transfer just submitted as it stands, where a query is answered; else as given.

        Past the submission nothing may fail, or the stack would lose it, with this exception: a token the cloud
        remembers for this same request after it was cancelled. That is no new transfer, so nothing is lost.
        """
        try:
            current = self._query(submitted.transfer_id)
        except HandoverError:
            current = None
        if current is not None and current.status is Status.CANCELLED:
            raise Refused(
                f"Could not submit the transfer of {submitted.instance_id}: the same request was cancelled before, as "
                f"{submitted.transfer_id}. Change the request, for example its reason."
            )
        return current or submitted

    def _require_account(self, expected: str | None, doing: str) -> None:
        """Before it counts as not found: are these the credentials of the account that submitted it?"""
        if expected is not None:
            require_account(
                self._cloud,
                [expected],
                doing=doing,
                expected_by="it was submitted by account",
                remedy="Use the source account's profile (`pulumi config set sourceProfile NAME`).",
            )


def _adopted_as_completed(not_found: Refused, request: TransferRequest, listed: Iterable[Transfer]) -> Submission:
    """The source lost the instance by this very request; raises `not_found` where no such transfer completed."""
    completed = (transfer for transfer in listed if transfer.status is Status.COMPLETED)
    same = next((transfer for transfer in completed if not differences(transfer, request)), None)
    if same is None:
        raise not_found
    return Submission(same, adopted=True)


def _unfinished(listed: Iterable[Transfer], request: TransferRequest) -> Transfer | None:
    """The instance's unfinished transfer where it requests the same; Refused where it requests something else."""
    unfinished = next((transfer for transfer in listed if not transfer.status.terminal), None)
    different = differences(unfinished, request) if unfinished else []
    if unfinished and different:
        raise Refused(
            f"Could not submit the transfer of {request.instance_id} to account {request.recipient_account_id}: "
            f"the unfinished transfer {unfinished.transfer_id} ({unfinished.status}) requests {', '.join(different)}. "
            + how_to_adopt(unfinished, request)
        )
    return unfinished
