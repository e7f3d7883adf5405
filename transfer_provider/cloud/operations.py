"""The four transfer actions, each as a function over a `Cloud`, and how their answers are read.

**All assumed.** `TransferInstance` is named by an article on how instances change owner, and is in no SDK, CLI or
public document; its parameters and its three companions are this project's assumption, worded after Alibaba Cloud's
own handshake actions. Everything assumed about the wire is in this file, so that a published contract changes one file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused, Unsupported, no_answer, withhold
from transfer_provider.cloud.paging import PAGE, UNREADABLE
from transfer_provider.model.lifecycle import OF_A_TRANSFER, Status
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer, TransferRequest

TRANSFER_INSTANCE = Action("TransferInstance", repeatable=False)
DRY_RUN_TRANSFER = Action("TransferInstance", repeatable=True)  # with DryRun
DESCRIBE_INSTANCE_TRANSFERS = Action("DescribeInstanceTransfers", repeatable=True)
ACCEPT_INSTANCE_TRANSFER = Action("AcceptInstanceTransfer", repeatable=False)
CANCEL_INSTANCE_TRANSFER = Action("CancelInstanceTransfer", repeatable=False)


@dataclass(frozen=True)
class TransferPage:
    """An answer of the listing, and the token of the next (None: there is none)."""

    transfers: tuple[Transfer, ...]
    next_token: str | None


@dataclass(frozen=True)
class Submitted:
    """The answer of a submission; the status is None where it has none that is known."""

    transfer_id: str
    status: Status | None


def submit(cloud: Cloud, request: TransferRequest, client_token: str) -> Submitted:
    """TransferInstance by the source account. Safe to repeat with the same token."""
    _, doing = _parameters(request)
    answer = cloud.ask(TRANSFER_INSTANCE, submission(request, client_token), doing=doing)
    if not isinstance(answer.get("TransferId"), str):
        raise no_answer(doing, "no TransferId in it")
    status = answer.get("Status")
    return Submitted(str(answer["TransferId"]), Status(status) if status in OF_A_TRANSFER else None)


def submission(request: TransferRequest, client_token: str) -> dict[str, str]:
    """The parameters of the TransferInstance that `submit` calls."""
    query, _ = _parameters(request)
    return query | {"ClientToken": client_token}


def dry_run(cloud: Cloud, request: TransferRequest) -> None:
    """TransferInstance with DryRun: raises what a submission would; no changes are made.

    An unfinished transfer of the instance is no objection here: it is about to be cancelled.
    """
    query, doing = _parameters(request)
    try:
        cloud.ask(DRY_RUN_TRANSFER, query | {"DryRun": "true"}, doing=doing)
    except Refused as error:
        if error.code not in ("DryRunOperation", "OperationConflict.TransferInProgress"):
            raise


def list_page(
    cloud: Cloud,
    *,
    role: str = "Source",
    transfer_ids: Sequence[str] | None = None,
    instance_ids: Sequence[str] | None = None,
    statuses: Sequence[Status] | None = None,
    next_token: str | None = None,
) -> TransferPage:
    """A page of DescribeInstanceTransfers: what this account sends (`Source`) or receives (`Recipient`).

    At most 100 ids. Raises Unsupported where the cloud reports a status this version does not know.
    """
    doing = f"look up instance transfers in {cloud.region} with {cloud}"
    answer = cloud.ask(
        DESCRIBE_INSTANCE_TRANSFERS,
        _specified(
            RegionId=cloud.region,
            Role=role,
            TransferIds=None if transfer_ids is None else json.dumps(list(transfer_ids)),
            InstanceIds=None if instance_ids is None else json.dumps(list(instance_ids)),
            Status=None if statuses is None else ",".join(statuses),
            MaxResults=str(PAGE),
            NextToken=next_token,
        ),
        doing=doing,
    )
    try:
        listed = answer["Transfers"]["Transfer"]
        _known_statuses(listed, doing)
        return TransferPage(tuple(map(_transfer, listed)), answer.get("NextToken") or None)
    except UNREADABLE:
        raise no_answer(doing, "not the requested list") from None


def list_all(
    cloud: Cloud,
    *,
    role: str = "Source",
    instance_ids: Sequence[str] | None = None,
    statuses: Sequence[Status] | None = None,
) -> Iterator[Transfer]:
    """Every transfer of at most 100 instances (None: of all) and of these statuses (None: of any), page by page."""
    fetch = partial(list_page, cloud, role=role, instance_ids=instance_ids, statuses=statuses)
    page = fetch()
    yield from page.transfers
    while page.next_token:
        page = fetch(next_token=page.next_token)
        yield from page.transfers


def newest(transfers: Iterable[Transfer]) -> Transfer | None:
    """The transfer that counts among an instance's: the unfinished transfer, else the last submitted."""
    return max(
        transfers, key=lambda transfer: (not transfer.status.terminal, transfer.submitted_at or ""), default=None
    )


