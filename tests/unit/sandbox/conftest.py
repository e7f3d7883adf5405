"""A running sandbox with the demo world, and the real SDK's clients of its two accounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.server.server import Sandbox
from tests.demo_world import demo
from tests.unit.sandbox.api import Api


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox.running(demo(), directory=tmp_path / "home") as running:
        yield running


@pytest.fixture
def source(cloud: Sandbox) -> Api:
    return Api(cloud, "sandbox-source")


@pytest.fixture
def recipient(cloud: Sandbox) -> Api:
    return Api(cloud, "sandbox-recipient")
