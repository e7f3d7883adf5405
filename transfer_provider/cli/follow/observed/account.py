"""One side's account as it is queried for an overview: whose it is, what it lists, and what could not be queried.

What fails is kept beside what was answered, so that one side hides nothing of the other; nothing is ever concluded
from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal

from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.accounts import require_recipient, require_source
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, NotAllowed
from transfer_provider.cloud.paging import in_batches
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Instance
from transfer_provider.model.transfer import Transfer

Ids = Iterable[tuple[str, str]]  # region and id


class Account:
    """An account in all regions of a stack. Credentials are resolved anew for each `Account`. What a query does not
    list is not there only where `transfers_failed` or `instances_failed` of its region is None."""

    def __init__(self, role: str, profile: str | None, verify: Callable[[Cloud], object]) -> None:
        self.role = role
        self.transfers: dict[str, Transfer] = {}
        """What was listed, by transfer id."""
        self.of_instance: dict[str, dict[str, Transfer]] = {}
        """The same by instance."""
        self.instances: dict[str, Instance] = {}
        """What was listed, by instance id."""
        self.account_id: str | None = None
        """None until it was verified."""
        self.wrong: str | None = None
        """Why this is not the account that the stack names; None where it is, or nothing was queried."""
        self.wrong_account: str | None = None
        """The same, where credentials are missing, or of another account."""
        self._profile = profile
        self._verify = verify
        self._clouds: dict[str, Cloud] = {}
        self._answered: Cloud | None = None
        self._error: HandoverError | None = None
        self._failed: dict[tuple[str, str], HandoverError] = {}
        self._looked_up: set[str] = set()

    @property
    def failures(self) -> Sequence[str]:
        """What could not be queried, each once."""
        return list(dict.fromkeys([*([self.wrong] if self.wrong else []), *map(str, self._failed.values())]))

    @property
    def clock(self) -> Callable[[], datetime] | None:
        """The time at Alibaba Cloud; None where nothing was answered."""
        return self._answered.now if self._answered else None

    def queried(self, region: str) -> bool:
        """Whether instances of a region were looked up, with an answer."""
        return region in self._looked_up and not self.instances_failed(region)

    def transfers_failed(self, region: str) -> str | None:
        """Why the transfers of a region are not known; None where they are."""
        return _said(self.error("transfers", region))

    def instances_failed(self, region: str) -> str | None:
        """Why the instances of a region are not known; None where they are."""
        return _said(self.error("instances", region))

    def error(self, kind: Literal["transfers", "instances"], region: str) -> HandoverError | None:
        """The same as it was raised: with no answer TryAgain, without permission NotAllowed."""
        return self._error or self._failed.get((kind, region))

    def query_transfers(self, transfer_ids: Ids) -> None:
        """Look up transfers by their ids, 100 a call."""

        def query(cloud: Cloud, ids: Sequence[str]) -> None:
            for some in in_batches(ids):
                page = operations.list_page(cloud, role=self.role, transfer_ids=some)
                self._add(page.transfers)

        self._each_region("transfers", transfer_ids, query)

    def query_transfers_of(self, instance_ids: Ids) -> None:
        """Look up every transfer of these instances, 100 a call."""

        def query(cloud: Cloud, ids: Sequence[str]) -> None:
            for some in in_batches(ids):
                self._add(operations.list_all(cloud, role=self.role, instance_ids=some))

        self._each_region("transfers", instance_ids, query)

    def query_instances(self, instance_ids: Ids) -> None:
        """Look up which of these instances the account lists, 100 a call."""

        def query(cloud: Cloud, ids: Sequence[str]) -> None:
            self._looked_up.add(cloud.region)
            for some in in_batches(ids):
                self.instances |= instances.query(cloud, some)

        self._each_region("instances", instance_ids, query)

    def _add(self, listed: Iterable[Transfer]) -> None:
        for transfer in listed:
            self.transfers[transfer.transfer_id] = transfer
            self.of_instance.setdefault(transfer.instance_id, {})[transfer.transfer_id] = transfer

    def _each_region(self, kind: str, wanted: Ids, query: Callable[[Cloud, Sequence[str]], None]) -> None:
        regions: dict[str, dict[str, None]] = {}
        for region, id_ in wanted:
            regions.setdefault(region, {})[id_] = None
        for region, ids in regions.items():
            cloud = self.verified(region)
            if cloud is None or (kind, region) in self._failed:
                continue
            try:
                query(cloud, list(ids))
            except HandoverError as error:
                self._failed[kind, region] = error
            else:
                self._answered = cloud

    def verified(self, region: str) -> Cloud | None:
        """The account in a region, once it is known whose it is; None where it is not the one that the stack names."""
        if self.wrong is not None:
            return None
        cloud = self._clouds.setdefault(region, Cloud(self._profile, region))
        if self.account_id is None:
            try:
                self._verify(cloud)
                self.account_id = cloud.account_id()
            except HandoverError as error:
                self.wrong, self._error = str(error), error
                # With a code it is an answer of Alibaba Cloud's, which refused the call.
                if isinstance(error, NotAllowed) and error.code is None:
                    self.wrong_account = self.wrong
                return None
            self._answered = cloud
        return cloud


def _said(error: HandoverError | None) -> str | None:
    return None if error is None else str(error)


def source_of(settings: Settings) -> Account:
    """The source's account, which has to be the stack's sourceAccount."""
    remedy = "Use that account's profile as sourceProfile; or change `sourceAccount`, reviewed."
    return Account(
        "Source",
        settings.source_profile,
        lambda cloud: require_source(cloud, settings.sourceAccount, remedy=remedy),
    )


def recipient_of(settings: Settings) -> Account:
    """The recipient's account, which has to be on the stack's allowlist, and not the source's."""

    def verify(cloud: Cloud) -> None:
        account_id = require_recipient(cloud, settings.recipients)
        if settings.runs_source and account_id == settings.sourceAccount:
            raise NotAllowed(
                f"Could not distinguish source and recipient: recipientProfile belongs to the source account "
                f"{account_id}. Set it to the recipient's own profile, or run one half with `side`."
            )

    return Account("Recipient", settings.recipient_profile, verify)
