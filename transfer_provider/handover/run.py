"""What all handovers of one program share: its settings, its state, its queries of the accounts, its providers."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pulumi.runtime.config import get_config_env

from transfer_provider.handover.recipient_network import RecipientNetwork
from transfer_provider.handover.state import StackState, read_state
from transfer_provider.inputs import settings
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

if TYPE_CHECKING:
    from transfer_provider.handover.addresses import UnboundAddresses
    from transfer_provider.handover.preflight import Preflight
    from transfer_provider.handover.snapshots import Snapshots
    from transfer_provider.handover.survey import Survey
    from transfer_provider.inputs.manifest import Declared


@dataclass(frozen=True)
class Run:
    """The stack's settings, what its state holds, the survey of both accounts, the preflight checks, the recipient's
    network, the source's snapshots, and the recipient's EIPs that a killed run left."""

    settings: Settings
    state: StackState
    survey: Survey
    preflight: Preflight
    network: RecipientNetwork
    snapshots: Snapshots
    addresses: UnboundAddresses

    @classmethod
    def of(cls, chosen: Settings) -> Run:
        """For a stack of these settings, with what its state holds."""
        # Imported here: a program that only declares transfers does not wait for Alibaba Cloud's SDK.
        from transfer_provider.handover.addresses import UnboundAddresses
        from transfer_provider.handover.preflight import Preflight
        from transfer_provider.handover.snapshots import Snapshots
        from transfer_provider.handover.survey import Survey

        state = read_state()
        return cls(
            chosen,
            state,
            Survey(chosen, state),
            Preflight(chosen, state),
            RecipientNetwork(chosen.recipient_profile, protect=chosen.protect),
            Snapshots(chosen.source_profile, state.snapshots),
            UnboundAddresses(chosen.recipient_profile, state.addresses.values()),
        )

    def query(self, handovers: Sequence[Declared]) -> None:
        """Survey both accounts and run the preflight checks for all of these, in one batch a region.

        Raises NotAllowed for credentials of a wrong account, also without any handover; Refused for blocking findings;
        and as a call does.
        """
        self.survey.identify(self.settings.region)
        self.survey.query([handover.inputs for handover in handovers])
        self.preflight.check({handover.name: handover.inputs.request() for handover in handovers})


@functools.cache
def this_run() -> Run:
    """The run of a user's own program, by the stack's settings; see `Settings`. Raises pulumi.RunError."""
    stack_file = Path(f"Pulumi.{pulumi.get_stack()}.yaml")
    try:
        chosen = settings.read(get_config_env(), pulumi.get_project(), stack_file, Path(), own_program=True)
    except FilesRefused as refused:
        raise pulumi.RunError(str(refused)) from None
    return Run.of(chosen)
