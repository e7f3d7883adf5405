"""What is due of one copy in this run, decided from its inputs, the state and what was observed: pure.

    Imaging    the source's image is made; before that the source's instance may be stopped for it
    Shared     the image is shared with the recipient, and what follows waits: for room, or for the receive window
    Copying    the recipient's own image is made
    Starting   the recipient's instance is made from it, and is not verified yet
    Copied     the recipient's account lists it Running, with all disks and in its groups
    CopyFailed an image could not be made, or is gone; nothing is tried again by itself

Each step is declared in the run that finds it due, and what was declared once stays declared; but the share of an image
that is gone, for that can't be made again, or, of what is settled, that somebody took back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from transfer_provider.handover.copying.seen import Seen, missing, starting
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.plan import Wanted
from transfer_provider.inputs.handover import Copy, Cutover
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.addresses import usable
from transfer_provider.model.copies import (
    AVAILABLE,
    GONE,
    NOT_MADE,
    CopyStep,
    SourcePower,
    copied_message,
    image_message,
)
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.text import printable
from transfer_provider.model.windows import next_receipt


@dataclass(frozen=True)
class CopyDue:
    """Which resources of one copy are declared in this run, and where it stands by then."""

    state_name: str
    status: Status | None
    """None: it waits for its turn, and nothing of it is declared."""
    message: str = ""
    why: str = ""
    """Why it failed."""
    take_image: bool = False
    source: str = SourcePower.AS_IT_IS
    share: bool = False
    own_image: bool = False
    instance: bool = False
    runs_from: str = ""
    """The image that the recipient's instance is made from."""
    adopt: str | None = None
    """The recipient's instance that a killed run made, to be imported."""
    new_instance_id: str = ""
    """The recipient's instance, where it is there already."""
    held_until: datetime | None = None
    """When its receive window opens, which holds the recipient's instance back; None: nothing does."""
    outside_window: bool = False
    waits_for_room: bool = False
    """As many images are being copied as the account may at a time."""
    private_ip: str | None = None
    address_taken: bool = False
    """Somebody else has the private address that is declared, which holds the recipient's instance back."""
    copying: bool = False
    """Whether it takes one of the account's places for copying an image."""

    @property
    def waits_for_window(self) -> bool:
        """Whether nothing but its receive window holds it back."""
        return self.held_until is not None and self.status is Status.SHARED and not self.waits_for_room


def decide(
    wanted: Wanted,
    settings: Settings,
    held: HeldCopy | None,
    seen: Seen,
    *,
    now: datetime,
    accept_now: Collection[str] = (),
    waits: bool = False,
    room: int = 1,
    group_ids: Collection[str] | None = None,
) -> CopyDue:
    """What is due of one copy.

    `waits` for its turn: nothing of it is declared, unless the state holds it. `room` is how many more images the
    recipient's account may copy at this time. `group_ids` are the security groups it has to be in; None where they are
    not known yet.
    """
    copy, cutover = wanted.copy or Copy(), wanted.cutover or Cutover()
    if held is None:
        if waits:
            return CopyDue(wanted.name, None)
        return _first(wanted.name, copy, cutover, seen)
    if held.status is Status.COPIED:
        return _copied(held, copy, cutover, seen)
    if held.status is Status.COPY_FAILED:
        return _failed(held, seen, held.why)
    failure = _failure(held, seen)
    if failure:
        return _failed(held, seen, failure)
    if not held.image_id:
        return _to_be_imaged(held, copy, cutover, seen)
    begun = bool(held.new_instance_id) or seen.instance is not None
    if not begun and (seen.image is None or seen.image.status != AVAILABLE):
        progress = seen.image.progress if seen.image else None
        status = seen.image.status if seen.image else held.image_status
        message = image_message(status, progress, held.image_id)
        return CopyDue(held.name, Status.IMAGING, message, take_image=True, source=held.source)
    return _shared(wanted, settings, held, copy, cutover, seen, now, accept_now, room, group_ids)


