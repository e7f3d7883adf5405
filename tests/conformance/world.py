"""A small world with more than a page of every kind of thing, of which the first has what such a thing may have.

Calls that change something each have a thing of their own, so that no test depends on what another one did.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.models.snapshots import Snapshot
from sandbox.models.world import World

SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
REGION = "cn-hangzhou"
GROUP = "rg-conformance"

# By listings of ten two pages, by pages of five three.
EACH = range(1, 13)
TAGS = {"project": "orchid"}


def made() -> World:
    """The world."""
    # What a test sets going is done at once or not before the last test ends, so listings stand still.
    times = {"transferring": "P1D", "snapshot": "PT0S"}
    return World.model_validate({"regions": [REGION], "times": times, "accounts": [_source(), _recipient()]})


def snapshots() -> list[Snapshot]:
    """The source's, which a world has none of at its start."""
    return [
        Snapshot(
            id=f"s-{number}",
            region=REGION,
            disk_id=f"d-{number}-system",
            disk_type="system",
            disk_size_gib=40,
            instance_id=f"i-{number}",
            created=datetime(2026, 1, 1, tzinfo=UTC),
            done=datetime(2026, 1, 1, tzinfo=UTC),
            name=f"thing-{number}",
            tags=TAGS,
        )
        for number in EACH
    ]


def _source() -> dict[str, Any]:
    return {
        "id": SOURCE,
        "name": "source",
        "email": "source@conformance.example",
        "profiles": [{"name": "source"}],
        "resource_groups": [{"id": GROUP}],
        "vswitches": [
            {"id": f"vsw-{number}", "region": REGION, "zone": f"{REGION}-h", "vpc_id": f"vpc-{number}"}
            for number in EACH
        ],
        "prefix_lists": [{"id": f"pl-{number}", "region": REGION} for number in EACH],
        "key_pairs": [{"name": f"thing-{number}", "region": REGION} for number in EACH],
        "images": [*(_image(number) for number in EACH), _copy_in_the_making()],
        "security_groups": [
            {"id": f"sg-{number}", "region": REGION, "vpc_id": "vpc-1", "tags": TAGS}
            | {"name": f"thing-{number}", "rules": _rules() if number == 1 else ()}
            for number in EACH
        ],
        "eips": [
            {"id": f"eip-{number}", "region": REGION, "ip_address": f"203.0.113.{number}", "name": f"thing-{number}"}
            | {"tags": TAGS, "instance": {1: "i-1", 2: "i-2"}.get(number)}
            for number in EACH
        ],
        "instances": [*(_instance(number) for number in EACH), *_more_instances()],
    }


def _recipient() -> dict[str, Any]:
    return {
        "id": RECIPIENT,
        "name": "recipient",
        "email": "recipient@conformance.example",
        "profiles": [{"name": "recipient"}],
        "vswitches": [{"id": "vsw-r", "region": REGION, "zone": f"{REGION}-h", "vpc_id": "vpc-r"}],
        "security_groups": [{"id": "sg-r", "region": REGION, "vpc_id": "vpc-r"}],
    }


def _rules() -> list[dict[str, Any]]:
    others = [{"group": "sg-2"}, {"prefix_list": "pl-1"}, {"ipv6_cidr": "2001:db8::/32"}]
    others += [{"cidr": f"198.51.100.{number}"} for number in EACH]
    rule = {"protocol": "tcp", "ports": "443/443", "description": "HTTPS"}
    ingress = [{"id": f"sgr-{number}", "direction": "ingress", **rule, **other} for number, other in enumerate(others)]
    return [*ingress, {"id": "sgr-out", "direction": "egress", **rule, "cidr": "0.0.0.0/0"}]


def _image(number: int) -> dict[str, Any]:
    image: dict[str, Any] = {"id": f"m-{number}", "region": REGION, "name": f"thing-{number}", "tags": TAGS}
    if number == 1:
        image["disks"] = [
            {"device": "/dev/xvda", "type": "system", "size_gib": 40, "snapshot": "s-1"},
            {"device": "/dev/xvdb", "type": "data", "size_gib": 40, "snapshot": "s-3"},
        ]
        # More than two pages of five.
        image["shares"] = [{"account": RECIPIENT}, *({"account": f"10000000000001{number:02d}"} for number in EACH)]
    return image


def _copy_in_the_making() -> dict[str, Any]:
    made = {"created": "-PT1H", "done": "P30D"}
    return {"id": "m-copying", "region": REGION, "name": "copying", "copied_from": "m-1", **made}


def _more_instances() -> list[dict[str, Any]]:
    """Those that are stopped, released or paid for in advance. Their names are no things."""
    of_all: dict[str, Any] = {"region": REGION, "vswitch": "vsw-1", "security_groups": ["sg-1"]}
    return [
        {"id": "i-stopped", "name": "stopped", "status": "Stopped", **of_all},
        {"id": "i-released", "name": "released", "status": "Stopped", **of_all},
        {"id": "i-paid", "name": "paid", "charge_type": "PrePaid", "expires": "P90D", **of_all},
    ]


def _instance(number: int) -> dict[str, Any]:
    instance: dict[str, Any] = {
        "id": f"i-{number}",
        "name": f"thing-{number}",
        "region": REGION,
        "vswitch": "vsw-1",
        "security_groups": ["sg-1", "sg-2"],
        "disks": [
            {"id": f"d-{number}-system", "type": "system"},
            {"id": f"d-{number}-data", "name": f"thing-{number}"},
        ],
        "tags": TAGS,
    }
    if number == 1:
        instance |= {
            "locks": ["financial"],
            "maintenance": "P7D",
            "ram_role": "web",
            "secondary_interfaces": ["eni-1"],
        }
    if number == 10:
        instance["public_ip"] = "203.0.113.200"  # Beside an EIP there is none.
    # A transfer's id has its instance's number. TransferInstance is left number 12.
    status = "Approved" if number == 9 else "UnderReview"
    return instance | ({"transfer": {"recipient": RECIPIENT, "status": status}} if number < 12 else {})
