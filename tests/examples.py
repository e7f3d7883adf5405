"""What `make test` does and `make quick` does less of: examples of a property, and what a working day goes without."""

from __future__ import annotations

import os

import pytest

QUICK = bool(os.environ.get("QUICK_TESTS"))
USUAL = 100  # Hypothesis' own number
FEW = 15


def examples(number: int = USUAL) -> int:
    """As many as that, or few for a quick answer."""
    return min(number, FEW) if QUICK else number


def left_to_the_whole_suite(why: str) -> pytest.MarkDecorator:
    """Skip what takes long and hardly ever fails in a working day; the reason is reported."""
    return pytest.mark.skipif(QUICK, reason=f"{why}; make test runs it")
