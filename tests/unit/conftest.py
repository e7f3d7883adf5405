"""Pulumi's mocks for each test that declares something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings as hypothesis_settings
from pulumi.runtime import mocks, settings

from tests.examples import examples
from tests.unit.engine_mock import Engine

# How long an example takes says nothing on a machine that others use.
hypothesis_settings.register_profile("untimed", deadline=None, max_examples=examples())
hypothesis_settings.load_profile("untimed")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine that takes every registration and remembers it."""
    made = Engine()
    mocks.set_mocks(made, project="instance-handover", stack="test")
    yield made
    settings.reset_options()
