"""Instance types: how many vCPUs and how much memory each has. A few of the many, and what a world's instances are."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1024


@dataclass(frozen=True)
class InstanceType:
    """A type of instances; memory in MiB."""

    name: str
    cpu: int
    memory_mib: int

    @property
    def family(self) -> str:
        """Such as `ecs.g7`."""
        return self.name.rpartition(".")[0]


_SIZES = (("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16))
# Memory in GiB a vCPU.
_FAMILIES = (("ecs.c7", 2), ("ecs.g7", 4), ("ecs.r7", 8), ("ecs.c8i", 2), ("ecs.g8i", 4), ("ecs.r8i", 8))

KNOWN = tuple(
    InstanceType(f"{family}.{size}", cpu, cpu * memory * GIB) for family, memory in _FAMILIES for size, cpu in _SIZES
)
