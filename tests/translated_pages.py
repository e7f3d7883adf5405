"""The documentation's pages and their Chinese translations: what of a page has to be the same in the other language."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

INDEX = "docs/README.md"
GUIDES = "Guides"
TERMS = "术语"  # the last section of the Chinese index, which the English one has not
SWITCHES = ("中文", "English")  # the link at the top of each page, in the English and in the Chinese one

BLOCKS = {
    "paragraph_open": "a paragraph",
    "bullet_list_open": "a list",
    "ordered_list_open": "a numbered list",
    "list_item_open": "a list's item",
    "blockquote_open": "a quotation",
    "fence": "a code block",
    "code_block": "an indented code block",
    "html_block": "a comment",
    "hr": "a line",
}


@dataclass
class Section:
    """A heading, and what stands below it up to the next one of any level."""

    heading: str = ""
    level: int = 0
    blocks: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)  # comments stripped
    spans: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # as shown, a line break as \n, each code span as `x`

    @property
    def title(self) -> str:
        return f"“{self.heading}”" if self.level else "before the first heading"


@dataclass(frozen=True)
class Page:
    """One page, without the line at its top that leads to its translation."""

    path: Path  # from the root
    switch: tuple[str, str] | None  # that line's text and target
    sections: list[Section]

    def anchors(self) -> list[str]:
        """What GitHub makes of each section's heading, to link to."""
        before: Counter[str] = Counter()
        anchors = []
        for section in self.sections:
            anchor = re.sub(r"[^\w\- ]", "", section.heading.lower()).replace(" ", "-")
            anchors.append(f"{anchor}-{before[anchor]}" if before[anchor] else anchor)
            before[anchor] += 1
        return anchors


def without_comments(code: str) -> str:
    return "\n".join(re.sub(r"(^|\s+)#.*$", "", line) for line in code.splitlines())


def read(root: Path, path: Path) -> Page:
    tokens = MarkdownIt("commonmark").enable("table").parse((root / path).read_text())
    sections = [Section()]
    rows: list[int] = []
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            sections.append(Section(level=int(token.tag[1:])))
        elif token.type == "inline":
            _add_inline(sections[-1], token, heading=tokens[index - 1].type == "heading_open")
        elif token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append(0)
        elif token.type in ("th_open", "td_open"):
            rows[-1] += 1
        elif token.type == "table_close":
            sections[-1].blocks.append(f"a table of {len(rows)} rows and {max(rows)} columns")
        elif token.type in BLOCKS and not token.hidden:
            sections[-1].blocks.append(BLOCKS[token.type])
        if token.type in ("fence", "code_block"):
            sections[-1].code.append(f"{token.info}\n{without_comments(token.content)}")
    if not sections[0].blocks:
        del sections[0]
    return Page(path, _take_switch(sections[0]), sections)


def _add_inline(section: Section, inline: Token, *, heading: bool) -> None:
    shown = ""
    for child in inline.children or []:
        if child.type == "code_inline":
            section.spans[child.content] += 1
            section.heading += child.content if heading else ""
            shown += "`x`"
        elif child.type == "link_open":
            section.links.append(unquote(str(child.attrs["href"])))
        elif child.type == "text":
            section.numbers.update(re.findall(r"\d+(?:[.,]\d+)*", child.content))
            section.heading += child.content if heading else ""
            shown += child.content
        elif child.type in ("softbreak", "hardbreak"):
            shown += "\n"
    section.texts.append(shown)


def _take_switch(section: Section) -> tuple[str, str] | None:
    if section.blocks[:1] != [BLOCKS["paragraph_open"]] or section.texts[1:2] not in [[text] for text in SWITCHES]:
        return None
    del section.blocks[0]
    return section.texts.pop(1), section.links.pop(0)


def guides(root: Path) -> list[Path]:
    """The pages that the index lists as guides: those that are translated."""
    (section,) = (section for section in read(root, Path(INDEX)).sections if section.heading == GUIDES)
    return [Path("docs", link) for link in section.links]


def pairs(root: Path) -> list[tuple[Path, Path]]:
    """Each English page that has a translation, or should have, and that translation, from the root."""
    return [
        (Path("README.md"), Path("README.zh-CN.md")),
        *((page, Path("docs/zh", page.name)) for page in (Path(INDEX), *guides(root))),
    ]


