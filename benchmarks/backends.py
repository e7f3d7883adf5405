"""Where a state can be kept for a benchmark, each with a server of its own on loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

from tests.engine import bucket, postgresql

BACKEND_URL = "PULUMI_BACKEND_URL"

BACKENDS: Mapping[str, Callable[[], AbstractContextManager[Mapping[str, str]]]] = {
    "file": lambda: nullcontext({}),
    "PostgreSQL": postgresql.running,
    "S3": bucket.running,
}
"""What a run's environment says of it, by name. Raises FileNotFoundError or CannotBuild where there is none."""
