"""The `api` channel: transfers through `TransferInstance` and its companions (assumed, see cloud/operations.py).

Nothing doubled, nothing lost: a submission looks first, carries a token that follows from the request, and
looks again where its answer was lost. "Not there" is only said after a positive look with the right account.
"""

from __future__ import annotations

from collections.abc import Iterable

from transfer_provider.channels.channel import Submission
from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.accounts import require_account
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, Refused, TryAgain
from transfer_provider.cloud.polls import TransferPolls
from transfer_provider.model.lifecycle import Status, parse_time, refusal_to_cancel, stop_tracking
from transfer_provider.model.transfer import Transfer, TransferRequest, differences


class ApiChannel:
    """The source account's side of transfers in one region. Thread-safe."""

    recorded_as = "Submitted"

    def __init__(self, cloud: Cloud, _recipient: Cloud | None = None, *, may_stop_tracking: bool = False) -> None:
        self._cloud = cloud
        self._polls = TransferPolls(cloud)

    def submit(self, request: TransferRequest) -> Submission:
        """Submit the request, or adopt the unfinished transfer that requests the same, or the one that completed.

        Raises Refused where another transfer of the instance is unfinished or the cloud refuses; TryAgain where no
        answer came and no transfer is listed: running again then adopts what was submitted, if it was.
        """
        source_account_id = self._cloud.account_id()
        listed = self._of_instance(request)
        unfinished = _unfinished(listed, request)
        if unfinished:
            return Submission(unfinished, adopted=True)
        same = [transfer.transfer_id for transfer in listed if not differences(transfer, request)]
        try:
            transfer_id = operations.submit(self._cloud, request, request.client_token(same))
        except Refused as refusal:
            return self._adopted_after(refusal, request, listed)
        except TryAgain as lost:
            return self._submitted_without_answer(lost, request)
        return Submission(self._confirmed(transfer_id, request, source_account_id), adopted=False)

    def public_ip(self, instance_id: str) -> str | None:
        """The instance's public address, elastic or fixed, while this account owns it; None where it has none."""
        return instances.public_ip(self._cloud, instance_id)

    def dry_run(self, request: TransferRequest) -> None:
        """Raise what submitting the request would be refused with, before a transfer is cancelled for its sake."""
        known = self._of_instance(request)
        same = (transfer for transfer in known if transfer.status is Status.CANCELLED)
        before = next((transfer for transfer in same if not differences(transfer, request)), None)
        if before is not None:
            raise Refused(
                f"Could not replace the transfer of {request.instance_id}: the request that is to follow it was "
                f"cancelled before, as {before.transfer_id}, and is not taken again. Nothing was cancelled; change the "
                "reason to one not used yet."
            )
        try:
            operations.dry_run(self._cloud, request)
        except Refused as error:
            raise Refused(f"{error} Nothing was cancelled.", code=error.code, request_id=error.request_id) from None

    def read(self, tracked: Transfer, request: TransferRequest) -> Transfer | None:
        """The transfer as it stands now; None only where it is confirmed not found, with this very account."""
        found = self._polls.find(tracked.transfer_id)
        if found is None:
            self._require_account(tracked.source_account_id, f"refresh the transfer {tracked.transfer_id}")
        return found

    def remove(self, tracked: Transfer, request: TransferRequest, successor: TransferRequest | None) -> str:
        """Cancel it, before a replacement only after a dry run of its successor."""
        if successor is not None:
            self.dry_run(successor)
        return self.cancel(tracked.transfer_id, tracked.instance_id, tracked.source_account_id)

    def cancel(self, transfer_id: str, instance_id: str, source_account_id: str | None) -> str:
        """Cancel it; a line that says what was done. A transfer that has ended, or is gone, is no error.

        Raises Refused where it can't be cancelled any more, naming support and retain_on_delete.
        """
        doing = f"cancel the transfer {transfer_id} of {instance_id}"
        try:
            operations.cancel(self._cloud, transfer_id, instance_id)
        except Refused as error:
            if error.code == "InvalidTransferId.NotFound":
                self._require_account(source_account_id, doing)
                return "removed from state: Alibaba Cloud has no such transfer any more"
            now = self._one(transfer_id)
            if now is not None and now.status.terminal:
                return stop_tracking(now.status)
            why = now and refusal_to_cancel(now.status, parse_time(now.cancellable_until), self._cloud.now())
            if why is None:
                raise
            raise Refused(
                f"Could not {doing}: {why} ({error.code}, RequestId {error.request_id}).",
                code=error.code,
                request_id=error.request_id,
            ) from None
        return "cancelled"

    def _of_instance(self, request: TransferRequest) -> list[Transfer]:
        return list(operations.list_all(self._cloud, instance_ids=[request.instance_id]))

    def _one(self, transfer_id: str) -> Transfer | None:
        listed = operations.list_page(self._cloud, transfer_ids=[transfer_id]).transfers
        return next((transfer for transfer in listed if transfer.transfer_id == transfer_id), None)

    def _adopted_after(self, refusal: Refused, request: TransferRequest, listed: Iterable[Transfer]) -> Submission:
        """The transfer that a refusal means: submitted a moment ago elsewhere, or this very request, completed.

        Raises the refusal again where it means neither.
        """
        meant = None
        if refusal.code == "OperationConflict.TransferInProgress":
            meant = _unfinished(self._of_instance(request), request)
        elif refusal.code == "InvalidInstanceId.NotFound":
            completed = (transfer for transfer in listed if transfer.status is Status.COMPLETED)
            meant = next((transfer for transfer in completed if not differences(transfer, request)), None)
        if meant is None:
            raise refusal
        return Submission(meant, adopted=True)

    def _submitted_without_answer(self, lost: TryAgain, request: TransferRequest) -> Submission:
        """The transfer that a submission without an answer led to; raises `lost` again where none is listed."""
        try:
            unfinished = _unfinished(self._of_instance(request), request)
        except TryAgain:
            unfinished = None
        if unfinished is None:
            raise lost
        return Submission(unfinished, adopted=False)

    def _confirmed(self, transfer_id: str, request: TransferRequest, source_account_id: str) -> Transfer:
        """The transfer just submitted, with its times where a look is answered; else with what is known.

        Past the submission nothing may fail, or the stack would lose it, with one exception: a token the cloud
        remembers for this same request after it was cancelled. That is no new transfer, so nothing is lost.
        """
        try:
            seen = self._one(transfer_id)
        except HandoverError:
            seen = None
        if seen is None:
            return Transfer(
                transfer_id,
                request.instance_id,
                Status.UNDER_REVIEW,
                request.recipient_account_id,
                source_account_id,
            )
        if seen.status is Status.CANCELLED:
            raise Refused(
                f"Could not submit the transfer of {request.instance_id}: the same request was cancelled before, as "
                f"{transfer_id}. Change the request, for example its reason."
            )
        return seen

    def _require_account(self, expected: str | None, doing: str) -> None:
        """Before an absence is believed: are these the credentials of the account that submitted it?"""
        if expected is not None:
            require_account(
                self._cloud,
                [expected],
                doing=doing,
                expected_by="it was submitted by account",
                remedy="Use the source account's profile (`pulumi config set sourceProfile NAME`).",
            )


def _unfinished(known: Iterable[Transfer], request: TransferRequest) -> Transfer | None:
    """The instance's unfinished transfer where it asks for the same; Refused where it asks for something else."""
    running = next((transfer for transfer in known if not transfer.status.terminal), None)
    different = differences(running, request) if running else []
    if running and different:
        raise Refused(
            f"Could not submit the transfer of {request.instance_id} to account {request.recipient_account_id}: "
            f"the unfinished transfer {running.transfer_id} ({running.status}) asks for {', '.join(different)}. "
            "Cancel that one first, or declare the same to follow it."
        )
    return running
