"""Can an instance be handed over? Pure rules over facts, each with where it comes from: no I/O, no Pulumi.

A finding blocks where the source article or Alibaba Cloud's official lists say that such an instance is not
transferred; it warns where something of it is lost, stays behind, or has to be dealt with apart. What no API tells is
never guessed: it is in `CHECK_YOURSELF`, and what these credentials may not see in `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from transfer_provider.facts import Disk, Facts, Instance, Move
from transfer_provider.lifecycle import Status

EXPIRY_DAYS = 7
YOUNGEST = timedelta(days=5)

OFFICIAL = "Alibaba Cloud, rules for transferring classic-network instances (2021)"
CONSOLE = "Alibaba Cloud, Resource transfer (help.aliyun.com/en/user-center/resource-transfer)"
MANUAL = "Alibaba Cloud, ECS transfer manual (help.aliyun.com/document_detail/281188.html)"
INFERRED = "inferred: it belongs to the source account"


def _article(number: str) -> str:
    return f"the source article, {number}"


@dataclass(frozen=True)
class Rule:
    """What a code stands for: whether it blocks, and where the rule comes from."""

    blocks: bool
    source: str


CODES: Mapping[str, Rule] = {
    "NotFound": Rule(True, _article("S4")),
    "SameAccount": Rule(True, f"{OFFICIAL}: source equals target"),
    "SourceNotVerified": Rule(True, f"{CONSOLE}: real-name verified accounts only"),
    "RecipientNotVerified": Rule(True, f"{_article('S15')}; {CONSOLE}"),
    "TransferInProgress": Rule(True, f"{OFFICIAL}: in an unfinished transfer"),
    "CancelledBefore": Rule(True, _article("S14")),
    "IncorrectStatus": Rule(True, f"{_article('S1')}; {OFFICIAL}"),
    "Recycling": Rule(True, f"{_article('S1')}: not releasing"),
    "Expired": Rule(True, f"{_article('S1')}; {OFFICIAL}"),
    "Locked": Rule(True, f"{OFFICIAL}: locked"),
    "Spot": Rule(True, f"{OFFICIAL}: spot instances"),
    "EncryptedDisk": Rule(True, f"{OFFICIAL}: encrypted disks"),
    "SharedDisk": Rule(True, f"{OFFICIAL}: shared block storage"),
    "DiskNotAttached": Rule(True, f"{_article('S8')}; {OFFICIAL}"),
    "CreatedRecently": Rule(True, f"{OFFICIAL}: created less than 5 days ago"),
    "ScheduledMaintenance": Rule(True, f"{OFFICIAL}: scheduled move to another host"),
    "ExpiresSoon": Rule(False, _article("S12")),
    "AutoRelease": Rule(False, _article("S1")),
    "EipBound": Rule(False, f"{_article('S2')}; {MANUAL}"),
    "Marketplace": Rule(False, f"{_article('S2')} and S9"),
    "DedicatedHost": Rule(False, INFERRED),
    "DeploymentSet": Rule(False, INFERRED),
    "SecondaryInterfaces": Rule(False, INFERRED),
    "DeletionProtection": Rule(False, INFERRED),
}

BLOCKERS = tuple(code for code, rule in CODES.items() if rule.blocks)


@dataclass(frozen=True)
class Finding:
    """One thing that is in the way of a handover, or to be minded.

    `subject` is the instance's id, or the account's where it holds for an account. `message` says what is wrong with
    the values seen, `remedy` what to do, each one sentence; `source` where the rule comes from.
    """

    code: str
    blocks: bool
    subject: str
    message: str
    remedy: str
    source: str


@dataclass(frozen=True)
class Asked:
    """What a transfer is to ask for; None: it is not known."""

    instance_id: str
    recipient_account_id: str | None = None
    reason: str | None = None
    resource_group_id: str | None = None


@dataclass(frozen=True)
class Check:
    """Something a person has to look after, because no API tells."""

    what: str
    source: str


CHECK_YOURSELF: Sequence[Check] = (
    Check(
        "No temporary upgrade of bandwidth or configuration is in effect, and no reserved change of it pending.",
        OFFICIAL,
    ),
    Check("It is not one of the promotional instances that can't be transferred.", OFFICIAL),
    Check("No order of it is unpaid, and neither account is in arrears.", OFFICIAL),
    Check("Both accounts are of the same site, China or international.", OFFICIAL),
    Check(
        "An enterprise hands over only to accounts of the same verified enterprise, and never to an individual.",
        CONSOLE,
    ),
    Check("The recipient's quotas of instances and security groups suffice.", OFFICIAL),
    Check("Neither account belongs to a reseller or is financially managed by another.", CONSOLE),
    Check("Its image does not rely on a static private address: without DHCP it would lose its network.", OFFICIAL),
    Check("DTS authorisations that name it are removed.", OFFICIAL),
    Check("It is backed up, and the move was tried with an instance that does not matter.", _article("S8")),
    Check("The recipient may manage and pay for it.", _article("S10")),
)


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
            _finding(
                "SourceNotVerified",
                facts.account_id,
                f"The source account {facts.account_id} is not real-name verified.",
                "Verify it in the account centre.",
            )
        )
    if recipient_verified is False:
        found += [
            _finding(
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
            for rule in _RULES:
                found += rule(facts, instance, timedelta(days=expiry_days))
    order = list(CODES)
    return sorted(dict.fromkeys(found), key=lambda one: (not one.blocks, order.index(one.code), one.subject))


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
    softened = [replace(one, blocks=one.blocks and one.code not in codes) for one in findings]
    return sorted(softened, key=lambda one: not one.blocks)


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


def _finding(code: str, subject: str, message: str, remedy: str, *, blocks: bool | None = None) -> Finding:
    rule = CODES[code]
    return Finding(code, rule.blocks if blocks is None else blocks, subject, message, remedy, rule.source)


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
        yield _finding(
            "NotFound",
            instance_id,
            f"Account {facts.account_id} lists no such instance in {facts.region}.",
            "Check the id, the region, and that the profile belongs to the source account.",
        )
        return
    if asked.recipient_account_id == facts.account_id:
        yield _finding(
            "SameAccount",
            instance_id,
            f"The recipient {facts.account_id} is the account that owns it.",
            "Name the account it is to go to.",
        )
    for move in (facts.moves or {}).get(instance_id, ()):
        if not move.status.finished and not _same(move, asked):
            yield _finding(
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
    known = asked.recipient_account_id is not None and asked.reason is not None
    if known and (move.recipient_account_id, move.reason) == (asked.recipient_account_id, asked.reason):
        yield _finding("CancelledBefore", asked.instance_id, f"The same request, {said}.", remedy)
    elif not known and asked.recipient_account_id in (None, move.recipient_account_id):
        yield _finding("CancelledBefore", asked.instance_id, f"A transfer, {said}.", remedy, blocks=False)


def _told(move: Move) -> str:
    reason = f" with the reason {move.reason!r}" if move.reason else ""
    return f"{move.transfer_id} to account {move.recipient_account_id}{reason}"


def _status(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    if instance.status not in ("Running", "Stopped"):
        yield _finding(
            "IncorrectStatus",
            instance.instance_id,
            f"It is {instance.status}, and only Running and Stopped instances are transferred.",
            "Wait until it is, or start or stop it.",
        )


def _locks(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    recycling = [lock for lock in instance.locks if lock.lower() == "recycling"]
    if instance.recyclable or recycling:
        yield _finding(
            "Recycling",
            instance.instance_id,
            "It is being released: it is in the recycle bin, or a spot instance that is taken back.",
            "Renew or restore it first, if that is still possible.",
        )
    for lock in instance.locks:
        if lock not in recycling:
            yield _finding(
                "Locked",
                instance.instance_id,
                f"It is locked: {lock}.",
                REMEDIES.get(lock.lower(), "Have Alibaba Cloud support lift the lock."),
            )


REMEDIES = {
    "financial": "Pay what is overdue, or renew it.",
    "security": "Settle it in Security Center, or with Alibaba Cloud support.",
    "dedicatedhostfinancial": "Renew its dedicated host.",
    "refunded": "It was refunded: it can't be handed over.",
}


def _expiry(facts: Facts, instance: Instance, days: timedelta) -> Iterator[Finding]:
    if instance.expires is not None and instance.expires <= facts.seen_at:
        yield _finding(
            "Expired",
            instance.instance_id,
            f"It expired on {_time(instance.expires)}.",
            "Renew it in the source account.",
        )
    elif instance.expires is not None and instance.expires <= facts.seen_at + days:
        yield _finding(
            "ExpiresSoon",
            instance.instance_id,
            f"It expires on {_time(instance.expires)}; a review may take a day, and the recipient another to accept.",
            "Renew it first, or make sure that the recipient does.",
        )
    if instance.released_at is not None:
        yield _finding(
            "AutoRelease",
            instance.instance_id,
            f"It is set to be released by itself on {_time(instance.released_at)}.",
            "Remove its release time.",
        )


def _age(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    if instance.created is not None and facts.seen_at - instance.created < YOUNGEST:
        yield _finding(
            "CreatedRecently",
            instance.instance_id,
            f"It was created on {_time(instance.created)}, less than 5 days ago.",
            f"Wait until {_time(instance.created + YOUNGEST)}.",
        )


def _spot(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    if instance.spot:
        yield _finding(
            "Spot", instance.instance_id, "It is a spot instance.", "Share an image of it with the recipient instead."
        )


def _disks(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    disks = facts.disks.get(instance.instance_id, ())
    for code, applies, what, remedy in _OF_DISKS:
        concerned = [disk for disk in disks if applies(disk)]
        if concerned:
            names = ", ".join(
                f"{disk.disk_id} ({disk.status})" if code == "DiskNotAttached" else disk.disk_id for disk in concerned
            )
            yield _finding(code, instance.instance_id, f"{what}: {names}.", remedy)


_OF_DISKS: Sequence[tuple[str, Callable[[Disk], bool], str, str]] = (
    (
        "EncryptedDisk",
        lambda disk: disk.encrypted,
        "Encrypted disks are not transferred",
        "Copy their data to disks that are not encrypted, and delete these.",
    ),
    (
        "SharedDisk",
        lambda disk: disk.shared,
        "Shared block storage is not transferred",
        "Detach it, or copy its data to a disk of the instance's own.",
    ),
    (
        "DiskNotAttached",
        lambda disk: disk.status != "In_use",
        "Not all of its disks are attached",
        "Attach every disk and wait until it is In_use, or delete it.",
    ),
)


def _maintenance(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    for event in (facts.maintenance or {}).get(instance.instance_id, ()):
        yield _finding(
            "ScheduledMaintenance",
            instance.instance_id,
            f"Maintenance is scheduled for it: {event.kind}, not before {event.not_before}.",
            "Have it done first (the console's events page), or wait for it.",
        )


def _apart(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    """What has to be dealt with apart."""
    if instance.eip:
        yield _finding(
            "EipBound",
            instance.instance_id,
            f"Its EIP {instance.eip} gets unbound and stays with the source account.",
            "Declare a new one with recreate.eip, and change DNS to it.",
        )
    image = facts.images.get(instance.image_id or "")
    product = image and (image.product_code or (image.owner == "marketplace" and image.image_id))
    products = {
        code for code in (product, *(disk.product_code for disk in facts.disks.get(instance.instance_id, ()))) if code
    }
    if products:
        yield _finding(
            "Marketplace",
            instance.instance_id,
            f"It holds a marketplace product: {', '.join(sorted(map(str, products)))}.",
            "Settle its licence with the vendor; the recipient may have to buy it anew.",
        )


def _bound(facts: Facts, instance: Instance, _: timedelta) -> Iterator[Finding]:
    """What ties it to other things of the source account."""
    for code, value, message, remedy in (
        (
            "DedicatedHost",
            instance.dedicated_host,
            "It runs on the dedicated host {}, which is the source account's.",
            "Move it off the host first.",
        ),
        (
            "DeploymentSet",
            instance.deployment_set,
            "It is in the deployment set {}, which is the source account's.",
            "Take it out of the set first.",
        ),
        (
            "SecondaryInterfaces",
            ", ".join(instance.secondary_interfaces),
            "It has secondary network interfaces, which are the source account's: {}.",
            "Detach them first.",
        ),
    ):
        if value:
            yield _finding(code, instance.instance_id, message.format(value), remedy)
    if instance.deletion_protection:
        yield _finding(
            "DeletionProtection",
            instance.instance_id,
            "It is protected from being deleted, and no document says whether that hinders its transfer.",
            "Take the protection off if the transfer is refused, and put it on again afterwards.",
        )


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%d %H:%M UTC")


_RULES: Sequence[Callable[[Facts, Instance, timedelta], Iterator[Finding]]] = (
    _status,
    _locks,
    _expiry,
    _age,
    _spot,
    _disks,
    _maintenance,
    _apart,
    _bound,
)
