"""Targets by Apprise, against a webhook and an SMTP server of this machine: what arrives, and what is never shown."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.receivers import Mailbox, Webhook, running
from transfer_provider.cli.notifications.targets import MOST_TARGETS, AppriseTarget, Delivery, label, read_targets
from transfer_provider.cloud.errors import Refused

HIDDEN = "t0ps3cret"


def json_url(port: int) -> str:
    return f"json://bot:{HIDDEN}@127.0.0.1:{port}/{HIDDEN}"


def mail_url(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?from=handover@example.com&to=ops@example.com&mode=insecure"


def target(url: str, waits: list[float] | None = None) -> AppriseTarget:
    return AppriseTarget(1, url, sleep=(waits if waits is not None else []).append)


def test_a_webhook_gets_title_and_plain_text(webhook: Webhook) -> None:
    assert target(json_url(webhook.port)).send("prod: news", "web-01: <b>*moved*</b>\nNext: nothing.") == Delivery(True)
    (received,) = webhook.received
    assert received["title"] == "prod: news"
    assert received["message"] == "web-01: <b>*moved*</b>\nNext: nothing."


def test_a_mail_gets_the_title_as_subject_and_chinese_as_it_is(mailbox: Mailbox) -> None:
    assert target(mail_url(mailbox.port)).send("prod：测试通知", "第一行\n第二行").delivered  # noqa: RUF001
    ((subject, text),) = mailbox.mails
    assert subject == "prod：测试通知"  # noqa: RUF001
    assert "第一行" in text
    assert "第二行" in text


def test_a_target_that_fails_for_a_moment_is_tried_again(webhook: Webhook) -> None:
    webhook.answers = [503, 500]
    waits: list[float] = []
    assert target(json_url(webhook.port), waits).send("title", "text").delivered
    assert len(webhook.received) == 1
    assert len(waits) == 2
    assert all(0 <= wait <= 4 for wait in waits)


def test_one_that_fails_for_good_is_reported_with_its_http_status(webhook: Webhook) -> None:
    webhook.down = True
    assert target(json_url(webhook.port)).send("title", "text") == Delivery(False, "HTTP 503")
    assert len(webhook.paths) == 3
    target(json_url(webhook.port)).send("title", "text", attempts=1)
    assert len(webhook.paths) == 4


def test_one_that_is_not_there_is_reported_and_nothing_shows_its_url(
    webhook: Webhook, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(Webhook()) as gone:
        port = gone.port
    caplog.set_level(logging.NOTSET)
    webhook.down = True
    for url in (json_url(port), json_url(webhook.port), mail_url(port)):
        made = target(url)
        delivery = made.send("title", "text", attempts=1)
        assert not delivery.delivered
        assert delivery.why
        assert HIDDEN not in delivery.why + label(made) + repr(delivery)
    shown = capfd.readouterr()
    assert HIDDEN not in shown.out + shown.err + caplog.text


def test_a_plugins_own_defect_is_no_traceback(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    made = target(json_url(webhook.port))

    def defect(*_: Any, **__: Any) -> None:
        raise KeyError(HIDDEN)

    monkeypatch.setattr(made._sender, "notify", defect)
    assert made.send("title", "text") == Delivery(False, "KeyError")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("dingtalk://abcdef0123456789", "dingtalk"),
        ("feishu://abcdef", "feishu"),
        ("wecombot://botkey0123456789", "wecombot"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops", "slack"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack"),
        ("mailtos://user:secret@example.com", "mailto"),
        ("jsons://example.com/hook", "json"),
        ("sns://AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/us-east-2/12223334444", "sns"),
    ],
)
def test_the_services_of_the_documentation_are_known_by_their_kind(url: str, kind: str) -> None:
    assert [label(made) for made in read_targets([url])] == [f"#1 ({kind})"]


@pytest.mark.parametrize("bad", ["", " ", "nonsense", "nosuch://x", f"slack://{HIDDEN}", 7, None, f"mailto://{HIDDEN}"])
def test_a_text_that_is_no_url_is_named_by_its_position_only(bad: Any) -> None:
    with pytest.raises(Refused) as refused:
        read_targets([json_url(1), bad])
    assert "notify[1] is no URL" in str(refused.value)
    assert HIDDEN not in str(refused.value)


def test_all_that_are_wrong_are_named_at_once() -> None:
    with pytest.raises(Refused, match=r"notify\[0\], notify\[2\] are no URLs"):
        read_targets(["x", json_url(1), "y"])
    with pytest.raises(Refused, match=r"notify\[0\]"):
        read_targets(f'["{json_url(1)}"]')
    with pytest.raises(Refused, match=f"more than {MOST_TARGETS}"):
        read_targets([json_url(1)] * (MOST_TARGETS + 1))


def test_without_the_setting_there_are_none() -> None:
    assert read_targets(None) == read_targets([]) == read_targets("") == []
