"""ExclusiveRules: a security group of the stack's keeps no rule that nobody declared (`undeclaredRules: remove`).

The program, which compares file, state and group before it declares anything, names each rule to revoke by its id, with
the rule in words. So a preview shows which rules go, and no other rule ever does.

check   nothing; the program makes its inputs
diff    a rule to revoke that was not revoked before, or another group; no call
create  revokes the named rules that the group still has as they were seen; without any, no call
read    what the state has; no call
update  as create
delete  stops to revoke, no call made

Persisted in state files, so never renamed: this module's path, both class names, the type token
`pulumi-python:dynamic/exclusive_rules:ExclusiveRules` and the inputs' names.

The stack's setting that is read: `recipientProfile`, as by InstanceReceipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from transfer_provider.channels.process import end_with_engine, in_its_own_words

TYPE = "pulumi-python:dynamic/exclusive_rules:ExclusiveRules"


class ExclusiveRulesProvider(dynamic.ResourceProvider):
    """The operations of the table above. Stateless until configured, so that it is stored by reference."""

    serialize_as_secret_always = False

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Called once in the provider's process, with the stack's settings."""
        end_with_engine()
        self._profile: str | None = req.config.get("recipientProfile") or None

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        moved = any(olds.get(key) != news.get(key) for key in ("security_group_id", "region"))
        if pulumi.contains_unknowns(news.get("remove")):
            return dynamic.DiffResult(changes=True)
        # What the state has as revoked was. An id is never given again, so the same entry is the same rule.
        return dynamic.DiffResult(changes=moved or not news["remove"].items() <= olds["remove"].items())

    @in_its_own_words
    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult(props["security_group_id"], self._revoked(props))

    @in_its_own_words
    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(self._revoked(news))

    def _revoked(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """Revoke what is named; the outputs, with the rules that are gone."""
        group_id, region, named = props["security_group_id"], props["region"], dict(props["remove"])
        if named:
            # Imported here: a program that only declares the resource does not wait for Alibaba Cloud's SDK.
            from transfer_provider.cloud import security_groups
            from transfer_provider.cloud.client import Cloud

            cloud = Cloud(self._profile, region)
            groups = security_groups.by_id(cloud, [group_id])
            for rule in (rule for group in groups for rule in security_groups.with_rules(cloud, group).rules):
                if rule.rule_id not in named:
                    continue
                if rule.in_words != named[rule.rule_id]:
                    # Changed since it was seen, maybe into what is declared: the next run compares it again.
                    del named[rule.rule_id]
                    pulumi.log.warn(f"The rule {rule.rule_id} of {group_id} is kept: it changed to {rule.in_words}.")
                    continue
                security_groups.revoke(cloud, group_id, rule)
                pulumi.log.info(f"Revoked {rule.rule_id} of {group_id}: {rule.in_words}.")
        return {"security_group_id": group_id, "region": region, "remove": named}


class ExclusiveRules(dynamic.Resource, module="exclusive_rules", name="ExclusiveRules"):
    """Revokes rules of a security group that are there and nobody declared. One a group.

    `remove` are those that were seen, in words by their ids; `region` is the group's.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        security_group_id: pulumi.Input[str],
        region: str,
        remove: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"security_group_id": security_group_id, "region": region, "remove": dict(remove)}
        super().__init__(ExclusiveRulesProvider(), resource_name, props, opts)
