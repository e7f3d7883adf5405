"""What the engine is told of a resource: where it is declared, and no step of its registration."""

import sys

import pulumi
import pytest
from pulumi.runtime.proto.source_pb2 import StackFrame
from pulumi.runtime.resource import _get_stack_trace

from transfer_provider.handover import sdk_overhead


class Declared:
    """As many constructors as a component of Pulumi's has: its own, ComponentResource's, Resource's."""

    def __init__(self, depth: int = 2) -> None:
        self.frames: list[StackFrame] = list(_get_stack_trace().frames if depth == 0 else Declared(depth - 1).frames)


def test_a_component_is_told_with_the_line_that_declares_it_and_nothing_above() -> None:
    # One frame more than the SDK's own: it takes its look at the stack in a function of its own, `register_resource`.
    with sdk_overhead.call_stacks_limited_to(sdk_overhead.DECLARED_AT - 1):
        (frame,) = Declared().frames

    assert frame.pc.uri.endswith("tests/unit/handover/test_sdk_overhead.py")


def test_what_is_part_of_it_is_told_without_any() -> None:
    with sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE):
        assert not Declared().frames


def test_an_error_s_traceback_is_whole_again() -> None:
    with pytest.raises(pulumi.RunError), sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE):
        raise pulumi.RunError("refused")

    assert not hasattr(sys, "tracebacklimit")


def test_a_limit_that_was_set_before_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 50, raising=False)

    with sdk_overhead.call_stacks_limited_to(sdk_overhead.NONE):
        pass

    assert sys.tracebacklimit == 50


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that reach the engine, through a `pulumi.log` that is put back afterwards."""
    messages: list[str] = []
    for name in ("debug", "warn"):
        monkeypatch.setattr(pulumi.log, name, lambda message, *_, **__: messages.append(message))
    monkeypatch.delenv(sdk_overhead.SDK_DEBUG, raising=False)
    return messages


def test_debug_messages_are_left_out_and_nothing_else(said: list[str]) -> None:
    sdk_overhead.leave_out_debug_messages()
    pulumi.log.debug("registering resource", stream_id=1)
    pulumi.log.warn("a warning")
    assert said == ["a warning"]


def test_a_variable_keeps_them(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sdk_overhead.SDK_DEBUG, "1")
    sdk_overhead.leave_out_debug_messages()
    pulumi.log.debug("registering resource")
    assert said == ["registering resource"]
