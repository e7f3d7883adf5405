"""The demo's world, read once; most tests begin with it."""

from __future__ import annotations

import functools
import pickle
from datetime import UTC, datetime

import yaml

from sandbox.models.timestamps import START
from sandbox.models.world import DEMO, World


def demo() -> World:
    """What `load(DEMO)` returns; its durations count from now."""
    return World.model_validate(pickle.loads(_content()), context={START: datetime.now(UTC)})


@functools.cache
def _content() -> bytes:
    """The file's, to be made anew for each world."""
    return pickle.dumps(yaml.safe_load(DEMO.read_text(encoding="utf-8")))
