"""What the accounts list of the instances of a plan: names, groups with rules, what stays behind. Batched, read-only.

What could not be queried is a failure to be shown, and no error: what is planned is known by the preview alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from transfer_provider.cloud import instances
from transfer_provider.cloud import inventory as cloud_inventory
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import HandoverError
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Instance, Inventory

Report = Callable[[str], None]


@dataclass(frozen=True)
class Facts:
    """What was observed, by region, and what could not be."""

    source: Mapping[str, Inventory] = field(default_factory=dict)
    """With the instances' groups, addresses and roles."""
    recipient: Mapping[str, Instance] = field(default_factory=dict)
    """By instance."""
    failures: Sequence[str] = ()

    def at_source(self, region: str, instance_id: str) -> Instance | None:
        """The instance as the source lists it; None where it does not, or was not queried."""
        inventory = self.source.get(region)
        return inventory.instances.get(instance_id) if inventory else None


def query(
    settings: Settings, at_source: Iterable[tuple[str, str]], moved: Iterable[tuple[str, str]], report: Report
) -> Facts:
    """What both accounts list of these instances, given as pairs of region and id.

    `at_source` are those that the source still has, `moved` those on their way to the recipient or there.
    """
    source: dict[str, Inventory] = {}
    recipient: dict[str, Instance] = {}
    failures: list[str] = []
    for region, ids in _by_region(at_source).items() if settings.runs_source else ():
        try:
            source[region] = _inventory(Cloud(settings.source_profile, region), ids, report)
        except HandoverError as error:
            failures.append(str(error))
    for region, ids in _by_region(moved).items() if settings.runs_recipient else ():
        try:
            recipient |= instances.query(Cloud(settings.recipient_profile, region), ids)
        except HandoverError as error:
            failures.append(str(error))
    return Facts(source, recipient, list(dict.fromkeys(failures)))


def _inventory(source: Cloud, ids: Sequence[str], report: Report) -> Inventory:
    inventory = cloud_inventory.query(source, ids, progress=report)
    return cloud_inventory.with_ram_roles(source, cloud_inventory.with_network(source, inventory, progress=report))


def _by_region(some: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    regions: dict[str, list[str]] = {}
    for region, instance_id in dict.fromkeys(some):
        regions.setdefault(region, []).append(instance_id)
    return regions
