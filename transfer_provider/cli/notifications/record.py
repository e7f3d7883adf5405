"""What was announced, packed into the stack's tags, which Pulumi keeps beside the state. Pure.

    handover:announced-0    v1/2 3fkx7qaUR0 5m2abcdAP2 …
    handover:announced-1    aafk27xNS0 …

`v1/2` is the format and how many tags there are. Each entry is one handover: seven letters that stand for its
instance (`announcements.key_of`), a letter for its status, one for its step, and one for the reminders that were given
(a number in base 32). 22 entries fit into a tag, whose value Pulumi Cloud limits to 256 characters: 300 handovers take
14 tags. An entry stays in its tag, so that a change writes one tag. A tag without entries holds `-`.

    handover:undelivered-1  3fkx7qa 5m2abcd

are the handovers whose news target #1 has still to be sent; `*` where these are more than fit.

The letters are persisted: they never change their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from transfer_provider.cli.follow.standing import Step
from transfer_provider.cli.notifications.announcements import KEY_LENGTH, Known, Mark
from transfer_provider.model.lifecycle import Status

LONGEST_VALUE = 256
ANNOUNCED = "handover:announced-"
UNDELIVERED = "handover:undelivered-"
ALL = "*"

STATUSES: Mapping[Status | None, str] = {
    None: "N",
    Status.AWAITING_INITIATION: "I",
    Status.UNDER_REVIEW: "U",
    Status.APPROVED: "A",
    Status.TRANSFERRING: "T",
    Status.COMPLETED: "C",
    Status.REJECTED: "R",
    Status.CANCELLED: "X",
    Status.EXPIRED: "E",
    Status.IMAGING: "G",
    Status.SHARED: "S",
    Status.COPYING: "Y",
    Status.STARTING: "B",
    Status.COPIED: "D",
    Status.COPY_FAILED: "F",
}
STEPS: Mapping[Step, str] = {
    Step.WAIT: "W",
    Step.SUBMIT: "S",
    Step.ADOPT: "P",
    Step.INITIATE: "I",
    Step.REVIEW: "R",
    Step.ACCEPT_IN_CONSOLE: "K",
    Step.WAIT_FOR_WINDOW: "V",
    Step.ACCEPT: "A",
    Step.MOVE: "M",
    Step.BIND: "B",
    Step.RECORD: "C",
    Step.DECIDE: "D",
    Step.CHECK: "Q",
    Step.QUERY_AGAIN: "G",
    Step.NOTHING: "N",
    Step.MAKE_IMAGE: "E",
    Step.COPY: "O",
}
MARKS: Mapping[Mark, int] = {
    Mark.CANCEL_WINDOW: 1,
    Mark.ACCEPTANCE_DAY: 2,
    Mark.ACCEPTANCE_HOURS: 4,
    Mark.INSTANCE_EXPIRY: 8,
    Mark.RECEIVE_WINDOW: 16,
}

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_STATUS_OF = {letter: status for status, letter in STATUSES.items()}
_STEP_OF = {letter: step for step, letter in STEPS.items()}
_ENTRY = re.compile(rf"([a-z2-7]{{{KEY_LENGTH}}})([A-Z])([A-Z])([0-9a-v])")
_HEADER = re.compile(r"v(\d{1,3})/(\d{1,3})")
_EMPTY = "-"
_HEADER_LENGTH = len("v1/999 ")
_ENTRY_LENGTH = KEY_LENGTH + 3
_MOST_ENTRIES = (LONGEST_VALUE - _HEADER_LENGTH + 1) // (_ENTRY_LENGTH + 1)
_MOST_LEFT_OVER = 50  # tags that a killed run wrote before it wrote the first
_MOST_KEYS = LONGEST_VALUE // (KEY_LENGTH + 1)


class NewerRecord(Exception):
    """The record was written by a newer version, and is not to be touched by this one."""


@dataclass(frozen=True)
class Record:
    """What was announced. `pages` are the entries tag by tag; `problems` is what could not be read, as sentences."""

    pages: tuple[Mapping[str, Known], ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def read(cls, tags: Mapping[str, str]) -> Record:
        """The record as the stack's tags have it. Raises NewerRecord."""
        texts = dict(_numbered(tags, ANNOUNCED))
        if not texts:
            return cls()
        header, *_ = texts.get(0, "").split(" ")
        form = _HEADER.fullmatch(header)
        if form and form[1] != "1":
            raise NewerRecord(f"the record of what was announced has format {form[1]}, which a newer version wrote")
        problems = [] if form else [f"the stack tag {ANNOUNCED}0 is not as it was written"]
        count = int(form[2]) if form else 0
        last = max((number for number in texts if not form or number < count + _MOST_LEFT_OVER), default=0)
        seen: set[str] = set()
        pages: list[Mapping[str, Known]] = []
        for number in range(max(last + 1, count)):
            entries = texts.get(number, _EMPTY).removeprefix(header if form and number == 0 else "").split()
            page: dict[str, Known] = {}
            for entry in filter(lambda entry: entry != _EMPTY, entries):
                known = _known(entry)
                if known and known[0] not in seen:
                    seen.add(known[0])
                    page[known[0]] = known[1]
                elif form:
                    problems.append(f"the stack tag {ANNOUNCED}{number} is not as it was written")
            pages.append(page)
        missing = [number for number in range(len(pages)) if number not in texts]
        if missing:
            problems.append(f"the stack tag {ANNOUNCED}{missing[0]} is missing")
        while len(pages) - 1 in missing:
            pages.pop()
        problems = list(dict.fromkeys(problems))
        return cls(tuple(pages), tuple(problems))

    @property
    def known(self) -> dict[str, Known]:
        """The entries of all tags."""
        return {key: known for page in self.pages for key, known in page.items()}

    @property
    def whole(self) -> bool:
        """Whether it has all that was announced: it is there, and nothing in it is damaged."""
        return bool(self.pages) and not self.problems

    def having(self, entries: Mapping[str, Known], gone: Collection[str] = ()) -> Record:
        """With these entries, and without those that are gone. Damage is repaired by writing it."""
        pages = [{key: known for key, known in page.items() if key not in gone} for page in self.pages] or [{}]
        for key, known in entries.items():
            page = next((page for page in pages if key in page), None)
            if page is None:
                page = next((page for page in pages if len(page) < _MOST_ENTRIES), None)
            if page is None:
                pages.append(page := {})
            page[key] = known
        return Record(tuple(pages))

    def tags(self) -> dict[str, str]:
        """The stack's tags, in the order to write them: the first, which says how many there are, comes last."""
        texts = {number: " ".join(_entry(*each) for each in page.items()) for number, page in enumerate(self.pages)}
        first = texts.pop(0, "")
        written = {f"{ANNOUNCED}{number}": text or _EMPTY for number, text in reversed(texts.items())}
        return written | {f"{ANNOUNCED}0": f"v1/{len(self.pages)} {first}".rstrip()}


