"""What is observed from outside: the request log, the sandbox's state, the stack's exported state."""

from __future__ import annotations

import json
from typing import Any

from sandbox.server.server import Sandbox
from tests.campaign.invariants import Call, ResourceSeen, TransferSeen
from tests.engine.project import RECIPIENT, Project

READS = ("Describe", "Get", "List")


def calls(cloud: Sandbox, after: int) -> tuple[Call, ...]:
    """The changing calls beyond this number in the log that took effect."""
    return tuple(
        Call(entry.action or "", entry.parameters)
        for entry in cloud.log.entries()
        if entry.number > after
        and not (entry.action or "").startswith(READS)
        and entry.error_code is None
        and entry.fault != "cut-before"
        and entry.parameters.get("DryRun") != "true"
    )


def last_call(cloud: Sandbox) -> int:
    """The number of the newest entry of the log."""
    entries = cloud.log.entries()
    return entries[-1].number if entries else 0


def transfers(cloud: Sandbox) -> tuple[TransferSeen, ...]:
    """All transfers of the cloud."""
    return tuple(
        TransferSeen(found.id, found.instance_id, found.reason, str(found.status), found.accept_before is not None)
        for found in cloud.desk.transfers()
    )


def owners(cloud: Sandbox) -> dict[str, str | None]:
    """Who owns which instance."""
    return {holding.instance.id: holding.owner for holding in cloud.state.holdings()}


def owned(cloud: Sandbox) -> dict[str, str]:
    """The recipient's groups and addresses, by id."""
    groups = {group.id: f"security group {group.name}" for group in cloud.state.security_groups(RECIPIENT)}
    return groups | {eip.id: f"EIP {eip.name}" for eip in cloud.state.eips(RECIPIENT)}


def state(project: Project) -> tuple[ResourceSeen, ...]:
    """The resources that the stack's state holds."""
    return tuple(
        ResourceSeen(
            resource["type"].rpartition(":")[2],
            resource["urn"].rpartition("::")[2],
            str(resource.get("id", "")),
            resource.get("outputs", {}).get("instance_id"),
            resource.get("outputs", {}).get("status"),
        )
        for resource in _checkpoint(project).get("resources") or []
        if not resource.get("delete")
    )


def pending_operations(project: Project) -> int:
    """How many operations the state holds as interrupted."""
    return len(_checkpoint(project).get("pending_operations") or [])


def _checkpoint(project: Project) -> dict[str, Any]:
    files = list((project.folder / ".state").glob(f".pulumi/stacks/*/{project.stack}.json"))
    if not files:
        return {}
    return json.loads(files[0].read_text())["checkpoint"]["latest"] or {}
