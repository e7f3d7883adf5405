"""What this stack's own state holds of its handovers, known as plain values when the program starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
from pulumi.runtime import invoke
from tenacity import Retrying, stop_after_attempt, wait_fixed

from transfer_provider import receipt, transfer
from transfer_provider.handover.copying import state as copying
from transfer_provider.handover.copying.state import HeldCopy
from transfer_provider.handover.recipient import destroy_guard
from transfer_provider.handover.recipient.state import EIP_ADDRESS, SECURITY_GROUP, RecipientState
from transfer_provider.model import ownership
from transfer_provider.model.lifecycle import MAY_CHANGE_CHANNEL, Status
from transfer_provider.model.text import printable
from transfer_provider.model.transfer import Transfer

SNAPSHOT = "alicloud:ecs/ecsSnapshot:EcsSnapshot"
STACK = "pulumi:pulumi:Stack"
APPLIED_FILES = "applied_files"
"""The stack output with the digest of the files that were applied; see `handover/unattended.py`."""
HANDOVER = "instance-handover:index:Handover"


@dataclass(frozen=True)
class Held:
    """A handover as the stack's state holds it. What is None or False the state does not hold."""

    name: str
    instance_id: str | None = None
    """None where the state holds none of its resources that names the instance."""
    transfer: Transfer | None = None
    receipt: bool = False
    address: bool = False
    copied_to: str | None = None
    """The recipient's instance, where it was handed over by a copy."""
    protected: bool | None = None
    """Whether Pulumi refuses to delete its receipt and its address; None where no run that ended recorded it."""
    given_up: bool = False
    """Whether it is a copy that a person's run gave up, and that is cleaned up later."""

    @property
    def unfinished(self) -> bool:
        """Whether its transfer, or its copy, is under way."""
        return self.transfer is not None and not self.transfer.status.terminal and not self.given_up


@dataclass(frozen=True)
class StackState:
    """What the stack's state holds of its handovers, as the last run left it."""

    submitted: Mapping[str, Transfer] = field(default_factory=dict)
    """The transfers, by instance."""

    tracked: Collection[str] = frozenset()
    """The instances with a resource for their transfer, whatever it holds."""
    received: Collection[str] = frozenset()
    """The instances with a receipt."""
    arrived: Collection[str] = frozenset()
    """Those of them that have arrived."""
    completed: Collection[str] = frozenset()
    """The instances whose transfer is Completed."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The handover's name of each instance."""
    snapshots: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The disks with a snapshot, by their handover's name."""
    handovers: Mapping[str, Held] = field(default_factory=dict)
    """By name."""
    doubled: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The URNs of the transfers of an instance, where the state holds several of one instance."""
    groups: Collection[str] = frozenset()
    """The security groups that the stack itself declares, by name: none of a component's."""
    destroy_guard: bool = False
    """Whether it holds the stack's DestroyGuard."""
    applied_files: str | None = None
    """The digest of the files that a person's last run applied; see `handover/unattended.py`."""
    recipient: RecipientState = field(default_factory=RecipientState)
    """Its security groups, rules, addresses and bindings."""
    copies: Mapping[str, HeldCopy] = field(default_factory=dict)
    """The copies, by the source's instance."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """The allocation id of each address the state holds, by its handover's name."""
        return self.recipient.addresses

    def name(self, instance_id: str, declared: str) -> str:
        """The handover's name in the state: its earlier name where its file was renamed."""
        return self.names.get(instance_id, declared)

    def channel(self, instance_id: str, declared: str) -> str:
        """The channel in effect: the channel a transfer was submitted through is kept."""
        submitted = self.submitted.get(instance_id)
        kept = submitted is not None and submitted.status not in MAY_CHANGE_CHANNEL
        return submitted.channel if submitted is not None and kept else declared

    def as_listed(self, transfers: Mapping[str, Transfer]) -> StackState:
        """The same with these transfers, given by their ids, as Alibaba Cloud lists them now."""
        return replace(
            self,
            handovers={
                name: replace(held, transfer=transfers.get(held.transfer.transfer_id, held.transfer))
                if held.transfer
                else held
                for name, held in self.handovers.items()
            },
        )

    def terminal(self, instance_id: str) -> bool:
        """Whether the status of the instance's transfer is terminal."""
        submitted = self.submitted.get(instance_id)
        return submitted is not None and submitted.status.terminal


Resources = Mapping[str, Mapping[str, Any]]  # type and outputs of each resource, by URN


def read_state() -> StackState:
    """The handovers in the state, as the engine reports them. Raises pulumi.RunError where it can't."""
    return of_resources(_resources())


def read_state_of(stack: str) -> StackState:
    """The handovers in the state of another stack of the project, as its last run left them.

    Raises pulumi.RunError where there is no such stack, or its state can't be read.
    """
    try:
        return of_resources(_read(stack))
    except Exception as error:  # noqa: BLE001  the SDK raises no other kind here
        raise pulumi.RunError(
            f"Could not read the state of the stack {stack}, which the setting `after` names, so nothing was declared: "
            f"{printable(str(error))} Check its name; it has to be in the same backend and organization, and its "
            "secrets have to be readable with the passphrase or key of this run."
        ) from None


