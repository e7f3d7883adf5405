"""VPC 2016-04-28: all of its actions. Each module lists its own, next to the functions that answer them."""

from __future__ import annotations

from sandbox.actions import tags
from sandbox.actions.call import Product
from sandbox.actions.vpc import eips, networks

VPC = Product(
    name="Vpc",
    version="2016-04-28",
    actions=(
        *networks.ACTIONS,
        *eips.ACTIONS,
        *tags.VPC_ACTIONS,
    ),
)
