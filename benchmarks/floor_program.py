"""The floor: N do-nothing dynamic resources of as many properties as a transfer has. A program of its own.

Kept as it is, so that ratios of different days compare.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from benchmarks.floor_provider import DoNothing

INPUTS = 9
COUNT = int(Path("count").read_text())


class Nothing(dynamic.Resource, module="floor", name="Nothing"):
    """A resource that stands for nothing."""

    def __init__(self, name: str, props: dict[str, Any]) -> None:
        super().__init__(DoNothing(), name, props)


for number in range(COUNT):
    Nothing(f"nothing-{number}", {f"property_{key}": f"{key} of {number:016d}" for key in range(INPUTS)})
pulumi.export("count", COUNT)
