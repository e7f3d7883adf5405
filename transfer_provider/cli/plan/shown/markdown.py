"""A plan as Markdown, for a pull request's comment: one table row a handover, and no more than a comment holds.

Whatever came from outside is in a code span: there no mention notifies, no link is made, no HTML and no other markup
is read. So no name, reason or description can break the table, hide a row or close a fold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from transfer_provider.cli.plan.decisions import CONSEQUENCES
from transfer_provider.cli.plan.reviewed import Beyond, Plan, Row, Rules, Verdict
from transfer_provider.cli.plan.shown import diff, words
from transfer_provider.model.text import code_span as code

MOST = 65_536
"""The most characters that a comment at GitHub holds."""

COLUMNS = ("Decision", "Handover", "Instance", "From → to", "Reason", "Groups, address", "Findings")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"
LEFT_OUT = "**{} left out: a comment holds {:,} characters.** {} prints all of it.\n"
_ROOM = 400  # for the sentence that says what was left out
_BACKTICKS = re.compile(r"`+")

ICONS = {Verdict.NOTHING: "✅", Verdict.CHANGES: "🔷", Verdict.IRREVERSIBLE: "🛑", Verdict.BLOCKED: "⛔"}


def markdown(plan: Plan, most: int = MOST) -> str:
    """The comment, of at most so many characters.

    What is left out where it is longer: first of the diff, then of what else is planned, last of the handovers without
    an irreversible step. What is irreversible stays, in fewer words; and it says what was left out.
    """
    always = [_title(plan), _errors(plan, most // 2), _irreversible(plan, most)]
    room = most - sum(map(len, always)) - _ROOM - len(plan.stack)
    left: list[str] = []
    parts: dict[str, str] = {}
    # In the order of what a reviewer can least do without.
    for name, rows, write in _sections(plan):
        whole = write(rows)
        if len(whole) <= room:
            parts[name] = whole
        else:
            kept = _fitting(rows, room, write)
            parts[name] = write(rows[:kept]) if kept else ""
            left.append(f"{len(rows) - kept} of {len(rows)} {name}")
        room -= len(parts[name])
    body = "".join([*always, *(parts[name] for name in parts)])
    note = LEFT_OUT.format(", ".join(left), most, code(f"handover plan --stack {plan.stack}")) if left else ""
    return f"{body}{note and chr(10)}{note}"


Section = tuple[str, Sequence[object], Callable[[Sequence[object]], str]]


def _sections(plan: Plan) -> list[Section]:
    return [
        ("changing handovers", plan.changing, lambda rows: _table("Changes", rows)),
        ("lists of rules", plan.rules, lambda rows: "".join(_rules(some) for some in rows if isinstance(some, Rules))),
        ("kinds of steps beyond the handovers", plan.beyond, lambda some: _list("Beyond the handovers", _beyond(some))),
        ("messages", _messages(plan), lambda some: _list("Reported", some)),
        ("costs", _per_row(plan, lambda row: " ".join(row.costs)), lambda some: _list("Costs", some)),
        ("lists of what stays behind", _per_row(plan, words.stays), lambda some: _list("Stays behind", some)),
        ("handovers without a step", _resting(plan), lambda some: _list("Nothing planned", some)),
        ("lines of the diff", diff.lines(plan.steps), _diff),
    ]


def _fitting(rows: Sequence[object], room: int, write: Callable[[Sequence[object]], str]) -> int:
    """How many of the rows fit."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(write(rows[:middle])) <= room else (low, middle - 1)
    return low


def _title(plan: Plan) -> str:
    saved = f"\nSaved for `pulumi up --plan`: {code(plan.saved)}\n" if plan.saved else ""
    summary = words.summary(plan).removeprefix(f"{plan.stack}: ")
    return (
        f"### {ICONS[plan.verdict]} Handovers of {code(plan.stack)}\n\n{summary}\n\n**{words.verdict(plan)}**\n{saved}"
    )


def _errors(plan: Plan, most: int) -> str:
    found = [code(line) for error in plan.errors for line in error.splitlines() if line.strip()]
    if not found:
        return ""
    kept = _fitting(found, most, lambda some: _list("Why", some))
    more = f"\n{len(found) - kept} more lines.\n" if kept < len(found) else ""
    return _list("Why", found[:kept]) + more


