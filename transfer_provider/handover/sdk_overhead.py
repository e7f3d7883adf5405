"""What Pulumi's SDK does for each resource, and nobody needs: left out.

Call stacks: the SDK has the engine store each resource's whole one, with the paths of this machine: more than half of a
handover's state, which the engine writes at every step.

Debug messages: the SDK tells the engine of every step of every resource's registration, by a call that waits for its
answer, two to five of them a resource: more than half of what a program of many resources does. The engine drops them
but for `--debug`, which a program is not told of; so a variable asks for them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

# The frames from the SDK's look at the stack up to a component's own `__init__`, and the one that declared it.
DECLARED_AT = 6
NONE = 1

SDK_DEBUG = "HANDOVER_SDK_DEBUG"
"""The environment variable by which the SDK keeps its debug messages."""


@contextmanager
def call_stacks_limited_to(frames: int) -> Iterator[None]:
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


def leave_out_debug_messages() -> None:
    """The program's debug messages are said to nobody from now on, but with SDK_DEBUG in the environment."""
    if not os.environ.get(SDK_DEBUG):
        pulumi.log.debug = _unsaid


def _unsaid(*_: object, **__: object) -> None:
    """Says nothing."""
