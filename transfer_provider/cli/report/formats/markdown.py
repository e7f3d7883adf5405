"""A report as Markdown, for a ticket: tables and lists, nothing that a viewer would fetch or act on.

What comes from outside is in code marks, in which no viewer reads markup, mentions or links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from transfer_provider.cli.report.facts import GroupFacts, HandoverFacts, Report
from transfer_provider.cli.report.formats.sections import mapped, totals, versions
from transfer_provider.cli.report.formats.words import Words
from transfer_provider.eligibility.judge import Finding
from transfer_provider.eligibility.left_behind import UNSEEN, Item
from transfer_provider.model.text import code_span as code
from transfer_provider.model.text import printable

Rows = Iterable[Sequence[str]]

# What a viewer might act on outside of code marks; our own sentences hold what accounts call things.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&])")


def markdown(report: Report, language: str) -> str:
    """The whole text, in one of `LANGUAGES`."""
    return "\n".join(_Markdown(report, Words(language)).lines()) + "\n"


def plain(text: str) -> str:
    """A sentence of ours, which may hold a text from outside, without markup."""
    return _MARKUP.sub(r"\\\1", printable(text)).replace("://", "\\://")


class _Markdown:
    """The lines of a report in one language."""

    def __init__(self, report: Report, words: Words) -> None:
        self._report = report
        self._t = words

    def lines(self) -> Iterator[str]:
        """All of them."""
        report, t = self._report, self._t
        yield f"# {plain(t('title', stack=report.stack))}"
        yield ""
        yield f"* {t('made_at')}: {t.time(report.made_at)}"
        yield f"* {t('project')}: {code(report.project)}"
        yield f"* {t('side')}: {t(f'side.{report.side}')}"
        yield f"* {t('source_account')}: {code(report.source_account) or t('not_recorded')}"
        yield f"* {t('recipient_accounts')}: {self._codes(report.recipients)}"
        if report.chosen:
            yield f"* {t('chosen')}: {self._codes(report.chosen)}"
        yield f"* {t('complete' if report.complete else 'incomplete')}"
        yield from self._list("section.failures", report.failures)
        yield from self._list("section.notes", report.notes)
        yield from self._summary()
        if report.account_findings:
            yield from self._heading("section.accounts")
            yield from self._findings(report.account_findings)
        yield from self._addresses()
        yield from self._heading("section.groups")
        for group in report.groups:
            yield from self._group(group)
        if not report.groups:
            yield t("no_groups")
        counted = totals(report)
        if counted:
            yield from self._heading("section.costs")
            yield from self._table(("what", "count"), [(t(f"cost_kind.{kind.value}"), str(n)) for kind, n in counted])
        if report.handovers:
            yield from self._heading("section.handovers")
            for facts in report.handovers:
                yield from self._handover(facts)
            yield from self._heading("section.unseen")
            yield t("unseen.explained")
            yield ""
            yield from (f"* {plain(t.item(item))}" for item in UNSEEN)
        yield from self._list("section.not_checked", report.not_checked)
        yield from self._versions()
        yield from self._heading("section.legend")
        keys = ("seen", "reported", "recorded", "answers", "identity", "times")
        yield from (f"* {t(f'legend.{key}')}" for key in keys)

    def _summary(self) -> Iterator[str]:
        t = self._t
        yield from self._heading("section.summary")
        if not self._report.handovers:
            yield t("no_handovers")
            return
        rows = [
            (
                code(facts.name),
                code(facts.standing.instance_id),
                t.outcome(facts),
                t.status(facts.standing),
                t.time(facts.standing.since),
                code(facts.standing.recipient_account_id),
                self._pair(facts),
                t.next(facts),
                "" if facts.standing.settled else t.actor(facts.standing),
            )
            for facts in self._report.handovers
        ]
        columns = ("name", "instance", "outcome", "status", "since", "recipient", "address", "next", "who")
        yield from self._table(columns, rows)

    def _addresses(self) -> Iterator[str]:
        t = self._t
        yield from self._heading("section.addresses")
        rows = [
            (
                code(facts.name),
                code(facts.addresses.old or "") or t("none"),
                code(facts.addresses.new or "") or t("none"),
                t(f"binding.{facts.addresses.binding.value}"),
            )
            for facts in mapped(self._report)
        ]
        if rows:
            yield from self._table(("name", "old_address", "new_address", "address_state"), rows)
        else:
            yield t("no_addresses")

    def _group(self, group: GroupFacts) -> Iterator[str]:
        t = self._t
        source = f"{code(group.source_id)}: {t.seen(group.source)}" if group.source_id else t("groups.no_source")
        made = f"{code(group.group_id)}: {t.seen(group.recipient)}" if group.group_id else t("groups.not_made")
        yield f"### {code(group.name)}: {t.comparison(group)}"
        yield ""
        yield f"* {t('group_source')}: {source}"
        yield f"* {t('group_recipient')}: {made}"
        if group.declared is not None:
            yield f"* {t('groups.declared', count=group.declared)}"
        if group.inner:
            old, new = (policy or t("unknown") for policy in group.inner)
            yield f"* {t('groups.inner', old=old, new=new)}"
        yield ""
        if group.rows:
            rows = [
                (
                    t(f"compared.{row.kind.value}") + (f", **{t('newly_open')}**" if row.newly_open else ""),
                    code(t.rule(row, source=True)),
                    code(t.rule(row, source=False)),
                )
                for row in group.rows
            ]
            yield from self._table(("comparison", "rule_source", "rule_recipient"), rows)
            yield ""

    def _handover(self, facts: HandoverFacts) -> Iterator[str]:
        t, standing = self._t, facts.standing
        yield f"### {code(facts.name)}: {t.outcome(facts)}"
        yield ""
        yield t.explained(facts)
        yield ""
        for key, text in self._details(facts):
            yield f"* {t(key)}: {text}"
        if standing.unknown:
            yield f"* {code(standing.unknown)}"
        yield ""
        yield f"**{t('timeline')}**"
        yield ""
        if facts.copy:
            yield t("no_timeline.copy")
            yield ""
        elif not facts.moments:
            yield t("no_timeline")
        for moment in facts.moments:
            at = t.time(moment.at) or t("no_time")
            yield f"* {at}: {t.event(moment)} ({t.certainty(moment.certainty)})"
        yield ""
        yield f"**{t('costs')}**"
        yield ""
        yield from (f"* {plain(t.cost(cost))}" for cost in facts.costs)
        yield ""
        yield f"**{t('findings')}**"
        yield ""
        if facts.findings is None:
            yield t("not_judged", why=t.why_not_at_source(facts))
        elif facts.findings:
            yield from self._findings(facts.findings)
        else:
            yield t("no_findings")
        yield ""
        if facts.copy:
            yield f"**{t('stays')}**"
            yield ""
            yield t("copy.stays")
            yield ""
            return
        if facts.leaves is None:
            yield f"**{t('stays')}**"
            yield ""
            yield t("not_leaving", why=t.why_not_at_source(facts))
            yield ""
            return
        if not facts.network.listed:
            yield t("no_network", seen=t.seen(facts.network))
            yield ""
        yield from self._items("stays", facts.leaves.stays)
        yield from self._items("follows", facts.leaves.follows)

    def _details(self, facts: HandoverFacts) -> Iterator[tuple[str, str]]:
        t, standing = self._t, facts.standing
        yield "instance", f"{code(standing.instance_id)} ({code(standing.region)})"
        yield "status", t.status(standing)
        if not standing.settled:
            sentence = t.next_explained(facts)
            yield "next", f"{t.next(facts)} ({t.actor(standing)}){f': {code(sentence)}' if sentence else ''}"
        yield "reason", code(facts.reason or "") or t("none")
        recipient = (code(standing.recipient_account_id), code(facts.recipient_name or ""))
        yield "recipient", " ".join(filter(None, recipient))
        yield "channel", code(standing.channel)
        if facts.copy:
            told = t.copied(facts)
            made = code(facts.copy.new_instance_id or "") or t("none")
            yield "new_instance", f"{made}{f' ({code(told)})' if told else ''}"
            yield "image", code(facts.copy.image_id or "") or t("none")
        else:
            yield "transfer", code(standing.transfer_id or "") or t("none")
        by_source = (plain(t.submission(facts)), plain(t.ram_identity(facts.submission)))
        by_recipient = (plain(t.acceptance(facts)), plain(t.ram_identity(facts.acceptance)))
        yield "begun_by" if facts.copy else "submitted_by", "; ".join(filter(None, by_source))
        if facts.copy is None:
            yield "accepted_by", "; ".join(filter(None, by_recipient))
        yield "at_source", t.seen(facts.at_source)
        recorded = f" {t('recorded_arrival')}" if facts.recorded_arrival else ""
        yield "copy_at_recipient" if facts.copy else "at_recipient", f"{t.seen(facts.at_recipient)}.{recorded}"
        yield "address", f"{self._pair(facts) or t('none')} ({t(f'binding.{facts.addresses.binding.value}')})"
        into = [*([facts.vswitch_id] if facts.vswitch_id else []), *facts.groups]
        if into:
            yield "destination", self._codes(into)
        if facts.backup:
            yield "backup", t(f"backup.{facts.backup}")
        yield "declared", t.yes(standing.declared)
        yield "in_state", t.yes(standing.held)

    def _findings(self, findings: Sequence[Finding]) -> Iterator[str]:
        t = self._t
        rows = [
            (
                f"{t(f'finding.{finding.code}')} ({code(finding.code)})",
                t("blocks" if finding.blocks else "warns"),
                code(f"{finding.message} {finding.remedy}"),
                plain(finding.source),
            )
            for finding in findings
        ]
        yield from self._table(("finding", "effect", "explanation", "rule"), rows)

    def _items(self, heading: str, items: Sequence[Item]) -> Iterator[str]:
        yield f"**{self._t(heading)}**"
        yield ""
        for item in items:
            detail = f": {code(item.detail)}" if item.detail else ""
            yield f"* {plain(self._t.item(item))}{detail}"
        yield ""

    def _versions(self) -> Iterator[str]:
        t = self._t
        yield from self._heading("section.versions")
        for reader in self._report.readers:
            yield f"* {t('reader', side=t(f'reader.{reader.side}'))}: {code(t.reader(reader))}"
        for name, value in t.versions(versions(self._report.versions)):
            yield f"* {plain(name)}: {code(value)}"
        yield f"* {t('version.files_applied')} {t.yes(self._report.versions.files_applied)}"

    def _heading(self, key: str) -> Iterator[str]:
        yield from ("", f"## {self._t(key)}", "")

    def _list(self, key: str, sentences: Sequence[str]) -> Iterator[str]:
        if sentences:
            yield from self._heading(key)
            yield from (f"* {code(sentence)}" for sentence in sentences)

    def _table(self, columns: Sequence[str], rows: Rows) -> Iterator[str]:
        yield f"| {' | '.join(map(self._t, columns))} |"
        yield f"|{' --- |' * len(columns)}"
        for row in rows:
            yield f"| {' | '.join(row)} |"

    def _pair(self, facts: HandoverFacts) -> str:
        pair, none = facts.addresses, self._t("none")
        return f"{code(pair.old or '') or none} → {code(pair.new or '') or none}" if pair.old or pair.new else ""

    def _codes(self, values: Iterable[str]) -> str:
        return ", ".join(map(code, values)) or self._t("none")
