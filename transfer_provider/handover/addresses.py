"""EIPs of the recipient that a run allocated before it was killed, so that the next run imports them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

from transfer_provider.cloud import addresses
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import Refused


class UnboundAddresses:
    """The EIPs of the recipient that are bound to nothing. Thread-safe.

    `profile` is the recipient's (None: the default credential chain); `recorded` are the allocation ids that the
    stack's state holds, which belong to their own handovers.
    """

    def __init__(self, profile: str | None, recorded: Collection[str]) -> None:
        self._profile = profile
        self._recorded = recorded
        self._regions: dict[str, Mapping[str, list[str]]] = {}
        self._adopted: set[str] = set()
        self._lock = threading.Lock()

    def adopt(self, region: str, name: str) -> str | None:
        """The allocation id of the unbound EIP of this name, or None; each is adopted once. One query for a region.

        Raises Refused where several EIPs have the name.
        """
        with self._lock:
            if region not in self._regions:
                self._regions[region] = addresses.unbound(Cloud(self._profile, region))
            taken = self._adopted.union(self._recorded)
            found = [
                allocation_id for allocation_id in self._regions[region].get(name, []) if allocation_id not in taken
            ]
            if len(found) > 1:
                raise Refused(
                    f"Could not adopt an EIP named {name!r}: {', '.join(found)} all have that name and are bound to "
                    "nothing. Release those not needed, or give the handover's eip another name."
                )
            self._adopted.update(found)
            return found[0] if found else None
