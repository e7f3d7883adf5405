"""The security groups that a stack re-creates, rule by rule beside the source's: pure, of what was looked up."""

from __future__ import annotations

from collections.abc import Collection

from transfer_provider.cli.follow.overview import Look
from transfer_provider.cli.report.facts import Evidence, GroupFacts, Seen
from transfer_provider.cli.report.lookups import GROUPS, NETWORK, LookUps
from transfer_provider.model.inventory import SecurityGroup
from transfer_provider.model.rule_comparison import compare


def compared(
    look: Look, source: LookUps | None, recipient: LookUps | None, only: Collection[str] | None
) -> list[GroupFacts]:
    """Every group that a file declares or the state holds, by name; `only`: those of these names or ids."""
    declared, held = look.declared.groups, look.exported.state.recipient.groups
    # How the re-created rules name the group that was made of one of the source's.
    names = {
        group.captured_from: held[name] for name, group in declared.items() if group.captured_from and name in held
    }
    found = []
    for name in sorted({*declared, *held}):
        group, group_id = declared.get(name), held.get(name)
        if only is not None and name not in only and group_id not in only:
            continue
        region = (group.region if group else None) or look.settings.region
        source_id = group.captured_from if group else None
        theirs = source.groups.get(source_id or "") if source else None
        made = recipient.groups.get(group_id or "") if recipient else None
        both = theirs is not None and made is not None
        found.append(
            GroupFacts(
                name=name,
                region=region,
                source_id=source_id,
                source=_seen(source, source_id, region, theirs),
                group_id=group_id,
                recipient=_seen(recipient, group_id, region, made),
                rows=compare({name: theirs.rules}, {name: made.rules}, names) if theirs and made else None,
                declared=len(group.rules) if group else None,
                inner=_inner(theirs, made) if both else None,
            )
        )
    return found


def _seen(looked: LookUps | None, group_id: str | None, region: str, found: SecurityGroup | None) -> Seen:
    if looked is None:
        return Seen(Evidence.OTHER_HALF)
    if group_id is None:
        return Seen(Evidence.NOT_QUERIED)
    if found is not None:
        return Seen(Evidence.LISTED)
    # The source's groups are looked up with its instances, or by themselves.
    kind = GROUPS if (GROUPS, region) in looked.asked else NETWORK
    return looked.seen(kind, region, listed=False)


def _inner(source: SecurityGroup | None, made: SecurityGroup | None) -> tuple[str | None, str | None] | None:
    there = source.inner_access_policy if source else None
    here = made.inner_access_policy if made else None
    return None if there == here else (there, here)
