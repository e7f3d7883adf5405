"""One batched look at both accounts before anything is declared: what has been approved, and what has arrived.

    identity of both accounts   1 call each, once
    transfers                   as the recipient sees them, 100 instances a call
    instances                   which of them the recipient lists, 100 a call
    addresses                   those bound to nothing, 100 a call; only where one is to be allocated

What this stack's state holds as received is believed without a look: once declared, always declared, and the provider's
own look at its receipts tells when one of them can't be seen any more. So an empty answer never plans a deletion. The
survey fails loudly: no answer, no permission and a wrong account raise; none of them is ever taken for "not there".
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from transfer_provider.channels.recipient import not_to_be_seen
from transfer_provider.cloud import addresses, instances, operations
from transfer_provider.cloud.accounts import require_account
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused
from transfer_provider.cloud.paging import all_tokens, in_batches
from transfer_provider.handover.plan import Recorded, Seen
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer


@dataclass
class _Region:
    """What was seen in one region so far, by instance id."""

    recipient: Cloud
    transfers: dict[str, list[Transfer]] = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)
    looked_at: set[str] = field(default_factory=set)
    listed: bool = False
    all_listed: bool = False
    addresses: Mapping[str, list[str]] | None = None
    given_out: list[str] = field(default_factory=list)


class Survey:
    """The look, for one program run. Thread-safe. Of a side that the stack does not run nothing is queried."""

    def __init__(self, settings: Settings, recorded: Recorded) -> None:
        self._settings = settings
        self._recorded = recorded
        self._regions: dict[str, _Region] = {}
        self._accounts: dict[str, str] = {}
        self._lock = threading.Lock()

    def identify(self, region: str) -> None:
        """Make sure whose credentials these are, by one call each. Raises NotAllowed where they are not the stack's."""
        with self._lock:
            self._identify(region)

    def look(self, asked: Iterable[tuple[str, str, str]]) -> None:
        """Look at all these instances, given with their regions and channels, at once."""
        regions: dict[str, dict[str, str]] = {}
        for instance_id, region, channel in asked:
            regions.setdefault(region, {})[instance_id] = self._recorded.channel(instance_id, channel)
        with self._lock:
            for region, channels in regions.items():
                self._identify(region)
                if self._settings.runs_recipient:
                    new = {one: channel for one, channel in channels.items() if one not in self._recorded.arrived}
                    self._look(self._region(region), new)

    def of(self, instance_id: str, region: str, recipient_account_id: str, channel: str = "api") -> Seen:
        """How far the handover of the instance is.

        Raises NotAllowed where the recipient's credentials belong to another account than the handover's recipient,
        Refused where an instance that was handed over is not to be seen, TryAgain where no answer came.
        """
        with self._lock:
            self._identify(region)
            if not self._settings.runs_recipient:
                return Seen()
            self._require_recipient(instance_id, recipient_account_id)
            if instance_id in self._recorded.arrived:
                return Seen(received=True, arrived=True)
            there = self._region(region)
            if instance_id not in there.looked_at and self._recorded.channel(instance_id, channel) == "console":
                self._look_at_all_instances(there)
            elif instance_id not in there.looked_at:
                self._look_at_all_offers(there)
            return self._judged(there, instance_id)

    def unbound_address(self, region: str, name: str) -> str | None:
        """The id of an EIP of the recipient's that has this name and is bound to nothing, or None.

        What the stack's state holds is nobody else's, and each is given out once. One call for a region. Raises Refused
        where two have the name.
        """
        with self._lock:
            there = self._region(region)
            if there.addresses is None:
                there.addresses = addresses.unbound(there.recipient)
            taken = {*self._recorded.addresses.values(), *there.given_out}
            found = [one for one in there.addresses.get(name, []) if one not in taken]
            if len(found) > 1:
                raise Refused(
                    f"Could not tell which EIP named {name!r} is meant: {', '.join(found)} are all bound to nothing. "
                    "Release those not needed, or give the handover's eip another name."
                )
            there.given_out += found
            return found[0] if found else None

    def _judged(self, there: _Region, instance_id: str) -> Seen:
        transfer = operations.newest(self._of_this_source(there.transfers.get(instance_id, ())))
        if instance_id in there.arrived:
            return Seen(transfer, received=True, arrived=True)
        # Alibaba Cloud may forget a transfer that completed; the stack's state does not.
        if transfer.status is Status.COMPLETED if transfer else instance_id in self._recorded.completed:
            raise not_to_be_seen(instance_id, self._accounts["recipient"])
        under_way = transfer is not None and transfer.status in (Status.APPROVED, Status.TRANSFERRING)
        if instance_id in self._recorded.received and not under_way:
            raise not_to_be_seen(instance_id, self._accounts["recipient"])
        return Seen(transfer, received=under_way)

    def _of_this_source(self, transfers: Iterable[Transfer]) -> Iterable[Transfer]:
        source = self._accounts.get("source")
        return [one for one in transfers if source is None or one.source_account_id == source]

    def _look(self, there: _Region, asked: Mapping[str, str]) -> None:
        # The console's transfers are in no listing.
        for some in in_batches([one for one, channel in asked.items() if channel == "api"]):
            for transfer in operations.list_all(there.recipient, role="Recipient", instance_ids=some):
                there.transfers.setdefault(transfer.instance_id, []).append(transfer)
        there.arrived |= instances.query(there.recipient, list(asked)).keys()
        there.looked_at |= asked.keys()

    def _look_at_all_instances(self, there: _Region) -> None:
        """For a program that names its handovers one by one: every instance this account has, once."""
        if not there.all_listed:
            there.arrived |= {one.instance_id for one in all_tokens(partial(instances.listed_page, there.recipient))}
            there.all_listed = True

    def _look_at_all_offers(self, there: _Region) -> None:
        """For a program that names its handovers one by one: every transfer this account was ever offered, once."""
        if there.listed:
            return
        found: dict[str, list[Transfer]] = {}
        for transfer in operations.list_all(there.recipient, role="Recipient"):
            found.setdefault(transfer.instance_id, []).append(transfer)
        there.transfers |= found
        ended = {one for one, all_of_it in found.items() if any(each.status.terminal for each in all_of_it)}
        there.arrived |= instances.query(there.recipient, sorted(ended.union(self._recorded.completed))).keys()
        there.listed = True

    def _region(self, region: str) -> _Region:
        return self._regions.setdefault(region, _Region(Cloud(self._settings.recipient_profile, region)))

    def _identify(self, region: str) -> None:
        """Both accounts, by their own credentials; each queried once."""
        settings = self._settings
        if settings.runs_source and "source" not in self._accounts:
            self._accounts["source"] = require_account(
                Cloud(settings.source_profile, region),
                [settings.sourceAccount],
                doing="act as the source",
                expected_by="the stack's sourceAccount is",
                remedy="Use that account's profile as sourceProfile; or change `sourceAccount`, reviewed.",
            )
        if settings.runs_recipient and "recipient" not in self._accounts:
            self._accounts["recipient"] = require_account(
                self._region(region).recipient,
                settings.recipients,
                doing="act as the recipient",
                expected_by="the stack's allowlist of recipients is",
                remedy="Use a profile of an account on it as recipientProfile; or change `recipients`, reviewed.",
            )
        if self._accounts.get("source") == self._accounts.get("recipient"):
            raise NotAllowed(
                f"Could not tell source and recipient apart: sourceProfile and recipientProfile both belong to account "
                f"{self._accounts['source']}. Set each to its own account's profile, or run one half with `side`."
            )

    def _require_recipient(self, instance_id: str, recipient_account_id: str) -> None:
        actual = self._accounts["recipient"]
        if actual != recipient_account_id:
            raise NotAllowed(
                f"Could not look after the recipient's side of {instance_id}: it goes to account "
                f"{recipient_account_id}, and recipientProfile belongs to {actual}. Correct one of the two; several "
                "recipients are a stack each."
            )
