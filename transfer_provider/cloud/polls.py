"""One look for all the resources of a run, instead of one call each: at transfers, and at a recipient's instances.

Pulumi asks for each resource on its own, so the first question lists, 100 a call, and no further than needed.

Transfers: first what is unfinished; what is not among those has ended meanwhile and is looked for among the ended,
newest first. N transfers cost at most ceil(N / 100) + 1 calls this way when they are the account's newest. Only an id
found in neither list is asked for by itself. Instances: those of the account's region.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.model.inventory import Instance
from transfer_provider.model.lifecycle import TERMINAL, UNFINISHED, Status
from transfer_provider.model.transfer import Transfer

# What the cloud can tell of: a transfer that waits for its initiation in the console is not there yet.
RUNNING = tuple(status for status in UNFINISHED if status is not Status.AWAITING_INITIATION)
LOOK_SECONDS = 60  # how old a look may be: a run is over before, a process that lives on looks again

T = TypeVar("T")
Page = tuple[Mapping[str, T], str | None]  # what a page lists, by id, and the token of the next


class TransferPolls:
    """Answers "how does this transfer stand?" for every resource of one region. Thread-safe.

    `role` says which side asks: `Source` or `Recipient`.
    """

    def __init__(self, cloud: Cloud, role: str = "Source") -> None:
        self._cloud = cloud
        self._role = role
        self._looks = _Looks(lambda: (self._listed(RUNNING), self._listed(TERMINAL)))

    def find(self, transfer_id: str) -> Transfer | None:
        """The transfer as the cloud lists it to this account; None only where it is confirmed not found."""
        found = self._looks.find(transfer_id)
        if found is not None:
            return found
        alone = operations.list_page(self._cloud, role=self._role, transfer_ids=[transfer_id])
        return next((transfer for transfer in alone.transfers if transfer.transfer_id == transfer_id), None)

    def _listed(self, statuses: Sequence[Status]) -> _Listing[Transfer]:
        def fetch(next_token: str | None) -> Page[Transfer]:
            page = operations.list_page(self._cloud, role=self._role, statuses=statuses, next_token=next_token)
            return {transfer.transfer_id: transfer for transfer in page.transfers}, page.next_token

        return _Listing(fetch)


class InstancePolls:
    """Answers "does this account own the instance, and how is it?" for every resource of one region. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._looks = _Looks(lambda: (_Listing(self._fetch),))

    def find(self, instance_id: str) -> Instance | None:
        """The instance; None where the account is confirmed not to list it."""
        return self._looks.find(instance_id)

    def _fetch(self, next_token: str | None) -> Page[Instance]:
        page = instances.list_page(self._cloud, next_token)
        return {instance.instance_id: instance for instance in page.instances}, page.next_token


class _Looks(Generic[T]):
    """The look in use, renewed once it is old. A look that failed has failed for everybody who waits for it."""

    def __init__(self, begin: Callable[[], tuple[_Listing[T], ...]]) -> None:
        self._begin = begin
        self._lock = threading.Lock()
        self._began: float | None = None
        self._listings: tuple[_Listing[T], ...] = ()
        self._failure: HandoverError | None = None

    def find(self, key: str) -> T | None:
        with self._lock:
            if self._began is None or time.monotonic() - self._began > LOOK_SECONDS:
                self._began, self._listings, self._failure = time.monotonic(), self._begin(), None
            if self._failure is not None:
                raise self._failure
            try:
                found = (listing.find(key) for listing in self._listings)
                return next((one for one in found if one is not None), None)
            except HandoverError as failure:
                self._failure = failure
                raise


class _Listing(Generic[T]):
    """What the account has of a kind, fetched page by page as it is asked for."""

    def __init__(self, fetch: Callable[[str | None], Page[T]]) -> None:
        self._fetch = fetch
        self._seen: dict[str, T] = {}
        self._next_token: str | None = None
        self._more = True

    def find(self, key: str) -> T | None:
        while key not in self._seen and self._more:
            listed, self._next_token = self._fetch(self._next_token)
            self._seen |= listed
            self._more = self._next_token is not None
        return self._seen.get(key)
