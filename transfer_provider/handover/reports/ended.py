"""Declared transfers that ended without handing anything over, while their file still asks for them."""

from __future__ import annotations

from transfer_provider.handover.guards import differs
from transfer_provider.model.lifecycle import FAILED, Status
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer, TransferRequest

REMEDIES = {
    Status.CANCELLED: "Where the instance is to stay, remove the declaration.",
    Status.REJECTED: (
        "Settle what the review names, then change the reason to submit a new request; or remove the declaration, run "
        "`pulumi up`, and put it back, which submits the same request again."
    ),
    Status.EXPIRED: (
        "Change the reason to submit a new request; or remove the declaration, run `pulumi up`, and put it back, which "
        "submits the same request again. The recipient then has to accept in time."
    ),
}


def ended(submitted: Transfer | None, request: TransferRequest) -> list[str]:
    """The warning about a transfer that was submitted as requested and is Cancelled, Rejected or Expired; else none."""
    if submitted is None or submitted.status not in FAILED or differs(submitted, request):
        return []
    return [
        f"The transfer {submitted.transfer_id} of {submitted.instance_id} to account {submitted.recipient_account_id} "
        f"is {submitted.status}, so nothing is under way. {printable(submitted.status_message())} "
        f"{REMEDIES[submitted.status]}"
    ]
