"""What was observed of the recipient's account in one region: its transfers, and which instances it lists.

Two ways to query it. Where all handovers are known at once (the project's own program): one batch of just these. Where
a program declares them one after the other: everything the account lists, once, when the first handover is declared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.paging import all_tokens, in_batches
from transfer_provider.model.inventory import Instance
from transfer_provider.model.transfer import Transfer


class RecipientRegion:
    """The recipient's account in one region, as far as it was queried. `completed` are the instances whose transfer the
    stack's state holds as Completed."""

    def __init__(self, cloud: Cloud, completed: Collection[str]) -> None:
        self.cloud = cloud
        self.transfers: dict[str, list[Transfer]] = {}
        """By instance."""
        self.arrived: dict[str, Instance] = {}
        """The instances that the account lists, by id."""
        self._completed = completed
        self._in_batch: set[str] = set()
        self._all_transfers = False
        self._all_instances = False

    def query_batch(self, channels: Mapping[str, str]) -> None:
        """Query these instances, given with their channels; 100 a call."""
        # The console's transfers are in no listing.
        by_api = [instance_id for instance_id, channel in channels.items() if channel == "api"]
        for batch in in_batches(by_api):
            for transfer in operations.list_all(self.cloud, role="Recipient", instance_ids=batch):
                self.transfers.setdefault(transfer.instance_id, []).append(transfer)
        self.arrived |= instances.query(self.cloud, list(channels))
        self._in_batch |= channels.keys()

    def query_on_demand(self, instance_id: str, channel: str) -> None:
        """Query everything that instances of this channel depend on, once; nothing for an instance of a batch."""
        if instance_id in self._in_batch:
            return
        if channel == "console":
            self._query_all_instances()
            if instance_id not in self.arrived:
                instances.confirm_listing(self.cloud)
        else:
            self._query_all_transfers()

    def _query_all_instances(self) -> None:
        if not self._all_instances:
            listed = all_tokens(partial(instances.listed_page, self.cloud))
            self.arrived |= {instance.instance_id: instance for instance in listed}
            self._all_instances = True

    def _query_all_transfers(self) -> None:
        """Every transfer this account was ever offered; and of the instances that may have arrived, which it lists."""
        if self._all_transfers:
            return
        offered: dict[str, list[Transfer]] = {}
        for transfer in operations.list_all(self.cloud, role="Recipient"):
            offered.setdefault(transfer.instance_id, []).append(transfer)
        self.transfers |= offered
        terminal = {
            instance_id
            for instance_id, transfers in offered.items()
            if any(transfer.status.terminal for transfer in transfers)
        }
        self.arrived |= instances.query(self.cloud, sorted(terminal.union(self._completed)))
        self._all_transfers = True
