"""A report as one HTML file without any outside reference: no script, no font, no image, nothing that is fetched.

Its template is templates/report.html.j2. Everything that is shown is escaped by Jinja2, and made printable before.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from transfer_provider.cli.report.facts import Outcome, Report
from transfer_provider.cli.report.formats.drawing import drawing
from transfer_provider.cli.report.formats.sections import mapped, totals, versions
from transfer_provider.cli.report.formats.words import Words
from transfer_provider.eligibility.left_behind import UNSEEN
from transfer_provider.model.text import printable


@dataclass(frozen=True)
class Share:
    """How many handovers have an outcome, and how many come before them."""

    outcome: Outcome
    count: int
    begin: int


@dataclass(frozen=True)
class Shares:
    """All handovers, by their outcomes."""

    total: int
    parts: Sequence[Share]


def page(report: Report, language: str) -> str:
    """The whole file, in one of `LANGUAGES`."""
    return (
        environment(language)
        .get_template("report.html.j2")
        .render(
            report=report,
            shares=shares(report),
            mapped=mapped(report),
            totals=totals(report),
            versions=versions(report.versions),
            unseen=UNSEEN,
        )
    )


@functools.cache
def environment(language: str) -> Environment:
    """Jinja2, with everything escaped and nothing undefined; `t` has the texts. Its templates are compiled once."""
    made = Environment(
        loader=PackageLoader("transfer_provider.cli.report.formats"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    made.globals |= {"t": Words(language), "draw": drawing}
    return made


def shares(report: Report) -> Shares:
    """How many handovers have which outcome, in the order of `Outcome`."""
    counted = Counter(facts.outcome for facts in report.handovers)
    parts, begin = [], 0
    for outcome in (each for each in Outcome if counted[each]):
        parts.append(Share(outcome, counted[outcome], begin))
        begin += counted[outcome]
    return Shares(begin, parts)


def _shown(value: Any) -> Any:
    """What a template puts out: a text is made printable; what is markup already is left alone."""
    markup = hasattr(value, "__html__")
    return printable(value) if isinstance(value, str) and not markup else value
