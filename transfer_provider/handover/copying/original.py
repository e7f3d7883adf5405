"""The source's instance as it was when its copy began: what the copy has where nothing else is declared. Pure.

Kept in the stack's state, so that the copy does not depend on what happens to the source's instance meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from transfer_provider.inputs.handover import Copy
from transfer_provider.model.inventory import Disk, Instance
from transfer_provider.model.ownership import PREFIX

MOST_TAGS = 20 - 4  # of an instance, without this tool's own
_NAME = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff.:_-]{1,127}")
RESERVED = ("aliyun", "acs:", PREFIX)


def original_of(instance: Instance, disks: Sequence[Disk]) -> dict[str, Any]:
    """As the state keeps it: plain values, the system disk first."""
    ordered = sorted(disks, key=lambda disk: (disk.type != "system", disk.device))
    return {
        "name": instance.name,
        "instance_type": instance.instance_type,
        "private_ip": instance.private_ip or "",
        "public_ip": instance.public_ip or "",
        "tags": dict(instance.tags),
        "disks": [
            {
                "device": disk.device,
                "type": disk.type,
                "category": disk.category,
                "size_gib": disk.size_gib,
                "encrypted": disk.encrypted,
            }
            for disk in ordered
        ],
    }


def name_of(original: Mapping[str, Any], handover: str) -> str:
    """The copy's name: the source's, where a new instance may have it; else one of the handover's."""
    name = str(original.get("name") or "")
    return name if _NAME.fullmatch(name) and not name.startswith(("http://", "https://")) else f"copy-{handover}"


def encrypted(original: Mapping[str, Any]) -> bool:
    """Whether one of its disks is."""
    return any(disk["encrypted"] for disk in original.get("disks", ()))


def disks_of(original: Mapping[str, Any], copy: Copy) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The copy's system disk and its data disks, by the names of pulumi-alicloud's inputs.

    All disks are encrypted where one of the source's is, or with the key that is given.
    """
    declared = {disk.device: disk for disk in copy.data_disks}
    sealed = encrypted(original) or copy.kms_key_id is not None
    key = {"kms_key_id": copy.kms_key_id} if copy.kms_key_id else {}
    system: dict[str, Any] = {"category": copy.system_disk.category, "size_gib": copy.system_disk.size_gib}
    data = []
    for disk in original.get("disks", ()):
        if disk["type"] == "system":
            system = {
                "category": copy.system_disk.category or disk["category"],
                "size_gib": copy.system_disk.size_gib or int(disk["size_gib"]),
            }
            continue
        other = declared.get(disk["device"])
        data.append(
            {
                "device": disk["device"],
                "category": (other.category if other else None) or disk["category"],
                "size": (other.size_gib if other else None) or int(disk["size_gib"]),
                "encrypted": sealed,
                **key,
            }
        )
    return {**system, "encrypted": sealed, **key}, data


def tags_of(original: Mapping[str, Any], copy: Copy, own: Mapping[str, str]) -> dict[str, str]:
    """The copy's tags: this tool's own, and the source's that may be set."""
    if not copy.tags:
        return dict(own)
    kept = {
        key: str(value or "")
        for key, value in sorted((original.get("tags") or {}).items())
        if not key.startswith(RESERVED)
    }
    return {**dict(list(kept.items())[:MOST_TAGS]), **own}
