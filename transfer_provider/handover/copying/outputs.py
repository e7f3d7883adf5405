"""What a handover by a copy shows, in the words that all handovers have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from transfer_provider.handover.copying.plan import CopyDue

if TYPE_CHECKING:
    import pulumi_alicloud as alicloud

    from transfer_provider.handover.copying.declare import MadeCopy


def outputs_of(
    due: CopyDue, made: MadeCopy | None, address: alicloud.ecs.EipAddress | None, waits: str | None
) -> dict[str, pulumi.Output[Any]]:
    """Status and message as this run decided them; `waits` is why it has not begun."""
    instance = made.instance if made else None
    return {
        "status": pulumi.Output.from_input(str(due.status) if due.status else None),
        "status_message": pulumi.Output.from_input(waits or due.message or None),
        "transfer_id": pulumi.Output.from_input(None),
        "old_address": made.image.original.apply(lambda known: known.get("public_ip") or None)
        if made
        else pulumi.Output.from_input(None),
        "new_address": address.ip_address if address is not None else pulumi.Output.from_input(None),
        "security_group_ids": instance.security_groups if instance else pulumi.Output.from_input(None),
        "new_instance_id": instance.id if instance else pulumi.Output.from_input(None),
    }