def cancel(cloud: Cloud, transfer_id: str, instance_id: str) -> None:
    """CancelInstanceTransfer by the source account. Safe to repeat: the token is derived from the transfer."""
    query = _specified(RegionId=cloud.region, TransferId=transfer_id, ClientToken=f"cancel-{transfer_id}")
    cloud.ask(CANCEL_INSTANCE_TRANSFER, query, doing=f"cancel the transfer {transfer_id} of {instance_id}")


def accept(
    cloud: Cloud,
    transfer_id: str,
    *,
    vswitch_id: str,
    security_group_ids: Sequence[str],
    resource_group_id: str | None = None,
) -> None:
    """AcceptInstanceTransfer by the recipient, into its vSwitch and 1 to 5 security groups. Safe to repeat."""
    query = _specified(
        RegionId=cloud.region,
        TransferId=transfer_id,
        VSwitchId=vswitch_id,
        ResourceGroupId=resource_group_id,
        ClientToken=f"accept-{transfer_id}",
    )
    query |= {f"SecurityGroupId.{n}": group for n, group in enumerate(security_group_ids, start=1)}
    cloud.ask(ACCEPT_INSTANCE_TRANSFER, query, doing=f"accept the transfer {transfer_id}")


def _parameters(request: TransferRequest) -> tuple[dict[str, str], str]:
    """A request's parameters, and what it does in words."""
    query = _specified(
        RegionId=request.region,
        InstanceId=request.instance_id,
        ResourceGroupId=request.resource_group_id,
        RecipientAccountId=request.recipient_account_id,
        RecipientAccountName=request.recipient_account_name,
        RecipientEmail=request.recipient_email,
        Reason=request.reason,
        AgreementAccepted="true",
    )
    return query, f"submit the transfer of {request.instance_id} to account {request.recipient_account_id}"


def _specified(**parameters: str | None) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value is not None}


def _transfer(entry: Mapping[str, Any]) -> Transfer:
    failure = ": ".join(str(entry[key]) for key in ("FailureCode", "FailureMessage") if entry.get(key))
    return Transfer(
        transfer_id=_text(entry["TransferId"]),
        instance_id=_text(entry["InstanceId"]),
        status=Status(entry["Status"]),
        recipient_account_id=_text(entry["RecipientAccountId"]),
        source_account_id=_text(entry["SourceAccountId"]),
        region=_optional(entry, "RegionId"),
        resource_group_id=_optional(entry, "ResourceGroupId"),
        reason=_optional(entry, "Reason"),
        submitted_at=_optional(entry, "CreationTime"),
        reviewed_at=_optional(entry, "ReviewTime"),
        cancellable_until=_optional(entry, "CancellableUntil"),
        accept_before=_optional(entry, "AcceptBefore"),
        completed_at=_optional(entry, "CompletionTime"),
        failure=withhold(failure) or None,
    )


def _optional(entry: Mapping[str, Any], key: str) -> str | None:
    return None if entry.get(key) is None else _text(entry[key])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _known_statuses(listed: Sequence[Mapping[str, Any]], doing: str) -> None:
    for entry in listed:
        if entry["Status"] not in OF_A_TRANSFER:
            raise Unsupported(
                printable(f"Could not {doing}: transfer {entry.get('TransferId')} has the status {entry['Status']!r}, ")
                + "which this version does not know. Upgrade instance-handover."
            )
