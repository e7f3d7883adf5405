"""A transfer: what a source account requests, and how it is listed afterwards. Pure: no I/O, no Pulumi, no cloud."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from transfer_provider.model import status_messages
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.text import printable


@dataclass(frozen=True)
class TransferRequest:
    """What a source account requests: this instance, to that recipient, for that reason.

    `region` is a region id (`cn-hangzhou`); account ids are 16 digits. An empty recipient is not chosen yet
    (a query before anything is declared); what is None is not specified, or not known yet.
    """

    instance_id: str
    region: str
    recipient_account_id: str = ""
    recipient_account_name: str | None = None
    recipient_email: str | None = None
    resource_group_id: str | None = None
    reason: str | None = None

    def client_token(self, earlier: Iterable[str] = ()) -> str:
        """The token that makes submitting this request idempotent (at most 64 ASCII characters).

        It is derived from the request alone, so a run that was killed sends the same token again. `earlier` are the
        ids of this request's terminal transfers: once it was rejected or expired, submitting again is a new request.
        """
        content = json.dumps([vars(self), sorted(earlier)], sort_keys=True, ensure_ascii=True)
        return "handover-" + hashlib.sha256(content.encode()).hexdigest()[:48]


@dataclass(frozen=True)
class Transfer:
    """A transfer as Alibaba Cloud lists it, or as the stack's state holds it; times are `YYYY-MM-DDThh:mm:ssZ`.

    What is None was not reported.
    """

    transfer_id: str
    instance_id: str
    status: Status
    recipient_account_id: str
    source_account_id: str | None = None
    region: str | None = None
    resource_group_id: str | None = None
    reason: str | None = None
    channel: str = "api"
    submitted_at: str | None = None
    reviewed_at: str | None = None
    cancellable_until: str | None = None
    accept_before: str | None = None
    completed_at: str | None = None
    failure: str | None = None
    """Why it was rejected or expired, in Alibaba Cloud's words, without what may be a secret."""
    left_source_at: str | None = None
    """Console channel: when the source was first observed not to list the instance."""
    message: str | None = None
    """Console channel: its status message, by which account lists the instance."""

    def status_message(self) -> str:
        """The sentence that outputs show beside the status."""
        return self.message or status_messages.of_transfer(
            self.status, failure=self.failure, accept_before=self.accept_before
        )


def by_instance(transfers: Iterable[Transfer]) -> Mapping[str, Sequence[Transfer]]:
    """The transfers of each instance, in their order; an instance without any is missing."""
    found: dict[str, list[Transfer]] = {}
    for transfer in transfers:
        found.setdefault(transfer.instance_id, []).append(transfer)
    return found


def differences(transfer: Transfer, request: TransferRequest) -> list[str]:
    """What a transfer requests other than this request; empty where they are the same.

    What the request does not specify is not compared.
    """
    compared = {
        "recipient account": (transfer.recipient_account_id, request.recipient_account_id),
        "reason": (transfer.reason, request.reason),
        "resource group": (transfer.resource_group_id, request.resource_group_id),
    }
    return [
        f"{name} {listed!r}" if listed else f"no {name}"
        for name, (listed, requested) in compared.items()
        if requested and listed != requested
    ]


def how_to_adopt(transfer: Transfer, request: TransferRequest) -> str:
    """What to do where a transfer is unfinished and this request is another one; one sentence or two."""
    if transfer.recipient_account_id != request.recipient_account_id or transfer.reason == request.reason:
        return "Cancel that transfer first, or declare the same to adopt it."
    former = f"Restore its reason {printable(repr(transfer.reason))}" if transfer.reason else "Leave the reason out"
    return f"{former} and run `pulumi up`, which adopts it; another reason then replaces it, which cancels it."
