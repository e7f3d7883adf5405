"""README.zh-CN.md and docs/zh/ fit the English pages: the same headings, blocks, commands, numbers and links.

The test can't read: it shows that a page changed, not that its translation says the same. The commands of the Chinese
pages are those of the English ones, which tests/engine/test_documentation.py runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.translated_pages import (
    INDEX,
    TERMS,
    dangling_links,
    differences,
    pairs,
    read,
    switch_differences,
)

ROOT = Path(__file__).parents[2]
PAIRS = pairs(ROOT)
TRANSLATED = [pair for pair in PAIRS if (ROOT / pair[1]).exists()]
CHINESE = [chinese for _, chinese in TRANSLATED]
WHAT_TO_DO = "See “Translations” in CONTRIBUTING.md."

HAN = r"[\u4e00-\u9fff]"
LATIN = r"[A-Za-z0-9`]"
FULL_WIDTH = "[，。；：？！、（）《》“”]"
SLIPS = {
    "no space between Chinese and Latin": rf"{HAN}{LATIN}|{LATIN}{HAN}",
    "half-width punctuation beside Chinese": rf"{HAN}[,;:?!()]|[,;:?!()]{HAN}",
    "a space beside full-width punctuation": rf" {FULL_WIDTH}|{FULL_WIDTH} ",
    "a line break in a paragraph, which is shown as a space": r"\n",
    "** that is shown, not heeded: put punctuation outside of it": r"\*\*",
}


def test_every_guide_has_a_translation_and_every_translation_its_guide() -> None:
    wanted = {str(chinese) for _, chinese in PAIRS}
    there = {str(path.relative_to(ROOT)) for path in (*ROOT.glob("README.*.md"), *(ROOT / "docs/zh").rglob("*.md"))}
    assert sorted(wanted - there) == [], f"These translations are missing. {WHAT_TO_DO}"
    assert sorted(there - wanted) == [], f"These translate no page that {INDEX} lists as a guide. {WHAT_TO_DO}"


def test_the_index_lists_every_page() -> None:
    listed = {link for section in read(ROOT, Path(INDEX)).sections for link in section.links}
    there = {path.name for path in (ROOT / "docs").glob("*.md")} - {Path(INDEX).name}
    assert sorted(there - listed) == [], f"{INDEX} lists guides, which are translated, and reference pages."


@pytest.mark.parametrize(("english", "chinese"), TRANSLATED, ids=str)
def test_a_translation_has_the_parts_of_its_page(english: Path, chinese: Path) -> None:
    found = [*switch_differences(ROOT, english, chinese), *differences(ROOT, english, chinese)]
    assert found == [], "\n".join([*found, WHAT_TO_DO])


@pytest.mark.parametrize("page", [page for pair in TRANSLATED for page in pair], ids=str)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    found = dangling_links(ROOT, page)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("page", CHINESE, ids=str)
def test_chinese_is_set_as_is_customary(page: Path) -> None:
    found = [
        f"{page}, {section.title}: {slip}: …{text[max(0, match.start() - 10) : match.end() + 10]}…"
        for section in read(ROOT, page).sections
        for text in section.texts
        for slip, pattern in SLIPS.items()
        for match in re.finditer(pattern, text)
    ]
    assert found == [], "\n".join(found)


def avoided_words() -> dict[str, str]:
    """The last column of the table of terms: what is not written, and what is written for it."""
    text = (ROOT / "docs/zh" / Path(INDEX).name).read_text()
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.*?) ?\|$", text.partition(f"\n## {TERMS}\n")[2], re.MULTILINE)[2:]
    return {word: term for _, term, words in rows for word in words.split("、") if word}


@pytest.mark.parametrize("page", CHINESE, ids=str)
def test_the_terms_are_those_of_the_table(page: Path) -> None:
    found = [
        f"{page}, {section.title}: {word} is written {term}: {text[:60]}"
        for section in read(ROOT, page).sections
        if section.heading != TERMS
        for text in section.texts
        for word, term in avoided_words().items()
        if word in text
    ]
    assert found == [], "\n".join([*found, f"The table of terms is at the end of docs/zh/{Path(INDEX).name}."])


def test_the_table_of_terms_is_read() -> None:
    assert len(avoided_words()) >= 10


ENGLISH_PAGE = """\
# Watch

[中文](zh/watch.md)

