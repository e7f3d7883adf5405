"""What a run must not do to a copy that has begun, decided from what is declared and what the state holds: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.handover import Copy
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.copies import SourcePower
from transfer_provider.model.lifecycle import FAILED, Status

# They only say what is done while the image is made, or what was copied then.
OF_THE_IMAGE = ("stop_source",)


def refusals(handovers: Iterable[Wanted], state: StackState, settings: Settings) -> list[str]:
    """Why these may not be declared as they are, a sentence each."""
    return [
        refusal
        for wanted in handovers
        if (refusal := _of_channel(wanted, state) or (_of_copy(wanted, state, settings) if wanted.copy else None))
    ]


def _of_channel(wanted: Wanted, state: StackState) -> str | None:
    """Why the channel can't be another one now."""
    held = state.copies.get(wanted.instance_id)
    if wanted.copy is None:
        if held is None:
            return None
        return (
            f"Could not hand over {wanted.name} by channel: {wanted.channel}: a copy of {wanted.instance_id} was begun "
            f"and is {held.status}. Restore channel: image; to give the copy up, remove the handover's file and run "
            "`pulumi up`, which cleans up, then put it back."
        )
    submitted = state.submitted.get(wanted.instance_id)
    if held is None and submitted is not None and submitted.channel != "image" and submitted.status not in FAILED:
        return (
            f"Could not copy {wanted.instance_id}: its transfer by channel: {submitted.channel} is {submitted.status}. "
            f"Restore channel: {submitted.channel} in {wanted.name}; to give the transfer up, remove the file and run "
            "`pulumi up`, which cancels it for good."
        )
    return None


def _of_copy(wanted: Wanted, state: StackState, settings: Settings) -> str | None:
    held = state.copies.get(wanted.instance_id)
    if settings.side != "both":
        return (
            f"{wanted.name}: channel: image needs side: both, for each step of a copy follows from what both accounts "
            "show. Set `side` to both, with the profiles of both accounts."
        )
    if not wanted.destination:
        return f"{wanted.name}: channel: image needs vswitch_id and security_group_ids, where the copy is made."
    if wanted.own_provider:
        return (
            f"{wanted.name}: channel: image takes no alicloud provider of the program's own: each step is decided by "
            "what the stack's profiles show. Leave `providers` out."
        )
    if held is None:
        return None
    if held.recipient_account_id != wanted.request.recipient_account_id:
        return (
            f"Could not change recipient_account_id of {wanted.name}: its copy for account {held.recipient_account_id} "
            f"has begun and is {held.status}. Restore it; to give the copy up, remove the file, run `pulumi up`, and "
            "then put it back."
        )
    changed = _changed(held, wanted.copy or Copy())
    if changed:
        names = ", ".join(f"copy.{key}" for key in changed)
        return (
            f"Could not change {names} of {wanted.name}: {_too_late(held)}. Restore the previous value; what can be "
            "changed of the recipient's instance is changed in its console."
        )
    return None


def _changed(held: HeldCopy, copy: Copy) -> list[str]:
    """The inputs of the copy that differ from what it was begun with, and can't change any more."""
    # A state that an earlier version wrote lacks the keys that were added since.
    now, begun_with = comparable(copy), {**comparable(Copy()), **held.copy}
    changed = [key for key in {**now, **begun_with} if now.get(key) != begun_with.get(key)]
    if held.new_instance_id:
        return changed
    begun = {*OF_THE_IMAGE} | ({"own_image", "kms_key_id"} if held.own_image_id else set())
    if held.source != SourcePower.STOPPED:
        begun.add("leave_stopped")  # It was started again.
    return [key for key in changed if key in begun]


def comparable(copy: Copy) -> Mapping[str, Any]:
    """A copy's inputs as the state keeps them: those that are None are left out there, so they are left out here."""
    return copy.model_dump(mode="json", exclude_none=True)


def _too_late(held: HeldCopy) -> str:
    if held.status is Status.COPIED or held.new_instance_id:
        return f"the recipient's instance {held.new_instance_id} is made"
    return f"its copy has begun and is {held.status}"
