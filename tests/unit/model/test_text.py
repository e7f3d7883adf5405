"""Text from outside never moves a cursor, begins a line, hides a letter or commands a CI system."""

from __future__ import annotations

import pytest

from transfer_provider.model.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web-01 订单 é", "web-01 订单 é"),
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u200bc\u2028d", "a\\u202eb\\u200bc\\u2028d"),
        ("half \ud800", "half \\ud800"),
        ("::error file=a,line=1::gone", ": :error file=a,line=1::gone"),
        ("  ::warning::x", "  : :warning::x"),
        ("##vso[task.complete]", "# #vso[task.complete]"),
        ("::/0 and 2001:db8::1", "::/0 and 2001:db8::1"),
    ],
)
def test_it_is_shown_on_one_line_and_commands_nobody(text: str, shown: str) -> None:
    assert printable(text) == shown
