"""Rules of the stack's security groups that nobody declared: what is reported of each, and which are removed. Pure.

With `undeclaredRules: warn`, the default, none is removed. With `remove`, those that were seen in a group with the
stack's tags are, by their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from transfer_provider.handover.recipient.rule_differences import Kind, RuleDifference
from transfer_provider.model.inventory import SecurityGroupRule

DECLARE_OR_REVOKE = (
    "Declare it in security-groups.yaml, or revoke it in the recipient's console; with `undeclaredRules: remove` in "
    "the stack's settings, `pulumi up` revokes such rules."
)
REMOVED = "`pulumi up` revokes it (`undeclaredRules: remove`). Declare it in security-groups.yaml to keep it."
KEPT = (
    "`undeclaredRules: remove` does not revoke it: the group has no tags of this stack yet, which `pulumi up` adds, or "
    "the rule has no id. Revoke it in the recipient's console."
)
OPENS = "It denies access: once it is revoked, what it drops may be let in by another rule."


@dataclass(frozen=True)
class UndeclaredRule:
    """A rule that neither file nor state knows; `observed` and `remedy` are sentences."""

    group: str
    rule: SecurityGroupRule
    removed: bool
    """Whether this stack's next `pulumi up` removes it."""
    observed: str
    remedy: str


def undeclared(
    differences: Iterable[RuleDifference], tagged: Collection[str], *, removes: bool
) -> list[UndeclaredRule]:
    """Those among the differences. `tagged` are the ids of the groups with the stack's tags; `removes` is the setting.

    A rule that the state tracks, or the file declares, is never among them: Pulumi makes and removes those.
    """
    return [
        _of(difference, difference.group_id in tagged, removes=removes)
        for difference in differences
        if difference.kind is Kind.UNDECLARED
    ]


def _of(difference: RuleDifference, tagged: bool, *, removes: bool) -> UndeclaredRule:
    rule = difference.rule
    removed = removes and tagged and bool(rule.rule_id)
    world = "OPEN TO THE WORLD: " if difference.open_to_the_world else ""
    remedy = DECLARE_OR_REVOKE
    if removes:
        remedy = REMOVED if removed else KEPT
    return UndeclaredRule(
        difference.group,
        rule,
        removed,
        f"{world}security group {difference.group} ({difference.group_id}) has a rule that no file declares: "
        f"{rule.in_words}.",
        f"{remedy} {OPENS}" if removed and rule.policy == "drop" else remedy,
    )
