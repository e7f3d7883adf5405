"""What a stack's state holds of its copies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transfer_provider.handover.copying import own_image, source_image
from transfer_provider.model.copies import SourcePower
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer

SHARE = "alicloud:ecs/imageSharePermission:ImageSharePermission"
INSTANCE = "alicloud:ecs/instance:Instance"

Resources = Mapping[str, Mapping[str, Any]]  # type and outputs of each resource, by URN


@dataclass(frozen=True)
class HeldCopy:
    """A copy as the stack's state holds it; empty texts are what it does not hold."""

    name: str
    """The handover's name in the state."""
    instance_id: str
    region: str
    recipient_account_id: str
    status: Status
    why: str = ""
    """Why it failed, in a sentence."""
    image_id: str = ""
    image_status: str = ""
    source: str = SourcePower.AS_IT_IS
    was_running: bool = False
    copy: Mapping[str, Any] = field(default_factory=dict)
    """What it was declared with."""
    original: Mapping[str, Any] = field(default_factory=dict)
    """What the source's instance was when it began."""
    handover: str = ""
    """The handover's name that its images have in their tags."""
    shared: bool = False
    own_image_id: str = ""
    new_instance_id: str = ""
    """The recipient's instance."""
    private_ip: str = ""
    """The recipient's instance's."""
    protected: bool = True
    """Whether Pulumi refuses to delete it; assumed where an earlier version did not record it."""
    given_up: bool = False
    """Whether a person's run gave it up while its image was being made."""

    @property
    def settled(self) -> bool:
        """Whether nothing about it has to be queried any more."""
        return self.status.terminal

    def transfer(self) -> Transfer:
        """The same as what all channels have of a handover that began."""
        return Transfer(
            transfer_id=self.image_id or f"copy-of-{self.instance_id}",
            instance_id=self.instance_id,
            status=self.status,
            recipient_account_id=self.recipient_account_id,
            region=self.region,
            channel="image",
            message=self.why or None,
        )


def of_resources(resources: Resources) -> Mapping[str, HeldCopy]:
    """The copies among a stack's resources, by the source's instance."""
    by_name = {
        _name(urn): _held(_name(urn), resource["outputs"])
        for urn, resource in resources.items()
        if resource["type"] == source_image.TYPE and resource["outputs"].get("status")
    }
    for urn, resource in resources.items():
        name, outputs = _name(urn), resource["outputs"]
        held = by_name.get(name)
        if held is None or "Handover$" not in urn:
            continue
        match resource["type"]:
            case kind if kind == SHARE:
                held = replace(held, shared=True)
            case kind if kind == own_image.TYPE:
                held = replace(held, own_image_id=str(outputs.get("image_id") or ""))
            case kind if kind == INSTANCE and outputs.get("id"):
                held = replace(held, new_instance_id=str(outputs["id"]), private_ip=str(outputs.get("privateIp") or ""))
        by_name[name] = held
    return {held.instance_id: held for held in by_name.values()}


def instances_of(copies: Iterable[HeldCopy], status: Status) -> frozenset[str]:
    """The source's instances of the copies with this status."""
    return frozenset(held.instance_id for held in copies if held.status is status)


def _held(name: str, outputs: Mapping[str, Any]) -> HeldCopy:
    return HeldCopy(
        name=name,
        instance_id=str(outputs["instance_id"]),
        region=str(outputs["region"]),
        recipient_account_id=str(outputs["recipient_account_id"]),
        status=Status(outputs["status"]),
        why=str(outputs.get("why") or ""),
        image_id=str(outputs.get("image_id") or ""),
        image_status=str(outputs.get("image_status") or ""),
        source=str(outputs.get("source") or SourcePower.AS_IT_IS),
        was_running=bool(outputs.get("was_running")),
        copy=outputs.get("copy") or {},
        original=outputs.get("original") or {},
        handover=str(outputs.get("handover") or name),
        protected=outputs.get("protected") is not False,
        given_up=outputs.get("given_up") is True,
    )


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[1]
