"""Instances, their disks and images, as a world file has them.

Times are `YYYY-MM-DDThh:mm:ssZ`, or a duration from the sandbox's start: `P3D` is in three days, `-P2D` two days ago.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, TypeAdapter

from sandbox.model import Model

# What Alibaba Cloud reports as the expiry of a pay-as-you-go instance.
NEVER = datetime(2099, 12, 31, 15, 59, tzinfo=UTC)

LONG_AGO = datetime(2025, 1, 15, 8, 0, tzinfo=UTC)

_DURATION = TypeAdapter(timedelta)


def _from_now(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"-?P", value):
        return datetime.now(UTC) + _DURATION.validate_python(value)
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_from_now)]


class Image(Model):
    """An image that an account has; one that no account has is Alibaba Cloud's own."""

    id: str
    region: str
    owner: Literal["self", "system", "marketplace", "others"] = "self"
    product_code: str = ""


class Disk(Model):
    """A disk that belongs to an instance; all but `In_use` count as not attached."""

    id: str
    type: Literal["system", "data"] = "data"
    status: Literal["In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting"] = "In_use"
    category: str = "cloud_essd"
    size_gib: int = 40
    encrypted: bool = False
    shared: bool = False
    product_code: str = ""
    snapshot_policy: str = ""


class Begun(Model):
    """A transfer of an instance that is there at the start."""

    recipient: str
    status: Literal["UnderReview", "Approved", "Rejected", "Cancelled", "Expired"] = "UnderReview"
    reason: str | None = None


class Instance(Model):
    """An instance as its account sees it. Without vSwitch or groups it gets the account's first of the region."""

    id: str
    name: str
    region: str
    status: Literal["Pending", "Running", "Starting", "Stopping", "Stopped"] = "Running"
    zone: str | None = None
    type: str = "ecs.g7.large"
    cpu: int = 2
    memory_mib: int = 8192
    image: str = "aliyun_3_x64_20G_alibase_20250117.vhd"
    created: Moment = LONG_AGO
    expires: Moment = NEVER
    auto_release: Moment | None = None
    maintenance: Moment | None = Field(default=None, description="when a move to another host is scheduled")
    charge_type: Literal["PrePaid", "PostPaid"] = "PostPaid"
    spot_strategy: Literal["NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"] = "NoSpot"
    stopped_mode: Literal["KeepCharging", "StopCharging", "Not-applicable"] = "Not-applicable"
    deletion_protection: bool = False
    recyclable: bool = False
    locks: tuple[Literal["financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"], ...] = ()
    resource_group: str | None = None
    vswitch: str | None = None
    security_groups: tuple[str, ...] = ()
    private_ip: str | None = None
    public_ip: str | None = None
    secondary_interfaces: tuple[str, ...] = ()
    key_pair: str = ""
    ram_role: str = ""
    dedicated_host: str = ""
    deployment_set: str = ""
    hpc_cluster: str = ""
    capacity_reservation: str = ""
    disks: tuple[Disk, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    transfer: Begun | None = None
    wrong: tuple[str, ...] = Field(default=(), description="what is wrong with it, for tests to compare with")


def with_copies(account: Mapping[str, Any]) -> dict[str, Any]:
    """An account as its file says it, with each instance as often as its `copies` says.

    The last digits of a copy's id, and of its disks', are its number. `eip: true` gives each an address of its own.
    """
    instances: list[Any] = []
    eips = list(account.get("eips") or ())
    for given in account.get("instances") or ():
        if not isinstance(given, Mapping):
            instances.append(given)
            continue
        count = given.get("copies", 1)
        for number in range(1, count + 1):
            one = {key: copy.deepcopy(value) for key, value in given.items() if key not in ("copies", "eip")}
            if count > 1:
                one |= {"id": _numbered(given["id"], number, count), "name": f"{given['name']}-{number}"}
                one["disks"] = [
                    disk | {"id": _numbered(disk["id"], number, count)} for disk in given.get("disks") or ()
                ]
            instances.append(one)
            if given.get("eip"):
                address = f"198.18.{len(eips) // 250}.{len(eips) % 250 + 1}"
                eips.append(
                    {
                        "id": f"eip-{one['id'][2:]}",
                        "region": one["region"],
                        "ip_address": address,
                        "instance": one["id"],
                    }
                )
    return {**account, "instances": instances, "eips": eips}


def _numbered(id_: str, number: int, count: int) -> str:
    """The id with the number as its last digits."""
    digits = f"{number:0{len(str(count))}d}"
    return id_[: -len(digits)] + digits
