"""ECS 2014-05-26: all of its actions. Each module lists its own, next to the functions that answer them."""

from __future__ import annotations

from sandbox.actions import tags
from sandbox.actions.call import Product
from sandbox.actions.ecs import (
    disks,
    instances,
    inventory,
    security_group_members,
    security_group_rules,
    security_groups,
    snapshots,
    transfers,
)

ECS = Product(
    name="Ecs",
    version="2014-05-26",
    actions=(
        *instances.ACTIONS,
        *disks.ACTIONS,
        *inventory.ACTIONS,
        *security_groups.ACTIONS,
        *security_group_rules.ACTIONS,
        *security_group_members.ACTIONS,
        *snapshots.ACTIONS,
        *tags.ECS_ACTIONS,
        *transfers.ACTIONS,
    ),
)
