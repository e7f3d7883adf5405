"""One handover as its file declares it and as the stack's state holds it: what is known of it without a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_provider.cli.follow.observed.stack_state import Exported
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.transfer import INPUTS
from transfer_provider.model.lifecycle import FAILED, MAY_CHANGE_CHANNEL, Status


@dataclass(frozen=True)
class Case:
    """A handover, declared or held or both. `submitted` and `received` are the outputs of its transfer and its receipt
    in the state; empty where the state holds none."""

    name: str
    declared: Declared | None
    by_file: bool
    """Whether a file declares it, or a program of the user's own, which has no files."""
    held: bool
    submitted: Mapping[str, Any]
    received: Mapping[str, Any]
    bound: bool
    """Whether the state holds its address as bound."""
    new_address: str | None = None
    """The public address that the state holds for the recipient."""

    @property
    def instance_id(self) -> str:
        return self.declared.inputs.instance_id if self.declared else self._held("instance_id") or ""

    @property
    def region(self) -> str:
        return self.declared.inputs.region if self.declared else self._held("region") or ""

    @property
    def recipient_account_id(self) -> str:
        return self.declared.inputs.recipient_account_id if self.declared else self._held("recipient_account_id") or ""

    @property
    def recorded(self) -> Status | None:
        """The transfer's status in the state."""
        return Status(self.submitted["status"]) if self.submitted else None

    @property
    def transfer_id(self) -> str | None:
        """The transfer's id in the state."""
        return self._held("transfer_id") or self._held("accepted_transfer_id") or self._held("image_id")

    @property
    def channel(self) -> str:
        """The channel in effect: the channel a transfer was submitted through is kept."""
        if self.declared and (self.recorded is None or self.recorded in MAY_CHANGE_CHANNEL):
            return self.declared.inputs.channel
        return self._held("channel") or "api"

    @property
    def destination(self) -> bool:
        """Whether a vSwitch and groups of the recipient are declared, as far as that is known."""
        return bool(self.declared.recreate) if self.declared else bool(self.received)

    @property
    def address(self) -> bool:
        """Whether an EIP is declared for it."""
        return bool(self.declared and self.declared.recreate and self.declared.recreate.eip)

    @property
    def recorded_arrival(self) -> bool:
        """Whether the state holds the receipt as Completed."""
        return bool(self.received) and self.received.get("status") == Status.COMPLETED

    @property
    def changed(self) -> Sequence[str]:
        """The inputs of its file that differ from what its transfer in the state was submitted with."""
        if self.declared is None or self.recorded is None:
            return ()
        if self.channel == "image":
            return ()  # What may change of a copy is decided by handover/copying/guards.py.
        compared = [key for key in INPUTS if key != "channel" or self.recorded in MAY_CHANGE_CHANNEL]
        declared = self.declared.inputs.model_dump()
        return [key for key in compared if _differs(self.submitted.get(key), declared[key])]

    def settled(self, settings: Settings) -> bool:
        """Whether nothing about it has to be queried any more: what the state holds is final."""
        if self.channel == "image" and self.recorded is not None:
            return self.recorded.terminal
        if self.recorded in FAILED:
            return not self.changed
        if not self.by_file or not settings.runs_recipient:
            return self.recorded is Status.COMPLETED or (not settings.runs_source and self.recorded_arrival)
        recorded = self.recorded is Status.COMPLETED or not settings.runs_source
        return recorded and self.recorded_arrival

    def _held(self, key: str) -> str | None:
        value = self.submitted.get(key) or self.received.get(key)
        return str(value) if value else None


def cases(declared: Sequence[Declared], exported: Exported, *, files: bool) -> list[Case]:
    """Every handover that a file declares or the state holds, by name. `files`: whether the stack has files; without
    any, what the state holds is declared by a program of the user's own."""
    state = exported.state
    named = {handover.inputs.instance_id for handover in declared}

    def case(name: str, instance_id: str, handover: Declared | None) -> Case:
        state_name = exported.names.get(instance_id) or state.name(instance_id, name)
        return Case(
            name=name,
            declared=handover,
            by_file=handover is not None or not files,
            held=instance_id in exported.names or instance_id in state.names,
            submitted=exported.transfers.get(instance_id, {}),
            received=exported.receipts.get(instance_id, {}),
            bound=state_name in state.recipient.bound,
            new_address=exported.addresses.get(state_name) or None,
        )

    found = [case(handover.name, handover.inputs.instance_id, handover) for handover in declared]
    found += [case(name, held, None) for held, name in exported.names.items() if held not in named]
    return sorted(found, key=lambda each: (each.name, each.instance_id))


def _differs(held: Any, declared: Any) -> bool:
    """Whether a file's input differs from the state's. What is encrypted there is compared by its presence alone."""
    if isinstance(held, Mapping):
        return declared is None
    return bool(held != declared)
