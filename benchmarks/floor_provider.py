"""The floor's provider: it answers at once, and adds the outputs that bring a resource to 16 properties."""

from __future__ import annotations

from typing import Any

from pulumi import dynamic

OUTPUTS = {f"output_{key}": f"2026-11-25T00:00:0{key}Z" for key in range(7)}


class DoNothing(dynamic.ResourceProvider):
    """Stateless and importable, as the real ones are: stored by reference."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        return dynamic.DiffResult(changes=False)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult(props["property_0"], props | OUTPUTS)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        return dynamic.ReadResult(id_, props)
