"""One batched query of both accounts before anything is declared: what has been approved, and what has arrived.

    identity of both accounts   1 call each, once
    transfers                   as the recipient's account lists them, 100 instances a call
    instances                   which of them the recipient's account lists, 100 a call

What this stack's state holds as received is not queried again, unless its address is yet to be bound: once declared,
always declared, and the refresh of its receipts reports when the account no longer lists an instance. So an empty
answer never plans a deletion. The survey fails loudly: no answer, no permission and a wrong account raise; none of them
is ever taken for "not found".
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from transfer_provider.channels.recipient import not_listed
from transfer_provider.cloud import operations
from transfer_provider.cloud.accounts import require_account, require_recipient, require_source
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.cloud.paging import in_batches
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.recipient.region import RecipientRegion
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, differences


class Survey:
    """The survey of one program run. Thread-safe. A side that the stack does not run is not queried."""

    def __init__(self, settings: Settings, state: StackState) -> None:
        self._settings = settings
        self._state = state
        self._regions: dict[str, RecipientRegion] = {}
        self._identified: dict[str, Cloud] = {}
        self._lock = threading.Lock()

    def identify(self, region: str) -> None:
        """Check whose credentials these are, by one call each. Raises NotAllowed where they are not the stack's."""
        with self._lock:
            self._identify(region)

    def now(self) -> datetime:
        """The time at Alibaba Cloud, by the source's answers, or the recipient's where the stack runs only that half;
        this machine's before the first of them."""
        answered = self._identified.get("source") or self._identified.get("recipient")
        return answered.now() if answered else datetime.now(UTC)

    def listed(self, transfers: Iterable[Transfer]) -> Mapping[str, Transfer]:
        """Those of these transfers that the source's account lists, as they are now, by id; 100 a call.

        Nothing is concluded from one that is not listed. Raises as a call does.
        """
        regions: dict[str, list[str]] = {}
        for transfer in transfers:
            if transfer.region and transfer.channel == "api":
                regions.setdefault(transfer.region, []).append(transfer.transfer_id)
        return {
            listed.transfer_id: listed
            for region, ids in regions.items()
            for some in in_batches(ids)
            for listed in operations.list_page(
                Cloud(self._settings.source_profile, region), transfer_ids=some
            ).transfers
        }

    def query(self, handovers: Iterable[Wanted]) -> None:
        """Query the instances of all these handovers in one batch a region."""
        regions: dict[str, list[Wanted]] = {}
        for wanted in handovers:
            if wanted.copy is None:
                regions.setdefault(wanted.request.region, []).append(wanted)
        with self._lock:
            for region, there in regions.items():
                self._identify(region)
                if self._settings.runs_recipient:
                    unsettled = {
                        wanted.instance_id: self._state.channel(wanted.instance_id, wanted.channel)
                        for wanted in there
                        if not self._settled(wanted)
                    }
                    self._region(region).query_batch(unsettled)

    def of(self, wanted: Wanted) -> Observed:
        """How far the handover is.

        Raises NotAllowed where the recipient's credentials belong to another account than the handover's recipient,
        Refused where the account does not list an instance that was handed over, TryAgain where no answer came.
        """
        instance_id, region = wanted.instance_id, wanted.request.region
        with self._lock:
            self._identify(region)
            if not self._settings.runs_recipient:
                return Observed()
            self._require_recipient(instance_id, wanted.request.recipient_account_id)
            if wanted.copy is not None:
                # What is observed of a copy is in copying/copies.py.
                return Observed(arrived=instance_id in self._state.arrived)
            if self._settled(wanted):
                return Observed(received=True, arrived=True)
            there = self._region(region)
            there.query_on_demand(instance_id, self._state.channel(instance_id, wanted.channel))
            return self._conclude(there, wanted)

    def _conclude(self, there: RecipientRegion, wanted: Wanted) -> Observed:
        """What follows from what was queried. Raises Refused where an instance that was handed over is not listed."""
        instance_id = wanted.instance_id
        transfer = operations.newest(self._of_this_source(there.transfers.get(instance_id, ())))
        arrived = there.arrived.get(instance_id)
        if arrived is not None:
            return Observed(transfer, received=True, arrived=True, fixed_public_ip=arrived.fixed_public_ip)
        if instance_id in self._state.arrived:
            return Observed(received=True, arrived=True)
        if transfer is not None:
            completed = transfer.status is Status.COMPLETED
        else:
            # Alibaba Cloud may no longer list a transfer that completed; the stack's state still holds it.
            completed = instance_id in self._state.completed
        under_way = transfer is not None and transfer.status in (Status.APPROVED, Status.TRANSFERRING)
        received_before = instance_id in self._state.received
        if completed or (received_before and not under_way):
            raise not_listed(instance_id, self._identified["recipient"].account_id())
        return Observed(transfer, received=under_way and (received_before or self._is_declared(transfer, wanted)))

    def _settled(self, wanted: Wanted) -> bool:
        """Whether the state holds its instance as arrived, with its address bound where it has one: nothing can be in
        the way of either any more."""
        bound = self._state.name(wanted.instance_id, wanted.name) in self._state.recipient.bound
        return wanted.instance_id in self._state.arrived and (bound or not wanted.address)

    def _is_declared(self, transfer: Transfer | None, wanted: Wanted) -> bool:
        """Whether the transfer is what this handover requests: another is not accepted with its receipt.

        A recipient's half goes by the instance and the account alone: the request is the source's.
        """
        return not self._settings.runs_source or (transfer is not None and not differences(transfer, wanted.request))

    def _of_this_source(self, transfers: Iterable[Transfer]) -> Iterable[Transfer]:
        """Those of the stack's source, where this program runs its side; else all of them."""
        source = self._identified.get("source")
        return [
            transfer for transfer in transfers if source is None or transfer.source_account_id == source.account_id()
        ]

    def _region(self, region: str) -> RecipientRegion:
        if region not in self._regions:
            cloud = Cloud(self._settings.recipient_profile, region)
            self._regions[region] = RecipientRegion(cloud, self._state.completed)
        return self._regions[region]

    def _identify(self, region: str) -> None:
        """Both accounts, by their own credentials; each queried once, in the first region."""
        settings, known = self._settings, self._identified
        if settings.runs_source and "source" not in known:
            source = Cloud(settings.source_profile, region)
            remedy = "Use that account's profile as sourceProfile; or change `sourceAccount`, reviewed."
            require_source(source, settings.sourceAccount, remedy=remedy)
            known["source"] = source
        if settings.runs_recipient and "recipient" not in known:
            recipient = self._region(region).cloud
            require_recipient(recipient, settings.recipients)
            known["recipient"] = recipient
        if len(known) == 2 and known["source"].account_id() == known["recipient"].account_id():
            raise NotAllowed(
                "Could not distinguish source and recipient: sourceProfile and recipientProfile both belong to account "
                f"{known['source'].account_id()}. Set each to its own account's profile, or run one half with `side`."
            )

    def _require_recipient(self, instance_id: str, recipient_account_id: str) -> None:
        """Check that the recipient's credentials are those of the handover's recipient."""
        require_account(
            self._identified["recipient"],
            [recipient_account_id],
            doing=f"run the recipient's side of {instance_id}",
            expected_by="its recipient_account_id is",
            remedy="Correct recipientProfile or recipient_account_id; several recipients need a stack each.",
        )
