"""What this stack's own state holds of its handovers, known as plain values when the program starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import invoke
from tenacity import Retrying, stop_after_attempt, wait_fixed

from transfer_provider import receipt, transfer
from transfer_provider.handover.plan import Recorded
from transfer_provider.handover.recipient_network import EIP_ADDRESS
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer

SNAPSHOT = "alicloud:ecs/ecsSnapshot:EcsSnapshot"


def read_recorded() -> Recorded:
    """The handovers in the state as the last run left it, told by the engine. Raises pulumi.RunError where it can't."""
    resources = _resources()
    receipts = [one["outputs"] for one in resources.values() if one["type"] == receipt.TYPE]
    transfers = [one["outputs"] for one in resources.values() if one["type"] == transfer.TYPE]
    names = {
        str(one["outputs"]["instance_id"]): urn.rsplit("::", 1)[1]
        for urn, one in resources.items()
        if one["type"] in (receipt.TYPE, transfer.TYPE) and "Handover$" in urn
    }
    return Recorded(
        received=frozenset(str(one["instance_id"]) for one in receipts),
        arrived=_completed(receipts),
        completed=_completed(transfers),
        submitted={str(one["instance_id"]): _transfer(one) for one in transfers if one.get("status")},
        names=names,
        addresses={
            urn.rsplit("::", 1)[1]: str(one["outputs"].get("allocationId"))
            for urn, one in resources.items()
            if one["type"] == EIP_ADDRESS and "Handover$" in urn
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
    )


def _snapshots(resources: Mapping[str, Mapping[str, Any]]) -> Mapping[str, set[str]]:
    """The disks with a snapshot, by handover: `web-01/d-bp1…` are its resources' names."""
    found: dict[str, set[str]] = {}
    for urn, one in resources.items():
        if one["type"] == SNAPSHOT and "Handover$" in urn:
            handover, _, disk_id = urn.rsplit("::", 1)[1].rpartition("/")
            found.setdefault(handover, set()).add(disk_id)
    return found


def _completed(found: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The instances of those that are Completed."""
    return frozenset(str(one["instance_id"]) for one in found if one.get("status") == Status.COMPLETED)


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
