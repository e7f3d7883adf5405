"""The products that the gateway answers for.

To add an action: a function that answers it and its `Action` in the `ACTIONS` of a module of its product. A new module
gets a line in the product's table (`ecs/product.py`, `vpc/product.py`), a new product a line here.
"""

from __future__ import annotations

from sandbox.actions.ecs.product import ECS
from sandbox.actions.sts import STS
from sandbox.actions.vpc.product import VPC

PRODUCTS = (ECS, STS, VPC)
