"""The `api` channel: transfers through `TransferInstance` and its companions (assumed, see cloud/operations.py).

Nothing doubled, nothing lost: a submission looks first, carries a token that follows from the request, and
looks again where its answer was lost. "Not there" is only said after a positive look with the right account.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, NotAllowed, Refused, TryAgain
from transfer_provider.cloud.polls import TransferPolls
from transfer_provider.model.lifecycle import Status, parse_time, refusal_to_cancel, stop_tracking
from transfer_provider.model.transfer import Transfer, TransferRequest, differences


@dataclass(frozen=True)
class Submission:
    """A transfer under way; `adopted` where it was submitted before and is only followed from here on."""

    transfer: Transfer
    adopted: bool


class ApiChannel:
    """The source account's side of transfers in one region. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._polls = TransferPolls(cloud)

    def submit(self, request: TransferRequest) -> Submission:
        """Submit the request, or adopt the unfinished transfer that asks for the same, or the one that completed.

        Raises Refused where another transfer of the instance is unfinished or the cloud refuses; TryAgain where no
        answer came and none can be seen: running again then adopts what was submitted, if it was.
        """
        source_account_id = self._cloud.account_id()
        known = self._of_instance(request)
        running = _unfinished(known, request)
        if running:
            return Submission(running, adopted=True)
        token = request.client_token(transfer.transfer_id for transfer in known if not differences(transfer, request))
        try:
            transfer_id = operations.submit(self._cloud, request, token)
        except Refused as error:
            meant = self._meant(request, known, error)
            if meant is None:
                raise
            return Submission(meant, adopted=True)
        except TryAgain as error:
            running = self._found_after_all(request, error)
            return Submission(running, adopted=False)
        return Submission(self._confirmed(transfer_id, request, source_account_id), adopted=False)

    def public_ip(self, instance_id: str) -> str | None:
        """The instance's public address, elastic or fixed, while this account owns it; None where it has none."""
        instance = instances.query(self._cloud, [instance_id]).get(instance_id)
        return (instance.eip or instance.fixed_public_ip) if instance else None

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

    def read(self, transfer_id: str, source_account_id: str | None) -> Transfer | None:
        """How the transfer stands; None only where this very account positively has no such transfer."""
        found = self._polls.find(transfer_id)
        if found is None:
            self._require_account(source_account_id, f"follow the transfer {transfer_id}")
        return found

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
                return "forgotten: Alibaba Cloud has no such transfer any more"
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

    def _meant(self, request: TransferRequest, known: Iterable[Transfer], error: Refused) -> Transfer | None:
        """The transfer a refusal tells of: one submitted a moment ago elsewhere, or this very one, completed."""
        if error.code == "OperationConflict.TransferInProgress":
            return _unfinished(self._of_instance(request), request)
        if error.code == "InvalidInstanceId.NotFound":
            done = (transfer for transfer in known if transfer.status is Status.COMPLETED)
            return next((transfer for transfer in done if not differences(transfer, request)), None)
        return None

    def _found_after_all(self, request: TransferRequest, lost: TryAgain) -> Transfer:
        """What a submission without an answer led to; raises `lost` again where nothing is to be seen."""
        try:
            running = _unfinished(self._of_instance(request), request)
        except TryAgain:
            running = None
        if running is None:
            raise lost
        return running

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
        """Before "not there" is believed: are these the credentials of the account that submitted it?"""
        actual = self._cloud.account_id()
        if expected is not None and actual != expected:
            raise NotAllowed(
                f"Could not {doing}: it was submitted by account {expected}, and {self._cloud} belongs to {actual}. "
                "Use the source account's profile (`pulumi config set sourceProfile NAME`)."
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
