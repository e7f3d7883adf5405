"""What a report looks up at both accounts beside where each handover stands: in batches, each failure kept.

    source      per region: all that eligibility is judged by, of the instances that have not arrived
                (cloud/inventory.py); their addresses, groups and roles; the groups that the stack's were captured from;
                its unbound addresses, 100 a call, where an old address may be among them
    recipient   which instances it lists, 100 a call; the stack's groups, 100 a call, and a call for each one's rules;
                its addresses, 50 a call; on a half without the source also transfers, 100 a call

A side that the stack does not run is never queried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from transfer_provider.cli.follow.observed.account import Account
from transfer_provider.cli.report.facts import Evidence, Seen
from transfer_provider.cloud import addresses, security_groups
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError, NotAllowed
from transfer_provider.model.inventory import Address, Inventory, SecurityGroup

T = TypeVar("T")
Report = Callable[[str], None]

INSTANCES, NETWORK, GROUPS, ADDRESSES = "instances", "network", "groups", "addresses"


def seen_of(error: HandoverError | None, *, listed: bool) -> Seen:
    """What an account said, by the error of the query, else by whether it lists it."""
    if error is None:
        return Seen(Evidence.LISTED if listed else Evidence.NOT_LISTED)
    if not isinstance(error, NotAllowed):
        return Seen(Evidence.NO_ANSWER, str(error))
    # Without a code nobody refused: credentials are missing, or of another account.
    return Seen(Evidence.NO_PERMISSION if error.code else Evidence.WRONG_ACCOUNT, str(error))


@dataclass
class LookUps:
    """What one account answered; what is missing in `asked` was not queried."""

    account: Account
    asked: set[tuple[str, str]] = field(default_factory=set)
    """What was queried, by kind and region."""
    errors: dict[tuple[str, str], HandoverError] = field(default_factory=dict)
    inventories: dict[str, Inventory] = field(default_factory=dict)
    """By region."""
    groups: dict[str, SecurityGroup] = field(default_factory=dict)
    """With their rules, by id."""
    addresses: dict[str, Address] = field(default_factory=dict)
    """By allocation id."""

    def seen(self, kind: str, region: str, *, listed: bool) -> Seen:
        """What the account said of something in a region."""
        if (kind, region) not in self.asked:
            return Seen(Evidence.NOT_QUERIED)
        return seen_of(self.errors.get((kind, region)), listed=listed)

    @property
    def failures(self) -> Sequence[str]:
        """What could not be queried, each once."""
        return list(dict.fromkeys(map(str, self.errors.values())))

    def ask(self, kind: str, region: str, query: Callable[[Cloud], T]) -> T | None:
        """The answer to a query in a region; None where it failed."""
        self.asked.add((kind, region))
        cloud = self.account.verified(region)
        if cloud is None:
            error = self.account.error("instances", region)
            if error is not None:
                self.errors[kind, region] = error
            return None
        try:
            return query(cloud)
        except HandoverError as error:
            self.errors[kind, region] = error
            return None


def of_source(
    account: Account,
    instances: Iterable[tuple[str, str]],
    captured: Iterable[tuple[str, str]],
    old_addresses: Iterable[str],
    report: Report,
) -> LookUps:
    """The source's: `instances` and the groups `captured` from are pairs of region and id, `old_addresses` the regions
    in which an address may have been left."""
    looked = LookUps(account)
    for region, ids in by_region(instances).items():
        inventory = looked.ask(INSTANCES, region, partial(cloud_inventory.query, instance_ids=ids, progress=report))
        if inventory is None:
            continue
        looked.inventories[region] = inventory
        whole = looked.ask(NETWORK, region, partial(_with_network, inventory=inventory, report=report))
        if whole is not None:
            looked.inventories[region] = whole
            looked.groups |= whole.groups or {}
    for region, ids in by_region(captured).items():
        missing = [group_id for group_id in ids if group_id not in looked.groups]
        found = looked.ask(GROUPS, region, partial(security_groups.query, group_ids=missing, progress=report))
        looked.groups |= found or {}
    for region in sorted(set(old_addresses)):
        for address in looked.ask(ADDRESSES, region, addresses.unbound) or ():
            looked.addresses[address.allocation_id] = address
    return looked


def of_recipient(
    account: Account,
    instances: Iterable[tuple[str, str]],
    groups: Iterable[tuple[str, str]],
    allocations: Iterable[tuple[str, str]],
    report: Report,
) -> LookUps:
    """The recipient's: all are pairs of region and id. Instances are among those that the `account` lists."""
    looked = LookUps(account)
    instances = list(instances)
    report("Looking up the recipient's instances")
    account.query_instances(instances)
    for region in by_region(instances):
        looked.asked.add((INSTANCES, region))
        error = account.error("instances", region)
        if error is not None:
            looked.errors[INSTANCES, region] = error
    for region, ids in by_region(groups).items():
        found = looked.ask(GROUPS, region, partial(_groups, group_ids=ids, report=report))
        looked.groups |= {group.group_id: group for group in found or ()}
    for region, ids in by_region(allocations).items():
        looked.addresses |= looked.ask(ADDRESSES, region, partial(addresses.query, allocation_ids=ids)) or {}
    return looked


def by_region(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """The ids of each region, each once."""
    regions: dict[str, dict[str, None]] = {}
    for region, id_ in pairs:
        regions.setdefault(region, {})[id_] = None
    return {region: list(ids) for region, ids in regions.items()}


def _with_network(cloud: Cloud, inventory: Inventory, report: Report) -> Inventory:
    whole = cloud_inventory.with_network(cloud, inventory, progress=report)
    return cloud_inventory.with_ram_roles(cloud, whole)


def _groups(cloud: Cloud, group_ids: Sequence[str], report: Report) -> list[SecurityGroup]:
    """Those of these groups that are there, with their rules."""
    found = []
    for group in security_groups.by_id(cloud, group_ids):
        report(f"Reading the rules of {group.name or group.group_id}")
        found.append(security_groups.with_rules(cloud, group))
    return found
