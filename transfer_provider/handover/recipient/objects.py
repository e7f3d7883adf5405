"""The security groups and addresses in the recipient's account that this stack made, by their tags, queried in batches.

    addresses   those with the stack's tags, and those bound to nothing: 100 a call each, once a region
    groups      those with the stack's tags: 100 a call, once a region
    named       groups that a handover yet to be received names by id beside others: 100 a call, once a run
    rules       a call for each group that the stack declares and the account has

What is decided on them is in adoption.py, membership.py, orphans.py, rule_differences.py and undeclared_rules.py.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping

from transfer_provider.cloud import addresses as cloud_addresses
from transfer_provider.cloud import security_groups as cloud_groups
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.recipient import adoption, membership, orphans, rule_differences, undeclared_rules
from transfer_provider.handover.recipient.orphans import Orphan
from transfer_provider.handover.recipient.rule_differences import RuleDifference
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.handover.recipient.undeclared_rules import UndeclaredRule
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import Address, SecurityGroup
from transfer_provider.model.ownership import Owner


class RecipientObjects:
    """What this stack made in the recipient's account. Thread-safe; each region is queried once.

    `profile` is the recipient's (None: the default credential chain); `stack` is how `--stack` names the stack; `state`
    is what the stack's state holds; `removes_rules` is whether undeclared rules are removed.
    """

    def __init__(
        self, profile: str | None, owner: Owner, stack: str, state: RecipientState, *, removes_rules: bool = False
    ) -> None:
        self.owner = owner
        self._removes_rules = removes_rules
        self._profile = profile
        self._stack = stack
        self._state = state
        self._addresses: dict[str, dict[str, Address]] = {}
        self._untagged: dict[tuple[str, str], Address | None] = {}
        self._groups: dict[str, list[SecurityGroup]] = {}
        self._with_rules: dict[str, SecurityGroup] = {}
        self._adopted: dict[str, str] = {}
        self._lock = threading.RLock()

    def adopt_address(self, region: str, instance_id: str, eip: Eip, *, used_by: str | None) -> str | None:
        """The allocation id of the address to take over for this instance, which the state lacks; None: allocate one.

        It is the address that `eip` asks for, else one that this stack made for the instance. `used_by` is the
        recipient's instance, to which it may be bound already; of a copy another one, None where that is not known yet.
        Raises Refused where it can't be taken over, and as a query does.
        """
        with self._lock:
            taken = {*self._state.addresses.values(), *(id_ for id_, by in self._adopted.items() if by != instance_id)}
            if eip.adopt is not None:
                found = self._by_id(region, eip.adopt)
                adopted = adoption.address_asked_for(
                    eip.adopt, instance_id, eip, found, taken, self.owner, used_by=used_by
                )
            else:
                own = self._own_addresses(region).values()
                made_before = adoption.address_made_before(instance_id, eip, own, taken, self._stack, used_by=used_by)
                if made_before is None:
                    return None
                adopted = made_before
            self._adopted[adopted.allocation_id] = instance_id
            return adopted.allocation_id

    def adopt_binding(self, region: str, instance_id: str, state_name: str, adopted: str | None) -> str | None:
        """The import id of the binding that exists already and the state lacks; None: bind it.

        The address is the `adopted` one, else what the state holds for the handover. Raises Refused where it is bound
        to something else, and as a query does.
        """
        with self._lock:
            allocation_id = adopted or self._state.addresses.get(state_name)
            if allocation_id is None or state_name in self._state.bound:
                return None
            return adoption.binding_made_before(self._by_id(region, allocation_id), instance_id)

    def adopt_groups(self, declared: Mapping[str, SecurityGroupInputs], region: str) -> Mapping[str, str]:
        """The id of each declared group that this stack made and its state lacks, by name.

        `region` is the stack's. Raises Refused where it is not clear which is meant, and as a query does.
        """
        with self._lock:
            regions = sorted({group.region or region for group in declared.values()})
            own = [group for where in regions for group in self._own_groups(where)]
            made_before = adoption.groups_made_before(declared, own, self._state.groups, region)
            for name, group in declared.items():
                if name not in self._state.groups and name not in made_before:
                    self.confirm_groups([group.region or region])
            return {name: group.group_id for name, group in made_before.items()}

    def confirm_groups(self, regions: Iterable[str]) -> None:
        """Before it is believed that the account has no others of the stack's groups than listed. Raises as a query
        does, and NotAllowed where the credentials may not list them."""
        for region in sorted(set(regions)):
            cloud_groups.confirm_tagged(self._cloud(region), self.owner.tags)

    def warnings(
        self, handovers: Iterable[Wanted], groups: Mapping[str, SecurityGroupInputs], region: str
    ) -> list[str]:
        """What every run reports: what this stack made and nobody owns, and rules that nobody declared.

        `handovers` and `groups` are all that are declared, `region` is the stack's. Raises as a query does; where the
        credentials may not query what nothing here depends on, that is a warning too.
        """
        every = list(handovers)
        handovers = [wanted for wanted in every if wanted.destination and not wanted.own_provider]
        if every and not groups and all(wanted.own_provider for wanted in every):
            return []  # The program's own provider may belong to any account.
        regions = {region, *(wanted.request.region for wanted in handovers)}
        regions.update(group.region or region for group in groups.values())
        awaited = {
            wanted.instance_id
            for wanted in handovers
            if wanted.eip and not wanted.eip.adopt and wanted.name not in self._state.addresses
        }
        try:
            left = [f"{orphan.observed} {orphan.remedy}" for orphan in self.orphans(regions, groups, region, awaited)]
        except NotAllowed as error:
            if groups or any(wanted.eip for wanted in handovers):
                raise
            left = [f"What this stack made at the recipient and nobody owns was not checked. {error}"]
        return [*(f"{rule.observed} {rule.remedy}" for rule in self.undeclared_rules(groups, region)), *left]

    def misfits(self, handovers: Iterable[Wanted], groups: Mapping[str, SecurityGroupInputs]) -> list[str]:
        """Why the security groups that a handover names don't fit together, where it names some by id.

        `groups` are the declared ones. A call for 100 groups and a region; raises as a query does.
        """
        handovers = list(handovers)
        named: dict[str, set[str]] = {}
        for wanted in handovers:
            named.setdefault(wanted.request.region, set()).update(membership.ids_to_look_up(wanted, groups))
        try:
            with self._lock:
                listed = [
                    group
                    for region, ids in named.items()
                    for group in cloud_groups.by_id(self._cloud(region), sorted(ids))
                ]
        except NotAllowed:
            return []  # The warnings report that security groups may not be queried; Alibaba Cloud compares them, too.
        existing = {group.group_id: group for group in listed}
        return [misfit for wanted in handovers for misfit in membership.misfits(wanted, groups, existing)]

    def orphans(
        self, regions: Iterable[str], groups: Mapping[str, SecurityGroupInputs], region: str, awaited: Collection[str]
    ) -> list[Orphan]:
        """What this stack made in these regions that nobody owns any more.

        `groups` are the declared ones, `region` the stack's; `awaited` are the instances whose handover takes its
        address over in a later run.
        """
        with self._lock:
            adopted_groups = self.adopt_groups(groups, region).values()
            found: list[Orphan] = []
            for where in sorted(set(regions)):
                held = {*self._state.addresses.values(), *self._adopted}
                found += orphans.addresses(self._own_addresses(where).values(), held, awaited, self._stack)
                kept = {*self._state.groups.values(), *adopted_groups}
                found += orphans.groups(self._own_groups(where), kept, groups)
            return found

    def rule_differences(self, groups: Mapping[str, SecurityGroupInputs], region: str) -> list[RuleDifference]:
        """Where the rules of the declared groups differ at Alibaba Cloud: a call for each group that is there."""
        with self._lock:
            ids = {**self._state.groups, **self.adopt_groups(groups, region)}
            observed: dict[str, SecurityGroup] = {}
            for where in sorted({group.region or region for group in groups.values()}):
                named = {ids[name]: name for name, group in groups.items() if name in ids and _in(group, region, where)}
                for found in self._existing(where, named):
                    observed[named[found.group_id]] = found
            return rule_differences.differences(groups, observed, self._state.rules)

    def undeclared_rules(self, groups: Mapping[str, SecurityGroupInputs], region: str) -> list[UndeclaredRule]:
        """The rules of the declared groups that neither file nor state knows, and what becomes of each."""
        with self._lock:
            return undeclared_rules.undeclared(
                self.rule_differences(groups, region), self._tagged, removes=self._removes_rules
            )

    @property
    def _tagged(self) -> Collection[str]:
        """The ids of the groups with the stack's tags, of the regions queried so far."""
        return {group.group_id for own in self._groups.values() for group in own}

    def _existing(self, region: str, group_ids: Collection[str]) -> list[SecurityGroup]:
        """Those of these groups that the account has, with their rules; each is read once."""
        cloud = self._cloud(region)
        unread = [group_id for group_id in group_ids if group_id not in self._with_rules]
        own = {group.group_id: group for group in self._own_groups(region)}
        # Made before groups had tags, which the next `up` adds.
        untagged = sorted(group_id for group_id in unread if group_id not in own)
        found = [own[group_id] for group_id in unread if group_id in own] + cloud_groups.by_id(cloud, untagged)
        self._with_rules |= {group.group_id: cloud_groups.with_rules(cloud, group) for group in found}
        return [self._with_rules[group_id] for group_id in group_ids if group_id in self._with_rules]

    def _own_groups(self, region: str) -> list[SecurityGroup]:
        if region not in self._groups:
            self._groups[region] = cloud_groups.tagged(self._cloud(region), self.owner.tags)
        return self._groups[region]

    def _own_addresses(self, region: str) -> dict[str, Address]:
        """By allocation id: bound or not, and those that a run was killed at before they had their tags."""
        if region not in self._addresses:
            cloud = self._cloud(region)
            found = [*cloud_addresses.unbound(cloud), *cloud_addresses.tagged(cloud, self.owner.tags)]
            self._addresses[region] = {
                address.allocation_id: address
                for address in found
                if (mark := adoption.mark_of(address)) is not None and mark.owner == self.owner
            }
        return self._addresses[region]

    def _by_id(self, region: str, allocation_id: str) -> Address | None:
        """The address; those that the state holds unbound and that have no tags yet in one batch."""
        own = self._own_addresses(region)
        if allocation_id in own:
            return own[allocation_id]
        if (region, allocation_id) not in self._untagged:
            unbound = {id_ for name, id_ in self._state.addresses.items() if name not in self._state.bound}
            wanted = sorted({allocation_id, *unbound} - own.keys())
            found = cloud_addresses.query(self._cloud(region), wanted)
            self._untagged |= {(region, id_): found.get(id_) for id_ in wanted}
        return self._untagged[region, allocation_id]

    def _cloud(self, region: str) -> Cloud:
        return Cloud(self._profile, region)


def _in(group: SecurityGroupInputs, region: str, where: str) -> bool:
    return (group.region or region) == where
