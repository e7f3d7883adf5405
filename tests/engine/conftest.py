"""The real `pulumi` against the sandbox: each test has a project folder, a state backend and a cloud of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.models.world import World
from sandbox.server.server import Sandbox
from tests import warm
from tests.demo_world import demo
from tests.engine.project import Project
from transfer_provider.cloud.client import Cloud

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> World:
    """What the cloud holds at the start: the demo's world."""
    return demo()


@pytest.fixture
def cold_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process starts as a user's does."""
    monkeypatch.setattr(warm, "environment", lambda: warm.BIN.parent)


@pytest.fixture
def cloud(tmp_path: Path, world: World) -> Iterator[Sandbox]:
    """A local Alibaba Cloud of the test's own."""
    with Sandbox.running(world, directory=tmp_path / "cloud") as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, cloud: Sandbox) -> Iterator[Project]:
    """The repository's own program, in a folder of its own, with the stack `sandbox` and no handovers yet."""
    made = Project.made(tmp_path / "project", cloud, program=ROOT / "__main__.py")
    yield made
    made.end_strays()


@pytest.fixture
def source(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The source account's own calls, made beside Pulumi."""
    return _calls("sandbox-source", cloud, monkeypatch)


@pytest.fixture
def recipient(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The recipient's own calls."""
    return _calls("sandbox-recipient", cloud, monkeypatch)


def _calls(profile: str, cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in cloud.environment().items():
        monkeypatch.setenv(name, value)
    return Cloud(profile, "cn-hangzhou")
