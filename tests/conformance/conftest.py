"""One sandbox for the suite, and a caller of each action."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.server.server import Sandbox
from tests.conformance import world
from tests.conformance.client import Caller


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.running(world.made(), directory=tmp_path_factory.mktemp("conformance") / "home") as running:
        for snapshot in world.snapshots():
            running.state.snapshot_store.add(world.SOURCE, snapshot)
        yield running


@pytest.fixture
def caller(cloud: Sandbox) -> Callable[[tuple[str, str]], Caller]:
    return lambda names: Caller(cloud, names)
