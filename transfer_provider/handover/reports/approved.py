"""Is what was approved still fit to be received? Accepting is irreversible, and hours pass between the two.

Only the source's account can tell, so a program that runs the recipient's half checks nothing. Where the program runs
both halves it is checked in the runs that would accept, and in their previews; a source's half by itself is only
warned.
"""

from __future__ import annotations

from collections.abc import Mapping

from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.polls import InstancePolls
from transfer_provider.eligibility import judge as eligibility
from transfer_provider.eligibility.judge import Finding
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Instance, Inventory
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.text import printable


class ApprovedInstances:
    """The instances of one program run that wait to be received, as the source's account lists them."""

    def __init__(self, settings: Settings, state: StackState) -> None:
        self._settings = settings
        self._state = state
        self._clouds: dict[str, Cloud] = {}
        self._polls: dict[str, InstancePolls] = {}

    def findings(self, observed: Mapping[Wanted, Observed], *, every: bool) -> Mapping[Wanted, list[Finding]]:
        """What was found about those of these handovers that wait to be received; blocking where that is useless.

        `every`: these are all of the program's, and are queried in one batch a region; else all the account's instances
        are, once. Raises as a call does.
        """
        if not self._settings.runs_source:
            return {}
        regions: dict[str, list[Wanted]] = {}
        for wanted, found in observed.items():
            if self._waits(wanted, found):
                regions.setdefault(wanted.request.region, []).append(wanted)
        return {
            wanted: self._judged(wanted, region, listed.get(wanted.instance_id))
            for region, waiting in regions.items()
            for listed in [self._listed(region, [wanted.instance_id for wanted in waiting], every=every)]
            for wanted in waiting
        }

    def _waits(self, wanted: Wanted, observed: Observed) -> bool:
        """Whether its transfer is Approved, and nothing of it is accepted yet."""
        if wanted.instance_id in self._state.received:
            return False
        if self._settings.runs_recipient:
            return wanted.destination and observed.transfer is not None and observed.transfer.status is Status.APPROVED
        submitted = self._state.submitted.get(wanted.instance_id)
        return submitted is not None and submitted.status is Status.APPROVED

    def _listed(self, region: str, instance_ids: list[str], *, every: bool) -> Mapping[str, Instance]:
        cloud = self._clouds.setdefault(region, Cloud(self._settings.source_profile, region))
        if every:
            return instances.query(cloud, instance_ids)
        polls = self._polls.setdefault(region, InstancePolls(cloud))
        found = {instance_id: polls.find(instance_id) for instance_id in instance_ids}
        return {instance_id: instance for instance_id, instance in found.items() if instance is not None}

    def _judged(self, wanted: Wanted, region: str, instance: Instance | None) -> list[Finding]:
        inventory = Inventory(
            account_id=self._settings.sourceAccount,
            region=region,
            observed_at=self._clouds[region].now(),
            instances={} if instance is None else {wanted.instance_id: instance},
        )
        found = eligibility.since_approval(inventory, wanted.instance_id, expiry_days=self._settings.expiryDays)
        return eligibility.soften(found, self._settings.warnOnly)


def warning(finding: Finding) -> str:
    """What makes accepting questionable, for the run that would accept."""
    return (
        f"{finding.code}: {finding.subject} is approved and waits to be accepted, which is irreversible. "
        f"{printable(finding.message)} {printable(finding.remedy)}"
    )


def refusal(finding: Finding) -> str:
    """What makes accepting useless."""
    return (
        f"Could not receive {finding.subject}: its transfer is approved, and accepting it is irreversible. "
        f"{printable(finding.message)} {printable(finding.remedy)} To accept it all the same, list {finding.code} in "
        "the stack's `warnOnly`, in a reviewed commit."
    )
