"""Every text of a report is in the catalogue, in both languages, and every text of the catalogue is used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment

from transfer_provider.cli.follow.standing import Actor, DeadlineKind, Step
from transfer_provider.cli.follow.timeline import Happening
from transfer_provider.cli.report.facts import Binding, Certainty, CostKind, Evidence, Outcome
from transfer_provider.cli.report.formats.catalogue import MESSAGES
from transfer_provider.eligibility.codes import CODES
from transfer_provider.eligibility.left_behind import UNSEEN
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.rule_comparison import Compared

REPORT = Path(__file__).parents[4] / "transfer_provider/cli/report"
TEMPLATES = sorted((REPORT / "formats/templates").glob("*.j2"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", MESSAGES)
def test_a_text_is_in_both_languages_with_the_same_values(key: str) -> None:
    english, chinese = MESSAGES[key]
    assert english.strip() == english != ""
    assert chinese.strip() == chinese != ""
    assert fields(english) == fields(chinese)


def values(prefix: str, enum: Iterable[Enum]) -> list[str]:
    return [f"{prefix}.{member.value}" for member in enum]


def names(prefix: str, *enums: Iterable[Enum]) -> list[str]:
    return [f"{prefix}.{member.name}" for enum in enums for member in enum]


def test_whatever_a_report_may_hold_has_a_text() -> None:
    keys = [
        *values("outcome", Outcome),
        *values("explained", Outcome),
        *values("seen", Evidence),
        *values("certainty", Certainty),
        *values("binding", Binding),
        *values("cost", CostKind),
        *values("cost_kind", CostKind),
        *values("compared", Compared),
        *values("status", Status),
        *names("step", Step),
        *names("actor", Actor),
        *names("event", Happening, DeadlineKind),
        *(f"finding.{code}" for code in CODES),
        *(f"item.{item.what}" for item in UNSEEN),
    ]
    assert [key for key in keys if key not in MESSAGES] == []


def test_what_follows_an_instance_or_stays_behind_has_a_text() -> None:
    source = (REPORT.parents[1] / "eligibility/left_behind.py").read_text()
    named = set(re.findall(r'Item\(\s*"([^"]+)"', source)) | {"system disk", "data disk"}
    listed = source.split("for what, detail in (")[1].split("):\n")[0]
    named |= set(re.findall(r'\(\s*"([^"]+)",', listed))
    assert len(named) > 15
    assert [what for what in sorted(named) if f"item.{what}" not in MESSAGES] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_text_of_its_own(template: Path) -> None:
    tokens = Environment().lex(template.read_text())
    html = "".join("\0" if kind != "data" else text for _, kind, text in tokens)
    outside = re.sub(r"<[^>]*>", " ", html.split("<body>")[-1])
    assert re.findall(r"\w+", outside) == []
    labels = re.findall(r'(?:aria-label|data-label|title|alt|placeholder)="([^"]*)"', html)
    assert [label for label in labels if re.search(r"\w", label)] == []


def test_no_text_is_left_over() -> None:
    code = "".join(path.read_text() for path in REPORT.rglob("*") if path.suffix in (".py", ".j2"))
    used = set(re.findall(r"[\"']([\w.]+)[\"']", code.replace((REPORT / "formats/catalogue.py").read_text(), "")))
    made = {"seen", "outcome", "explained", "certainty", "binding", "cost", "cost_kind", "compared", "status", "step"}
    made |= {"actor", "event", "finding", "item", "side", "legend", "version", "reader", "by", "backup"}
    left = [key for key in MESSAGES if key not in used and key.split(".")[0] not in made]
    assert [key for key in left if not key.startswith("by_")] == []
