"""What is known of each handover of a report, by a look at the stack and what both accounts were asked: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from transfer_provider.cli.follow.observed.case import Case
from transfer_provider.cli.follow.observed.observation import Observation
from transfer_provider.cli.follow.observed.observe import TIMES, wrong_recipient
from transfer_provider.cli.follow.overview import MOVED, Followed, Look
from transfer_provider.cli.follow.timeline import Event, Happening, timeline
from transfer_provider.cli.report import copies, costs
from transfer_provider.cli.report.costs import Left, Payer
from transfer_provider.cli.report.facts import (
    Actor,
    Addresses,
    Binding,
    Certainty,
    CopyFacts,
    Cost,
    Evidence,
    HandoverFacts,
    Moment,
    Outcome,
    Seen,
)
from transfer_provider.cli.report.lookups import ADDRESSES, INSTANCES, NETWORK, LookUps, seen_of
from transfer_provider.cloud.operations import newest
from transfer_provider.eligibility.judge import Finding
from transfer_provider.eligibility.left_behind import left_behind
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.model.inventory import Address, Instance
from transfer_provider.model.lifecycle import FAILED, Status
from transfer_provider.model.transfer import Transfer, TransferRequest

OTHER_HALF = Seen(Evidence.OTHER_HALF)
NOT_QUERIED = Seen(Evidence.NOT_QUERIED)


@dataclass(frozen=True)
class Judged:
    """What was found of the instances that the source lists, by instance, and of the accounts."""

    of_instance: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    of_accounts: Sequence[Finding] = ()
    not_checked: Sequence[str] = ()


def may_have_moved(followed: Followed) -> bool:
    """Whether the recipient's account may list the instance, by what is known without it."""
    return followed.observed.arrived or followed.observed.status in MOVED


def request_of(case: Case) -> TransferRequest:
    """What it requests, by its file, else by the state."""
    if case.declared:
        return case.declared.inputs.request()
    reason = _text(case.submitted.get("reason"))
    return TransferRequest(case.instance_id, case.region, case.recipient_account_id, reason=reason)


