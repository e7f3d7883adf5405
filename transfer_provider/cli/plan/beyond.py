"""What the engine plans for resources of no handover: all of it, by operation and type. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from transfer_provider.cli.engine.preview import PlannedStep
from transfer_provider.cli.plan.decisions import DELETES, REPLACES, short_type
from transfer_provider.cli.plan.reviewed import Beyond
from transfer_provider.handover.recipient import destroy_guard, exclusive_rules
from transfer_provider.handover.recipient.state import EIP_ASSOCIATION, SECURITY_GROUP, SECURITY_GROUP_RULE, rule_of
from transfer_provider.handover.state import HANDOVER, STACK
from transfer_provider.model.inventory import SecurityGroupRule
from transfer_provider.model.rule_comparison import open_to_the_world

# What is made again from its declaration, whatever was removed. Of all else that is deleted nobody here knows that.
MADE_AGAIN = (
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    EIP_ASSOCIATION,
    HANDOVER,
    STACK,
    destroy_guard.TYPE,
    exclusive_rules.TYPE,
)


def beyond(steps: Iterable[PlannedStep], compared: Collection[str] = ()) -> Sequence[Beyond]:
    """These steps by operation and type, what can't be undone first, then what opens something, then what removes it.

    `compared` are the security groups whose rules are compared with the source's, by name.
    """
    named: dict[tuple[bool, bool, bool, str, str], list[str]] = {}
    for step in steps:
        removes = step.op in DELETES or step.op in REPLACES
        made_again = step.type in MADE_AGAIN or step.type.startswith("pulumi:providers:")
        lost = removes and not made_again and step.old.get("retainOnDelete") is not True
        opened = None if step.name.partition("/")[0] in compared else _opened(step)
        key = (not lost, opened is None, not removes, step.op, short_type(step.type))
        named.setdefault(key, []).append(_name(step, opened))
    return [
        Beyond(op, kind, sorted(names), not kept, not closed)
        for (kept, closed, _, op, kind), names in sorted(named.items())
    ]


def _opened(step: PlannedStep) -> SecurityGroupRule | None:
    """The rule that a step makes or changes, where it lets everybody in."""
    inputs = step.new.get("inputs")
    if step.type != SECURITY_GROUP_RULE or step.op in DELETES or not isinstance(inputs, Mapping):
        return None
    rule = rule_of(inputs)
    return rule if rule is not None and open_to_the_world(rule) else None


def _name(step: PlannedStep, opened: SecurityGroupRule | None) -> str:
    """Its name, with the rule that it opens, or those that it revokes."""
    if opened is not None:
        return f"{step.name} ({opened.in_words})"
    inputs = step.new.get("inputs")
    revoked = inputs.get("remove") if step.type == exclusive_rules.TYPE and isinstance(inputs, Mapping) else None
    if isinstance(revoked, Mapping) and revoked:
        return f"{step.name} (revokes {'; '.join(map(str, revoked.values()))})"
    return step.name