def undelivered(tags: Mapping[str, str]) -> dict[int, frozenset[str]]:
    """The keys that each target has still to be sent news of, by its position from 1; `*` stands for all."""
    owed: dict[int, frozenset[str]] = {}
    for position, text in _numbered(tags, UNDELIVERED):
        keys = text.split()
        readable = all(re.fullmatch(rf"[a-z2-7]{{{KEY_LENGTH}}}", key) for key in keys)
        owed[position] = frozenset(keys if readable else [ALL])
    return owed


def undelivered_text(keys: Collection[str]) -> str:
    """The value of a target's tag."""
    return ALL if ALL in keys or len(keys) > _MOST_KEYS else " ".join(sorted(keys))


def _numbered(tags: Mapping[str, str], prefix: str) -> Iterator[tuple[int, str]]:
    for name, text in tags.items():
        number = name.removeprefix(prefix)
        if name.startswith(prefix) and re.fullmatch(r"0|[1-9][0-9]{0,2}", number):
            yield int(number), text


def _entry(key: str, known: Known) -> str:
    marks = sum(MARKS[mark] for mark in known.marks)
    return f"{key}{STATUSES[known.status]}{STEPS[known.step]}{_DIGITS[marks]}"


def _known(entry: str) -> tuple[str, Known] | None:
    """An entry's key and meaning; None where it is none."""
    found = _ENTRY.fullmatch(entry)
    if found is None or found[2] not in _STATUS_OF or found[3] not in _STEP_OF:
        return None
    given = _DIGITS.index(found[4])
    marks = frozenset(mark for mark, bit in MARKS.items() if given & bit)
    return found[1], Known(_STATUS_OF[found[2]], _STEP_OF[found[3]], marks)
