"""Instances that a world file has once and means many times: `copies: 10`, and `eip: true` for addresses of their own.

The last digits of a copy's id are its number, as of its disks' and its secondary interfaces'; its name gets `-1`, `-2`,
…; everything else they share. Pure; works on the file's values before they are checked.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.models.eips import next_address

MOST_COPIES = 1000


def expand_copies(world: Mapping[str, Any]) -> dict[str, Any]:
    """A world as in its file, with each copy as an instance of its own and its address among the account's.

    What is no world, account or instance at all stays as it is, to be reported by its model. Raises ValueError where
    `copies` or `eip` make no sense.
    """
    accounts = world.get("accounts")
    if not isinstance(accounts, list):
        return dict(world)
    given = {str(eip.get("ip_address")) for account in accounts for eip in _eips(account) if isinstance(eip, Mapping)}
    return {**world, "accounts": [_with_copies(account, given) for account in accounts]}


def _with_copies(account: Any, given: set[str]) -> Any:
    """The account; the addresses it gets are put among those `given`."""
    if not isinstance(account, Mapping) or not isinstance(account.get("instances"), list):
        return account
    instances: list[Any] = []
    eips: list[Any] = []
    for entry in account["instances"]:
        if not isinstance(entry, Mapping):
            instances.append(entry)
            continue
        each = list(_copies(entry))
        instances += each
        if _gets_eip(entry):
            for instance in each:
                address = next_address(given)
                given.add(address)
                eips.append(_eip(instance, address))
    if not eips:
        return {**account, "instances": instances}
    return {**account, "instances": instances, "eips": [*_eips(account), *eips]}


def _copies(instance: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    count = instance.get("copies", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_COPIES:
        raise ValueError(f"copies of instance {instance.get('id')} has to be a number from 1 to {MOST_COPIES}")
    for number in range(1, count + 1):
        base = {key: copy.deepcopy(value) for key, value in instance.items() if key not in ("copies", "eip")}
        yield base if count == 1 else base | _own(base, f"{number:0{len(str(count))}d}")


def _own(instance: Mapping[str, Any], digits: str) -> dict[str, Any]:
    """What each copy has for itself, as far as it is there."""
    own: dict[str, Any] = {}
    if "id" in instance:
        own["id"] = _numbered(instance["id"], digits)
    if "name" in instance:
        own["name"] = f"{instance['name']}-{int(digits)}"
    if isinstance(instance.get("disks"), list):
        own["disks"] = [
            {**disk, "id": _numbered(disk["id"], digits)} if isinstance(disk, Mapping) and "id" in disk else disk
            for disk in instance["disks"]
        ]
    if isinstance(instance.get("secondary_interfaces"), list):
        own["secondary_interfaces"] = [_numbered(interface, digits) for interface in instance["secondary_interfaces"]]
    return own


def _numbered(id_: Any, digits: str) -> Any:
    """The id with these as its last digits; its kind before the first hyphen stays."""
    if not isinstance(id_, str):
        return id_
    kind, _, rest = id_.partition("-")
    if len(rest) < len(digits):
        raise ValueError(f"{id_} is too short an id for copies: their numbers take its last {len(digits)} characters")
    return f"{kind}-{rest[: -len(digits)]}{digits}"


def _gets_eip(instance: Mapping[str, Any]) -> bool:
    wanted = instance.get("eip", False)
    if not isinstance(wanted, bool):
        raise ValueError(f"eip of instance {instance.get('id')} has to be true or false")
    return wanted


def _eip(instance: Mapping[str, Any], address: str) -> dict[str, Any]:
    id_ = str(instance.get("id"))
    return {
        "id": f"eip-{id_.removeprefix('i-')}",
        "region": instance.get("region"),
        "ip_address": address,
        "instance": id_,
    }


def _eips(account: Any) -> list[Any]:
    """The addresses that the file gives the account."""
    eips = account.get("eips") if isinstance(account, Mapping) else None
    return eips if isinstance(eips, list) else []
