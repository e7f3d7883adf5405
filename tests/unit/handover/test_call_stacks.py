"""What the engine is told of where a resource is declared."""

import sys

import pulumi
import pytest
from pulumi.runtime.proto.source_pb2 import StackFrame
from pulumi.runtime.resource import _get_stack_trace

from transfer_provider.handover import call_stacks


class Declared:
    """As many constructors as a component of Pulumi's has: its own, ComponentResource's, Resource's."""

    def __init__(self, depth: int = 2) -> None:
        self.frames: list[StackFrame] = list(_get_stack_trace().frames if depth == 0 else Declared(depth - 1).frames)


def test_a_component_is_told_with_the_line_that_declares_it_and_nothing_above() -> None:
    # One frame more than the SDK's own: it takes its look at the stack in a function of its own, `register_resource`.
    with call_stacks.limited_to(call_stacks.DECLARED_AT - 1):
        (frame,) = Declared().frames

    assert frame.pc.uri.endswith("tests/unit/handover/test_call_stacks.py")


def test_what_is_part_of_it_is_told_without_any() -> None:
    with call_stacks.limited_to(call_stacks.NONE):
        assert not Declared().frames


def test_an_error_s_traceback_is_whole_again() -> None:
    with pytest.raises(pulumi.RunError), call_stacks.limited_to(call_stacks.NONE):
        raise pulumi.RunError("refused")

    assert not hasattr(sys, "tracebacklimit")


def test_a_limit_that_was_set_before_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 50, raising=False)

    with call_stacks.limited_to(call_stacks.NONE):
        pass

    assert sys.tracebacklimit == 50
