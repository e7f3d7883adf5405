"""A report's facts as texts in one language: pure. What comes from outside is made printable, as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from transfer_provider.cli.follow.standing import Standing
from transfer_provider.cli.report.facts import (
    Actor,
    Certainty,
    Cost,
    Evidence,
    GroupFacts,
    HandoverFacts,
    Moment,
    Reader,
    Seen,
)
from transfer_provider.cli.report.formats.catalogue import LANGUAGES, MESSAGES
from transfer_provider.eligibility.left_behind import Item
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.rule_comparison import Compared, RuleRow
from transfer_provider.model.text import printable

TIME = "%Y-%m-%d %H:%M"


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        """A text of the catalogue, filled in. Raises KeyError where it has none, or a value is missing."""
        text = MESSAGES[key][self._column]
        return text.format_map({name: printable(str(value)) for name, value in values.items()}) if values else text

    def time(self, at: datetime | None) -> str:
        """`2026-01-31 09:00 UTC`."""
        return f"{at.astimezone(UTC).strftime(TIME)} UTC" if at else ""

    def span(self, begin: datetime, end: datetime) -> str:
        """How long it took, in one unit; empty for less than a minute."""
        minutes = int(abs((end - begin).total_seconds()) // 60)
        if minutes >= 48 * 60:
            return self("days", count=minutes // (24 * 60))
        if minutes >= 120:
            return self("hours", count=minutes // 60)
        return self("minutes", count=minutes) if minutes else ""

    def status(self, standing: Standing) -> str:
        """The transfer's status; that it is only as recorded is added."""
        status = self(f"status.{standing.status}")
        return self("status.as_recorded", status=status) if standing.unknown else status

    def outcome(self, facts: HandoverFacts) -> str:
        """What became of it; of a copy nothing is called a transfer."""
        return self._of_outcome("outcome", facts)

    def explained(self, facts: HandoverFacts) -> str:
        """The same in a sentence."""
        return self._of_outcome("explained", facts)

    def _of_outcome(self, kind: str, facts: HandoverFacts) -> str:
        of_copy = f"{kind}.copy.{facts.outcome.value}"
        return self(of_copy if facts.copy and of_copy in MESSAGES else f"{kind}.{facts.outcome.value}")

    def copied(self, facts: HandoverFacts) -> str:
        """What its account says of the recipient's instance of a copy; empty where it was not made yet."""
        copy = facts.copy
        if copy is None or copy.new_instance_id is None:
            return ""
        return ", ".join(filter(None, (printable(copy.status or ""), printable(copy.private_ip or ""))))

    def next(self, facts: HandoverFacts) -> str:
        """What comes next; empty where nothing does."""
        return "" if facts.standing.settled else self(f"step.{facts.standing.step.name}")

    def next_explained(self, facts: HandoverFacts) -> str:
        """The standing's own sentence, in English; empty where it would state as seen what was not."""
        standing = facts.standing
        unseen = standing.status is Status.COMPLETED and not facts.at_recipient.listed
        return "" if standing.settled or unseen else printable(standing.what)

    def actor(self, standing: Standing) -> str:
        """Who has to act."""
        return self(f"actor.{standing.actor.name}")

    def seen(self, seen: Seen) -> str:
        """What an account said."""
        return self(f"seen.{seen.evidence.value}")

    def submission(self, facts: HandoverFacts) -> str:
        """Whose account submitted it."""
        if facts.standing.status is None:
            return self("by.nobody")
        return self._by(facts.submission)

    def acceptance(self, facts: HandoverFacts) -> str:
        """Whose account accepted it."""
        return self("by.nobody") if facts.acceptance.how is None else self._by(facts.acceptance)

    def _by(self, actor: Actor) -> str:
        if actor.account_id is None:
            return self("not_recorded")
        key = f"by.{actor.how}"
        return self(key if key in MESSAGES else "by.observed", account=actor.account_id)

    def ram_identity(self, actor: Actor) -> str:
        """The RAM identity, which is said not to be recorded where it is not; empty where nobody acted yet."""
        if actor.account_id is None:
            return ""
        return self("by.identity", identity=actor.identity or self("not_recorded"))

    def reader(self, reader: Reader) -> str:
        """Whose credentials this report was queried with."""
        if reader.account_id is None:
            return self.seen(reader.seen)
        return self("reader.as", account=reader.account_id, identity=reader.identity or self("unknown"))

    def cost(self, cost: Cost) -> str:
        """What was paid for, or may cost, in a sentence."""
        values = dict(cost.values)
        if "side" in values:
            values["side"] = self(f"by_{values['side']}")
        if "at" in values:
            values["at"] = self.time(datetime.fromisoformat(values["at"]))
        key = f"cost.{cost.kind.value}"
        if values.get("days"):
            key += ".days"
        elif values.get("address") == "":
            key += ".declared"
        return self(key, **values)

    def item(self, item: Item) -> str:
        """Something that follows an instance, or stays behind."""
        return self(f"item.{item.what}")

    def event(self, moment: Moment) -> str:
        """What happened, or will."""
        return self(f"event.{moment.what.name}")

    def certainty(self, certainty: Certainty) -> str:
        """How something is known."""
        return self(f"certainty.{certainty.value}")

    def why_not_at_source(self, facts: HandoverFacts) -> str:
        """Why something that is observed at the source is not known."""
        if facts.at_source.evidence is Evidence.NOT_QUERIED and facts.at_recipient.listed:
            return self("why.arrived")
        return self("why.source", seen=self.seen(facts.at_source))

    def comparison(self, group: GroupFacts) -> str:
        """How a group's rules compare, in a line."""
        if group.rows is not None:
            if group.same:
                return self("groups.same", count=len(group.rows))
            numbers = {kind.value: group.number(kind) for kind in Compared}
            return self("groups.differs", **numbers)
        return self("groups.not_compared")

    def rule(self, row: RuleRow, *, source: bool) -> str:
        """A rule in a line, as it is written everywhere; empty where that side has none."""
        rule = row.source if source else row.recreated
        return rule.in_words if rule else ""

    def yes(self, value: bool | None) -> str:
        """Yes, no, or not recorded."""
        return self("not_recorded") if value is None else self("yes" if value else "no")

    def versions(self, values: Sequence[tuple[str, str | None]]) -> list[tuple[str, str]]:
        """Each with its name."""
        return [(self(f"version.{key}"), self("not_recorded") if value is None else value) for key, value in values]
