"""The HTML of a report: one file without any reference, in which nothing from outside is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from jinja2 import UndefinedError

from tests.examples import left_to_the_whole_suite
from tests.unit.cli.report.samples import HOSTILE, handover, hostile, report, under_way
from transfer_provider.cli.report.facts import Evidence, Outcome, Seen
from transfer_provider.cli.report.formats.catalogue import LANGUAGES, MESSAGES
from transfer_provider.cli.report.formats.page import environment, page, shares

ROOT = Path(__file__).parents[4]

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "span", "bdi", "a", "br", "div", "details", "summary"),
    *("svg", "rect", "line", "circle", "text"),
}


class Parsed(HTMLParser):
    """A page's tags, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_from_outside_becomes_markup(language: str) -> None:
    parsed = Parsed(page(hostile(), language))
    assert set(parsed.tags) <= ALLOWED
    assert {name for name, _ in parsed.attributes if name.startswith("on") or name in ("src", "style")} == set()
    assert HOSTILE[0] in parsed.text
    assert HOSTILE[1] in parsed.text
    assert "{{ 7 * 7 }}" in parsed.text
    assert not re.search("[\u200f\u202a-\u202e\u2066-\u2069]", parsed.text)
    assert r"\u202eright to left" in parsed.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_refers_to_nothing_outside_of_it(language: str) -> None:
    html = page(report(), language)
    parsed = Parsed(html)
    links = [
        value for name, value in parsed.attributes if name in ("href", "src", "srcset", "action", "data", "poster")
    ]
    assert links
    assert all(link and link.startswith("#h-") for link in links)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|<link|<iframe", html)
    assert "default-src 'none'; style-src 'unsafe-inline'" in html
    ids = [value for name, value in parsed.attributes if name == "id"]
    assert {f"#{id_}" for id_ in ids if id_} >= set(links)


def test_a_page_is_all_in_its_language() -> None:
    parsed = Parsed(page(report(handovers=[handover()], groups=[]), "zh"))
    english = [text for text, chinese in MESSAGES.values() if text != chinese and " " in text and "{" not in text]
    assert [text for text in english if text in parsed.text] == []
    assert ("lang", "zh-CN") in parsed.attributes


def test_what_was_not_seen_is_not_shown_as_done() -> None:
    unseen = handover(outcome=Outcome.REPORTED, at_recipient=Seen(Evidence.NO_ANSWER, "no answer came"))
    text = Parsed(page(report(handovers=[unseen]), "en")).text
    assert "Completed by report, not seen" in text
    assert "The recipient's account lists the instance" not in text
    assert "nothing is left to do" not in text


@left_to_the_whole_suite("a thousand handovers take seconds")
def test_a_thousand_are_a_table_and_closed_details() -> None:
    html = page(report(handovers=[handover(f"web-{number}") for number in range(1000)]), "en")
    assert html.count('<details class="handover"') == 1000
    assert not re.search(r'<details class="handover"[^>]* open', html)
    assert len(html) < 8_000_000
    assert " open>" in page(report(handovers=[handover()]), "en")


def test_the_shares_add_up() -> None:
    found = shares(report(handovers=[handover(), under_way(), handover("web-02")]))
    assert (found.total, [(part.outcome, part.begin, part.count) for part in found.parts]) == (
        3,
        [(Outcome.DONE, 0, 2), (Outcome.UNDER_WAY, 2, 1)],
    )


def test_a_value_that_is_not_there_stops_a_template() -> None:
    with pytest.raises(UndefinedError):
        environment("en").from_string("{{ missing }}").render()


def test_the_wheel_has_the_templates() -> None:
    included = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    folder = ROOT / "transfer_provider/cli/report/formats/templates"
    assert {str(path.relative_to(ROOT)) for path in folder.iterdir()} <= included
