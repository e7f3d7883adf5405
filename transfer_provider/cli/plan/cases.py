"""Each handover of a plan: what the engine plans for it, and where it stands, before its instance is looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transfer_provider import receipt, transfer
from transfer_provider.cli.engine.preview import EnginePreview, Message, PlannedStep
from transfer_provider.cli.follow.overview import Followed, Look
from transfer_provider.cli.follow.standing import Standing, Step
from transfer_provider.cli.plan import copies
from transfer_provider.cli.plan.decisions import Planned, handover_of, planned
from transfer_provider.handover.copying import source_image
from transfer_provider.inputs.manifest import Declared
from transfer_provider.model.lifecycle import Status

MOVED = (Status.TRANSFERRING, Status.COMPLETED)


@dataclass(frozen=True)
class Case:
    """One handover of a plan, before the accounts were asked about its instance."""

    name: str
    plan: Planned
    followed: Followed | None
    messages: Sequence[Message]

    @property
    def declared(self) -> Declared | None:
        """Its file."""
        return self.followed.case.declared if self.followed else None

    @property
    def standing(self) -> Standing | None:
        """Where it stands, as far as that was answered."""
        return self.followed.standing if self.followed else None

    @property
    def instance_id(self) -> str:
        return self.followed.case.instance_id if self.followed else self._planned("instance_id")

    @property
    def region(self) -> str:
        return self.followed.case.region if self.followed else self._planned("region")

    @property
    def moved(self) -> bool:
        """Whether the instance was observed to be on its way, or there."""
        return self.followed is not None and has_moved(self.followed)

    @property
    def by_copy(self) -> bool:
        """Whether the recipient gets a copy, and the source keeps its instance."""
        return self.request("channel") == "image" or any(step.type in copies.TYPES for step in self.plan.steps)

    def request(self, key: str) -> str:
        """An input of its request: as this run submits it, else as declared, else as recorded."""
        declared = getattr(self.declared.inputs, key, None) if self.declared else None
        recorded = self.followed.case.submitted.get(key) if self.followed else None
        found = self._planned(key) or declared or (recorded if isinstance(recorded, str) else None)
        return str(found or "")

    def _planned(self, key: str) -> str:
        for kind in (transfer.TYPE, receipt.TYPE, source_image.TYPE):
            for step in self.plan.steps:
                if step.type == kind and isinstance(value := step.known(key), str):
                    return value
        return ""


def has_moved(followed: Followed) -> bool:
    """Whether a handover's instance was observed to be on its way to the recipient, or there."""
    if followed.observed.arrived:
        return True
    return followed.standing.status in MOVED and not followed.standing.unknown


def cases(preview: EnginePreview, look: Look | None) -> list[Case]:
    """Every handover that is declared, in the state, or of which anything is planned."""
    followed = {each.case.name: each for each in look.handovers} if look else {}
    steps: dict[str, list[PlannedStep]] = {}
    in_state: dict[str, str] = {}
    for step in preview.steps:
        name = handover_of(step)
        if name is None:
            continue
        steps.setdefault(name, []).append(step)
        if step.op == "refresh" and isinstance(instance_id := step.had("instance_id"), str):
            in_state[instance_id] = step.name
    messages = _messages(preview)
    renamed = {
        name: in_state[each.case.instance_id]
        for name, each in followed.items()
        if each.case.declared and in_state.get(each.case.instance_id, name) != name
    }
    # What the engine only read of is known by the look; a renamed one's old name is no handover any more.
    changing = {name for name, some in steps.items() if any(step.changes for step in some)}
    shown = {*followed, *changing} if look else {*steps}
    return [
        Case(
            name,
            planned(
                steps.get(name, ()),
                adopts=name in followed and followed[name].standing.step is Step.ADOPT,
                moved=name in followed and has_moved(followed[name]),
                renamed_from=renamed.get(name),
            ),
            followed.get(name),
            messages.get(name, ()),
        )
        for name in sorted(shown)
    ]


def _messages(preview: EnginePreview) -> Mapping[str, Sequence[Message]]:
    found: dict[str, list[Message]] = {}
    for message in preview.messages:
        name = handover_of_urn(message.urn)
        if name is not None and message.severity != "error":
            found.setdefault(name, []).append(message)
    return found


def handover_of_urn(urn: str) -> str | None:
    """The handover that a message of this resource is about."""
    step = PlannedStep("same", urn, {}, {})
    return handover_of(step) if urn else None
