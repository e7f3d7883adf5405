"""A sandbox for each module, so that requests are refused before an answer changed anything, and callers of actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sandbox.server.server import Sandbox
from tests.conformance import world
from tests.conformance.client import Caller


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.running(world.made(), directory=tmp_path_factory.mktemp("conformance") / "home") as running:
        for snapshot in world.snapshots():
            running.state.snapshot_store.add(world.SOURCE, snapshot)
        yield running


@pytest.fixture
def caller(cloud: Sandbox) -> Callable[[tuple[str, str]], Caller]:
    return lambda names: Caller(cloud, names)
