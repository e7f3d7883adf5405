"""What `handover status` prints stays readable: hundreds of rows, hostile names, a terminal's width."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from transfer_provider.cli.follow.overview import Look
from transfer_provider.cli.follow.standing import Actor, Deadline, DeadlineKind, Standing, Step
from transfer_provider.cli.follow.status import (
    MOST_DEADLINES,
    MOST_SENTENCES,
    look_as_table,
    next_deadlines,
    sentences,
    status_text,
    summary,
)
from transfer_provider.cli.follow.times import both, relative
from transfer_provider.model.lifecycle import Status

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
REVIEWED = Standing(
    name="web-01",
    instance_id="i-bp1web00000000000001",
    region="cn-hangzhou",
    recipient_account_id="1000000000000002",
    channel="api",
    status=Status.UNDER_REVIEW,
    since=NOW - timedelta(hours=3),
    step=Step.REVIEW,
    actor=Actor.ALIBABA_CLOUD,
    what="Alibaba Cloud reviews the request.",
)


def printed(*standings: Standing, width: int = 120, wide: bool = False) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(look_as_table(standings, NOW, wide=wide))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_nobody_is_said_to_be_done_with_what_is_unknown() -> None:
    def of(standing: Standing) -> str:
        return summary(cast(Look, SimpleNamespace(stack="prod", standings=[standing], failures=(), now=NOW)))

    settled = replace(REVIEWED, step=Step.NOTHING, actor=Actor.NOBODY)
    assert "nobody has to act" in of(settled)
    assert "to act: 1 Alibaba Cloud" in of(REVIEWED)
    unknown = of(replace(settled, step=Step.QUERY_AGAIN, unknown="Nobody answered."))
    assert "act" not in unknown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (59, "now"),
        (60, "in 1 min"),
        (-90 * 60, "1 h ago"),
        (47 * 3600, "in 47 h"),
        (-48 * 3600, "2 days ago"),
        (400 * 86400, "in 400 days"),
    ],
)
def test_a_time_is_shown_as_how_far_off_it_is(seconds: int, text: str) -> None:
    at = NOW + timedelta(seconds=seconds)
    assert relative(at, NOW) == text
    assert both(at, NOW) == f"{text} ({at:%Y-%m-%d %H:%M} UTC)"


def test_on_a_terminal_of_120_columns_a_handover_takes_one_line() -> None:
    many = [replace(REVIEWED, name=f"database-{number:03}", step=Step.INITIATE) for number in range(300)]
    assert len(printed(*many)) == 1 + 300


def test_where_no_terminal_limits_it_everything_is_in_the_row() -> None:
    deadline = Deadline(DeadlineKind.CANCEL_WINDOW, NOW + timedelta(hours=2))
    _, row = printed(replace(REVIEWED, deadlines=[deadline]), width=300, wide=True)
    for text in (
        "3 h ago (2026-06-01 09:00 UTC)",
        "1000000000000002",
        "api",
        "cancel window closes in 2 h (2026-06-01",
    ):
        assert text in row


def test_a_hostile_name_moves_no_cursor() -> None:
    text = "\n".join(
        [*printed(replace(REVIEWED, name="\x1b[2Jweb")), *sentences([replace(REVIEWED, name="\x1b[2Jweb")])]
    )
    assert "\x1b" not in text
    assert text.count("\\x1b[2Jweb") == 2


def test_a_status_that_is_not_known_now_has_a_question_mark() -> None:
    assert status_text(replace(REVIEWED, unknown="No answer.")) == "UnderReview?"
    assert status_text(replace(REVIEWED, status=None, unknown="No answer.")) == "unknown"
    assert status_text(replace(REVIEWED, status=None)) == "not submitted"


def test_what_no_file_declares_is_marked() -> None:
    assert "web-01 (no file)" in printed(replace(REVIEWED, declared=False))[1]


def test_the_same_sentence_is_printed_once_with_its_handovers() -> None:
    many = [replace(REVIEWED, name=f"web-{number}") for number in range(300)]
    (sentence,) = sentences(many)
    assert sentence.startswith("web-0, web-1, ")
    assert sentence.endswith("web-9 and 290 more: Alibaba Cloud reviews the request.")


def test_of_many_sentences_the_rest_is_counted() -> None:
    many = [replace(REVIEWED, name=f"web-{number}", what=f"Because of {number}.") for number in range(300)]
    lines = sentences(many)
    assert len(lines) == MOST_SENTENCES + 1
    assert lines[-1].startswith(f"And {300 - MOST_SENTENCES} more")


def test_of_what_is_settled_no_sentence_is_printed() -> None:
    assert sentences([replace(REVIEWED, step=Step.NOTHING)]) == []


def test_the_nearest_deadlines_are_printed_and_the_rest_is_counted() -> None:
    many = [
        replace(
            REVIEWED,
            name=f"web-{number}",
            deadlines=[Deadline(DeadlineKind.ACCEPTANCE, NOW + timedelta(hours=100 - number))],
        )
        for number in range(20)
    ]
    first, *_, last = next_deadlines(many, NOW)
    assert first.startswith("web-19: acceptance expires in 3 days (")
    assert last.startswith(f"And {20 - MOST_DEADLINES} later deadlines")
