"""The floor: N do-nothing dynamic resources of as many properties as a transfer has. A program of its own.

Where a file `component` is beside it, each has an empty component above it, as a transfer has its `Handover`: what two
resources each cost the engine, whatever they do. Kept as it is, so that ratios of different days compare.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from benchmarks.floor_provider import DoNothing

INPUTS = 9
COUNT = int(Path("count").read_text())
WITH_COMPONENT = Path("component").exists()


class Nothing(dynamic.Resource, module="floor", name="Nothing"):
    """A resource that stands for nothing."""

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(DoNothing(), name, props, opts)


for number in range(COUNT):
    above = pulumi.ComponentResource("floor:index:Above", f"nothing-{number}") if WITH_COMPONENT else None
    properties = {f"property_{key}": f"{key} of {number:016d}" for key in range(INPUTS)}
    Nothing(f"nothing-{number}", properties, pulumi.ResourceOptions(parent=above))
pulumi.export("count", COUNT)