def of_resources(resources: Resources) -> StackState:
    """The handovers among a stack's resources."""
    receipts = [resource["outputs"] for resource in resources.values() if resource["type"] == receipt.TYPE]
    transfers = [resource["outputs"] for resource in resources.values() if resource["type"] == transfer.TYPE]
    copies = copying.of_resources(resources)
    handovers = _handovers(resources, copies)
    return StackState(
        tracked=frozenset(str(outputs["instance_id"]) for outputs in transfers) | copies.keys(),
        received=frozenset(str(outputs["instance_id"]) for outputs in receipts),
        arrived=_completed(receipts) | copying.instances_of(copies.values(), Status.COPIED),
        completed=_completed(transfers),
        submitted={instance_id: held.transfer() for instance_id, held in copies.items()}
        | {str(outputs["instance_id"]): _transfer(outputs) for outputs in transfers if outputs.get("status")},
        names={held.instance_id: name for name, held in handovers.items() if held.instance_id},
        snapshots=_snapshots(resources),
        handovers=handovers,
        doubled=_doubled(resources),
        destroy_guard=any(resource["type"] == destroy_guard.TYPE for resource in resources.values()),
        recipient=RecipientState.of(resources),
        copies=copies,
        applied_files=_applied_files(resources),
        groups=frozenset(
            _name(urn) for urn, resource in resources.items() if resource["type"] == SECURITY_GROUP and "$" not in urn
        ),
    )


def _handovers(resources: Resources, copies: Mapping[str, HeldCopy]) -> Mapping[str, Held]:
    """Each handover by its name, from its component and the component's children."""
    found = {
        held.name: Held(
            held.name,
            held.instance_id,
            held.transfer(),
            copied_to=held.new_instance_id or None,
            given_up=held.given_up,
        )
        for held in copies.values()
    }
    for urn, resource in resources.items():
        if not _of_handover(urn) and resource["type"] != HANDOVER:
            continue
        name, outputs = _name(urn), resource["outputs"]
        held = found.get(name, Held(name))
        match resource["type"]:
            case kind if kind == HANDOVER:
                held = replace(held, protected=outputs.get("protected"))
            case kind if kind == transfer.TYPE:
                submitted = _transfer(outputs) if outputs.get("status") else None
                held = replace(held, transfer=submitted, instance_id=str(outputs["instance_id"]))
            case kind if kind == receipt.TYPE:
                held = replace(held, receipt=True, instance_id=str(outputs["instance_id"]))
            case kind if kind == EIP_ADDRESS:
                tagged = (outputs.get("tags") or {}).get(ownership.INSTANCE)
                held = replace(held, address=True, instance_id=held.instance_id or tagged)
            case _:
                continue
        found[name] = held
    return found


def _applied_files(resources: Resources) -> str | None:
    """As the stack's own outputs have it."""
    outputs = [resource["outputs"] for resource in resources.values() if resource["type"] == STACK]
    found = outputs[0].get(APPLIED_FILES) if outputs else None
    return None if found is None else str(found)


def _doubled(resources: Resources) -> Mapping[str, Sequence[str]]:
    tracked: dict[str, list[str]] = {}
    for urn, resource in resources.items():
        if resource["type"] == transfer.TYPE and _of_handover(urn):
            tracked.setdefault(str(resource["outputs"].get("instance_id")), []).append(urn)
    return {instance_id: urns for instance_id, urns in tracked.items() if len(urns) > 1}


def _transfer(outputs: Mapping[str, Any]) -> Transfer:
    return Transfer(
        transfer_id=str(outputs.get("transfer_id")),
        instance_id=str(outputs["instance_id"]),
        status=Status(outputs["status"]),
        recipient_account_id=str(outputs["recipient_account_id"]),
        reason=outputs.get("reason"),
        channel=outputs.get("channel") or "api",
        message=outputs.get("status_message"),
        cancellable_until=outputs.get("cancellable_until"),
        region=outputs.get("region"),
    )


def _snapshots(resources: Resources) -> Mapping[str, set[str]]:
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


def _resources() -> Resources:
    """Type and outputs of each of the stack's resources, by URN."""
    try:
        return _read(pulumi.get_stack())
    except Exception as error:  # noqa: BLE001  the SDK raises no other kind here
        raise pulumi.RunError(f"Could not read the stack's own state, so nothing was declared: {error}") from None


def _read(stack: str) -> Resources:
    """The same of a stack of this project. Raises as the SDK does."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    # The engine may be writing a state file at this very moment, and then can't read it.
    patient = Retrying(stop=stop_after_attempt(20), wait=wait_fixed(0.1), reraise=True)
    answer = patient(invoke, "pulumi:pulumi:readStackResourceOutputs", {"stackName": name})
    found: Resources = (answer.value or {}).get("outputs", {})
    return found
