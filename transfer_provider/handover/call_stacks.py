"""Keep call stacks out of the state.

Pulumi's SDK has the engine store each resource's whole call stack, with the paths of this machine: more than half of a
handover's state, which the engine writes at every step.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# The frames from the SDK's look at the stack up to a component's own `__init__`, and the one that declared it.
DECLARED_AT = 6
NONE = 1


@contextmanager
def limited_to(frames: int) -> Iterator[None]:
    """Resources made here store the innermost frames only: `DECLARED_AT` is where a component is declared, `NONE` no
    frame at all."""
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = frames
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before