class Known:
    """A look at the stack, and what each side's account was asked; None: the stack does not run that half."""

    def __init__(self, look: Look, source: LookUps | None, recipient: LookUps | None) -> None:
        self.look = look
        self.source = source
        self.recipient = recipient
        self.judged = Judged()

    @staticmethod
    def allocation_id(look: Look, case: Case) -> str | None:
        """The allocation id of its address in the state; None where that holds none."""
        state = look.exported.state
        name = look.exported.names.get(case.instance_id) or state.name(case.instance_id, case.name)
        return state.addresses.get(name)

    @staticmethod
    def held_copy(look: Look, case: Case) -> HeldCopy | None:
        """The copy as the state holds it; None where it holds none, or the handover is no copy."""
        return look.exported.state.copies.get(case.instance_id) if case.channel == "image" else None

    def recipients_id(self, case: Case) -> str:
        """The id of the recipient's instance: of a copy another one, or empty; else the source's."""
        if case.channel != "image":
            return case.instance_id
        held = self.held_copy(self.look, case)
        return held.new_instance_id if held else ""

    def arrived_at(self, followed: Followed) -> Seen:
        """What the recipient's account says of the instance, or of its copy."""
        if self.recipient is None:
            return OTHER_HALF
        case, account = followed.case, self.recipient.account
        wrong = wrong_recipient(case, self.look.accounts)
        if wrong:
            return Seen(Evidence.WRONG_ACCOUNT, wrong)
        instance_id = self.recipients_id(case)
        if instance_id in account.instances:
            return Seen(Evidence.LISTED)
        if not instance_id or (case.channel != "image" and not may_have_moved(followed)):
            return NOT_QUERIED
        return seen_of(account.error("instances", case.region), listed=False)

    def facts(self, followed: Followed) -> HandoverFacts:
        """All that is known of a handover."""
        case, declared = followed.case, followed.case.declared
        recreate = declared.recreate if declared else None
        listed = self._transfer(case)
        observed = _with_times(followed.observed, listed)
        arrived, source = self.arrived_at(followed), self._at_source(followed)
        inventory = self.source.inventories.get(case.region) if self.source else None
        at_source = inventory.instances.get(case.instance_id) if inventory else None
        addresses, address = self._addresses(case, at_source)
        listed_there = self.recipient.account.instances if self.recipient else {}
        copy = copies.copy_facts(case, self.held_copy(self.look, case), listed_there)
        groups = recreate.security_groups if recreate else case.received.get("security_group_ids") or ()
        return HandoverFacts(
            standing=followed.standing,
            outcome=copies.outcome(copy, followed.standing, arrived) if copy else _outcome(followed, arrived),
            moments=_moments(timeline(observed, followed.standing, self.look.now), arrived, addresses.binding),
            reason=declared.inputs.reason if declared else _text(case.submitted.get("reason")),
            recipient_name=declared.inputs.recipient_account_name if declared else None,
            at_source=source,
            at_recipient=arrived,
            recorded_arrival=case.recorded_arrival,
            submission=copies.begun_by(case) if copy else _submission(case, listed),
            acceptance=Actor(None, None) if copy else _acceptance(case, observed, arrived),
            findings=self.judged.of_instance.get(case.instance_id),
            leaves=left_behind(inventory, case.instance_id) if inventory and at_source and copy is None else None,
            network=self.source.seen(NETWORK, case.region, listed=True) if self.source else OTHER_HALF,
            addresses=addresses,
            groups=list(groups),
            vswitch_id=recreate.vswitch_id if recreate else _text(case.received.get("vswitch_id")),
            backup=declared.backup.kind if declared and declared.backup else None,
            costs=self._costs(followed, copy, at_source, addresses, address),
            copy=copy,
        )

    def _at_source(self, followed: Followed) -> Seen:
        if self.source is None:
            return OTHER_HALF
        if followed.case.channel != "image" and self.arrived_at(followed).listed:
            return NOT_QUERIED
        inventory = self.source.inventories.get(followed.case.region)
        listed = inventory is not None and followed.case.instance_id in inventory.instances
        return self.source.seen(INSTANCES, followed.case.region, listed=listed)

    def _transfer(self, case: Case) -> Transfer | None:
        """The transfer as an account lists it, where it was queried."""
        for account in self.look.accounts.known:
            held = account.transfers.get(case.transfer_id or "")
            found = held or newest(account.of_instance.get(case.instance_id, {}).values())
            if found is not None and found.recipient_account_id == case.recipient_account_id:
                return found
        return None

    def _addresses(self, case: Case, at_source: Instance | None) -> tuple[Addresses, Address | None]:
        """The old and the new address, and the new one as the recipient's account lists it."""
        held = self.held_copy(self.look, case)
        recorded_old = held.original.get("public_ip") if held else case.submitted.get("source_public_ip")
        old = (at_source.public_ip if at_source else None) or _text(recorded_old)
        allocation_id = self.allocation_id(self.look, case)
        if allocation_id is None:
            received = self.recipient.account.instances.get(self.recipients_id(case)) if self.recipient else None
            new = (received.public_ip if received else None) or _text(case.received.get("public_ip"))
            unallocated = Binding.DECLARED if case.address else Binding.NONE
            seen = Seen(Evidence.LISTED) if received else NOT_QUERIED
            return Addresses(old, new, Binding.WITH_INSTANCE if new else unallocated, seen), None
        recorded = Binding.RECORDED if case.bound else Binding.ALLOCATED
        if self.recipient is None:
            return Addresses(old, case.new_address, recorded, OTHER_HALF), None
        listed = self.recipient.addresses.get(allocation_id)
        seen = self.recipient.seen(ADDRESSES, case.region, listed=listed is not None)
        if listed is None:
            gone = seen.evidence is Evidence.NOT_LISTED
            return Addresses(old, case.new_address, Binding.NOT_THERE if gone else recorded, seen), None
        instance_id = self.recipients_id(case)
        bound = {instance_id: Binding.BOUND, None: Binding.UNBOUND}.get(listed.instance_id, Binding.ELSEWHERE)
        return Addresses(old, listed.ip_address, bound, seen), listed

    @cached_property
    def _left(self) -> Mapping[str, Address]:
        """The source's unbound addresses."""
        return {each.ip_address: each for each in self.source.addresses.values()} if self.source else {}

    def _costs(
        self,
        followed: Followed,
        copy: CopyFacts | None,
        at_source: Instance | None,
        addresses: Addresses,
        address: Address | None,
    ) -> Sequence[Cost]:
        case, declared = followed.case, followed.case.declared
        arrived = self.recipient.account.instances.get(case.instance_id) if self.recipient else None
        inventory = self.source.inventories.get(case.region) if self.source else None
        marketplace = None
        if at_source is not None and inventory is not None:
            disks = inventory.disks.get(case.instance_id, ())
            marketplace = costs.product_codes(at_source, disks, inventory.images)
        left = self._left.get(addresses.old or "")
        left_seen = self.source.seen(ADDRESSES, case.region, listed=left is not None) if self.source else OTHER_HALF
        state_name = self.look.exported.names.get(case.instance_id, case.name)
        return [
            *(
                costs.of_copy(copy)
                if copy
                else [costs.payment(Payer("recipient", arrived) if arrived else Payer("source", at_source))]
            ),
            *costs.old_address(addresses, Left(left, left_seen) if arrived or may_have_moved(followed) else None),
            *costs.new_address(addresses, declared.recreate.eip if declared and declared.recreate else None, address),
            *costs.snapshots(
                self.look.exported.state.snapshots.get(state_name, ()),
                declared.backup.retention_days if declared and declared.backup else None,
            ),
            *costs.marketplace(marketplace),
        ]


