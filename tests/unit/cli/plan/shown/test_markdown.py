"""A plan as a comment: hostile texts break nothing, and what is irreversible is never what is left out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.unit.cli.plan.given import everything, opened, plan, row
from transfer_provider.cli.plan.decisions import Decision
from transfer_provider.cli.plan.reviewed import Beyond, Plan
from transfer_provider.cli.plan.shown.markdown import MOST, markdown
from transfer_provider.model.text import code_span as code

HOSTILE = [
    "a | b || c",
    "\\|\\\\|",
    "`code` ``more```",
    "`",
    "</details></table><script>alert(1)</script><!-- ",
    "@octocat and @team/all",
    "[link](http://evil.example) http://evil.example www.evil.example #1 a@b.example",
    "line\nbreak\r\n\n# heading\n\n| row |\n|---|\n",
    "```\n</details>\n~~~",
    "\u202eright to left\u2066 \x1b[31mred\x00",
    "![image](http://evil.example/x.png) **bold** _it_ :smile:",
]
READER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


def html(text: str) -> str:
    return str(READER.render(text))


def without_code(text: str) -> str:
    """What a reader sees as other than code: where mentions notify and markup counts."""
    return re.sub(r"<code[^>]*>.*?</code>", "", html(text), flags=re.DOTALL)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_breaks_no_table_and_closes_no_fold(text: str) -> None:
    harmless, hostile = html(markdown(everything("harmless"))), html(markdown(everything(text)))
    for tag in ("tr", "td", "table", "li", "h3", "h4", "details", "summary", "pre"):
        assert hostile.count(f"<{tag}>") == harmless.count(f"<{tag}>"), tag
        assert hostile.count(f"</{tag}>") == harmless.count(f"</{tag}>"), tag


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_notifies_nobody_and_links_nowhere(text: str) -> None:
    shown = without_code(markdown(everything(text)))
    for what in ("@", "evil", "<a ", "<img", "<script", "smile", "bold", "\x1b", "\u202e"):
        assert what not in shown


@given(st.text(max_size=60))
def test_no_text_at_all_gets_out_of_its_code_span(text: str) -> None:
    cells = re.findall(r"<td>(.*?)</td>", html(f"| a | b |\n|---|---|\n| {code(text)} | end |\n"), re.DOTALL)
    assert len(cells) == 2
    assert cells[1] == "end"
    assert re.fullmatch(r"(<code>[^<]*</code>)?", cells[0])


def test_a_text_is_shown_as_it_is_but_for_its_pipes() -> None:
    assert code("443") == "`443`"
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("80|443") == "`80\\x7c443`"
    assert code(" \n") == "`\\n`"
    assert code("") == ""


def test_each_handover_is_a_row_with_what_is_decided() -> None:
    text = markdown(Plan("sandbox", [row("web-01"), row("web-02", Decision.SUBMIT)], rules=[opened()]))
    assert "**IRREVERSIBLE: 1 accept.**" in text
    assert "The instance leaves the source account and cannot come back." in text
    assert "| 🛑 **accept**<br>" in text
    assert "| **submit**<br>" in text
    assert "| 🛑 **new, OPEN TO THE WORLD** | `orchid-web` | `in tcp 23 from 0.0.0.0/0` |" in text
    assert text.index("🛑 **accept**") < text.index("**submit**<br>")


def test_a_plan_that_was_refused_says_why() -> None:
    text = markdown(plan("refused"))
    assert text.startswith("### ⛔ ")
    assert "Could not use the name db-01" in text


@pytest.mark.parametrize("number", [1, 40, 300, 900])
def test_a_long_plan_fits_and_keeps_every_irreversible_row(number: int) -> None:
    irreversible = [row(f"accept-{each:04}", reason="x" * 200) for each in range(number)]
    changing = [row(f"submit-{each:04}", Decision.SUBMIT, reason="x" * 200) for each in range(300)]
    text = markdown(
        Plan("sandbox", [*irreversible, *changing], rules=[opened()] * 30, steps=[*plan("rename").steps] * 300)
    )
    assert len(text) <= MOST
    assert all(f"`{each.name}`" in text for each in irreversible)
    assert f"IRREVERSIBLE: {number} accept." in text
    assert " left out: a comment holds 65,536 characters.**" in text
    assert "lines of the diff" in text
    assert html(text).count("<details>") == html(text).count("</details>")


def test_what_has_no_room_at_all_is_counted() -> None:
    text = markdown(Plan("sandbox", [row("x" * 60 + f"{each:05}") for each in range(2000)]))
    assert len(text) <= MOST
    assert re.search(r"\*\*And \d+ more irreversible steps, which this comment has no room for\.\*\*", text)


def test_a_short_plan_leaves_nothing_out() -> None:
    assert "left out" not in markdown(plan("rename"))


def test_endless_errors_fit_as_well() -> None:
    text = markdown(Plan("sandbox", errors=["\n".join(["a finding " * 20] * 2000)]))
    assert len(text) <= MOST
    assert "more lines." in text


def test_what_is_lost_beyond_the_handovers_stays_as_well() -> None:
    many = Beyond("delete", "Pet", [f"pet-{each:05}" for each in range(3000)], irreversible=True)
    text = markdown(Plan("sandbox", [row()], beyond=[many]))
    assert len(text) <= MOST
    assert "IRREVERSIBLE: 1 accept, 3000 deleted or replaced beyond the handovers." in text
    assert "`delete Pet pet-00000`" in text
    assert re.search(r"\*\*and \d+ more\*\*", text)
