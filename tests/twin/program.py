"""The program, as `__main__.py` and `Handover` have it: what a run declares, decided by the library's own rules.

The one place that knows how these rules are called. What only the engine's plugin makes (groups, addresses, snapshots)
is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pytest

from tests.twin.engine import Engine, Registration, urn
from tests.twin.world import OTHER, RECIPIENT, RECIPIENT_PROFILE, REGION, SOURCE, SOURCE_PROFILE, VSWITCH
from transfer_provider import receipt, transfer
from transfer_provider.handover import state
from transfer_provider.handover.plan import Due, Wanted
from transfer_provider.handover.run import Run
from transfer_provider.handover.wanted import wanted_of
from transfer_provider.inputs import manifest
from transfer_provider.inputs.handover import Recreate
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.transfer import HandoverInputs

Side = Literal["both", "source"]


@dataclass(frozen=True)
class File:
    """A handover's file; without groups it has no `recreate`."""

    instance_id: str
    reason: str
    recipient: str = RECIPIENT
    groups: tuple[str, ...] = ()

    def inputs(self) -> HandoverInputs:
        """The transfer's complete inputs."""
        return HandoverInputs(
            instance_id=self.instance_id,
            region=REGION,
            recipient_account_id=self.recipient,
            reason=self.reason,
            accept_terms=True,
        )

    def declared(self, name: str) -> manifest.Declared:
        """What loading it would give."""
        recreate = Recreate(vswitch_id=VSWITCH, security_groups=list(self.groups)) if self.groups else None
        return manifest.Declared(name, self.inputs(), recreate)


def settings(side: Side) -> Settings:
    """The stack's settings."""
    return Settings(
        region=REGION,
        side=side,
        sourceProfile=SOURCE_PROFILE,
        recipientProfile=RECIPIENT_PROFILE if side == "both" else "",
        sourceAccount=SOURCE,
        recipients=(RECIPIENT, OTHER),
        protect=False,
    )


def config(side: Side) -> Mapping[str, str]:
    """The same, as far as the providers read it."""
    return {
        "sourceProfile": SOURCE_PROFILE,
        "recipientProfile": RECIPIENT_PROFILE if side == "both" else "",
        "side": side,
    }


@contextmanager
def run_by(engine: Engine) -> Iterator[list[str]]:
    """The library reads this engine's state; what it logs is in the list."""
    lines: list[str] = []

    def resources() -> Mapping[str, Mapping[str, Any]]:
        held = [resource for resource in engine.state if not resource.delete]
        components = {
            f"urn:pulumi:test::instance-handover::{state.HANDOVER}::{resource.name}": {
                "type": state.HANDOVER,
                "outputs": {"protected": False},
            }
            for resource in held
        }
        return components | {
            resource.urn: {"type": resource.type, "outputs": dict(resource.outputs)} for resource in held
        }

    def log(message: str, *_: Any, **__: Any) -> None:
        lines.append(message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_resources", resources)
        for module in (transfer, receipt):
            patch.setattr(module, "end_with_engine", lambda: None)
        for severity in ("debug", "info", "warn", "error"):
            patch.setattr(pulumi.log, severity, log)
        # Whatever a test before left in the SDK.
        patch.setattr(pulumi, "get_project", lambda: "project")
        patch.setattr(pulumi, "get_stack", lambda: "test")
        yield lines


def declare(files: Mapping[str, File], chosen: Settings) -> list[Registration]:
    """Everything the files declare in this run. Raises HandoverError where a check fails: nothing is declared then."""
    handovers = {name: file.declared(name) for name, file in sorted(files.items())}
    wanted = {name: _wanted(handover) for name, handover in handovers.items()}
    run = Run.of(chosen)
    run.prepare(list(wanted.values()), groups={}, where="stacks/test holds no handovers")
    run.report_untracked()
    return [
        registration
        for name, handover in handovers.items()
        for registration in _registrations(handover, run.prepared(wanted[name]).plan)
    ]


def _wanted(handover: manifest.Declared) -> Wanted:
    recreate = handover.recreate
    return wanted_of(
        handover.name,
        **handover.inputs.model_dump(),
        vswitch_id=recreate.vswitch_id if recreate else None,
        security_group_ids=recreate.security_groups if recreate else None,
    )


def _registrations(handover: manifest.Declared, plan: Due) -> list[Registration]:
    """One handover's resources, as the component declares them."""
    inputs, recreate = handover.inputs, handover.recreate
    alias = None if plan.state_name == handover.name else plan.state_name
    registrations = []
    if plan.transfer:
        registrations.append(Registration(transfer.TYPE, handover.name, inputs.model_dump(), alias))
    if plan.receipt and recreate is not None:
        accepted = {
            "instance_id": inputs.instance_id,
            "region": inputs.region,
            "vswitch_id": recreate.vswitch_id,
            "security_group_ids": recreate.security_groups,
            "channel": plan.receipt_channel,
        }
        after = (urn(transfer.TYPE, handover.name),) if plan.transfer else ()
        registrations.append(Registration(receipt.TYPE, handover.name, accepted, alias, after))
    return registrations
