"""A copy whose file is removed while its image is being made, which Alibaba Cloud lets nobody delete or cancel.

DeleteImage refuses it (`ImageIsCreating`), and CancelTask is for imports and exports. So the run that finds the file
removed keeps the source's image in the state, as given up, and goes on with all else; the run after the image is made
deletes it. A person applied the removal by then, so an unattended run may. The same of an instance that is still being
stopped for its image: it can't be started before that is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from transfer_provider.cloud.errors import HandoverError
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.model.copies import MAKING, MachineImage, SourcePower
from transfer_provider.model.inventory import Instance
from transfer_provider.model.text import printable


@dataclass(frozen=True)
class GivenUp:
    """A copy that is cleaned up later."""

    held: HeldCopy
    why: str
    """Why not now, a clause."""

    @property
    def later(self) -> str:
        """The same as a sentence."""
        return f"The copy of {self.held.instance_id} is given up, and is cleaned up later: {self.why}."

    @property
    def report(self) -> str:
        """What a run says of it."""
        return (
            f"{self.held.name}: {self.later} The state keeps it. Run `pulumi up` again then, which cleans up; "
            "`handover watch --up` does so by itself."
        )


def removed(copies: Mapping[str, HeldCopy], declared: Collection[str]) -> list[HeldCopy]:
    """The copies that may have to be cleaned up later; `declared` are the instances of all handovers declared.

    What is protected the engine refuses to delete; past the source's image all of it can be deleted at once.
    """
    return [
        held
        for held in copies.values()
        if held.instance_id not in declared and not (held.protected or held.settled or held.shared)
    ]


def not_yet(profile: str | None, copies: Iterable[HeldCopy]) -> list[GivenUp]:
    """Those of these copies that can't be cleaned up yet: in each region 100 images a call, and 100 instances.

    Where that could not be queried nothing is concluded: it is kept as well.
    """
    # Imported here: a program that gives nothing up does not wait for Alibaba Cloud's SDK.
    from transfer_provider.cloud import instances
    from transfer_provider.cloud.client import Cloud
    from transfer_provider.cloud.copies import images

    regions: dict[str, list[HeldCopy]] = {}
    for held in copies:
        regions.setdefault(held.region, []).append(held)
    found = []
    for region, there in regions.items():
        cloud = Cloud(profile, region)
        try:
            made = images.query(cloud, [held.image_id for held in there if held.image_id])
            stopping = [held.instance_id for held in there if _may_be_stopping(held)]
            stopped = instances.query(cloud, stopping) if stopping else {}
        except HandoverError as error:
            why = f"its image could not be queried ({printable(str(error)).rstrip('.')})"
            found += [GivenUp(held, why) for held in there]
            continue
        reasons = [(held, _why_not(made.get(held.image_id), stopped.get(held.instance_id))) for held in there]
        found += [GivenUp(held, why) for held, why in reasons if why]
    return found


def _may_be_stopping(held: HeldCopy) -> bool:
    return held.source == SourcePower.STOPPED and held.was_running


def _why_not(image: MachineImage | None, source: Instance | None) -> str | None:
    if image is not None and image.status in MAKING:
        done = "" if image.progress is None else f" ({image.progress} %)"
        return f"the image {image.image_id} is still being made{done}, and can't be deleted or cancelled before"
    if source is not None and source.status == "Stopping":
        return f"{source.instance_id} is still being stopped, and can't be started again before"
    return None