def _irreversible(plan: Plan, most: int) -> str:
    """The rows that must not be lost: whole, else in fewer words, else by name."""
    rows = plan.irreversible
    lost = _lost(plan, most // 4)
    room = most * 3 // 4 - len(lost)
    title = "🛑 Irreversible"
    meanings = "".join(
        f"* **{decision.value}**: {CONSEQUENCES[decision]}\n"
        for decision in dict.fromkeys(row.decision for row in rows)
    )
    for text in (_table(title, rows, meanings), _briefly(title, rows, meanings)):
        if len(text) <= room:
            return text + lost
    named = [f"{row.decision.value} {code(row.name)}" for row in rows]
    kept = _fitting(named, room - 200, lambda some: ", ".join(map(str, some)))
    more = (
        f" **And {len(named) - kept} more irreversible steps, which this comment has no room for.**"
        if kept < len(named)
        else ""
    )
    return f"\n#### {title}\n\n{meanings}\n{', '.join(named[:kept])}.{more}\n{lost}"


def _lost(plan: Plan, room: int) -> str:
    """What is irreversible beyond the handovers, a line each, and how many more where there is no room for all."""
    every = [code(f"{each.op} {each.kind} {name}") for each in plan.beyond if each.irreversible for name in each.names]
    title = "🛑 Deleted or replaced beyond the handovers"
    kept = _fitting(every, room, lambda some: _list(title, some))
    more = [f"**and {len(every) - kept} more**"] if kept < len(every) else []
    return _list(title, [*every[:kept], *more])


def _table(title: str, rows: Iterable[object], before: str = "") -> str:
    lines = [_row(row) for row in rows if isinstance(row, Row)]
    return f"\n#### {title}\n\n{before}{before and chr(10)}{HEAD}{''.join(lines)}" if lines else ""


def _briefly(title: str, rows: Iterable[Row], before: str) -> str:
    lines = [f"| **{row.decision.value}** | {code(row.name)} | {code(row.instance_id)} |\n" for row in rows]
    return f"\n#### {title}\n\n{before}\n| Decision | Handover | Instance |\n|---|---|---|\n{''.join(lines)}"


def _row(row: Row) -> str:
    also = f"<br>{code('; '.join(row.also))}" if row.also else ""
    mark = "🛑 " if row.irreversible else ""
    reason = f"{code(row.reason_before)} → {code(row.reason)}" if row.reason_before else code(row.reason)
    cells = [
        f"{mark}**{row.decision.value}**{also}",
        code(row.name),
        _broken(row.instance_id, words.instance(row)),
        _broken(words.accounts(row), row.channel, row.status, *row.deadlines),
        reason,
        _broken(words.groups(row), words.addresses(row)),
        "<br>".join(f"{code(each.code)} {code(each.text)}".strip() for each in row.findings),
    ]
    return f"| {' | '.join(cells)} |\n"


def _broken(*texts: str) -> str:
    """Several facts in a cell, a line each."""
    return "<br>".join(code(text) for text in texts if text)


def _rules(some: Rules) -> str:
    title = f"\n#### Rules of {code(words.rules_title(some))}\n\n"
    rows = [
        f"| {'🛑 ' if row.open_to_the_world else ''}**{words.marked(row)}** | {code(row.group or row.source_group)} "
        f"| {code(words.rule(row.recreated)) if row.recreated else ''} "
        f"| {code(words.rule(row.source)) if row.source else ''} |\n"
        for row in words.differing(some)
    ]
    table = f"| | Group | Re-created | At the source |\n|---|---|---|---|\n{''.join(rows)}\n" if rows else ""
    rest = [code(text) for text in (words.same_rules(some), *some.notes, words.not_compared(some)) if text]
    return title + table + "\n\n".join(rest) + ("\n" if rest else "")


def _beyond(some: Iterable[object]) -> list[str]:
    return [
        f"{'🛑 ' if each.irreversible or each.opens else ''}{code(words.beyond(each))}"
        for each in some
        if isinstance(each, Beyond)
    ]


def _messages(plan: Plan) -> list[str]:
    reported = [f"{message.severity}: {code(' '.join(message.text.split()))}" for message in plan.messages]
    resting = [
        f"{code(row.name)}: {code(f'{each.code} {each.text}'.strip())}" for row in plan.resting for each in row.findings
    ]
    return [*(f"**Not known**: {code(failure)}" for failure in plan.failures), *resting, *reported]


def _per_row(plan: Plan, text_of: Callable[[Row], str]) -> list[str]:
    rows = (*plan.irreversible, *plan.changing)
    return [f"{code(row.name)}: {code(text)}" for row in rows if (text := text_of(row))]


def _resting(plan: Plan) -> list[str]:
    return [f"{code(names)}: {code(what)}" if what else code(names) for names, what in words.resting(plan)]


def _list(title: str, some: Iterable[object]) -> str:
    lines = "".join(f"* {each}\n" for each in some)
    return f"\n#### {title}\n\n{lines}" if lines else ""


def _diff(some: Sequence[object]) -> str:
    if not some:
        return ""
    text = "\n".join(map(str, some))
    fence = "`" * max(3, 1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    return f"\n<details><summary>Everything that changes</summary>\n\n{fence}diff\n{text}\n{fence}\n\n</details>\n"