Every 30 seconds, see [below](#in-an-hour) and [files](files.md).

```sh
handover watch --stack production  # live
```

## In an hour?

| Exit code | |
|---|---|
| 0 | `settled` |

* one
* two, as the [index](README.md) has it
"""
CHINESE_PAGE = """\
# 跟踪

[English](../watch.md)

每 30 秒一次，见[下文](#一小时以后)和[文件](../files.md)。

```sh
handover watch --stack production  # 实时
```

## 一小时以后？

| 退出码 | |
|---|---|
| 0 | `settled` |

* 一
* 二，见[索引](README.md)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs/zh").mkdir(parents=True)
    for name, text in {
        "docs/README.md": "# Index\n\n## Guides\n\n* [Watch](watch.md)\n\n## Reference\n\n* [Files](files.md)\n",
        "docs/zh/README.md": "# 索引\n",
        "docs/files.md": "# Files\n",
        "docs/watch.md": ENGLISH_PAGE,
        "docs/zh/watch.md": CHINESE_PAGE,
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def found_in(root: Path) -> Iterator[str]:
    page = pairs(root)[-1]
    yield from switch_differences(root, *page)
    yield from differences(root, *page)
    yield from dangling_links(root, page[1])


def test_a_translation_that_fits_is_not_reported(root: Path) -> None:
    assert pairs(root)[-1] == (Path("docs/watch.md"), Path("docs/zh/watch.md"))
    assert list(found_in(root)) == []


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ("[中文](zh/watch.md)\n", "", "docs/watch.md: the first paragraph below the title is not [中文](zh/watch.md)"),
        ("--stack production", "--stack staging", "English page has “handover watch --stack staging”, and"),
        ("```sh", "```", "docs/zh/watch.md, “跟踪” (docs/watch.md, “Watch”): the code blocks differ at number 1"),
        ("## In an hour?", "### In an hour?", "docs/watch.md:\n  # Watch\n  ### In an hour?"),
        ("\n## In an hour?\n", "", "docs/zh/watch.md:\n  # 跟踪\n  ## 一小时以后？"),
        ("* two", "* two\n* three", "“一小时以后？” (docs/watch.md, “In an hour?”): the blocks differ at number 5"),
        ("| `settled` |", "| `settled` | 1 |\n| 1 | failed |", "a table of 3 rows and 2 columns"),
        ("`settled`", "`done`", "inline code: missing: done; not in the English section: settled"),
        ("30 seconds", "60 seconds", "numbers: missing: 60; not in the English section: 30"),
        ("(files.md)", "(README.md)", "links: missing: README.md; not in the English section: ../files.md"),
        ("(README.md)", "(https://example.org)", "links: missing: https://example.org"),
    ],
    ids=["switch", "command", "language", "level", "heading", "item", "row", "span", "number", "link", "address"],
)
def test_a_change_of_an_english_page_is_reported(root: Path, old: str, new: str, reported: str) -> None:
    assert ENGLISH_PAGE.count(old) == 1
    (root / "docs/watch.md").write_text(ENGLISH_PAGE.replace(old, new))
    assert reported in "\n".join(found_in(root))


@pytest.mark.parametrize(
    ("old", "new", "reported"),
    [
        ("(../watch.md)", "(watch.md)", "docs/zh/watch.md: the first paragraph below the title is not [English]"),
        ("(#一小时以后)", "(#in-an-hour)", "leads to no heading of docs/zh/watch.md"),
        ("(../files.md)", "(files.md)", "the link files.md leads to no file"),
        ("(README.md)", "(../README.md)", "links: missing: README.md; not in the English section: ../README.md"),
    ],
    ids=["switch", "anchor", "file", "language of the page"],
)
def test_a_slip_in_a_translation_is_reported(root: Path, old: str, new: str, reported: str) -> None:
    assert CHINESE_PAGE.count(old) == 1
    (root / "docs/zh/watch.md").write_text(CHINESE_PAGE.replace(old, new))
    assert reported in "\n".join(found_in(root))


@pytest.mark.parametrize("text", ["用up提交", "提交,然后", "提交 ，然后", "提交\n然后", "**提交：**然后"])
def test_slips_in_setting_are_found(root: Path, text: str) -> None:
    (root / "docs/zh/watch.md").write_text(f"# 跟踪\n\n{text}\n")
    texts = [text for section in read(root, Path("docs/zh/watch.md")).sections for text in section.texts]
    assert any(re.search(pattern, text) for pattern in SLIPS.values() for text in texts)