def switch_differences(root: Path, english: Path, chinese: Path) -> Iterator[str]:
    """Whether both pages lead to each other, right below the title."""
    for page, other, text in ((english, chinese, SWITCHES[0]), (chinese, english, SWITCHES[1])):
        wanted = (text, _relative(other, page))
        if read(root, page).switch != wanted:
            yield f"{page}: the first paragraph below the title is not [{text}]({wanted[1]}), and nothing else."


def differences(root: Path, english: Path, chinese: Path) -> list[str]:
    """What of a translation does not fit its page: a sentence each, with file and section; empty if all fits."""
    page, translation = read(root, english), read(root, chinese)
    if chinese.name == Path(INDEX).name and translation.sections[-1].heading == TERMS:
        del translation.sections[-1]
    if [section.level for section in page.sections] != [section.level for section in translation.sections]:
        return [_heading_difference(page, translation)]
    found = []
    for ours, theirs in zip(page.sections, translation.sections, strict=True):
        wanted_links = [_translated(root, english, link) for link in ours.links]
        links = [_resolved(chinese, link) for link in theirs.links]
        where = f"{chinese}, {theirs.title} ({english}, {ours.title}): "
        found += [
            where + difference
            for difference in (
                *_in_order("the blocks", ours.blocks, theirs.blocks),
                *_in_order("the code blocks", ours.code, theirs.code),
                *_counted("inline code", ours.spans, theirs.spans),
                *_counted("numbers", ours.numbers, theirs.numbers),
                *_counted(
                    "links",
                    Counter(_shown(chinese, *link) for link in wanted_links),
                    Counter(_shown(chinese, *link) for link in links),
                ),
            )
        ]
    return found


def dangling_links(root: Path, path: Path) -> list[str]:
    """Links of a page to files and headings that are not there."""
    found = []
    for section in read(root, path).sections:
        for link in section.links:
            target, anchor = _resolved(path, link)
            if target is None:
                continue
            if not (root / target).exists():
                found.append(f"{path}, {section.title}: the link {link} leads to no file.")
            elif anchor and anchor not in read(root, target).anchors():
                found.append(f"{path}, {section.title}: the link {link} leads to no heading of {target}.")
    return found


def _heading_difference(page: Page, translation: Page) -> str:
    lists = (
        "\n".join(
            [
                f"{side.path}:",
                *(f"  {'#' * section.level} {section.heading}" for section in side.sections if section.level),
            ]
        )
        for side in (page, translation)
    )
    return "Headings have to be of the same levels, in the same order. There are\n" + "\n".join(lists)


def _in_order(what: str, wanted: list[str], there: list[str]) -> Iterator[str]:
    """Where two lists begin to differ; of code blocks the line."""
    for number, (a, b) in enumerate(zip_longest(wanted, there, fillvalue="nothing more"), start=1):
        if a != b:
            lines = zip_longest(a.splitlines(), b.splitlines(), fillvalue="nothing more")
            english, chinese = next((x, y) for x, y in lines if x != y)
            yield f"{what} differ at number {number}: the English page has “{english}”, and the translation “{chinese}”"
            return


def _counted(what: str, wanted: Counter[str], there: Counter[str]) -> Iterator[str]:
    missing, further = (
        ", ".join(f"{name} ({count} times)" if count > 1 else name for name, count in sorted(side.items()))
        for side in (wanted - there, there - wanted)
    )
    if missing or further:
        yield f"{what}: " + "; ".join(
            (["missing: " + missing] if missing else [])
            + (["not in the English section: " + further] if further else [])
        )


def _resolved(page: Path, link: str) -> tuple[Path | None, str]:
    """A link's file from the root and its anchor; no file and the address, where it leads to the network."""
    if ":" in link:
        return None, link
    path, _, anchor = link.partition("#")
    return Path(os.path.normpath(page.parent / path)) if path else page, anchor


def _translated(root: Path, page: Path, link: str) -> tuple[Path | None, str]:
    """Where a link has to lead in the translation: to the Chinese page, if any, at the heading in the same place."""
    target, anchor = _resolved(page, link)
    chinese = dict(pairs(root)).get(target) if target else None
    if target is None or chinese is None:
        return target, anchor
    if not anchor or not (root / chinese).exists():
        return chinese, anchor
    places = dict(zip(read(root, target).anchors(), read(root, chinese).anchors(), strict=False))
    return chinese, places.get(anchor, anchor)


def _shown(page: Path, target: Path | None, anchor: str) -> str:
    if target is None:
        return anchor
    return ("" if target == page else _relative(target, page)) + (f"#{anchor}" if anchor else "")


def _relative(target: Path, page: Path) -> str:
    return Path(os.path.relpath(target, page.parent)).as_posix()
