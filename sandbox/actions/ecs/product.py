"""ECS 2014-05-26: all of its actions. Each module lists its own, next to the functions that answer them."""

from __future__ import annotations

from sandbox.actions import tags
from sandbox.actions.call import Product
from sandbox.actions.ecs import (
    access,
    disks,
    instance_attributes,
    instance_power,
    instances,
    inventory,
    security_group_members,
    security_group_rules,
    security_groups,
    snapshots,
    transfers,
)
from sandbox.actions.ecs.images import copies, creation, listing, sharing
from sandbox.actions.ecs.new_instances import offers, run

ECS = Product(
    name="Ecs",
    version="2014-05-26",
    actions=(
        *instances.ACTIONS,
        *instance_attributes.ACTIONS,
        *instance_power.ACTIONS,
        *run.ACTIONS,
        *offers.ACTIONS,
        *access.ACTIONS,
        *disks.ACTIONS,
        *listing.ACTIONS,
        *creation.ACTIONS,
        *sharing.ACTIONS,
        *copies.ACTIONS,
        *inventory.ACTIONS,
        *security_groups.ACTIONS,
        *security_group_rules.ACTIONS,
        *security_group_members.ACTIONS,
        *snapshots.ACTIONS,
        *tags.ECS_ACTIONS,
        *transfers.ACTIONS,
    ),
)
