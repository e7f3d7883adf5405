"""A local Alibaba Cloud for each test, and this process's clients led to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.server.server import Sandbox
from tests.demo_world import demo
from tests.wire import impatient
from transfer_provider.cloud import permissions


@pytest.fixture(autouse=True)
def _a_run_of_its_own() -> None:
    """Each test is a run: nothing is confirmed before."""
    permissions.begin_run()


@pytest.fixture(autouse=True)
def _no_wait_between_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(impatient.DEFAULTS, "sleep", impatient.go_on)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox.running(demo(), directory=tmp_path / "cloud") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running