def _outcome(followed: Followed, arrived: Seen) -> Outcome:
    standing, observed = followed.standing, followed.observed
    if arrived.listed:
        return Outcome.DONE if standing.settled else Outcome.RECEIVED
    if observed.arrived or observed.status is Status.COMPLETED:
        return Outcome.MISSING if arrived.evidence is Evidence.NOT_LISTED else Outcome.REPORTED
    if standing.unknown:
        return Outcome.UNKNOWN
    if standing.status is None:
        return Outcome.NOT_SUBMITTED
    return Outcome.FAILED if standing.status in FAILED else Outcome.UNDER_WAY


def _with_times(observed: Observation, listed: Transfer | None) -> Observation:
    """With the times that an account lists of its transfer, where the state has none."""
    if listed is None:
        return observed
    times: dict[str, Any] = {key: getattr(observed, key) or getattr(listed, key) for key in TIMES}
    return replace(observed, **times)


def _moments(events: Sequence[Event], arrived: Seen, binding: Binding) -> list[Moment]:
    """The timeline; what was only recorded is not shown as seen."""
    seen = {Happening.ARRIVED: arrived.listed, Happening.BOUND: binding is Binding.BOUND, Happening.LEFT_SOURCE: False}
    moments = []
    for event in events:
        certainty = Certainty.AHEAD if event.ahead else Certainty.REPORTED
        if event.what in seen:
            certainty = Certainty.SEEN if seen[Happening(event.what)] else Certainty.RECORDED
        moments.append(Moment(event.what, event.at, certainty))
    return moments


def _submission(case: Case, listed: Transfer | None) -> Actor:
    """Whose account submitted it. Neither the state nor the transfer holds which RAM identity did."""
    account_id = _text(case.submitted.get("source_account_id")) or (listed.source_account_id if listed else None)
    return Actor(account_id, _text(case.submitted.get("origin")))


def _acceptance(case: Case, observed: Observation, arrived: Seen) -> Actor:
    if case.received:
        return Actor(_text(case.received.get("recipient_account_id")), "received")
    if arrived.listed or observed.status in MOVED:
        return Actor(case.recipient_account_id or None, "listed")
    return Actor(None, None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
