"""Reports made by hand: an ordinary one, and one in which everything from outside is hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from transfer_provider.cli.follow.standing import Actor as Acting
from transfer_provider.cli.follow.standing import Deadline, DeadlineKind, Standing, Step
from transfer_provider.cli.follow.timeline import Happening
from transfer_provider.cli.report.facts import (
    Actor,
    Addresses,
    Binding,
    Certainty,
    Cost,
    CostKind,
    Evidence,
    GroupFacts,
    HandoverFacts,
    Moment,
    Outcome,
    Reader,
    Report,
    Seen,
    Versions,
)
from transfer_provider.eligibility.codes import finding
from transfer_provider.eligibility.left_behind import UNSEEN, Item, LeftBehind
from transfer_provider.model.inventory import SecurityGroupRule
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.rule_comparison import compare

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
LISTED = Seen(Evidence.LISTED)

HOSTILE = (
    "<script>document.title='run'</script>",
    '"><img src=x onerror="document.title=\'run\'">',
    "\u202eright to left\u202c \u200fmarks",
    "x" * 128,
    "项目兰花迁移到自己的公司" * 8,
    "{{ 7 * 7 }} {% raw %} `code` | a | [link](https://attacker.example) @all ::error::x",
)


def standing(name: str = "web-01", **changes: Any) -> Standing:
    return replace(
        Standing(
            name=name,
            instance_id="i-bp1web00000000000001",
            region="cn-hangzhou",
            recipient_account_id=RECIPIENT,
            channel="api",
            status=Status.COMPLETED,
            since=NOW - timedelta(hours=1),
            step=Step.NOTHING,
            actor=Acting.NOBODY,
            what="The recipient's account lists the instance; nothing is left to do.",
            transfer_id="it-bp1web0000000001",
        ),
        **changes,
    )


def moments() -> list[Moment]:
    happened = [
        (Happening.SUBMITTED, 26),
        (Happening.CANCEL_WINDOW_CLOSED, 24),
        (Happening.APPROVED, 9),
        (Happening.COMPLETED, 1),
    ]
    timed = [Moment(what, NOW - timedelta(hours=hours), Certainty.REPORTED) for what, hours in happened]
    untimed = [Moment(what, None, Certainty.SEEN) for what in (Happening.ARRIVED, Happening.BOUND)]
    return [*timed, *untimed]


def handover(name: str = "web-01", **changes: Any) -> HandoverFacts:
    """One that is done."""
    return replace(
        HandoverFacts(
            standing=standing(name),
            outcome=Outcome.DONE,
            moments=moments(),
            reason="Project Orchid moves to its own company",
            recipient_name="orchid",
            at_source=Seen(Evidence.NOT_QUERIED),
            at_recipient=LISTED,
            recorded_arrival=True,
            submission=Actor(SOURCE, "submitted"),
            acceptance=Actor(RECIPIENT, "received"),
            findings=None,
            leaves=None,
            network=Seen(Evidence.NOT_QUERIED),
            addresses=Addresses("203.0.113.12", "198.51.100.7", Binding.BOUND, LISTED),
            groups=["orchid-web"],
            vswitch_id="vsw-bp1orchid00000001",
            backup="snapshots",
            costs=[
                Cost(CostKind.PAID_UNTIL, {"at": "2027-06-30T16:00:00Z", "side": "recipient"}),
                Cost(CostKind.OLD_EIP, {"address": "203.0.113.12", "id": "eip-bp1acme000000003"}),
                Cost(CostKind.NEW_EIP, {"address": "198.51.100.7", "charge": "PayByTraffic", "bandwidth": "5"}),
                Cost(CostKind.SNAPSHOTS, {"count": "2", "days": "30"}),
                Cost(CostKind.MARKETPLACE_UNKNOWN, {}),
            ],
        ),
        **changes,
    )


def under_way(name: str = "db-01", text: str = "Nothing else goes out") -> HandoverFacts:
    """One that is approved, with something found, and its instance still at the source."""
    now = standing(
        name,
        instance_id="i-bp1db000000000000001",
        status=Status.APPROVED,
        since=NOW - timedelta(hours=9),
        step=Step.WAIT_FOR_WINDOW,
        actor=Acting.NOBODY,
        what=f"Approved: it is accepted when the receive window opens. {text}",
        deadlines=[Deadline(DeadlineKind.RECEIVE_WINDOW, NOW + timedelta(hours=13))],
    )
    ahead = [
        Moment(DeadlineKind.RECEIVE_WINDOW, NOW + timedelta(hours=13), Certainty.AHEAD),
        Moment(DeadlineKind.ACCEPTANCE, NOW + timedelta(hours=15), Certainty.AHEAD),
    ]
    return handover(
        name,
        standing=now,
        outcome=Outcome.UNDER_WAY,
        moments=[*moments()[:3], *ahead],
        at_source=LISTED,
        at_recipient=Seen(Evidence.NOT_QUERIED),
        recorded_arrival=False,
        acceptance=Actor(None, None),
        findings=[finding("EipBound", "i-bp1db000000000000001", f"An EIP is bound: {text}.", "Unbind it.")],
        leaves=LeftBehind(
            follows=(Item("system disk", "d-bp1db000000000000001, 40 GiB, with its data", "documented"),),
            stays=(Item("security group", text, "documented"), Item("tags", f"project={text}")),
            unseen=UNSEEN,
        ),
        network=LISTED,
        addresses=Addresses("203.0.113.13", None, Binding.DECLARED, Seen(Evidence.NOT_QUERIED)),
        costs=[Cost(CostKind.PAY_AS_YOU_GO, {"side": "source"}), Cost(CostKind.MARKETPLACE, {"codes": text})],
    )


def rule(port: int, peer: str = "0.0.0.0/0", description: str = "") -> SecurityGroupRule:
    return SecurityGroupRule("ingress", "tcp", f"{port}/{port}", "cidr", peer, description=description)


def group(name: str = "orchid-web", text: str = "HTTPS", **changes: Any) -> GroupFacts:
    """One with rules that compare in every way."""
    there = [rule(443, description=text), rule(80), rule(22, "198.51.100.0/24")]
    here = [rule(443, description=text), rule(22), rule(8080, description=text)]
    return replace(
        GroupFacts(
            name=name,
            region="cn-hangzhou",
            source_id="sg-bp1acme00000000web",
            source=LISTED,
            group_id="sg-bp1made00000000web",
            recipient=LISTED,
            rows=compare({name: there}, {name: here}, {}),
            declared=3,
            inner=("Drop", "Accept"),
        ),
        **changes,
    )


def report(**changes: Any) -> Report:
    """Of one handover that is done, and one that is under way."""
    return replace(
        Report(
            project="instance-handover",
            stack="orchid",
            side="both",
            language="en",
            made_at=NOW,
            source_account=SOURCE,
            recipients=[RECIPIENT],
            chosen=[],
            handovers=[under_way(), handover()],
            groups=[group()],
            account_findings=[],
            not_checked=[],
            readers=[
                Reader("source", SOURCE, f"acs:ram::{SOURCE}:user/ops", LISTED),
                Reader("recipient", None, None, Seen(Evidence.NO_PERMISSION, "Forbidden")),
            ],
            versions=Versions(
                library="0.1.0",
                sdk="3.259.0",
                engine="3.259.0",
                plugin="4.0.0",
                state_engine="v3.259.0",
                state_plugins=["4.0.0"],
                state_written_at="2026-03-02T09:00:00Z",
                program="sha256:" + "0" * 64,
                files="sha256:" + "1" * 32,
                applied_files="sha256:" + "1" * 32,
            ),
            failures=[],
            notes=[],
        ),
        **changes,
    )


def hostile() -> Report:
    """Everything that comes from outside is hostile."""
    handovers = []
    for position, text in enumerate(HOSTILE):
        moving = under_way(f"db-{position}", text)
        handovers.append(
            replace(
                moving,
                standing=replace(moving.standing, name=text, transfer_id=text, unknown=text),
                reason=text,
                recipient_name=text,
                groups=[text],
                vswitch_id=text,
                submission=Actor(text, text),
                at_source=Seen(Evidence.LISTED, text),
                addresses=Addresses(text, text, Binding.RECORDED, Seen(Evidence.NO_ANSWER, text)),
            )
        )
    return report(
        project=HOSTILE[3],
        stack=HOSTILE[0],
        chosen=list(HOSTILE),
        handovers=handovers,
        groups=[group(text, text) for text in HOSTILE],
        account_findings=[finding("SourceNotVerified", SOURCE, text, text) for text in HOSTILE],
        failures=list(HOSTILE),
        notes=list(HOSTILE),
        not_checked=list(HOSTILE),
        readers=[Reader("source", HOSTILE[3], HOSTILE[1], LISTED), Reader("recipient", HOSTILE[1], None, LISTED)],
    )