def next_steps(held: HeldCopy | None, due: CopyDue) -> list[CopyStep]:
    """What the next `pulumi up` does, where this is decided for it; nothing where it only looks again."""
    if held is None:
        begins = {
            CopyStep.STOP_FOR_IMAGE: due.source == SourcePower.STOPPED and not due.take_image,
            CopyStep.MAKE_IMAGE: due.take_image,
        }
        return [step for step, taken in begins.items() if taken]
    steps = {
        CopyStep.MAKE_IMAGE: due.take_image and not held.image_id,
        CopyStep.SHARE: due.share and not held.shared,
        CopyStep.COPY_IMAGE: due.own_image and not held.own_image_id,
        CopyStep.MAKE_INSTANCE: due.instance and not held.new_instance_id and due.adopt is None,
        CopyStep.TAKE_OVER: due.adopt is not None,
        CopyStep.START_SOURCE: due.source == SourcePower.STARTED != held.source and held.was_running,
        CopyStep.CUT_OVER: due.source == SourcePower.CUT_OVER and due.source != held.source,
        CopyStep.VERIFIED: due.status is Status.COPIED and held.status is not Status.COPIED,
        CopyStep.FAILED: due.status is Status.COPY_FAILED and held.status is not Status.COPY_FAILED,
    }
    return [step for step, taken in steps.items() if taken]


def _first(name: str, copy: Copy, cutover: Cutover, seen: Seen) -> CopyDue:
    """The run that begins it."""
    if not copy.stop_source:
        return CopyDue(name, Status.IMAGING, image_message("Creating", 0, ""), take_image=True)
    stopped = seen.source is not None and seen.source.status == "Stopped"
    message = image_message("Creating", 0, "") if stopped else image_message(NOT_MADE, None, "")
    return CopyDue(name, Status.IMAGING, message, take_image=stopped, source=SourcePower.STOPPED)


def _to_be_imaged(held: HeldCopy, copy: Copy, cutover: Cutover, seen: Seen) -> CopyDue:
    """Its source's instance was stopped for the image, which is made once that is over."""
    stopped = seen.source is not None and seen.source.status == "Stopped"
    message = image_message("Creating", 0, "") if stopped else image_message(NOT_MADE, None, "")
    return CopyDue(held.name, Status.IMAGING, message, take_image=stopped, source=held.source)


def _shared(
    wanted: Wanted,
    settings: Settings,
    held: HeldCopy,
    copy: Copy,
    cutover: Cutover,
    seen: Seen,
    now: datetime,
    accept_now: Collection[str],
    room: int,
    group_ids: Collection[str] | None,
) -> CopyDue:
    """Its image is made, or the recipient's instance."""
    source = _after_the_image(held, copy, cutover)
    begun = bool(held.new_instance_id) or seen.instance is not None
    there = seen.image is not None  # Once the instance is made, somebody may have deleted it.
    opens = None if begun else next_receipt(wanted.receive_window(settings), now)
    outside = opens is not None and wanted.name in accept_now
    image_id, own_ready, own_due, copying, no_room = held.image_id, True, False, False, False
    if copy.own_image:
        own_due = bool(held.own_image_id) or begun or room > 0
        no_room = not own_due
        own_ready = seen.own is not None and seen.own.status == AVAILABLE
        copying = own_due and not own_ready
        image_id = held.own_image_id
    holder = None if begun else seen.in_use.get(copy.private_ip or "")
    made = begun or (own_ready and (opens is None or outside) and holder is None)
    if made and not missing(seen, group_ids, held):
        return _copied(held, copy, cutover, seen)
    if made:
        status, message = Status.STARTING, starting(seen, group_ids, held)
    elif copying:
        progress = seen.own.progress if seen.own else 0
        own_status = seen.own.status if seen.own else "Creating"
        status = Status.COPYING
        message = image_message(own_status, progress, held.own_image_id, "recipient's own image")
    else:
        status = Status.SHARED
        taken = holder is not None and own_ready
        message = _taken(copy, holder) if taken else _waiting(wanted, settings, opens, no_room=no_room)
    return CopyDue(
        held.name,
        status,
        message,
        take_image=True,
        source=source,
        share=there,
        own_image=own_due and (there or bool(held.own_image_id)),
        instance=made,
        runs_from=image_id,
        adopt=seen.instance.instance_id if seen.instance and not held.new_instance_id else None,
        new_instance_id=held.new_instance_id or (seen.instance.instance_id if seen.instance else ""),
        held_until=None if made else opens,
        outside_window=made and outside,
        waits_for_room=no_room,
        private_ip=_private_ip(copy, held, seen),
        address_taken=not made and holder is not None and own_ready,
        copying=copying,
    )


