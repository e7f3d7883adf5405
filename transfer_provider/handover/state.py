"""What this stack's own state holds of its handovers, known as plain values when the program starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import invoke
from tenacity import Retrying, stop_after_attempt, wait_fixed

from transfer_provider import receipt, transfer
from transfer_provider.handover.recipient_network import EIP_ADDRESS
from transfer_provider.model.lifecycle import MAY_CHANGE_CHANNEL, Status
from transfer_provider.model.transfer import Transfer

SNAPSHOT = "alicloud:ecs/ecsSnapshot:EcsSnapshot"


@dataclass(frozen=True)
class StackState:
    """What the stack's state holds of its handovers, as the last run left it."""

    submitted: Mapping[str, Transfer] = field(default_factory=dict)
    """The transfers, by instance."""

    received: Collection[str] = frozenset()
    """The instances with a receipt."""
    arrived: Collection[str] = frozenset()
    """Those of them that have arrived."""
    completed: Collection[str] = frozenset()
    """The instances whose transfer is Completed."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The handover's name of each instance."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """The allocation id of each address the state holds, by its handover's name."""
    snapshots: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The disks with a snapshot, by their handover's name."""

    def channel(self, instance_id: str, declared: str) -> str:
        """The channel in effect: the channel a transfer was submitted through is kept."""
        submitted = self.submitted.get(instance_id)
        kept = submitted is not None and submitted.status not in MAY_CHANGE_CHANNEL
        return submitted.channel if submitted is not None and kept else declared

    def terminal(self, instance_id: str) -> bool:
        """Whether the status of the instance's transfer is terminal."""
        submitted = self.submitted.get(instance_id)
        return submitted is not None and submitted.status.terminal


def read_state() -> StackState:
    """The handovers in the state, as the engine reports them. Raises pulumi.RunError where it can't."""
    resources = _resources()
    receipts = [resource["outputs"] for resource in resources.values() if resource["type"] == receipt.TYPE]
    transfers = [resource["outputs"] for resource in resources.values() if resource["type"] == transfer.TYPE]
    names = {
        str(resource["outputs"]["instance_id"]): _name(urn)
        for urn, resource in resources.items()
        if resource["type"] in (receipt.TYPE, transfer.TYPE) and _of_handover(urn)
    }
    return StackState(
        received=frozenset(str(outputs["instance_id"]) for outputs in receipts),
        arrived=_completed(receipts),
        completed=_completed(transfers),
        submitted={str(outputs["instance_id"]): _transfer(outputs) for outputs in transfers if outputs.get("status")},
        names=names,
        addresses={
            _name(urn): str(resource["outputs"].get("allocationId"))
            for urn, resource in resources.items()
            if resource["type"] == EIP_ADDRESS and _of_handover(urn)
        },
        snapshots=_snapshots(resources),
    )


def _transfer(outputs: Mapping[str, Any]) -> Transfer:
    return Transfer(
        transfer_id=str(outputs.get("transfer_id")),
        instance_id=str(outputs["instance_id"]),
        status=Status(outputs["status"]),
        recipient_account_id=str(outputs["recipient_account_id"]),
        reason=outputs.get("reason"),
        channel=outputs.get("channel") or "api",
        message=outputs.get("status_message"),
    )


def _snapshots(resources: Mapping[str, Mapping[str, Any]]) -> Mapping[str, set[str]]:
    """The disks with a snapshot, by handover: `web-01/d-bp1…` are its resources' names."""
    found: dict[str, set[str]] = {}
    for urn, resource in resources.items():
        if resource["type"] == SNAPSHOT and _of_handover(urn):
            handover, _, disk_id = _name(urn).rpartition("/")
            found.setdefault(handover, set()).add(disk_id)
    return found


def _completed(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The instances whose transfer or receipt, given by its outputs, is Completed."""
    return frozenset(str(outputs["instance_id"]) for outputs in resources if outputs.get("status") == Status.COMPLETED)


def _of_handover(urn: str) -> bool:
    """Whether the resource is a child of a Handover."""
    return "Handover$" in urn


def _name(urn: str) -> str:
    """The resource's name."""
    return urn.rsplit("::", 1)[1]


def _resources() -> Mapping[str, Mapping[str, Any]]:
    """Type and outputs of each of the stack's resources, by URN."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    # The engine may be writing a state file at this very moment, and then can't read it.
    patient = Retrying(stop=stop_after_attempt(20), wait=wait_fixed(0.1), reraise=True)
    try:
        answer = patient(invoke, "pulumi:pulumi:readStackResourceOutputs", {"stackName": stack})
    except Exception as error:  # noqa: BLE001  the SDK raises no other kind here
        raise pulumi.RunError(f"Could not read the stack's own state, so nothing was declared: {error}") from None
    found: Mapping[str, Mapping[str, Any]] = (answer.value or {}).get("outputs", {})
    return found
