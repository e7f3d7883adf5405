"""Declare all handovers of a program at once, so that every check of every one of them comes before the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NotRequired, Required, TypedDict

import pulumi

from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover.component import Handover
from transfer_provider.handover.destroy_guard import declare_destroy_guard
from transfer_provider.handover.run import this_run
from transfer_provider.handover.wanted import wanted_of
from transfer_provider.inputs.handover import Backup, Eip


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
    protect: NotRequired[bool]
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
    declare_destroy_guard(run, declared.values())
    return declared
