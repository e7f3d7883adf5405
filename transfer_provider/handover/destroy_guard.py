"""When a stack declares its DestroyGuard, and what that depends on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pulumi

from transfer_provider.destroy_guard import DestroyGuard
from transfer_provider.handover.component import Handover
from transfer_provider.handover.run import Run

NAME = "destroy-guard"


def declare_destroy_guard(run: Run, handovers: Collection[Handover], regions: Collection[str] = ()) -> None:
    """Declare the guard of a stack that has received something which nothing protects.

    `handovers` are all of the program's; `regions` are those of its security groups. Protected resources Pulumi itself
    refuses to delete, before it begins. A guard that the state holds is declared on: without it only a destroy is left
    that may delete it.
    """
    received = [handover for handover in handovers if handover.receipt is not None]
    if not run.settings.runs_recipient or (not run.state.destroy_guard and (run.network.protect or not received)):
        return
    last: list[pulumi.Resource] = [*run.network.every_rule()]
    for handover in received:
        last += [made for made in (handover.receipt, handover.binding) if made is not None]
    DestroyGuard(
        NAME,
        handovers={handover.name: handover.instance_id for handover in received},
        security_group_ids=_declared_groups(run, received),
        regions=sorted({*regions, *(handover.region for handover in received)}),
        # What the whole destroy hangs on has to depend on what is deleted first.
        opts=pulumi.ResourceOptions(depends_on=last, protect=run.network.protect),
    )


def _declared_groups(run: Run, received: Sequence[Handover]) -> pulumi.Output[list[str]]:
    """The ids of the groups that a destroy deletes; one that is given as a plain id was there before."""
    given = [group_id for handover in received for group_id in handover.into if isinstance(group_id, pulumi.Output)]
    return pulumi.Output.all(*run.network.every_group_id(), *given).apply(lambda ids: sorted(set(ids)))
