"""Pulumi's own mocks in the engine's place, for tests of wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi
from pulumi.runtime import mocks

T = TypeVar("T")


@dataclass
class Engine(mocks.Mocks):
    """Takes every registration, and remembers it."""

    declared: list[mocks.MockResourceArgs] = field(default_factory=list)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.declared.append(args)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return {}, []

    def kinds(self) -> list[str]:
        """The kinds of all that was declared, sorted, without providers and the stack."""
        types = (resource.typ for resource in self.declared)
        return sorted(typ.rsplit(":", 1)[1] for typ in types if not typ.startswith("pulumi:"))

    def named(self, kind: str) -> dict[str, Any]:
        """The inputs of all resources of a kind, by name."""
        return {str(resource.name): resource.inputs for resource in self.declared if resource.typ.endswith(f":{kind}")}

    def run(self, declaring: Callable[[], T]) -> T:
        """Run a program's part to its end, as Pulumi would."""
        made: list[T] = []

        def program() -> pulumi.Output[None]:
            made.append(declaring())
            return pulumi.Output.from_input(None)

        untyped: Any = pulumi.runtime
        untyped.test(program)()
        return made[0]
