"""What has to hold after every step, decided from what was observed outside of the product: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

UNFINISHED = ("UnderReview", "Approved", "Transferring")
TRACEBACKS = ("Traceback (most recent call last)", "Exception calling application", "panic:", "RecursionError")
DESTRUCTIVE = ("DeleteSecurityGroup", "ReleaseEipAddress", "UnassociateEipAddress")


@dataclass(frozen=True)
class Intent:
    """What a person wants of an instance: what was written on purpose, whatever slips the files hold."""

    name: str
    reason: str
    declared: bool = True
    recreate: bool = False
    eip: bool = False


@dataclass(frozen=True)
class Call:
    """A call of the run that took effect, whoever got the answer."""

    action: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class TransferSeen:
    """A transfer as the cloud has it."""

    id: str
    instance_id: str
    reason: str | None
    status: str
    approved: bool


@dataclass(frozen=True)
class ResourceSeen:
    """A resource as the exported state has it; `handover` is the instance whose handover it belongs to, if known."""

    type: str
    name: str
    id: str
    instance_id: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Observation:
    """What a step came to."""

    intents: Mapping[str, Intent]
    calls: tuple[Call, ...] = ()
    transfers: tuple[TransferSeen, ...] = ()
    owners: Mapping[str, str | None] = ()  # type: ignore[assignment]
    recipient: str = ""
    state_before: tuple[ResourceSeen, ...] = ()
    state: tuple[ResourceSeen, ...] = ()
    groups: frozenset[str] = frozenset()
    """The ids of the security groups that are declared, by the state before."""
    text: str = ""
    secrets: tuple[str, ...] = ()
    most_cancellations: int = 1
    runs: int = 1


@dataclass(frozen=True)
class Violation:
    """An invariant that is broken, and by what."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


def broken(seen: Observation) -> list[Violation]:
    """Every invariant that the step broke."""
    rules = (
        _one_unfinished_transfer,
        _one_resource_an_instance,
        _no_cancellation_unasked,
        _no_more_cancellations_than_allowed,
        _no_acceptance_unasked,
        _nothing_of_the_recipients_lost,
        _no_secret,
        _no_traceback,
        _says_what_is_true,
        _no_arrival_claimed,
    )
    return [Violation(rule.__name__.strip("_").replace("_", " "), what) for rule in rules for what in rule(seen)]


def _one_unfinished_transfer(seen: Observation) -> Iterator[str]:
    counted = Counter(transfer.instance_id for transfer in seen.transfers if transfer.status in UNFINISHED)
    yield from (f"{instance} has {number} unfinished transfers" for instance, number in counted.items() if number > 1)


def _one_resource_an_instance(seen: Observation) -> Iterator[str]:
    for kind in ("InstanceTransfer", "InstanceReceipt"):
        counted = Counter(found.instance_id for found in seen.state if found.type == kind)
        yield from (f"the state holds {number} {kind} of {key}" for key, number in counted.items() if number > 1)


def _cancelled(seen: Observation) -> list[TransferSeen]:
    ids = {call.parameters.get("TransferId") for call in seen.calls if call.action == "CancelInstanceTransfer"}
    return [transfer for transfer in seen.transfers if transfer.id in ids]


def _no_cancellation_unasked(seen: Observation) -> Iterator[str]:
    for transfer in _cancelled(seen):
        intent = seen.intents.get(transfer.instance_id)
        if intent is None or (intent.declared and intent.reason == transfer.reason):
            yield f"{transfer.id} of {transfer.instance_id} was cancelled, and nobody removed or changed its handover"


def _no_more_cancellations_than_allowed(seen: Observation) -> Iterator[str]:
    most = seen.most_cancellations * seen.runs
    if len(_cancelled(seen)) > most:
        yield f"{len(_cancelled(seen))} transfers were cancelled, and {most} is allowed"


def _no_acceptance_unasked(seen: Observation) -> Iterator[str]:
    by_id = {transfer.id: transfer for transfer in seen.transfers}
    for call in seen.calls:
        if call.action != "AcceptInstanceTransfer":
            continue
        transfer = by_id[call.parameters["TransferId"]]
        intent = seen.intents.get(transfer.instance_id)
        if not transfer.approved:
            yield f"{transfer.id} of {transfer.instance_id} was accepted without approval"
        if intent is None or not intent.declared or not intent.recreate:
            yield f"{transfer.instance_id} was accepted, and nobody declared where the recipient wants it"


def _nothing_of_the_recipients_lost(seen: Observation) -> Iterator[str]:
    handovers = {found.name: found.instance_id for found in seen.state_before if found.type == "InstanceTransfer"}
    eips = {found.id: found.name for found in seen.state_before if found.type == "EipAddress"}
    for call in seen.calls:
        if call.action == "DeleteSecurityGroup" and call.parameters["SecurityGroupId"] in seen.groups:
            yield f"the declared security group {call.parameters['SecurityGroupId']} was deleted"
        if call.action in ("ReleaseEipAddress", "UnassociateEipAddress"):
            name = eips.get(call.parameters["AllocationId"], "")
            intent = seen.intents.get(handovers.get(name) or "")
            if intent is None:
                wanted = not any(not other.declared for other in seen.intents.values())
            else:
                wanted = intent.declared and intent.eip
            if wanted:
                yield f"{call.action} of {call.parameters['AllocationId']} ({name}), and its handover is declared"


def _no_secret(seen: Observation) -> Iterator[str]:
    # Not the secret itself: this is printed.
    yield from (f"secret {number} is printed" for number, secret in enumerate(seen.secrets) if secret in seen.text)


def _no_traceback(seen: Observation) -> Iterator[str]:
    for mark in TRACEBACKS:
        if mark in seen.text:
            line = next(line for line in seen.text.splitlines() if mark in line)
            yield f"the output has {line.strip()[:300]!r}"


def _says_what_is_true(seen: Observation) -> Iterator[str]:
    if seen.runs > 1:
        return
    writes = sorted({call.action for call in seen.calls})
    if "nothing was declared and no changes were made" in seen.text and writes:
        yield f"the output says that no changes were made, and there were {', '.join(writes)}"
    if "Nothing was cancelled." in seen.text and _cancelled(seen):
        yield "the output says that nothing was cancelled, and there was a cancellation"


def _no_arrival_claimed(seen: Observation) -> Iterator[str]:
    for found in seen.state:
        if found.type == "InstanceReceipt" and found.status == "Completed":
            owner = dict(seen.owners).get(str(found.instance_id))
            if owner != seen.recipient:
                yield f"the state says that {found.instance_id} has arrived, and it belongs to {owner}"


def orphans(owned: Mapping[str, str], state: tuple[ResourceSeen, ...], text: str) -> list[Violation]:
    """What the stack made, by id, that is in no state, unless the last run names it."""
    known = {found.id for found in state}
    return [
        Violation("no orphan", f"{what} ({id_}) is in no state, and the last run does not name it")
        for id_, what in owned.items()
        if id_ not in known and id_ not in text
    ]
