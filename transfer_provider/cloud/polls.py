"""A batched query for all the resources of a run, instead of a call each: of transfers, and of an account's instances.

Pulumi reads each resource on its own, so the first read lists, 100 a call, and no further than needed.

Transfers: first the unfinished; what is not among those became terminal meanwhile and is queried among the terminal,
newest first. N transfers cost at most ceil(N / 100) + 1 calls this way when they are the account's newest. Only an id
found in neither list is queried by itself. Instances: those of the account's region.
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

# What the cloud can list: a transfer that waits for its initiation in the console is not there yet.
RUNNING = tuple(status for status in UNFINISHED if status is not Status.AWAITING_INITIATION)
QUERY_SECONDS = 60  # how old a query may be: a run is over before, a process that lives on queries again

T = TypeVar("T")
Page = tuple[Mapping[str, T], str | None]  # what a page lists, by id, and the token of the next


class TransferPolls:
    """The current status of a transfer, for every resource of a region. Thread-safe.

    `role` is the side that queries: `Source` or `Recipient`.
    """

    def __init__(self, cloud: Cloud, role: str = "Source") -> None:
        self._cloud = cloud
        self._role = role
        self._queries = _Queries(lambda: (self._listed(RUNNING), self._listed(TERMINAL)))

    def find(self, transfer_id: str) -> Transfer | None:
        """The transfer as the cloud lists it to this account; None only where it is confirmed not found."""
        transfer = self._queries.find(transfer_id)
        if transfer is not None:
            return transfer
        page = operations.list_page(self._cloud, role=self._role, transfer_ids=[transfer_id])
        return next((transfer for transfer in page.transfers if transfer.transfer_id == transfer_id), None)

    def _listed(self, statuses: Sequence[Status]) -> _Listing[Transfer]:
        def fetch(next_token: str | None) -> Page[Transfer]:
            page = operations.list_page(self._cloud, role=self._role, statuses=statuses, next_token=next_token)
            return {transfer.transfer_id: transfer for transfer in page.transfers}, page.next_token

        return _Listing(fetch)


class InstancePolls:
    """The instances that the account owns, for every resource of a region. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._queries = _Queries(lambda: (_Listing(self._fetch),))

    def find(self, instance_id: str) -> Instance | None:
        """The instance; None where the account is confirmed not to list it."""
        instance = self._queries.find(instance_id)
        if instance is None:
            instances.confirm_listing(self._cloud)
        return instance

    def _fetch(self, next_token: str | None) -> Page[Instance]:
        page = instances.list_page(self._cloud, next_token)
        return {instance.instance_id: instance for instance in page.instances}, page.next_token


class _Queries(Generic[T]):
    """The query in use, renewed once it is old. A query that failed has failed for every resource that waits for it."""

    def __init__(self, begin: Callable[[], tuple[_Listing[T], ...]]) -> None:
        self._begin = begin
        self._lock = threading.Lock()
        self._began: float | None = None
        self._listings: tuple[_Listing[T], ...] = ()
        self._failure: HandoverError | None = None

    def find(self, key: str) -> T | None:
        with self._lock:
            if self._began is None or time.monotonic() - self._began > QUERY_SECONDS:
                self._began, self._listings, self._failure = time.monotonic(), self._begin(), None
            if self._failure is not None:
                raise self._failure
            try:
                entries = (listing.find(key) for listing in self._listings)
                return next((entry for entry in entries if entry is not None), None)
            except HandoverError as failure:
                self._failure = failure
                raise


class _Listing(Generic[T]):
    """What the account has of a kind, fetched page by page as far as it is needed."""

    def __init__(self, fetch: Callable[[str | None], Page[T]]) -> None:
        self._fetch = fetch
        self._fetched: dict[str, T] = {}
        self._next_token: str | None = None
        self._more = True

    def find(self, key: str) -> T | None:
        while key not in self._fetched and self._more:
            listed, self._next_token = self._fetch(self._next_token)
            self._fetched |= listed
            self._more = self._next_token is not None
        return self._fetched.get(key)
