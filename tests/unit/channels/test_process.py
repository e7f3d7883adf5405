"""What Pulumi's SDK tells the engine of a program's resources."""

from __future__ import annotations

import pulumi
import pytest

from transfer_provider.channels.process import SDK_DEBUG, without_debug_messages


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that reach the engine, through a `pulumi.log` that is put back afterwards."""
    messages: list[str] = []
    for name in ("debug", "warn"):
        monkeypatch.setattr(pulumi.log, name, lambda message, *_, **__: messages.append(message))
    monkeypatch.delenv(SDK_DEBUG, raising=False)
    return messages


def test_debug_messages_are_left_out_and_nothing_else(said: list[str]) -> None:
    without_debug_messages()
    pulumi.log.debug("registering resource", stream_id=1)
    pulumi.log.warn("a warning")
    assert said == ["a warning"]


def test_a_variable_keeps_them(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SDK_DEBUG, "1")
    without_debug_messages()
    pulumi.log.debug("registering resource")
    assert said == ["registering resource"]
