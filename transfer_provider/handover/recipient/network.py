"""The recipient's side, by pulumi-alicloud: a provider for each region, security groups with rules, addresses.

Groups and rules are declared once per stack, addresses once per handover. Resource names show what they are (`web`,
`web/https`, `web-01`), and a rule's name is its identity, so that a preview shows a changed priority as that. Groups
and addresses have tags by which they are known as this stack's (model/ownership.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_alicloud as alicloud

from transfer_provider.handover import sdk_overhead
from transfer_provider.handover.alicloud_providers import AlicloudProviders
from transfer_provider.handover.recipient.exclusive_rules import ExclusiveRules
from transfer_provider.handover.recipient.undeclared_rules import UndeclaredRule
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.model.ownership import Owner

# The property of alicloud's SecurityGroupRule for each kind of other end.
PEER_PROPERTIES = {
    "cidr": "cidr_ip",
    "ipv6_cidr": "ipv6_cidr_ip",
    "prefix_list": "prefix_list_id",
    "group": "source_security_group_id",
    "group_id": "source_security_group_id",
}


class RecipientNetwork:
    """What one program declares on the recipient's side.

    `profile` is the recipient's in the Alibaba CLI's config (None: pulumi-alicloud's own default chain).
    `protect` keeps Pulumi from deleting groups and addresses.
    """

    def __init__(self, profile: str | None, *, protect: bool = True) -> None:
        self.protect = protect
        self._providers = AlicloudProviders("recipient", profile)
        self._groups: dict[str, alicloud.ecs.SecurityGroup] = {}
        self._rules: dict[str, list[alicloud.ecs.SecurityGroupRule]] = {}
        self._exclusive: list[ExclusiveRules] = []
        self._regions: Mapping[str, str] = {}

    def provider(self, region: str) -> alicloud.Provider:
        """The provider with the recipient's credentials in a region."""
        return self._providers.of(region)

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def declare_groups(
        self, groups: Mapping[str, SecurityGroupInputs], region: str, adopted: Mapping[str, str] | None = None
    ) -> None:
        """Declare the security groups of a stack, and then their rules, which may name any of them.

        `region` is the stack's, taken where a group sets none; `adopted` are the ids of those that are taken over, by
        name: imported, and then updated to what is declared. Their rules are authorized again, which adds none that a
        group has already.
        """
        owner = this_owner()
        for name, group in groups.items():
            self._groups[name] = alicloud.ecs.SecurityGroup(
                name,
                security_group_name=name,
                vpc_id=group.vpc_id,
                security_group_type=group.type,
                inner_access_policy=group.effective_inner_access_policy,
                description=group.description,
                tags=owner.tags_of_group(name),
                opts=pulumi.ResourceOptions(
                    provider=self.provider(group.region or region),
                    import_=(adopted or {}).get(name),
                    protect=self.protect,
                    # The plugin would wait 10 minutes for a group in use to get free.
                    custom_timeouts=pulumi.CustomTimeouts(delete="1m"),
                ),
            )
        self._regions = {name: group.region or region for name, group in groups.items()}
        for name, group in groups.items():
            self._rules[name] = [self._declare_rule(name, rule_name, rule) for rule_name, rule in group.rules.items()]

    def group_ids(self, names: Sequence[str]) -> list[pulumi.Input[str]]:
        """The ids of security groups given by name, or as they are where they are ids already."""
        return [self._groups[name].id if name in self._groups else name for name in names]

    def rules(self, names: Sequence[str]) -> list[pulumi.Resource]:
        """The rules of security groups given by name, which an instance in them relies on."""
        return [rule for name in names for rule in self._rules.get(name, ())]

    @sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
    def declare_exclusive_rules(self, undeclared: Sequence[UndeclaredRule]) -> None:
        """Declare that the groups keep none of these rules; each is revoked after the declared rules are there."""
        removed: dict[str, dict[str, str]] = {name: {} for name in self._groups}
        for found in undeclared:
            if found.removed:
                removed[found.group][found.rule.rule_id] = found.rule.in_words
        self._exclusive = [
            ExclusiveRules(
                name,
                security_group_id=group.id,
                region=self._regions[name],
                remove=removed[name],
                opts=pulumi.ResourceOptions(
                    parent=group,
                    deleted_with=group,
                    depends_on=self._rules[name],
                    # Else it would be protected as its group is, and the setting could not be taken back.
                    protect=False,
                ),
            )
            for name, group in self._groups.items()
        ]

    def every_group_id(self) -> list[pulumi.Output[str]]:
        """The ids of all groups that were declared."""
        return [group.id for group in self._groups.values()]

    def last_of_groups(self) -> list[pulumi.Resource]:
        """What of all groups is created last, and so deleted first."""
        return [*self.rules(list(self._groups)), *self._exclusive]

    def _declare_rule(
        self, group_name: str, name: str, rule: SecurityGroupRuleInputs
    ) -> alicloud.ecs.SecurityGroupRule:
        group = self._groups[group_name]
        return alicloud.ecs.SecurityGroupRule(
            f"{group_name}/{name}",
            security_group_id=group.id,
            type=rule.direction,
            ip_protocol=rule.protocol,
            port_range=rule.port_range,
            policy=rule.policy,
            priority=rule.priority,
            nic_type="intranet",
            description=rule.description,
            **self._peer(rule),
            # A protected rule could not be edited. Those in use are kept by the protected receipt that depends on them.
            opts=pulumi.ResourceOptions(parent=group, deleted_with=group, protect=False),
        )

    def _peer(self, rule: SecurityGroupRuleInputs) -> dict[str, Any]:
        value: Any = self._groups[rule.peer].id if rule.peer_kind == "group" else rule.peer
        return {PEER_PROPERTIES[rule.peer_kind]: value}


def this_owner() -> Owner:
    """The project and stack that this program runs for."""
    return Owner.of(pulumi.get_project(), pulumi.get_stack())


def declare_eip(name: str, instance_id: str, eip: Eip, opts: pulumi.ResourceOptions) -> alicloud.ecs.EipAddress:
    """The address of one handover; `name` is its resource's."""
    owner = this_owner()
    return alicloud.ecs.EipAddress(
        name,
        address_name=eip.name or name,
        bandwidth=str(eip.bandwidth),
        internet_charge_type=eip.internet_charge_type,
        isp=eip.isp,
        payment_type="PayAsYouGo",
        tags=owner.tags_of_address(name, instance_id),
        # The plugin sends tags after the allocation, and the description with it: a run killed in between leaves an
        # address that is known by this. Of an address that exists the description is whoever's wrote it.
        description=owner.description_of_address(name, instance_id),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["description"])),
    )


def bind_eip(
    name: str, eip: alicloud.ecs.EipAddress, instance_id: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> alicloud.ecs.EipAssociation:
    """The address bound to an instance of the recipient."""
    return alicloud.ecs.EipAssociation(
        name, allocation_id=eip.id, instance_id=instance_id, instance_type="EcsInstance", opts=opts
    )
