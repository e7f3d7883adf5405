"""How many examples a property is tried with: all of them by `make test`, few by `make quick`."""

from __future__ import annotations

import os

QUICK = bool(os.environ.get("QUICK_TESTS"))
USUAL = 100  # Hypothesis' own number
FEW = 15


def examples(number: int = USUAL) -> int:
    """As many as that, or few for a quick answer."""
    return min(number, FEW) if QUICK else number
