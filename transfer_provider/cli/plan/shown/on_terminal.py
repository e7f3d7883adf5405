"""A plan for a terminal: what is irreversible first, a block of lines for each handover."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import Console

from transfer_provider.cli.plan.decisions import CONSEQUENCES
from transfer_provider.cli.plan.reviewed import Plan, Row, Rules, Verdict
from transfer_provider.cli.plan.shown import diff, words
from transfer_provider.cli.terminal import print_line
from transfer_provider.model.text import printable

WIDTH = 100  # where no terminal says how wide it is

Line = tuple[str, str | None]
"""A line that fits, and its style."""

STYLES = {
    Verdict.NOTHING: "green",
    Verdict.CHANGES: "bold",
    Verdict.IRREVERSIBLE: "bold red",
    Verdict.BLOCKED: "bold red",
}


def show(plan: Plan, out: Console, *, whole: bool) -> None:
    """Print it; `whole`: with the diff."""
    for text, style in lines(plan, out.width if out.is_terminal else WIDTH, whole=whole):
        print_line(out, text, style=style)


def lines(plan: Plan, width: int = WIDTH, *, whole: bool = False) -> list[Line]:
    """It, line by line, each printable and within the width as far as its words are."""
    return list(_Writer(max(width, 40)).plan(plan, whole=whole))


class _Writer:
    def __init__(self, width: int) -> None:
        self._width = width

    def plan(self, plan: Plan, *, whole: bool) -> Iterator[Line]:
        yield from self._wrapped(words.summary(plan), style="bold")
        yield from self._wrapped(words.verdict(plan), style=STYLES[plan.verdict])
        for decision in dict.fromkeys(row.decision for row in plan.irreversible):
            yield from self._wrapped(f"{decision.value}: {CONSEQUENCES[decision]}", "! ", style="red")
        for error in plan.errors:
            for line in error.splitlines():
                # A table of findings is read as it is.
                yield from self._wrapped(line.strip(), "  ", hanging="    ", style="red")
        for row in plan.irreversible:
            yield from self._row(row)
        for each in plan.beyond:
            if each.irreversible:
                yield from self._wrapped(
                    f"{words.beyond(each)}, beyond the handovers", "! ", hanging="    ", style="red"
                )
        for row in plan.changing:
            yield from self._row(row)
        for some in plan.rules:
            yield from self._rules(some)
        others = [each for each in plan.beyond if not each.irreversible]
        if others:
            yield "Beyond the handovers", "bold"
        for each in others:
            mark, style = ("! ", "red") if each.opens else ("  ", None)
            yield from self._wrapped(words.beyond(each), mark, hanging="    ", style=style)
        yield from self._resting(plan)
        for message in plan.messages:
            text = " ".join(message.text.split())
            yield from self._wrapped(text, f"{message.severity}: ", style=_warned(message.severity))
        for failure in plan.failures:
            yield from self._wrapped(failure, "Not known: ", style="yellow")
        if whole and plan.steps:
            yield "Everything that changes", "bold"
            for text in diff.lines(plan.steps):
                yield f"  {text}", None
        if plan.saved:
            yield from self._wrapped(
                f"Saved: `pulumi up --stack {plan.stack} --plan {plan.saved}` runs just this plan."
            )

    def _row(self, row: Row) -> Iterator[Line]:
        mark, style = ("! ", "bold red") if row.irreversible else ("  ", "bold")
        named = row.instance_name if row.instance_name != row.name else ""
        about = filter(None, (row.instance_id, named, row.instance_type, row.region))
        yield from self._wrapped(f"{row.decision.value} {row.name}: {', '.join(about)}", mark, style=style)
        reason = f'"{row.reason_before}" → "{row.reason}"' if row.reason_before else row.reason
        said = (words.accounts(row), row.channel, row.status, *row.deadlines, f"reason: {reason}" if reason else "")
        yield from self._fact("", "; ".join(filter(None, said)))
        groups, address = words.groups(row), words.addresses(row)
        network = (f"groups {groups}" if groups else "", f"address {address}" if address else "")
        yield from self._fact("", "; ".join(filter(None, network)))
        yield from self._fact("also", "; ".join(row.also))
        for finding in row.findings:
            yield from self._fact(finding.code or "note", finding.text, style="yellow")
        yield from self._fact("costs", " ".join(row.costs))
        yield from self._fact("stays behind", words.stays(row))

    def _fact(self, what: str, text: str, *, style: str | None = None) -> Iterator[Line]:
        if text:
            start = f"    {what}: " if what else "    "
            yield from self._wrapped(text, start, hanging="      ", style=style)

    def _rules(self, some: Rules) -> Iterator[Line]:
        yield from self._wrapped(words.rules_title(some), "Rules of ", hanging="  ", style="bold")
        together: dict[tuple[str, str, bool], list[str]] = {}
        for row in words.differing(some):
            key = (words.marked(row), row.group or row.source_group, row.open_to_the_world)
            together.setdefault(key, []).append(words.rule_row(row))
        for (kind, group, opened), rules in together.items():
            mark, style = ("! ", "red") if opened else ("  ", "yellow")
            yield from self._wrapped(f"{kind} ({group}): {'; '.join(rules)}", mark, hanging="    ", style=style)
        yield from self._wrapped(words.same_rules(some), "  ", hanging="    ")
        for note in (*some.notes, words.not_compared(some)):
            yield from self._wrapped(note, "  ", hanging="    ", style="yellow")

    def _resting(self, plan: Plan) -> Iterator[Line]:
        for row in plan.resting:
            for finding in row.findings:
                code = f"{finding.code}: " if finding.code else ""
                yield from self._wrapped(f"{code}{finding.text}", f"{row.name}: ", style="yellow")
        for names, what in words.resting(plan):
            yield from self._wrapped(f"{names}. {what}", "Nothing planned for ")

    def _wrapped(
        self, text: str, start: str = "", *, hanging: str | None = None, style: str | None = None
    ) -> Iterator[Line]:
        if not text:
            return
        indented = textwrap.wrap(
            printable(text),
            self._width,
            initial_indent=printable(start),
            subsequent_indent="  " if hanging is None else hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in indented:
            yield line, style


def _warned(severity: str) -> str | None:
    return "yellow" if severity == "warning" else None


def text_of(some: Sequence[Line]) -> str:
    """The lines as a text, without styles."""
    return "".join(f"{text}\n" for text, _ in some)
