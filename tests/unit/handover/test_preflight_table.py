"""The table of blocking findings has a line for each, whatever a program calls its handovers."""

from __future__ import annotations

from transfer_provider.eligibility.codes import finding
from transfer_provider.handover.preflight import Blocked, _table

HOSTILE = "web\n::error::gone\x1b[2J\u202e"


def test_each_finding_is_a_line_of_visible_characters() -> None:
    blocked = [Blocked(HOSTILE, finding("Locked", HOSTILE, f"It is locked: {HOSTILE}.", "Unlock it."))]
    lines = _table(blocked, 1).split("\n")
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if "::error::" in line]
