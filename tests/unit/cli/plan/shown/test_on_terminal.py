"""A plan on a terminal: what is decided, what can't be undone first, and nothing that moves a cursor."""

from __future__ import annotations

import pytest

from tests.unit.cli.plan.given import everything, opened, plan, row
from transfer_provider.cli.plan.decisions import Decision
from transfer_provider.cli.plan.reviewed import Plan
from transfer_provider.cli.plan.shown.on_terminal import lines, text_of


def test_a_handover_is_a_block_with_what_is_decided_by() -> None:
    assert text_of(lines(Plan("sandbox", [row()], rules=[opened()]))) == (
        "sandbox: 1 handover; 1 accept.\n"
        "IRREVERSIBLE: 1 accept.\n"
        "! accept: The instance leaves the source account and cannot come back.\n"
        "! accept web-01: i-bp1web00000000000001, shop, ecs.g7.large, cn-hangzhou\n"
        "    1000000000000001 → 1000000000000002 (orchid); api; Approved; acceptance expires 2026-01-31 09:00\n"
        "      UTC; reason: Project Orchid moves to its own company\n"
        "    groups web → orchid-web; address 203.0.113.12 → 198.18.0.4\n"
        "    also: allocate an address (5 Mbit/s, PayByTraffic)\n"
        "    EipBound: Its EIP 203.0.113.12 gets unbound.\n"
        "    costs: The recipient pays for a new EIP.\n"
        "    stays behind: private address 172.16.0.10\n"
        "Rules of web-01: web → orchid-web\n"
        "! new, OPEN TO THE WORLD (orchid-web): in tcp 23 from 0.0.0.0/0\n"
        "  missing (web): in tcp 22 from 203.0.113.0/24\n"
    )


def test_what_rests_is_named_with_what_comes_next() -> None:
    resting = [row(name, Decision.NOTHING, findings=(), next="Alibaba Cloud reviews it.") for name in ("a", "b")]
    assert text_of(lines(Plan("sandbox", resting))) == (
        "sandbox: 2 handovers; 2 without a step.\nNothing to do.\nNothing planned for a, b. Alibaba Cloud reviews it.\n"
    )


def test_of_many_that_rest_the_first_are_named() -> None:
    resting = [row(f"web-{each:04}", Decision.NOTHING, findings=(), next="It waits.") for each in range(1000)]
    shown = text_of(lines(Plan("sandbox", resting)))
    assert "web-0019 and 980 more. It waits." in " ".join(shown.split())
    assert len(shown.splitlines()) < 8


def test_the_diff_is_shown_where_it_is_asked_for() -> None:
    made = plan("rename")
    assert "Everything that changes" not in text_of(lines(made))
    shown = text_of(lines(made, whole=True))
    assert "  +- replace pulumi-python:dynamic/transfer:InstanceTransfer shop\n" in shown
    assert '      recipient_email: null → "[secret]"\n' in shown


def test_a_refusal_is_shown_whole_and_nothing_else_is_planned() -> None:
    shown = text_of(lines(plan("refused")))
    assert "Blocked: the preview was refused" in shown
    assert "Nothing was declared and no" in shown


@pytest.mark.parametrize("name", ["submit", "accept", "resubmit", "rename", "bind", "settled", "refused"])
@pytest.mark.parametrize("width", [60, 100])
def test_lines_are_no_wider_than_the_terminal(name: str, width: int) -> None:
    assert [text for text, _ in lines(plan(name), width) if len(text) > width and " " in text.strip()] == []


@pytest.mark.parametrize("text", ["a\nb\r\nIRREVERSIBLE", "\x1b[2J\x1b[31m", "\u202egnp", "::error::x", "\x9b31m"])
def test_no_text_from_outside_begins_a_line_or_moves_the_cursor(text: str) -> None:
    shown = lines(everything(text), whole=True)
    harmless = lines(everything("x"), whole=True)
    assert all(line.isprintable() for line, _ in shown)
    assert not any(line.lstrip().startswith(("IRREVERSIBLE\\n", "b\r", "::error::")) for line, _ in shown)
    assert len([1 for line, _ in shown if line.startswith("!")]) == len(
        [1 for line, _ in harmless if line.startswith("!")]
    )
