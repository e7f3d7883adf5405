"""The world of images, for the tests of what makes copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.models.world import load, shipped
from sandbox.server.server import Sandbox
from tests.unit.sandbox.actions.ecs.copying import Copying


@pytest.fixture
def copying(tmp_path: Path) -> Iterator[Copying]:
    """Source and recipient in the world of images."""
    with Sandbox.running(load(shipped("images")), directory=tmp_path / "copying") as cloud:
        yield Copying(cloud)
