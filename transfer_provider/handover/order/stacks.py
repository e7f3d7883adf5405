"""The stacks that a stack comes after: which of their handovers are not settled.

By their state, as their last run left it, and by their files beside this stack's: what is declared there and not in
their state is not settled either. A stack that can't be read is an error, never a stack without handovers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pulumi

from transfer_provider.handover.order.turns import Ahead, StackAhead
from transfer_provider.handover.state import Held, StackState, read_state_of
from transfer_provider.inputs.file_names import entries
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import STACKS, StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused, Problem, load
from transfer_provider.model.lifecycle import Status


def unsettled_stacks(settings: Settings, files: StackFiles | None) -> list[StackAhead]:
    """Those of the setting `after` that are not settled. `files` are this stack's; None: a program without files.

    Raises pulumi.RunError where a stack, or its folder, can't be read.
    """
    if not settings.runs_source:
        return []
    found = []
    for name in settings.after:
        try:
            declared = declared_by(StackFiles(files.root, name)) if files else frozenset()
        except FilesRefused as refused:
            raise pulumi.RunError(f"Could not read the files of the stack {name}: {refused}") from None
        stack = stack_ahead(name, read_state_of(name), declared)
        if stack is not None:
            found.append(stack)
    return found


def stack_ahead(name: str, state: StackState, declared: Collection[str]) -> StackAhead | None:
    """The stack, where it is not settled; `declared` are the names of the handovers that its files declare.

    Settled are handovers that have arrived, and where it runs the source's half only, whose transfer is Completed.
    One that was rejected, has expired or was cancelled needs a person, and is not.
    """
    unsettled = {
        held.name: held.transfer.status if held.transfer else None
        for held in state.handovers.values()
        if not _settled(held, state)
    }
    by_component = {held.instance_id for held in state.handovers.values()}
    for instance_id, transfer in state.submitted.items():
        if instance_id not in by_component and transfer.status not in OVER:
            unsettled[instance_id] = transfer.status
    for instance_id in set(state.received) - set(state.arrived) - by_component:
        unsettled.setdefault(instance_id, None)
    unsettled |= dict.fromkeys(set(declared) - state.handovers.keys())
    if unsettled:
        return StackAhead(name, [Ahead(handover, status) for handover, status in sorted(unsettled.items(), key=_name)])
    holds = state.handovers or state.submitted or state.received
    return None if holds else StackAhead(name)


OVER = (Status.COMPLETED, Status.COPIED)


def _settled(held: Held, state: StackState) -> bool:
    if held.transfer is None and not held.receipt:
        return False
    handed_over = held.transfer is None or held.transfer.status in OVER
    return handed_over and (not held.receipt or held.instance_id in state.arrived)


def declared_by(files: StackFiles) -> frozenset[str]:
    """The handovers that a stack's files declare, by name, and the names of files there that are not read.

    Raises FilesRefused where its folder can't be listed, or its settings can't be read.
    """
    found = entries(_folder(files), files.root)
    return frozenset([path.stem for path in found.handovers] + [Path(problem.file).name for problem in found.problems])


def _folder(files: StackFiles) -> Path:
    """The folder of a stack's handovers, by its own file. Raises FilesRefused."""
    name: object = ""
    if files.settings_file.exists():
        config = load(files.settings_file, files.name(files.settings_file)).values.get("config")
        key = f"{files.project.get('name')}:handovers"
        name = config.get(key) if isinstance(config, Mapping) else ""
    if name and (not isinstance(name, str) or Path(name).name != name or name == ".."):
        raise FilesRefused(
            [Problem(files.name(files.settings_file), 1, "handovers", "names no folder beside the file")]
        )
    return files.root / STACKS / str(name or files.stack)


def _name(item: tuple[str, Status | None]) -> str:
    return item[0]
