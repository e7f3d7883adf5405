"""What a run has been told of transfers and done with them so far, which a resource's later operation depends on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from transfer_provider.cloud.errors import Refused
from transfer_provider.model.transfer import Transfer, TransferRequest


class RunRecord:
    """The transfers that this run's resources track, and which request will replace which transfer. Thread-safe.

    `check` records which instances are declared together, so that `create` has them looked up together; `diff` records
    a replacement's request, so that `delete` can submit it as a dry run before it cancels; `create` records what it
    tracks, and `read` what the state's resources track, so that `delete` leaves a transfer that another resource tracks
    from here on (a rename), and that two resources never begin to track the same transfer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tracked: set[str] = set()
        self._refreshed: dict[str, set[str]] = {}
        self._successors: dict[str, TransferRequest] = {}
        self._declared: dict[tuple[str, str], dict[str, None]] = {}

    def declared_together(self, region: str, channel: str, instance_ids: Iterable[str]) -> None:
        """Record instances whose transfers the program declares."""
        with self._lock:
            self._declared.setdefault((region, channel), {}).update(dict.fromkeys(instance_ids))

    def newly_declared(self, region: str, channel: str) -> Sequence[str]:
        """What was recorded since this was last asked for."""
        with self._lock:
            return list(self._declared.pop((region, channel), {}))

    def will_be_replaced_by(self, transfer_id: str, successor: TransferRequest) -> None:
        """Record the request that will replace a transfer."""
        with self._lock:
            self._successors[transfer_id] = successor

    def successor_of(self, transfer_id: str) -> TransferRequest | None:
        """The request that will replace the transfer; None where it is only removed."""
        with self._lock:
            return self._successors.get(transfer_id)

    def track_once(self, transfer: Transfer) -> None:
        """Record that a resource tracks the transfer. Raises Refused where another resource of this run tracks it."""
        with self._lock:
            if transfer.transfer_id in self._tracked:
                raise Refused(
                    f"Could not declare the transfer of {transfer.instance_id} a second time: another resource of this "
                    f"program tracks {transfer.transfer_id} already. Declare each instance once."
                )
            self._tracked.add(transfer.transfer_id)

    def refreshed(self, transfer_id: str, origin: str) -> None:
        """Record that a resource of the state tracks the transfer; `origin` is its output of that name."""
        with self._lock:
            self._refreshed.setdefault(transfer_id, set()).add(origin)

    def leave_to_another(self, transfer_id: str, origin: str) -> bool:
        """Whether another resource tracks the transfer, so that the one being deleted leaves it; the last one does not.

        A run that was killed while an `InstanceTransfer` was renamed leaves the old resource beside the new one, which
        adopted the transfer: their origins differ.
        """
        with self._lock:
            if transfer_id in self._tracked:
                return True
            others = self._refreshed.get(transfer_id, set())
            others.discard(origin)
            return bool(others)
