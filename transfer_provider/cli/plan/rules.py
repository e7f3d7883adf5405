"""The rules of the groups that handovers are received into, beside those at the source: once for all with the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from transfer_provider.cli.plan.cases import Case
from transfer_provider.cli.plan.facts import Facts
from transfer_provider.cli.plan.reviewed import Rules
from transfer_provider.handover.recipient.rule_differences import as_listed
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import Inventory, SecurityGroup, SecurityGroupRule
from transfer_provider.model.rule_comparison import compare


def rules_of(some: Iterable[Case], groups: Mapping[str, SecurityGroupInputs], facts: Facts) -> Sequence[Rules]:
    """The comparisons of these handovers, as far as both sides of each are known."""
    together: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for case in some:
        instance = facts.at_source(case.region, case.instance_id)
        recreate = case.declared.recreate if case.declared else None
        if instance is None or recreate is None:
            continue
        key = (case.region, tuple(sorted(instance.security_group_ids)), tuple(sorted(recreate.security_groups)))
        together.setdefault(key, []).append(case.name)
    return [
        _compared(names, facts.source[region], source, declared, groups)
        for (region, source, declared), names in together.items()
    ]


def _compared(
    handovers: Sequence[str],
    inventory: Inventory,
    source: Sequence[str],
    declared: Sequence[str],
    groups: Mapping[str, SecurityGroupInputs],
) -> Rules:
    there = inventory.groups or {}
    shown = [f"{there[each].name} ({each})" if each in there and there[each].name else each for each in source]
    unknown = [each for each in source if each not in there]
    if unknown:
        # Of half of the source's rules nobody could tell what is new.
        return Rules(handovers, shown, declared, (), [*unknown, *(each for each in declared if each not in groups)])
    rows = compare(
        {there[each].name or each: there[each].rules for each in source},
        {name: [as_listed(rule, {}) for rule in groups[name].rules.values()] for name in declared if name in groups},
        {group.captured_from: name for name, group in groups.items() if group.captured_from},
    )
    names = {each: f"{group.name} ({each})" for each, group in there.items() if group.name}
    rows = [replace(row, source=_named(row.source, names)) for row in rows]
    notes = _among_themselves(
        [there[each] for each in source], {name: groups[name] for name in declared if name in groups}
    )
    return Rules(handovers, shown, declared, rows, [each for each in declared if each not in groups], notes)


def _among_themselves(source: Sequence[SecurityGroup], declared: Mapping[str, SecurityGroupInputs]) -> Sequence[str]:
    """The re-created groups whose instances reach each other, where no group at the source let them."""
    if not source or any(group.inner_access_policy != "Drop" for group in source):
        return ()
    letting = [name for name, group in declared.items() if group.effective_inner_access_policy == "Accept"]
    if not letting:
        return ()
    return [f"Instances of one group reach each other in {', '.join(letting)}, which no group at the source let them."]


def _named(rule: SecurityGroupRule | None, names: Mapping[str, str]) -> SecurityGroupRule | None:
    """The same with the other end's name, where that is a group with one."""
    if rule is None or rule.peer_kind != "group_id":
        return rule
    return replace(rule, peer=names.get(rule.peer, rule.peer))
