"""What all handovers of one program share: its settings, its state, its looks at the accounts, its providers."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider.handover.plan import Recorded
from transfer_provider.handover.recipient_network import Network
from transfer_provider.handover.state import read_recorded
from transfer_provider.inputs import settings
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

if TYPE_CHECKING:
    from transfer_provider.handover.preflight import Checks
    from transfer_provider.handover.snapshots import Backups
    from transfer_provider.handover.survey import Survey


@dataclass(frozen=True)
class Program:
    """The stack's settings, what its state holds, the survey of both accounts, the preflight checks of what is not
    submitted yet, the recipient's side, and the source's backups."""

    settings: Settings
    recorded: Recorded
    survey: Survey
    checks: Checks
    network: Network
    backups: Backups

    @classmethod
    def of(cls, chosen: Settings) -> Program:
        """For a stack of these settings, with what its state holds."""
        # Imported here: a program that only declares transfers does not wait for Alibaba Cloud's SDK.
        from transfer_provider.handover.preflight import Checks
        from transfer_provider.handover.snapshots import Backups
        from transfer_provider.handover.survey import Survey

        recorded = read_recorded()
        return cls(
            chosen,
            recorded,
            Survey(chosen, recorded),
            Checks(chosen, recorded),
            Network(chosen.recipient_profile, protect=chosen.protect),
            Backups(chosen.source_profile, recorded.snapshots),
        )


@functools.cache
def this_program() -> Program:
    """What a program of its own shares, by the stack's settings; see `Settings`. Raises pulumi.RunError."""
    stack_file = Path(f"Pulumi.{pulumi.get_stack()}.yaml")
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), stack_file, Path(), own_program=True)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    return Program.of(chosen)
