"""The messages: what changed, what to do next, by whom; in both languages, and harmless whatever is in a name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.unit.cli.notifications.given import NOW, a_standing, moving, rejected, with_deadlines
from transfer_provider.cli.follow.standing import Actor, Deadline, DeadlineKind, Standing, Step
from transfer_provider.cli.notifications.announcements import Known, News, key_of
from transfer_provider.cli.notifications.languages import LANGUAGES
from transfer_provider.cli.notifications.wording import Message, harmless, messages, overview, trial_message
from transfer_provider.model.lifecycle import Status

# What `copy_step` never answers.
NOT_OF_A_COPY = (Step.ADOPT, Step.RECORD, Step.CHECK)

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def news(standing: Standing, before: Status | None = Status.UNDER_REVIEW, **fields: object) -> News:
    known = Known(standing.status, standing.step)
    given: dict[str, object] = {"changed": True, "before": Known(before, Step.REVIEW)}
    return News(key_of(standing.instance_id), standing, known, **given | fields)  # type: ignore[arg-type]


def only(found: list[Message]) -> Message:
    (message,) = found
    return message


def test_a_change_is_reported_with_what_to_do_next_and_by_whom() -> None:
    message = only(messages([news(rejected())], "prod", NOW, "en"))
    assert message.title == "prod: news of handovers (1)"
    assert message.body == (
        "web-001 (i-bp1web00000000000001, cn-hangzhou): Rejected (was UnderReview).\n"
        "Next, by the source: Rejected: correct it."
    )


def test_the_same_in_chinese_with_the_reason_as_alibaba_cloud_gives_it() -> None:
    message = only(messages([news(rejected())], "prod", NOW, "zh"))
    assert message.title == "prod\uff1a1 个实例过户有新进展"
    assert message.body.split("\n") == [
        "web-001 (i-bp1web00000000000001, cn-hangzhou): 已驳回\uff08原为审核中\uff09。",
        "下一步\uff08转出方\uff09\uff1a请决定如何处理\uff1a修改后重新提交\uff0c恢复其文件\uff0c或删除其文件。"
        "详情\uff1aRejected: correct it.",
    ]


@pytest.mark.parametrize("step", Step)
def test_no_word_of_a_transfer_or_of_a_review_is_said_of_a_copy_in_chinese(step: Step) -> None:
    if step in (Step.INITIATE, Step.ACCEPT_IN_CONSOLE, Step.REVIEW, Step.ACCEPT, Step.MOVE, *NOT_OF_A_COPY):
        return
    copy = a_standing(step=step, channel="image", status=Status.SHARED, actor=Actor.NOBODY)
    sentence = only(messages([news(copy)], "prod", NOW, "zh")).body.split("\n")[1]
    assert not re.search("审核|过户|接收实例", sentence), sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("actor", Actor)
def test_every_step_and_actor_has_a_sentence(language: str, step: Step, actor: Actor) -> None:
    message = only(messages([news(a_standing(step=step, actor=actor, what="It goes on."))], "prod", NOW, language))
    sentence = message.body.split("\n")[1]
    assert "{" not in sentence
    assert len(sentence) > 5
    if language == "zh":
        assert CHINESE.search(sentence)
    else:
        assert "It goes on." in sentence
        assert not CHINESE.search(sentence)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", [None, *Status])
def test_every_status_has_words_and_no_two_the_same(language: str, status: Status | None) -> None:
    words = LANGUAGES[language].statuses
    assert words[status] in only(messages([news(a_standing(status=status))], "prod", NOW, language)).body
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DeadlineKind)
@pytest.mark.parametrize(("left", "shown"), [(12, "12"), (150, "2"), (3 * 24 * 60, "3")])
def test_every_deadline_is_reported_with_its_time_and_what_is_left(
    language: str, kind: DeadlineKind, left: int, shown: str
) -> None:
    deadline = Deadline(kind, NOW + timedelta(minutes=left))
    near = news(with_deadlines(deadline), Status.APPROVED, changed=False, near=[deadline])
    line = only(messages([near], "prod", NOW, language)).body.split("\n")[2]
    assert f"{deadline.at:%Y-%m-%d %H:%M} UTC" in line
    assert re.search(rf"(?<!\d){shown} ", line.replace(f"{deadline.at:%Y-%m-%d %H:%M} UTC", ""))
    assert bool(CHINESE.search(line)) is (language == "zh")


def test_a_reminder_names_the_deadline_that_is_near_and_a_change_names_all() -> None:
    window = Deadline(DeadlineKind.CANCEL_WINDOW, NOW + timedelta(hours=1))
    acceptance = Deadline(DeadlineKind.ACCEPTANCE, NOW + timedelta(hours=24))
    standing = with_deadlines(window, acceptance)
    reminder = only(messages([news(standing, Status.APPROVED, changed=False, near=[acceptance])], "p", NOW, "en")).body
    assert "accepted before" in reminder
    assert "cancelled until" not in reminder
    change = only(messages([news(standing)], "p", NOW, "en")).body
    assert "accepted before" in change
    assert "cancelled until" in change


def test_20_handovers_go_into_a_message() -> None:
    found = messages([news(moving(number)) for number in range(45)], "prod", NOW, "en")
    assert [message.body.count("Transferring (was") for message in found] == [20, 20, 5]


@pytest.mark.parametrize(("language", "more"), [("en", "And 280 more"), ("zh", "另有 280 个")])
def test_the_first_message_lists_20_and_counts_the_rest(language: str, more: str) -> None:
    message = overview([news(rejected(number), before=None) for number in range(300)], "prod", NOW, language)
    assert message.body.count("i-bp1web") == 20
    assert more in message.body
    assert "`handover status --stack prod`" in message.body


@pytest.mark.parametrize(
    "text",
    [
        "@all",
        "@everyone and @here",
        "<!channel>",
        "<!here|x>",
        '<at user_id="all">everybody</at>',
        "<@U024BE7LH>",
        "\uff20所有人",
        "[click](https://evil.example)",
        "https://evil.example/x",
        "<b onload=x>",
    ],
)
def test_no_text_from_outside_addresses_everybody_or_makes_a_link(text: str) -> None:
    standing = rejected(what=f"{text}: correct it.", name=f"web{text}")
    for language in LANGUAGES:
        body = only(messages([news(standing)], text, NOW, language)).body
        for acted_on in ("@all", "@everyone", "@here", "<!", "<at", "<@", "<b", "\uff20所有人", "](", "://", "@U"):
            assert acted_on not in body


def test_control_characters_and_line_breaks_from_outside_are_shown_as_what_they_are() -> None:
    standing = rejected(name="web\n\x1b[31m-01", what="one\ntwo\u202e")
    message = only(messages([news(standing)], "pr\nod", NOW, "en"))
    assert message.title.isprintable()
    assert message.body.count("\n") == 1
    assert all(line.isprintable() for line in message.body.split("\n"))


def test_a_very_long_text_from_outside_is_cut() -> None:
    assert len(harmless("x" * 100_000)) < 400


def test_braces_in_a_name_are_only_braces() -> None:
    assert "{stack} {0}" in only(messages([news(rejected(name="{stack} {0}"))], "{count}", NOW, "zh")).body


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_message_says_that_it_is_one(language: str) -> None:
    message = trial_message("prod", language)
    assert "prod" in message.title
    assert "prod" in message.body
    assert bool(CHINESE.search(message.body)) is (language == "zh")
