"""One look at the source's transfers for all the resources of a run, instead of one call each.

Pulumi asks for each resource on its own, so the first question lists what is unfinished, 100 a call; what is not
among those has ended meanwhile and is looked for among the ended, newest first and no further than needed.
N transfers cost at most ceil(N / 100) + 1 calls this way when they are the account's newest. Only an id found
in neither list is asked for by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.cloud.operations import Transfer
from transfer_provider.lifecycle import FINISHED, UNFINISHED, Status

# What the cloud can tell of: a transfer that waits for its initiation in the console is not there yet.
RUNNING = tuple(status for status in UNFINISHED if status is not Status.AWAITING_INITIATION)
LOOK_SECONDS = 60  # how old a look may be: a run is over before, a process that lives on looks again


class TransferPolls:
    """Answers "how does this transfer stand?" for every resource of one region. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._look: _Look | None = None

    def find(self, transfer_id: str) -> Transfer | None:
        """The transfer as the cloud lists it to this account; None only where the cloud positively has none."""
        with self._lock:
            if self._look is None or self._look.age() > LOOK_SECONDS:
                self._look = _Look(self._cloud)
            found = self._look.find(transfer_id)
        if found is not None:
            return found
        alone = operations.list_page(self._cloud, transfer_ids=[transfer_id])
        return next((transfer for transfer in alone.transfers if transfer.transfer_id == transfer_id), None)


class _Look:
    def __init__(self, cloud: Cloud) -> None:
        self._began = time.monotonic()
        self._listings = (_Listing(cloud, RUNNING), _Listing(cloud, FINISHED))
        self._failure: HandoverError | None = None

    def age(self) -> float:
        return time.monotonic() - self._began

    def find(self, transfer_id: str) -> Transfer | None:
        """The transfer where a list holds it. A look that failed has failed for everybody who waits for it."""
        if self._failure is not None:
            raise self._failure
        try:
            found = (listing.find(transfer_id) for listing in self._listings)
            return next((transfer for transfer in found if transfer is not None), None)
        except HandoverError as failure:
            self._failure = failure
            raise


class _Listing:
    """The account's transfers in some statuses, fetched page by page as they are asked for."""

    def __init__(self, cloud: Cloud, statuses: Sequence[Status]) -> None:
        self._cloud = cloud
        self._statuses = statuses
        self._seen: dict[str, Transfer] = {}
        self._next_token: str | None = None
        self._more = True

    def find(self, transfer_id: str) -> Transfer | None:
        while transfer_id not in self._seen and self._more:
            page = operations.list_page(self._cloud, statuses=self._statuses, next_token=self._next_token)
            self._seen |= {transfer.transfer_id: transfer for transfer in page.transfers}
            self._next_token = page.next_token
            self._more = page.next_token is not None
        return self._seen.get(transfer_id)
