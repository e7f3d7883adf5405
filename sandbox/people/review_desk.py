"""The review desk: decides what Alibaba Cloud's staff would decide."""

from __future__ import annotations

from sandbox.models.errors import SandboxError
from sandbox.models.transfers import Status, Transfer
from sandbox.state.cloud import CloudState


class ReviewDesk:
    """Approves, rejects or lets expire. A transfer is named by its id, or by its instance's while unfinished.

    Every decision raises SandboxError where there is no such transfer or its status does not allow it.
    """

    def __init__(self, cloud: CloudState) -> None:
        self._cloud = cloud

    def transfers(self) -> list[Transfer]:
        """Every transfer, newest first."""
        return self._cloud.transfers()

    def approve(self, name: str) -> Transfer:
        """The review passes; the recipient may accept."""
        with self._cloud.lock:
            transfer = self._found(name, Status.UNDER_REVIEW)
            return self._decided(transfer.approved(self._cloud.clock.now(), self._cloud.world.times))

    def reject(self, name: str, *, reason: str) -> Transfer:
        """The review refuses, for a reason that both sides get."""
        with self._cloud.lock:
            transfer = self._found(name, Status.UNDER_REVIEW)
            return self._decided(transfer.rejected(self._cloud.clock.now(), reason))

    def expire(self, name: str) -> Transfer:
        """Its time runs out at once, without moving the clock."""
        with self._cloud.lock:
            return self._decided(self._found(name, Status.UNDER_REVIEW, Status.APPROVED).expired())

    def _found(self, name: str, *allowed: Status) -> Transfer:
        known = self._cloud.transfers()
        of_instance = [transfer for transfer in known if transfer.instance_id == name and not transfer.status.terminal]
        found = next(
            (transfer for transfer in [*of_instance, *known] if name in (transfer.id, transfer.instance_id)), None
        )
        if found is None:
            raise SandboxError(f"There is no transfer {name}. `alicloud-sandbox review list` shows all of them.")
        if found.status not in allowed:
            raise SandboxError(
                f"Transfer {found.id} of {found.instance_id} is {found.status}; "
                f"this decision is for transfers that are {' or '.join(allowed)}."
            )
        return found

    def _decided(self, transfer: Transfer) -> Transfer:
        self._cloud.put_transfer(transfer)
        return transfer
