"""What a run says of a copy: an address that keeps its instance from being made, and why sharing may be refused."""

from __future__ import annotations

from collections.abc import Sequence

from transfer_provider.handover.copying.original import encrypted
from transfer_provider.handover.copying.plan import CopyDue
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted


def of_copy(wanted: Wanted, due: CopyDue, held: HeldCopy | None) -> Sequence[str]:
    """The warnings of one copy; empty where there is nothing to say."""
    found = []
    if due.address_taken:
        found.append(f"{wanted.name}: {due.message}")
    if held is not None and due.share and not held.shared and encrypted(held.original):
        found.append(
            f"{wanted.name} shares an encrypted image. Alibaba Cloud refuses that where its key is the service's "
            "(OperationDeined.EncryptedSnapshot), or the source has no RAM role AliyunECSShareEncryptImageDefaultRole "
            "(AssumeRoleError). Nothing is lost then: create the role and run `pulumi up` again; or remove the "
            "handover's file, which cleans up, encrypt the disks with a customer master key, and put it back."
        )
    return found
