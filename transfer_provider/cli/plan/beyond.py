"""What the engine plans for resources of no handover: all of it, by operation and type. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from transfer_provider.cli.engine.preview import PlannedStep
from transfer_provider.cli.plan.decisions import DELETES, REPLACES, short_type
from transfer_provider.cli.plan.reviewed import Beyond
from transfer_provider.handover.recipient import destroy_guard, exclusive_rules
from transfer_provider.handover.recipient.state import EIP_ASSOCIATION, SECURITY_GROUP, SECURITY_GROUP_RULE
from transfer_provider.handover.state import HANDOVER, STACK

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


def beyond(steps: Iterable[PlannedStep]) -> Sequence[Beyond]:
    """These steps by operation and type, what can't be undone first, then what is deleted or replaced."""
    named: dict[tuple[bool, bool, str, str], list[str]] = {}
    for step in steps:
        removes = step.op in DELETES or step.op in REPLACES
        made_again = step.type in MADE_AGAIN or step.type.startswith("pulumi:providers:")
        lost = removes and not made_again and step.old.get("retainOnDelete") is not True
        named.setdefault((not lost, not removes, step.op, short_type(step.type)), []).append(_name(step))
    return [Beyond(op, kind, sorted(names), not kept) for (kept, _, op, kind), names in sorted(named.items())]


def _name(step: PlannedStep) -> str:
    """Its name, and of what revokes rules which."""
    revoked = step.new.get("inputs", {}).get("remove") if step.type == exclusive_rules.TYPE else None
    if isinstance(revoked, Mapping) and revoked:
        return f"{step.name} (revokes {'; '.join(map(str, revoked.values()))})"
    return step.name
