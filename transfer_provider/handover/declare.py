"""Declare all handovers of a program at once, so that every check of every one of them comes before the first.

And what keeps them from a destroy that can't be completed: the stack's DestroyGuard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NotRequired, Required, TypedDict

import pulumi

from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover import sdk_overhead
from transfer_provider.handover.component import Handover
from transfer_provider.handover.copying.declare import declare_given_up
from transfer_provider.handover.recipient.destroy_guard import DestroyGuard
from transfer_provider.handover.run import Run, this_run
from transfer_provider.handover.wanted import wanted_of
from transfer_provider.inputs.handover import Backup, Copy, Cutover, Eip
from transfer_provider.inputs.window import Window


class HandoverArgs(TypedDict, total=False):
    """The arguments of a `Handover`, by their names."""

    instance_id: Required[str]
    region: Required[str]
    recipient_account_id: Required[str]
    accept_terms: Required[pulumi.Input[bool]]
    recipient_account_name: NotRequired[pulumi.Input[str] | None]
    recipient_email: NotRequired[pulumi.Input[str] | None]
    resource_group_id: NotRequired[pulumi.Input[str] | None]
    reason: NotRequired[pulumi.Input[str] | None]
    channel: NotRequired[pulumi.Input[str]]
    vswitch_id: NotRequired[pulumi.Input[str] | None]
    security_group_ids: NotRequired[Sequence[pulumi.Input[str]] | None]
    recipient_resource_group_id: NotRequired[pulumi.Input[str] | None]
    eip: NotRequired[Eip | None]
    backup: NotRequired[Backup | None]
    window: NotRequired[Window | None]
    copy: NotRequired[Copy | None]
    cutover: NotRequired[Cutover | None]
    protect: NotRequired[bool]
    after: NotRequired[Sequence[str]]
    receive_after: NotRequired[Sequence[pulumi.Resource]]
    opts: NotRequired[pulumi.ResourceOptions | None]


def declare_handovers(handovers: Mapping[str, HandoverArgs]) -> dict[str, Handover]:
    """Declare all handovers of a program, given by name with the arguments of `Handover`; call it once.

        declare_handovers({
            "web-01": {"instance_id": "i-bp1web00000000000001", "region": "cn-hangzhou", ...},
            "db-01": {"instance_id": "i-bp1db000000000000001", "region": "cn-hangzhou", ...},
        })

    Nothing is declared unless every check of every handover holds, and more transfers than the stack's
    `maxCancellations` that the state holds and this list does not are an error: a program that declares each
    `Handover` by itself can't know the others. Raises pulumi.RunError.
    """
    run = this_run()
    try:
        run.prepare([wanted_of(name, **arguments) for name, arguments in handovers.items()])
    except HandoverError as error:
        raise pulumi.RunError(str(error)) from None
    declared = {name: Handover(name, **arguments, run=run) for name, arguments in handovers.items()}
    declare_given_up(run.given_up, run.copies.owner)
    declare_destroy_guard(run, declared.values())
    return declared


@sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE)
def declare_destroy_guard(run: Run, handovers: Collection[Handover], regions: Collection[str] = ()) -> None:
    """Declare the guard of a stack that has received something which nothing protects.

    `handovers` are all of the program's; `regions` are those of its security groups. Protected resources Pulumi itself
    refuses to delete, before it begins. A guard that the state holds is declared on: without it only a destroy is left
    that may delete it.
    """
    received = [handover for handover in handovers if handover.received is not None]
    if not run.settings.runs_recipient or (not run.state.destroy_guard and (run.network.protect or not received)):
        return
    last: list[pulumi.Resource] = [*run.network.last_of_groups()]
    for handover in received:
        last += [made for made in (handover.received, handover.binding) if made is not None]
    DestroyGuard(
        "destroy-guard",
        handovers={handover.name: _received_id(handover) for handover in received},
        security_group_ids=_declared_groups(run, received),
        regions=sorted({*regions, *(handover.region for handover in received)}),
        # A destroy goes by dependencies, level by level: above what is deleted first, the guard is alone on the first.
        opts=pulumi.ResourceOptions(depends_on=last, protect=run.network.protect),
    )


def _received_id(handover: Handover) -> pulumi.Input[str]:
    """The instance that the recipient has."""
    copied = handover.copy.instance if handover.copy else None
    return copied.id if copied is not None else handover.instance_id


def _declared_groups(run: Run, received: Sequence[Handover]) -> pulumi.Output[list[str]]:
    """The ids of the groups that a destroy deletes; one that is given as a plain id was there before."""
    given = [group_id for handover in received for group_id in handover.into if isinstance(group_id, pulumi.Output)]
    return pulumi.Output.all(*run.network.every_group_id(), *given).apply(lambda ids: sorted(set(ids)))
