"""The notifications: the news of each handover in a paragraph, of 20 in a message. Pure.

All text is plain. What comes from outside (names, reasons, Alibaba Cloud's messages) is made printable, and can't
address everybody, make a link or open markup where a messenger would read it so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from transfer_provider.cli.follow.standing import Actor, Deadline, Standing
from transfer_provider.cli.notifications.announcements import News
from transfer_provider.cli.notifications.languages import DETAILED, LANGUAGES, Language
from transfer_provider.model.text import printable

MOST_A_MESSAGE = 20
LONGEST_OUTSIDE = 300

# A zero-width space parts what messengers act on: @all, <!channel>, <at user_id="all">, [text](link), https://…
_ACTED_ON = re.compile(r"[@\uff20<]|\](?=\()|:(?=//)")
_PART = "\u200b"


@dataclass(frozen=True)
class Message:
    """One message, as it is sent."""

    title: str
    body: str


def harmless(text: str) -> str:
    """A text from outside on one line, which no messenger acts on; a very long one is cut."""
    shown = printable(text)
    if len(shown) > LONGEST_OUTSIDE:
        shown = f"{shown[:LONGEST_OUTSIDE]}…"
    return _ACTED_ON.sub(lambda found: found[0] + _PART, shown)


def messages(news: Sequence[News], stack: str, now: datetime, language: str, *, late: bool = False) -> list[Message]:
    """The news in messages of at most 20 handovers; `late` where they come after a failed delivery."""
    words = LANGUAGES[language]
    title = words.title_late if late else words.title_changes
    return [
        Message(
            title.format(stack=harmless(stack), count=len(some)),
            "\n\n".join(_paragraph(each, now, words) for each in some),
        )
        for some in batches(news)
    ]


def batches(news: Sequence[News]) -> list[Sequence[News]]:
    """The news by message."""
    return [news[begin : begin + MOST_A_MESSAGE] for begin in range(0, len(news), MOST_A_MESSAGE)]


def overview(news: Sequence[News], stack: str, now: datetime, language: str) -> Message:
    """One message for all that waits, of which the first 20 are listed."""
    words = LANGUAGES[language]
    more = len(news) - MOST_A_MESSAGE
    paragraphs = [words.overview, *(_paragraph(each, now, words) for each in news[:MOST_A_MESSAGE])]
    if more > 0:
        paragraphs.append(words.more.format(count=more, stack=harmless(stack)))
    title = words.title_overview.format(stack=harmless(stack), count=len(news))
    return Message(title, "\n\n".join(paragraphs))


def trial_message(stack: str, language: str) -> Message:
    """What `--test` sends."""
    words = LANGUAGES[language]
    return Message(words.title_test.format(stack=harmless(stack)), words.body_test.format(stack=harmless(stack)))


def _paragraph(news: News, now: datetime, words: Language) -> str:
    standing = news.standing
    where = f"{harmless(standing.name)} ({harmless(standing.instance_id)}, {harmless(standing.region)})"
    status = words.statuses[standing.status]
    if news.changed and news.before and news.before.status is not standing.status:
        what = words.changed.format(before=words.statuses[news.before.status], status=status)
    elif news.changed and news.before is None:
        what = words.new.format(status=status)
    else:
        what = words.still.format(status=status)
    lines = [f"{where}: {what}", _next(standing, words)]
    deadlines = standing.deadlines if news.changed else news.near
    lines += [_deadline(deadline, now, words) for deadline in deadlines]
    return "\n".join(lines)


def _next(standing: Standing, words: Language) -> str:
    of_copies = words.steps_of_copies if standing.channel == "image" else {}
    sentence = of_copies.get(standing.step) or words.steps.get(standing.step, "")
    details = harmless(standing.what)
    if not sentence:
        sentence = details
    elif standing.step in DETAILED and details:
        sentence += words.details.format(details=details)
    actor = words.actors[standing.actor]
    if standing.actor is Actor.NOBODY:
        return words.nobody.format(sentence=sentence)
    return words.next.format(sentence=sentence, actor=actor)


def _deadline(deadline: Deadline, now: datetime, words: Language) -> str:
    at = deadline.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return words.deadlines[deadline.kind].format(at=at, left=_left(deadline.at - now, words))


def _left(span: timedelta, words: Language) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes >= 48 * 60:
        return words.days.format(count=minutes // (24 * 60))
    return words.hours.format(count=minutes // 60) if minutes >= 120 else words.minutes.format(count=minutes)
