"""The HTML of a report in a real browser: nothing overflows, nothing runs, nothing is fetched, all can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import left_to_the_whole_suite
from tests.unit.cli.report.samples import handover, hostile, report
from tools import chromium
from tools.chromium import Chromium, Scheme
from transfer_provider.cli.report.formats.catalogue import LANGUAGES
from transfer_provider.cli.report.formats.page import page

pytestmark = [
    pytest.mark.skipif(chromium.found() is None, reason=chromium.MISSING),
    left_to_the_whole_suite("a browser takes seconds to start"),
]

WIDTHS = (360, 1280)
OPEN = "document.querySelectorAll('details').forEach(each => each.open = true);"

# What reaches past the window's right edge.
PAST_THE_EDGE = """
const every = [...document.body.querySelectorAll('*')];
const past = every.filter(each => each.getBoundingClientRect().right > innerWidth + 1);
return past.slice(0, 3).map(each => each.outerHTML.slice(0, 200));
"""

# The texts of timelines that reach past their drawing.
PAST_THE_DRAWING = """
return [...document.querySelectorAll('svg.timeline text')].filter(
  each => each.getBBox().x + each.getBBox().width > each.ownerSVGElement.viewBox.baseVal.width
).map(each => each.textContent);
"""

# Texts too close in colour to what is behind them: less than 4.5 to 1 (WCAG AA).
PALE = """
const numbers = colour => colour.match(/[0-9.]+/g).map(Number);
const light = colour => numbers(colour).slice(0, 3).map(
  part => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const behind = node => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if ((numbers(colour)[3] ?? 1) > 0) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const pale = [];
for (const node of document.body.querySelectorAll('*')) {
  if (!node.innerText || node.children.length) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) pale.push(node.outerHTML.slice(0, 120));
}
return pale.slice(0, 3);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium.running() as running:
        yield running


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Path]:
    """An ordinary report and a hostile one, in both languages."""
    written = {}
    for language in LANGUAGES:
        for name, content in (("ordinary", report()), ("hostile", hostile())):
            written[f"{name}-{language}"] = tmp_path / f"{name}-{language}.html"
            written[f"{name}-{language}"].write_text(page(content, language))
    return written


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows_nothing_runs_and_nothing_is_fetched(
    browser: Chromium, pages: dict[str, Path], width: int
) -> None:
    for name, path in pages.items():
        browser.open(path, width=width)
        title = browser.driver.title
        browser.run(OPEN)
        size = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert size[0] <= size[1] == width, name
        assert browser.run(PAST_THE_EDGE) == [], name
        assert browser.run(PAST_THE_DRAWING) == [], name
        assert browser.errors() == [], name
        assert browser.driver.title == title != "run"
        assert browser.run("return document.scripts.length + document.images.length") == 0
        assert browser.requests() == [path.as_uri()], name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_in_dark(browser: Chromium, pages: dict[str, Path], scheme: Scheme) -> None:
    browser.open(pages["ordinary-en"], width=1280, scheme=scheme)
    browser.run(OPEN)
    assert browser.run(PALE) == []
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is (scheme == "light")


def test_what_is_folded_on_the_screen_is_printed(browser: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(report(handovers=[handover("web-01"), handover("web-02")]), "en"))
    heights = "return [...document.querySelectorAll('details.handover .inside')].map(each => each.checkVisibility())"
    browser.open(path, width=1280)
    assert browser.run(heights) == [False, False]
    browser.open(path, width=800, media="print")
    assert browser.run(heights) == [True, True]
    tall = "return [...document.querySelectorAll('details.handover')].every(each => each.offsetHeight > 300)"
    assert browser.run(tall)


def test_a_thousand_handovers_are_shown_and_the_links_lead_to_them(browser: Chromium, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(report(handovers=[handover(f"web-{number}") for number in range(1000)]), "en"))
    browser.open(path, width=360)
    assert browser.run("return document.querySelectorAll('a[href^=\"#h-\"]').length") == 1000
    targets = "return [...document.querySelectorAll('a')].every(each => document.getElementById(each.hash.slice(1)))"
    assert browser.run(targets)
    size = browser.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert size[0] <= size[1]