def _copied(held: HeldCopy, copy: Copy, cutover: Cutover, seen: Seen) -> CopyDue:
    """It is verified, in this run or an earlier one: all of it stays declared, but the share of an image that somebody
    deleted or shares no longer, for it is not needed any more."""
    new_id = held.new_instance_id or (seen.instance.instance_id if seen.instance else "")
    private_ip = seen.instance.private_ip if seen.instance else held.private_ip
    source = SourcePower.CUT_OVER if cutover.source == "stop" else _after_the_image(held, copy, cutover)
    # A state that was lost holds neither the instance nor the recipient's own image, which is taken over as well.
    own_due = bool(held.own_image_id) or (copy.own_image and not held.status.terminal and seen.image is not None)
    message = copied_message(
        new_id,
        private_ip,
        held.instance_id,
        source_stopped=source in (SourcePower.STOPPED, SourcePower.CUT_OVER),
        image=own_due,
    )
    return CopyDue(
        held.name,
        Status.COPIED,
        message,
        take_image=True,
        source=source,
        share=not seen.share_lost and (held.shared or not held.status.terminal),
        own_image=own_due,
        instance=True,
        runs_from=held.own_image_id or held.image_id,
        adopt=seen.instance.instance_id if seen.instance and not held.new_instance_id else None,
        new_instance_id=held.new_instance_id or (seen.instance.instance_id if seen.instance else ""),
    )


def _kept(held: HeldCopy) -> str:
    """The source's instance goes on; one that was stopped is started again."""
    if held.source in (SourcePower.STOPPED, SourcePower.CUT_OVER):
        return SourcePower.STARTED
    return held.source


def _after_the_image(held: HeldCopy, copy: Copy, cutover: Cutover) -> str:
    """Whether the source's instance is started again once the image is made."""
    return _kept(held) if cutover.source == "keep" and not copy.leave_stopped else held.source


def _failed(held: HeldCopy, seen: Seen, why: str) -> CopyDue:
    """What the state holds and can still be there stays declared, for a person to look at; the source's instance goes
    on."""
    return CopyDue(
        held.name,
        Status.COPY_FAILED,
        why,
        why=why,
        take_image=bool(held.image_id),
        source=_kept(held),
        share=held.shared and not seen.share_lost,
        own_image=bool(held.own_image_id),
        instance=bool(held.new_instance_id),
        runs_from=held.own_image_id or held.image_id,
        new_instance_id=held.new_instance_id,
    )


def _failure(held: HeldCopy, seen: Seen) -> str | None:
    """Why nothing can become of it; None where that is not so. Once the recipient's instance is there, images are not
    needed any more."""
    if held.new_instance_id or seen.instance is not None:
        return None
    if held.image_id and (seen.image is None or seen.image.failed):
        return image_message(seen.image.status if seen.image else GONE, None, held.image_id)
    if held.own_image_id and (seen.own is None or seen.own.failed):
        status = seen.own.status if seen.own else GONE
        return image_message(status, None, held.own_image_id, "recipient's own image")
    return None


def _waiting(wanted: Wanted, settings: Settings, opens: datetime | None, *, no_room: bool) -> str:
    if no_room:
        return "The image is shared with the recipient, whose own image is made once others are: 5 at a time."
    window = wanted.receive_window(settings)
    if opens is not None and window is not None:
        return f"The recipient's instance is made when the receive window opens, at {window.shown(opens)}."
    return "The image is shared with the recipient."


def _taken(copy: Copy, holder: str | None) -> str:
    return printable(
        f"The recipient's instance is not made: its private address {copy.private_ip} is in use by {holder}. Declare "
        "another copy.private_ip, or leave it out."
    )


def _private_ip(copy: Copy, held: HeldCopy, seen: Seen) -> str | None:
    """The address that the recipient's instance is to have; None: any free one."""
    if copy.private_ip != "keep":
        return copy.private_ip
    address = str(held.original.get("private_ip") or "")
    free = seen.private_ips and usable(address, seen.private_ips) and address not in seen.in_use
    return address if free else None
