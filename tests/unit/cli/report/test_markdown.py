"""A report as Markdown and as JSON: what comes from outside is text, whatever it holds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.unit.cli.report.samples import HOSTILE, group, handover, hostile, report
from transfer_provider.cli.report.formats.as_json import as_json
from transfer_provider.cli.report.formats.catalogue import LANGUAGES
from transfer_provider.cli.report.formats.markdown import markdown, plain
from transfer_provider.model import text
from transfer_provider.model.text import code_span as code


@pytest.mark.parametrize("language", LANGUAGES)
def test_outside_of_code_marks_nothing_from_outside_is_markup(language: str) -> None:
    written = markdown(hostile(), language)
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", written)
    assert not re.search(r"(?<!\\)<|(?<!\\)\[|(?<!\\)@|(?<!\\)://", bare)
    assert not re.search("[\u200f\u202a-\u202e]", written)


@pytest.mark.parametrize("hidden", [*HOSTILE, "`", "``", "a`b``c", "|", "a\nb"])
def test_code_marks_hold_any_text_on_one_line(hidden: str) -> None:
    made = code(hidden)
    marks = re.match("`+", made)
    assert marks is not None
    assert made.endswith(marks[0])
    inner = made[len(marks[0]) : -len(marks[0])]
    assert marks[0] not in [run[0] for run in re.finditer("`+", inner)]
    assert "\n" not in made
    assert not re.search(r"(?<!\\)\|", made)


def test_every_row_of_a_table_has_its_columns() -> None:
    for block in re.findall(r"(?:^\|.*\n)+", markdown(hostile(), "en"), re.MULTILINE):
        columns = {len(re.split(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(columns) == 1, block


def test_a_sentence_of_ours_has_no_markup() -> None:
    assert plain("see https://a.example <b> @all") == r"see https\://a.example \<b\> \@all"


def test_json_reads_back_and_says_what_is_not_known() -> None:
    read: dict[str, Any] = json.loads(text.as_json(as_json(hostile())))
    assert [each["name"] for each in read["handovers"]] == list(HOSTILE)
    plain_one = as_json(report(groups=[group(rows=None, inner=None)]))
    assert plain_one["security_groups"][0]["same"] is None
    done = as_json(report(handovers=[handover()]))["handovers"][0]
    assert (done["outcome"], done["findings"]) == ("done", None)
    assert done["submission"] == {"account_id": "1000000000000001", "how": "submitted", "identity": None}
    assert [moment["certainty"] for moment in done["timeline"]] == [*["reported"] * 4, "seen", "seen"]
