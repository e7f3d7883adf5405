"""An account's owner: what people do by hand to what an account has, in the console, beside every program.

Each change is made as the account that owns the thing, and refused where the console refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from sandbox.models.errors import SandboxError
from sandbox.models.instances import Instance
from sandbox.models.security_group_rules import Rule
from sandbox.models.transfers import Status, Transfer
from sandbox.models.world import Account, Eip, SecurityGroup
from sandbox.state.cloud import CloudState, Holding
from sandbox.state.ids import new_id

MOST_GROUPS = 5
A_MINUTE = timedelta(minutes=1)

T = TypeVar("T")


class Owner:
    """Changes groups, rules, addresses, instances and transfers by their ids, whoever's they are.

    Every method raises SandboxError with one sentence where the console refuses.
    """

    def __init__(self, cloud: CloudState) -> None:
        self._cloud = cloud

    def set_quotas(self, account_id: str, quotas: Mapping[str, int]) -> Account:
        """Raise or lower what an account may have, by the names of the world's model; what it has already it keeps."""
        with self._cloud.lock:
            account = self._cloud.accounts.get(account_id)
            if account is None:
                raise SandboxError(f"There is no account {account_id}.")
            changed = account.model_copy(update=dict(quotas))
            self._cloud.accounts[account_id] = changed
            return changed

    def delete_group(self, group_id: str) -> SecurityGroup:
        """Delete a group that holds no instance and that no other group's rule names; its rules go with it."""
        with self._cloud.lock:
            group = self._group(group_id)
            members = self._cloud.members(group_id)
            if members:
                raise SandboxError(f"Security group {group_id} still holds {', '.join(members)}; it can't be deleted.")
            for other in self._cloud.group_store.everything():
                if other.id != group_id and any(rule.group == group_id for rule in other.rules):
                    raise SandboxError(f"A rule of {other.id} names security group {group_id}; it can't be deleted.")
            self._cloud.group_store.remove(group_id)
            return group

    def add_rule(self, group_id: str, rule: Rule) -> Rule:
        """Add a rule; one that the group has already is refused."""
        with self._cloud.lock:
            group = self._group(group_id)
            new = rule.model_copy(update={"id": new_id("sgr", group.region), "created": self._cloud.clock.now()})
            _require_new(group, new)
            self._require_other_end(group, new)
            self._put_rules(group, (*group.rules, new))
            return new

    def change_rule(self, rule_id: str, **changes: Any) -> Rule:
        """Change a rule's ports, IPv4 block, policy, priority or description."""
        with self._cloud.lock:
            group, rule = self._rule(rule_id)
            if "cidr" in changes:
                changes |= {"ipv6_cidr": None, "group": None, "prefix_list": None}
            try:
                changed = Rule.model_validate(rule.model_dump() | changes)
            except ValidationError as error:
                why = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
                raise SandboxError(f"Rule {rule_id} can't become that: {why}.") from None
            _require_new(group, changed)
            self._put_rules(group, tuple(changed if other.id == rule_id else other for other in group.rules))
            return changed

    def remove_rule(self, rule_id: str) -> Rule:
        """Remove a rule."""
        with self._cloud.lock:
            group, rule = self._rule(rule_id)
            self._put_rules(group, tuple(other for other in group.rules if other.id != rule_id))
            return rule

    def join(self, instance_id: str, group_id: str) -> Instance:
        """Put an instance into one more group of its account and VPC."""
        with self._cloud.lock:
            held, group = self._holding(instance_id), self._group(group_id)
            groups = held.instance.security_groups
            own = self._cloud.group_store.get(group_id, held.owner) is not None
            if not own or self._cloud.vpc_of(held.instance) != group.vpc_id:
                raise SandboxError(f"Instance {instance_id} and security group {group_id} are not in the same VPC.")
            if group_id in groups or len(groups) >= MOST_GROUPS:
                raise SandboxError(f"Instance {instance_id} is in {group_id}, or in {MOST_GROUPS} groups, already.")
            if any(self._group(joined).type != group.type for joined in groups):
                raise SandboxError(
                    f"Security group {group_id} is {group.type}, and instance {instance_id} is in groups of the other "
                    "type; an instance's groups are of one type."
                )
            return self._changed(instance_id, security_groups=(*groups, group_id))

    def leave(self, instance_id: str, group_id: str) -> Instance:
        """Take an instance out of a group that is not its last."""
        with self._cloud.lock:
            groups = self._holding(instance_id).instance.security_groups
            left = tuple(other for other in groups if other != group_id)
            if left == groups or not left:
                why = "is not in" if left == groups else "is in no other group than"
                raise SandboxError(f"Instance {instance_id} {why} {group_id}.")
            return self._changed(instance_id, security_groups=left)

    def bind_address(self, name: str, instance_id: str) -> Eip:
        """Bind an address to an instance of the same account and region, one to one."""
        with self._cloud.lock:
            eip, held = self._eip(name), self._holding(instance_id)
            own = self._cloud.eip_store.get(eip.id, held.owner, held.instance.region) is not None
            if not own or eip.instance is not None or self._cloud.eip_of(instance_id) is not None:
                raise SandboxError(
                    f"EIP {eip.id} and instance {instance_id} have to be of one account and region, and both unbound."
                )
            if held.instance.public_ip is not None:
                raise SandboxError(
                    f"Instance {instance_id} has the fixed public address {held.instance.public_ip}, so no EIP can be "
                    "bound to it."
                )
            return self._put_eip(eip.model_copy(update={"instance": instance_id}))

    def unbind_address(self, name: str) -> Eip:
        """Take an address off its instance."""
        with self._cloud.lock:
            eip = self._eip(name)
            if eip.instance is None:
                raise SandboxError(f"EIP {eip.id} is bound to nothing.")
            return self._put_eip(eip.model_copy(update={"instance": None}))

    def release_address(self, name: str) -> Eip:
        """Give back an address that is bound to nothing and not protected."""
        with self._cloud.lock:
            eip = self._eip(name)
            for is_so, why in (
                (eip.instance is not None, f"is bound to {eip.instance}; unbind it first"),
                (eip.deletion_protection, "has deletion protection"),
                (eip.charge_type == "PrePaid", "is paid for in advance"),
            ):
                if is_so:
                    raise SandboxError(f"EIP {eip.id} can't be released: it {why}.")
            self._cloud.eip_store.remove(eip.id)
            return eip

    def stop(self, instance_id: str) -> Instance:
        """Stop an instance that runs."""
        return self._switch(instance_id, "Running", "Stopped")

    def start(self, instance_id: str) -> Instance:
        """Start an instance that is stopped."""
        return self._switch(instance_id, "Stopped", "Running")

    def expire(self, instance_id: str) -> Instance:
        """What was paid for in advance runs out now, and the instance stops."""
        with self._cloud.lock:
            self._holding(instance_id)
            expired = self._cloud.clock.now() - A_MINUTE
            return self._changed(instance_id, charge_type="PrePaid", expires=expired, status="Stopped")

    def release(self, instance_id: str) -> Instance:
        """Release an instance for good; its address stays, unbound."""
        with self._cloud.lock:
            instance = self._holding(instance_id).instance
            if instance.deletion_protection:
                raise SandboxError(f"Instance {instance_id} can't be released: it has deletion protection.")
            self._cloud.lose(instance_id)
            return instance

    def cancel_transfer(self, name: str) -> Transfer:
        """The source cancels an unfinished transfer, named by its id or its instance's, while the window is open."""
        with self._cloud.lock:
            unfinished = [transfer for transfer in self._cloud.transfers() if not transfer.status.terminal]
            found = next((transfer for transfer in unfinished if name in (transfer.id, transfer.instance_id)), None)
            if found is None:
                raise SandboxError(f"There is no unfinished transfer {name}.")
            closed = self._cloud.clock.now() >= found.cancellable_until
            if closed or found.status not in (Status.UNDER_REVIEW, Status.APPROVED):
                why = "the time in which it could be cancelled is over" if closed else f"it is {found.status}"
                raise SandboxError(f"Transfer {found.id} of {found.instance_id} can't be cancelled: {why}.")
            self._cloud.put_transfer(found.cancelled())
            return found.cancelled()

    def _switch(self, instance_id: str, before: str, after: str) -> Instance:
        with self._cloud.lock:
            status = self._holding(instance_id).instance.status
            if status != before:
                raise SandboxError(f"Instance {instance_id} is {status}, not {before}.")
            return self._changed(instance_id, status=after)

    def _changed(self, instance_id: str, **changes: Any) -> Instance:
        self._cloud.change_instance(instance_id, changes)
        if "status" in changes:
            # Also where it was starting or stopping.
            self._cloud.switch_instance(instance_id, ())
        return self._holding(instance_id).instance

    def _holding(self, instance_id: str) -> Holding:
        holding = self._cloud.holding(instance_id)
        if holding is None:
            raise SandboxError(
                f"No account has an instance {instance_id}. `alicloud-sandbox instances` shows all of them."
            )
        return holding

    def _group(self, group_id: str) -> SecurityGroup:
        return _found(
            self._cloud.group_store.everything(), lambda group: group.id == group_id, f"security group {group_id}"
        )

    def _rule(self, rule_id: str) -> tuple[SecurityGroup, Rule]:
        rules = [(group, rule) for group in self._cloud.group_store.everything() for rule in group.rules]
        return _found(rules, lambda found: found[1].id == rule_id, f"rule {rule_id}")

    def _eip(self, name: str) -> Eip:
        eips = self._cloud.eip_store.everything()
        return _found(eips, lambda eip: name in (eip.id, eip.ip_address), f"EIP {name}")

    def _put_eip(self, eip: Eip) -> Eip:
        self._cloud.eip_store.put(eip)
        return eip

    def _put_rules(self, group: SecurityGroup, rules: tuple[Rule, ...]) -> None:
        self._cloud.group_store.put(group.model_copy(update={"rules": rules}))

    def _require_other_end(self, group: SecurityGroup, rule: Rule) -> None:
        if rule.group is not None and self._group(rule.group).vpc_id != group.vpc_id:
            raise SandboxError(f"Security group {rule.group} is not in the VPC of {group.id}.")


def _found(things: Iterable[T], is_it: Callable[[T], bool], what: str) -> T:
    for thing in things:
        if is_it(thing):
            return thing
    raise SandboxError(f"There is no {what}. `alicloud-sandbox network` shows what there is.")


def _require_new(group: SecurityGroup, rule: Rule) -> None:
    if any(other.identity == rule.identity for other in group.rules if other.id != rule.id):
        raise SandboxError(f"Security group {group.id} has this rule already.")
