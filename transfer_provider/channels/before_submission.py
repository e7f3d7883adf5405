"""What is looked up of an instance before its transfer is submitted, batched: its transfers, and the instance itself.

Pulumi creates each resource on its own. What a program declares together is announced first, so that the first
submission looks up all of it, 100 a call: N submissions take ceil(N / 100) calls of each kind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.cloud.paging import PAGE
from transfer_provider.model.inventory import Instance
from transfer_provider.model.transfer import Transfer, by_instance

# How old a look-up may be. What changed since is caught by Alibaba Cloud: by the token of the same request, and by its
# conflict answer to another.
SECONDS = 300

T = TypeVar("T")


class BeforeSubmission:
    """What the account has of the instances that are about to be submitted in a region. Thread-safe."""

    def __init__(self, cloud: Cloud) -> None:
        self._transfers = _Batched(lambda ids: by_instance(operations.list_all(cloud, instance_ids=ids)))
        self._instances = _Batched(lambda ids: instances.query(cloud, ids))

    def expect(self, instance_ids: Iterable[str]) -> None:
        """Announce instances that will be asked for, so that they are looked up together."""
        announced = list(instance_ids)
        self._transfers.expect(announced)
        self._instances.expect(announced)

    def transfers(self, instance_id: str) -> Sequence[Transfer]:
        """All transfers of the instance. Raises as a call does: for every instance of a batch that failed."""
        return self._transfers.take(instance_id) or ()

    def instance(self, instance_id: str) -> Instance | None:
        """The instance; None where the account is confirmed not to list it. Raises likewise."""
        return self._instances.take(instance_id)


class _Batched(Generic[T]):
    """Entries by id, fetched with those that are announced; each is used once, then fetched anew."""

    def __init__(self, fetch: Callable[[Sequence[str]], Mapping[str, T]]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._announced: dict[str, None] = {}
        self._known: set[str] = set()
        self._fetched: dict[str, tuple[float, T | HandoverError | None]] = {}

    def expect(self, ids: Iterable[str]) -> None:
        with self._lock:
            self._announced |= dict.fromkeys(id_ for id_ in ids if id_ not in self._known)

    def take(self, id_: str) -> T | None:
        with self._lock:
            began, entry = self._fetched.pop(id_, (None, None))
            if began is None or time.monotonic() - began > SECONDS:
                self._fetch_with_announced(id_)
                _, entry = self._fetched.pop(id_)
        if isinstance(entry, HandoverError):
            raise entry
        return entry

    def _fetch_with_announced(self, id_: str) -> None:
        self._announced.pop(id_, None)
        together = [id_, *list(self._announced)[: PAGE - 1]]
        self._known.update(together)
        for each in together:
            self._announced.pop(each, None)
        began = time.monotonic()
        try:
            listed = self._fetch(together)
            self._fetched |= {each: (began, listed.get(each)) for each in together}
        except HandoverError as failure:
            self._fetched |= dict.fromkeys(together, (began, failure))
