"""Pulumi's mocks for each test that declares something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pulumi.runtime import mocks, settings

from tests.unit.engine_mock import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that takes every registration and remembers it."""
    made = Engine()
    mocks.set_mocks(made, project="instance-handover", stack="test")
    yield made
    settings.reset_options()
