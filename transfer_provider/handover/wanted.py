"""What decisions about a handover depend on, of the arguments that `Handover` is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.recipient.state import EIP_ADDRESS
from transfer_provider.inputs.handover import Backup, Copy, Cutover, Eip
from transfer_provider.inputs.window import Window
from transfer_provider.model.transfer import TransferRequest


def wanted_of(
    name: str,
    *,
    instance_id: str,
    region: str,
    recipient_account_id: str,
    resource_group_id: pulumi.Input[str] | None = None,
    reason: pulumi.Input[str] | None = None,
    channel: pulumi.Input[str] = "api",
    vswitch_id: pulumi.Input[str] | None = None,
    security_group_ids: Sequence[pulumi.Input[str]] | None = None,
    eip: Eip | None = None,
    backup: Backup | None = None,
    after: Sequence[str] = (),
    window: Window | None = None,
    copy: Copy | None = None,
    cutover: Cutover | None = None,
    opts: pulumi.ResourceOptions | None = None,
    **_: Any,
) -> Wanted:
    """What decisions about a handover depend on, of the arguments of `Handover`."""
    destination = vswitch_id is not None and bool(security_group_ids)
    return Wanted(
        name,
        TransferRequest(
            instance_id,
            region,
            recipient_account_id,
            resource_group_id=_plain(resource_group_id),
            reason=_plain(reason),
        ),
        channel=str(channel),
        destination=destination,
        half_a_destination=not destination and bool(vswitch_id or security_group_ids or eip or window),
        eip=eip,
        window=window,
        backup=backup,
        copy=(copy or Copy()) if channel == "image" else None,
        cutover=(cutover or Cutover()) if channel == "image" else None,
        vswitch_id=_plain(vswitch_id),
        own_provider=_brings_provider(opts),
        # One name alone is a sequence, too: of its letters.
        after=tuple(map(str, [after] if isinstance(after, str) else after)),
        groups=tuple(group for group in security_group_ids or () if isinstance(group, str)),
    )


def _brings_provider(opts: pulumi.ResourceOptions | None) -> bool:
    """Whether an alicloud provider of the program's own is among the options, or the parent's."""
    if opts is None:
        return False
    given = opts.providers.values() if isinstance(opts.providers, Mapping) else opts.providers or ()
    named = any(provider.package == "alicloud" for provider in (*given, *([opts.provider] if opts.provider else ())))
    return named or (opts.parent is not None and opts.parent.get_provider(EIP_ADDRESS) is not None)


def _plain(value: pulumi.Input[str] | None) -> str | None:
    """A value that is known now; None for one that is only known later."""
    return value if isinstance(value, str) else None
