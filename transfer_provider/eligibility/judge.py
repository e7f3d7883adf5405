"""Can an instance be handed over? Pure rules over inventory, each with where it comes from: no I/O, no Pulumi.

A finding blocks where the source article or Alibaba Cloud's official lists say that such an instance is not
transferred; it warns where something of it is lost, stays behind, or has to be dealt with apart. What no API reports is
never guessed: it is in `CHECK_YOURSELF`, and what these credentials may not see in `unknown`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from transfer_provider.eligibility.codes import BLOCKERS, CHECK_YOURSELF, CODES, Check, Code, Finding, finding
from transfer_provider.eligibility.rules import RULES, SINCE_APPROVAL, fixed_address
from transfer_provider.model.inventory import Inventory
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest, differences, how_to_adopt

__all__ = [
    "BLOCKERS",
    "CHECK_YOURSELF",
    "CODES",
    "EXPIRY_DAYS",
    "MOST_EXPIRY_DAYS",
    "Check",
    "Code",
    "Finding",
    "in_order",
    "judge",
    "since_approval",
    "soften",
    "under_way",
    "unknown",
]

EXPIRY_DAYS = 7
MOST_EXPIRY_DAYS = 3650


def judge(
    inventory: Inventory,
    requests: Iterable[TransferRequest],
    *,
    eips: Mapping[str, bool] | None = None,
    expiry_days: int = EXPIRY_DAYS,
    recipient_verified: bool | None = None,
) -> list[Finding]:
    """Everything found about these instances: what blocks first, then in the order of `CODES`.

    `eips`: whether an EIP is declared, by instance; of what is missing that is not known. `recipient_verified`: whether
    the recipient is real-name verified, None where that is not known.
    """
    wanted = list(requests)
    found: list[Finding] = []
    if inventory.verified is False:
        found.append(
            finding(
                "SourceNotVerified",
                inventory.account_id,
                f"The source account {inventory.account_id} is not real-name verified.",
                "Verify it in the account centre.",
            )
        )
    if recipient_verified is False:
        found += [
            finding(
                "RecipientNotVerified",
                request.recipient_account_id or "recipient",
                "The recipient's account is not real-name verified.",
                "Have the recipient verify it in the account centre.",
            )
            for request in wanted
        ]
    for request in wanted:
        found += _of_request(inventory, request)
        instance = inventory.instances.get(request.instance_id)
        if instance is not None:
            for rule in RULES:
                found += rule(inventory, instance, timedelta(days=expiry_days))
            found += fixed_address(instance, eip=(eips or {}).get(request.instance_id))
    return in_order(dict.fromkeys(found))


def under_way(inventory: Inventory, request: TransferRequest) -> bool:
    """Whether this very request was submitted already, or the instance handed over: it is tracked, not judged."""
    if not request.recipient_account_id:
        return False
    transfers = (inventory.transfers or {}).get(request.instance_id, ())
    if any(not transfer.status.terminal and not differences(transfer, request) for transfer in transfers):
        return True
    gone = request.instance_id not in inventory.instances
    return gone and any(
        transfer.status is Status.COMPLETED and transfer.recipient_account_id == request.recipient_account_id
        for transfer in transfers
    )


def since_approval(inventory: Inventory, instance_id: str, *, expiry_days: int = EXPIRY_DAYS) -> list[Finding]:
    """What makes accepting an approved transfer questionable, for accepting is irreversible. Blocking is only what
    makes it useless: an instance that is being released."""
    instance = inventory.instances.get(instance_id)
    if instance is None:
        return []  # It may be moving already.
    found = [found for rule in SINCE_APPROVAL for found in rule(inventory, instance, timedelta(days=expiry_days))]
    return in_order(replace(finding, blocks=finding.code == "Recycling") for finding in dict.fromkeys(found))


def soften(findings: Iterable[Finding], codes: Collection[str]) -> list[Finding]:
    """The same where what has one of these codes only warns: the stack's setting `warnOnly`."""
    return in_order(replace(finding, blocks=finding.blocks and finding.code not in codes) for finding in findings)


def unknown(inventory: Inventory) -> list[str]:
    """What could not be checked with these credentials."""
    queried = {
        "Whether the source account is real-name verified": inventory.verified,
        "Whether another transfer of it is unfinished, or the same was cancelled before": inventory.transfers,
        "Whether maintenance is scheduled for it": inventory.maintenance,
    }
    return [
        f"{what}: these credentials may not see it, or the account is not offered the action."
        for what, known in queried.items()
        if known is None
    ]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """What blocks first, then in the order of `CODES`."""
    order = list(CODES)
    return sorted(
        findings,
        key=lambda found: (not found.blocks, order.index(found.code), found.subject, found.message, found.remedy),
    )


def _of_request(inventory: Inventory, request: TransferRequest) -> Iterator[Finding]:
    """What holds whatever the instance is like."""
    instance_id = request.instance_id
    if instance_id not in inventory.instances:
        yield finding(
            "NotFound",
            instance_id,
            f"Account {inventory.account_id} lists no such instance in {inventory.region}.",
            "Check the id, the region, and that the profile belongs to the source account.",
        )
        return
    if request.recipient_account_id == inventory.account_id:
        yield finding(
            "SameAccount",
            instance_id,
            f"The recipient {inventory.account_id} is the account that owns it.",
            "Name the account it is to go to.",
        )
    for transfer in (inventory.transfers or {}).get(instance_id, ()):
        if not transfer.status.terminal and (not request.recipient_account_id or differences(transfer, request)):
            yield finding(
                "TransferInProgress",
                instance_id,
                f"Its transfer {_described(transfer)}, is {transfer.status}.",
                how_to_adopt(transfer, request) if request.recipient_account_id else "Wait for its end, or cancel it.",
            )
        if transfer.status is Status.CANCELLED:
            yield from _cancelled(transfer, request)


def _cancelled(transfer: Transfer, request: TransferRequest) -> Iterator[Finding]:
    before = f"{_described(transfer)}, was cancelled"
    remedy = "Change the request, for example its reason: the same is never taken again."
    other_recipient = request.recipient_account_id not in ("", transfer.recipient_account_id)
    other_reason = request.reason not in (None, transfer.reason)
    if other_recipient or other_reason:
        return  # Another request.
    if request.recipient_account_id and request.reason is not None:
        yield finding("CancelledBefore", request.instance_id, f"The same request, {before}.", remedy)
    else:
        yield finding("CancelledBefore", request.instance_id, f"A transfer, {before}.", remedy, blocks=False)


def _described(transfer: Transfer) -> str:
    reason = f" with the reason {transfer.reason!r}" if transfer.reason else ""
    return f"{transfer.transfer_id} to account {transfer.recipient_account_id}{reason}"
