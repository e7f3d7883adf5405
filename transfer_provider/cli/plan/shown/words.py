"""What every form of a plan says in the same words: its sum, a rule, what is beyond. Pure; not yet made printable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from transfer_provider.cli.plan.decisions import Decision
from transfer_provider.cli.plan.reviewed import Beyond, Plan, Row, Rules, Verdict
from transfer_provider.model.inventory import ALL_PORTS, SecurityGroupRule
from transfer_provider.model.rule_comparison import Compared, RuleRow

OPEN = "OPEN TO THE WORLD"
MOST_NAMED = 20  # of the handovers without a step; JSON has all

KINDS = {
    Compared.ADDED: "new",
    Compared.CHANGED: "changed",
    Compared.MISSING: "missing",
    Compared.SAME: "same",
}

VERDICTS = {
    Verdict.NOTHING: "Nothing to do.",
    Verdict.BLOCKED: "Blocked: the preview was refused, and so would be `pulumi up`. No changes were made.",
    Verdict.CHANGES: "Nothing of it is irreversible.",
    Verdict.IRREVERSIBLE: "Irreversible steps",
}


def verdict(plan: Plan) -> str:
    """What it comes to, in a sentence; of what is irreversible how many of each."""
    if plan.verdict is not Verdict.IRREVERSIBLE:
        return VERDICTS[plan.verdict]
    counted = _counted(row.decision.value for row in plan.irreversible)
    lost = sum(len(each.names) for each in plan.beyond if each.irreversible)
    if lost:
        counted = [*counted, f"{lost} deleted or replaced beyond the handovers"]
    return f"IRREVERSIBLE: {', '.join(counted)}."


def summary(plan: Plan) -> str:
    """The plan in a line: how many handovers, and what is planned for them."""
    if plan.errors:
        return f"{plan.stack}: nothing is planned."
    order = list(Decision)
    decisions = sorted((row.decision for row in plan.rows), key=order.index)
    number = len(plan.rows)
    parts = [
        f"{number or 'no'} handover{'' if number == 1 else 's'}",
        *_counted("without a step" if each is Decision.NOTHING else each.value for each in decisions),
    ]
    further = sum(len(each.names) for each in plan.beyond)
    if further:
        parts.append(f"{further} beyond them")
    return f"{plan.stack}: {'; '.join(parts)}."


def _counted(some: Iterable[str]) -> list[str]:
    return [f"{number} {what}" for what, number in Counter(some).items()]


def resting(plan: Plan) -> Sequence[tuple[str, str]]:
    """The handovers without a step, together where the same comes next: their names, and what that is."""
    named: dict[str, list[str]] = {}
    for row in plan.resting:
        named.setdefault(row.next, []).append(row.name)
    return [(_named(names), what) for what, names in named.items()]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def instance(row: Row) -> str:
    """The instance's name and type, and its region."""
    return ", ".join(filter(None, (row.instance_name, row.instance_type, row.region)))


def accounts(row: Row) -> str:
    """From which account to which."""
    named = f" ({row.recipient_name})" if row.recipient_name else ""
    return f"{row.source_account or '?'} → {row.recipient_account or '?'}{named}"


def stays(row: Row) -> str:
    """What stays behind, without what the row or its costs say already; ids only where they are few."""
    return "; ".join(
        item.what if item.what == "VPC and vSwitch" else f"{item.what} {item.detail}".strip()
        for item in row.stays
        if item.what not in ("security group", "the right to a refund", "EIP")
    )


def addresses(row: Row) -> str:
    """The old address and the new; empty where neither is known."""
    if not row.old_address and not row.new_address:
        return ""
    return f"{row.old_address or 'not known'} → {row.new_address or 'none'}"


def groups(row: Row) -> str:
    """The groups at the source and those that it is received into; empty where neither is known."""
    if not row.source_groups and not row.groups:
        return ""
    into = ", ".join(row.groups) or "none declared"
    return f"{', '.join(row.source_groups)} → {into}" if row.source_groups else f"→ {into}"


def rule(some: SecurityGroupRule) -> str:
    """`in tcp 443 from 0.0.0.0/0`, with what is not usual."""
    first, _, last = some.port_range.partition("/")
    ports = "" if some.port_range == ALL_PORTS else f" {first if first == last else some.port_range}"
    where, end = ("in", "from") if some.direction == "ingress" else ("out", "to")
    owner = f" of account {some.peer_owner}" if some.peer_owner else ""
    unusual = [
        *(["drop"] if some.policy == "drop" else []),
        *([f"priority {some.priority}"] if some.priority != 1 else []),
        *some.beyond,
    ]
    return ", ".join([f"{where} {some.protocol}{ports} {end} {some.peer}{owner}", *unusual])


def rules_title(some: Rules) -> str:
    """Whose rules, and of which groups."""
    return f"{', '.join(some.handovers)}: {', '.join(some.source_groups)} → {', '.join(some.groups)}"


def differing(some: Rules) -> Sequence[RuleRow]:
    """The rules that are not the source's."""
    return [row for row in some.rows if row.kind is not Compared.SAME]


def same_rules(some: Rules) -> str:
    """How many rules are the source's, and which of them let everybody in; empty where none is."""
    same = [row for row in some.rows if row.kind is Compared.SAME]
    if not same:
        return ""
    opened = [_opened(row.recreated) for row in same if row.recreated and row.open_to_the_world]
    every = "All" if len(same) == len(some.rows) else "The other"
    count = f"{every} {len(same)} are as at the source" if len(same) > 1 else "1 is as at the source"
    return f"{count}; {OPEN} there as well: {', '.join(opened)}." if opened else f"{count}."


def _opened(some: SecurityGroupRule) -> str:
    """`tcp 443` of a rule that lets everybody in."""
    return rule(some).removeprefix("in ").partition(" from ")[0]


def not_compared(some: Rules) -> str:
    """The groups whose rules are not known here; empty where there are none."""
    if not some.not_compared:
        return ""
    return f"Not compared: {', '.join(some.not_compared)}, whose rules are not known here."


def marked(row: RuleRow) -> str:
    """What kind of difference it is, with what opens it to the world."""
    return f"{KINDS[row.kind]}, {OPEN}" if row.open_to_the_world else KINDS[row.kind]


def rule_row(row: RuleRow) -> str:
    """The re-created rule, and the source's where it differs."""
    if row.recreated is None:
        return f"{rule(row.source)}" if row.source else ""
    source = f"; at the source: {rule(row.source)}" if row.source is not None else ""
    return f"{rule(row.recreated)}{source}"


def beyond(each: Beyond) -> str:
    """`create 2 SecurityGroup: orchid-db, orchid-web`."""
    mark = f", {OPEN}" if each.opens else ""
    return f"{each.op} {len(each.names)} {each.kind}{mark}: {', '.join(each.names)}"
