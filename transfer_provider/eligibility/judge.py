"""Can an instance be handed over? Pure rules over facts, each with where it comes from: no I/O, no Pulumi.

A finding blocks where the source article or Alibaba Cloud's official lists say that such an instance is not
transferred; it warns where something of it is lost, stays behind, or has to be dealt with apart. What no API tells is
never guessed: it is in `CHECK_YOURSELF`, and what these credentials may not see in `unknown`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from transfer_provider.eligibility.codes import BLOCKERS, CHECK_YOURSELF, CODES, Check, Finding, Rule, finding
from transfer_provider.eligibility.rules import RULES
from transfer_provider.model.inventory import Facts, Move
from transfer_provider.model.lifecycle import Status

__all__ = [
    "BLOCKERS",
    "CHECK_YOURSELF",
    "CODES",
    "EXPIRY_DAYS",
    "Asked",
    "Check",
    "Finding",
    "Rule",
    "judge",
    "soften",
    "under_way",
    "unknown",
]

EXPIRY_DAYS = 7


@dataclass(frozen=True)
class Asked:
    """What a transfer is to ask for; None: it is not known."""

    instance_id: str
    recipient_account_id: str | None = None
    reason: str | None = None
    resource_group_id: str | None = None


def judge(
    facts: Facts,
    asked: Iterable[Asked],
    *,
    expiry_days: int = EXPIRY_DAYS,
    recipient_verified: bool | None = None,
) -> list[Finding]:
    """Everything found about these instances: what blocks first, then in the order of `CODES`.

    `recipient_verified` says whether the recipient is real-name verified, None where that is not known.
    """
    wanted = list(asked)
    found: list[Finding] = []
    if facts.verified is False:
        found.append(
            finding(
                "SourceNotVerified",
                facts.account_id,
                f"The source account {facts.account_id} is not real-name verified.",
                "Verify it in the account centre.",
            )
        )
    if recipient_verified is False:
        found += [
            finding(
                "RecipientNotVerified",
                one.recipient_account_id or "recipient",
                "The recipient's account is not real-name verified.",
                "Have the recipient verify it in the account centre.",
            )
            for one in wanted
        ]
    for one in wanted:
        found += _of_request(facts, one)
        instance = facts.instances.get(one.instance_id)
        if instance is not None:
            for rule in RULES:
                found += rule(facts, instance, timedelta(days=expiry_days))
    return _sorted(dict.fromkeys(found))


def under_way(facts: Facts, asked: Asked) -> bool:
    """Whether this very request was submitted already, or the instance handed over: it is followed, not judged."""
    if asked.recipient_account_id is None:
        return False
    moves = (facts.moves or {}).get(asked.instance_id, ())
    if any(not move.status.finished and _same(move, asked) for move in moves):
        return True
    gone = asked.instance_id not in facts.instances
    return gone and any(
        move.status is Status.COMPLETED and move.recipient_account_id == asked.recipient_account_id for move in moves
    )


def soften(findings: Iterable[Finding], codes: Collection[str]) -> list[Finding]:
    """The same where what has one of these codes only warns: the stack's setting `warnOnly`."""
    return _sorted(replace(one, blocks=one.blocks and one.code not in codes) for one in findings)


def unknown(facts: Facts) -> list[str]:
    """What could not be told with these credentials."""
    asked = {
        "Whether the source account is real-name verified": facts.verified,
        "Whether another transfer of it is unfinished, or the same was cancelled before": facts.moves,
        "Whether maintenance is scheduled for it": facts.maintenance,
    }
    return [
        f"{what}: these credentials may not see it, or the account is not offered the action."
        for what, known in asked.items()
        if known is None
    ]


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    order = list(CODES)
    return sorted(findings, key=lambda one: (not one.blocks, order.index(one.code), one.subject, one.message))


def _same(move: Move, asked: Asked) -> bool:
    """Whether a transfer is what is asked for; what is not said is not compared."""
    return move.recipient_account_id == asked.recipient_account_id and all(
        ours is None or theirs == ours
        for theirs, ours in ((move.reason, asked.reason), (move.resource_group_id, asked.resource_group_id))
    )


def _of_request(facts: Facts, asked: Asked) -> Iterator[Finding]:
    """What holds whatever the instance is like."""
    instance_id = asked.instance_id
    if instance_id not in facts.instances:
        yield finding(
            "NotFound",
            instance_id,
            f"Account {facts.account_id} lists no such instance in {facts.region}.",
            "Check the id, the region, and that the profile belongs to the source account.",
        )
        return
    if asked.recipient_account_id == facts.account_id:
        yield finding(
            "SameAccount",
            instance_id,
            f"The recipient {facts.account_id} is the account that owns it.",
            "Name the account it is to go to.",
        )
    for move in (facts.moves or {}).get(instance_id, ()):
        if not move.status.finished and not _same(move, asked):
            yield finding(
                "TransferInProgress",
                instance_id,
                f"Its transfer {_told(move)}, is {move.status}.",
                "Wait for its end, or cancel it.",
            )
        if move.status is Status.CANCELLED:
            yield from _cancelled(move, asked)


def _cancelled(move: Move, asked: Asked) -> Iterator[Finding]:
    said = f"{_told(move)}, was cancelled"
    remedy = "Change the request, for example its reason: the same is never taken again."
    if asked.recipient_account_id not in (None, move.recipient_account_id) or asked.reason not in (None, move.reason):
        return  # Another request.
    if asked.recipient_account_id is not None and asked.reason is not None:
        yield finding("CancelledBefore", asked.instance_id, f"The same request, {said}.", remedy)
    else:
        yield finding("CancelledBefore", asked.instance_id, f"A transfer, {said}.", remedy, blocks=False)


def _told(move: Move) -> str:
    reason = f" with the reason {move.reason!r}" if move.reason else ""
    return f"{move.transfer_id} to account {move.recipient_account_id}{reason}"
