"""What one handover declares in each stage: the wiring, with Pulumi's own mocks in the engine's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pulumi
import pytest

from tests.unit.engine_mock import Engine
from transfer_provider import Backup, Eip, Handover, Window
from transfer_provider.cloud.disks import Snapshot
from transfer_provider.cloud.errors import Refused, TryAgain
from transfer_provider.eligibility.judge import Finding
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.preflight import Checked, Preflight
from transfer_provider.handover.recipient.network import RecipientNetwork
from transfer_provider.handover.recipient.objects import RecipientObjects
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.handover.run import Run
from transfer_provider.handover.snapshots import Snapshots
from transfer_provider.handover.state import StackState
from transfer_provider.handover.survey import Survey
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Disk
from transfer_provider.model.ownership import Owner
from transfer_provider.model.transfer import TransferRequest
from transfer_provider.model.windows import DAYS

WEB_01 = "i-bp1web00000000000001"
DISKS = ["d-bp1web00000000000001", "d-bp1web00000000000002"]
RECIPIENT = "1000000000000002"


def of_side(side: Literal["both", "source", "recipient"]) -> Settings:
    return Settings(
        region="cn-hangzhou",
        side=side,
        sourceProfile="source",
        recipientProfile="recipient",
        sourceAccount="1000000000000001",
        recipients=(RECIPIENT,),
    )


BOTH = of_side("both")


class FixedSurvey(Survey):
    """A survey that has observed what a test sets."""

    def __init__(self, observed: Observed | Exception) -> None:
        super().__init__(BOTH, StackState())
        self.observed = observed

    def of(self, wanted: Wanted) -> Observed:
        if isinstance(self.observed, Exception):
            raise self.observed
        return self.observed


class NoObjects(RecipientObjects):
    """A recipient in whose account the stack made nothing."""

    def __init__(self) -> None:
        super().__init__("recipient", Owner.of("project", "stack"), "stack", RecipientState())

    def adopt_address(self, region: str, instance_id: str, eip: Eip, **_: object) -> str | None:
        return None

    def adopt_binding(self, region: str, instance_id: str, state_name: str, adopted: str | None) -> str | None:
        return None


class FixedPreflight(Preflight):
    """Preflight checks that have found what a test sets."""

    def __init__(self, checked: Checked | Exception) -> None:
        super().__init__(BOTH, StackState())
        self.checked = checked

    def of(self, wanted: Wanted) -> Checked:
        if isinstance(self.checked, Exception):
            raise self.checked
        return self.checked

    def of_waiting(self, wanted: Wanted) -> Checked:
        return Checked()

    def under_way(self, handovers: Sequence[Wanted], *, every: bool) -> frozenset[str]:
        return frozenset()


def run_of(
    observed: Observed | Exception,
    settings: Settings = BOTH,
    checked: Checked | Exception | None = None,
    *,
    recorded: bool = False,
) -> Run:
    return Run(
        settings,
        StackState(),
        FixedSurvey(observed),
        FixedPreflight(checked or Checked()),
        RecipientNetwork("recipient"),
        Snapshots("source", {"web-01": DISKS} if recorded else {}),
        NoObjects(),
    )


def declare(engine: Engine, run: Run, **more: Any) -> Handover:
    given: dict[str, Any] = {
        "instance_id": WEB_01,
        "region": "cn-hangzhou",
        "recipient_account_id": "1000000000000002",
        "accept_terms": True,
        "vswitch_id": "vsw-bp1orchid00000001",
        "security_group_ids": ["sg-bp1orchid000000web"],
        "eip": Eip(),
    } | more
    return engine.run(lambda: Handover("web-01", **given, run=run))


TRANSFER, RECEIPT, ADDRESS, BINDING = "InstanceTransfer", "InstanceReceipt", "EipAddress", "EipAssociation"


@pytest.mark.parametrize(
    ("observed", "allocate", "kinds"),
    [
        (Observed(), "now", [TRANSFER, ADDRESS]),
        (Observed(), "on-arrival", [TRANSFER]),
        (Observed(received=True), "now", [TRANSFER, ADDRESS, RECEIPT]),
        (Observed(received=True), "on-arrival", [TRANSFER, RECEIPT]),
        (Observed(received=True, arrived=True), "now", [TRANSFER, ADDRESS, RECEIPT, BINDING]),
        (Observed(received=True, arrived=True), "on-arrival", [TRANSFER, ADDRESS, RECEIPT, BINDING]),
    ],
)
def test_each_stage_declares_what_is_due(engine: Engine, observed: Observed, allocate: Any, kinds: list[str]) -> None:
    declare(engine, run_of(observed), eip=Eip(allocate=allocate))
    assert engine.kinds() == sorted(["Handover", *kinds])


def closed_now() -> Window:
    """A window that opens tomorrow."""
    tomorrow = DAYS[(datetime.now(UTC) + timedelta(days=1)).weekday()]
    return Window(days=[tomorrow], from_="00:00", to="00:00", time_zone="UTC")


@pytest.mark.parametrize("of_stack", [True, False], ids=["the stack's", "its own"])
def test_outside_of_its_receive_window_no_receipt_is_declared_and_that_is_reported(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, of_stack: bool
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, *_: said.append(message))
    run = run_of(Observed(received=True), BOTH.model_copy(update={"window": closed_now() if of_stack else None}))
    declare(engine, run, window=None if of_stack else closed_now())
    assert engine.kinds() == ["Handover", TRANSFER]
    assert [line.partition(", which opens ")[0] for line in said] == [
        "web-01: approved; accepted in the receive window"
    ]


def test_what_the_run_was_started_to_accept_is_received_all_the_same(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    run = replace(run_of(Observed(received=True)), accept_now=frozenset({"web-01"}))
    declare(engine, run, window=closed_now())
    assert RECEIPT in engine.kinds()
    assert [line.partition(", which opens ")[0] for line in warned] == [
        "web-01: approved; accepted by this run outside of the receive window"
    ]


@pytest.mark.parametrize("held_back", [True, False])
def test_what_must_not_be_accepted_stops_the_run_that_would_accept_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, held_back: bool
) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    finding = Finding("Recycling", True, WEB_01, "It is being released.", "Renew it.", "the article, S1")
    run = run_of(Observed(received=True))
    monkeypatch.setattr(
        run.preflight.approved, "findings", lambda observed, *, every: {wanted: [finding] for wanted in observed}
    )
    if held_back:
        declare(engine, run, window=closed_now())
        assert engine.kinds() == ["Handover", TRANSFER]
        assert [line.startswith("Recycling: ") for line in warned] == [True]
    else:
        with pytest.raises(pulumi.RunError, match="Could not receive"):
            declare(engine, run)


def test_a_name_to_accept_that_no_handover_has_is_an_error_before_anything_is_declared(engine: Engine) -> None:
    run = replace(run_of(Observed(received=True)), accept_now=frozenset({"web-1"}))
    with pytest.raises(
        Refused, match=r"Could not accept web-1 outside of its receive window: .* did you mean web-01\?"
    ):
        run.prepare([Wanted("web-01", TransferRequest(WEB_01, "cn-hangzhou", RECIPIENT))])
    assert engine.declared == []


def test_a_program_that_declares_each_by_itself_gets_that_error_at_its_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transfer_provider.handover.reports.untracked.warn", lambda *_: None)
    run = replace(run_of(Observed()), accept_now=frozenset({"web-01", "web-1"}))
    declare(engine, run)
    with pytest.raises(pulumi.RunError, match=r"^Could not accept web-1 outside of [^\n]*$"):
        run.report_at_its_end()


def test_a_window_without_a_place_at_the_recipient_is_refused(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="eip and window go with them"):
        declare(engine, run_of(Observed()), vswitch_id=None, security_group_ids=None, eip=None, window=closed_now())


def test_the_sources_half_declares_the_transfer_only(engine: Engine) -> None:
    declare(engine, run_of(Observed(), of_side("source")))
    assert engine.kinds() == ["Handover", TRANSFER]


def test_the_recipients_half_declares_all_but_the_transfer(engine: Engine) -> None:
    declare(engine, run_of(Observed(received=True, arrived=True), of_side("recipient")))
    assert TRANSFER not in engine.kinds()
    assert {RECEIPT, ADDRESS, BINDING} <= set(engine.kinds())


def test_without_a_place_at_the_recipient_only_the_transfer_is_declared(engine: Engine) -> None:
    declare(engine, run_of(Observed(received=True)), vswitch_id=None, security_group_ids=None, eip=None)
    assert engine.kinds() == ["Handover", TRANSFER]


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ("cn-hangzou", r"web-01: region cn-hangzou is no known region; did you mean cn-hangzhou\?"),
        ("cn-hangzhou-h", "web-01: region cn-hangzhou-h is a zone; give its region, cn-hangzhou"),
    ],
)
def test_a_region_that_is_not_known_is_refused(engine: Engine, region: str, why: str) -> None:
    with pytest.raises(pulumi.RunError, match=why):
        declare(engine, run_of(Observed()), region=region)
    assert engine.kinds() == []


def test_a_region_that_the_settings_add_is_known(engine: Engine) -> None:
    declare(engine, run_of(Observed(), BOTH.model_copy(update={"regions": ("cn-newplace",)})), region="cn-newplace")
    assert TRANSFER in engine.kinds()


@pytest.mark.parametrize("left_out", ["vswitch_id", "security_group_ids"])
def test_half_a_place_is_refused(engine: Engine, left_out: str) -> None:
    with pytest.raises(pulumi.RunError, match="web-01: the recipient's side needs vswitch_id and security_group_ids"):
        declare(engine, run_of(Observed()), **{left_out: None})


def test_a_query_that_failed_ends_the_program_with_its_message(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="no answer came"):
        declare(engine, run_of(TryAgain("no answer came")))
    assert engine.declared == []


def test_a_backup_is_declared_for_each_disk_before_the_transfer(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _listed(monkeypatch)
    disks = [Disk(disk_id, WEB_01) for disk_id in DISKS]
    declare(engine, run_of(Observed(), checked=Checked(disks=disks)), backup=Backup(retention_days=90))
    snapshots = engine.named("EcsSnapshot")
    assert list(snapshots) == [f"web-01/{disk_id}" for disk_id in DISKS]
    for disk_id, snapshot in zip(DISKS, snapshots.values(), strict=True):
        assert snapshot["diskId"] == disk_id
        assert snapshot["snapshotName"] == f"handover-web-01-{disk_id}"
        assert snapshot["retentionDays"] == 90
        assert snapshot["tags"] == {"instance-handover": "web-01"}
    order = [resource.typ.rsplit(":", 1)[1] for resource in engine.declared]
    assert order.index("InstanceTransfer") > max(at for at, kind in enumerate(order) if kind == "EcsSnapshot")
    assert [resource for resource in engine.declared if resource.name == "source-cn-hangzhou"]


def test_once_submitted_only_snapshots_that_are_held_and_still_listed_are_declared(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _listed(monkeypatch, DISKS[0], "d-bp1other0000000000001")
    declare(engine, run_of(Observed(), recorded=True), backup=Backup())
    assert list(engine.named("EcsSnapshot")) == [f"web-01/{DISKS[0]}"]


def test_no_backup_is_made_once_the_transfer_is_submitted_and_that_is_reported(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _listed(monkeypatch, *DISKS)
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    declare(engine, run_of(Observed()), backup=Backup())
    assert not engine.named("EcsSnapshot")
    assert warned == ["backup: the transfer is submitted already, so no snapshot is made any more."]


def test_an_instance_without_a_listed_disk_can_not_be_backed_up(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="lists no disk"):
        declare(engine, run_of(Observed(), checked=Checked(disks=[])), backup=Backup())


def test_the_recipients_half_backs_up_nothing(engine: Engine) -> None:
    recipient = of_side("recipient")
    declare(engine, run_of(Observed(), recipient), backup=Backup())
    assert not engine.named("EcsSnapshot")


def test_a_snapshot_of_a_killed_run_is_imported_and_an_older_snapshot_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"handover-web-01-{DISKS[0]}"
    for minutes, expected in ((5, "s-1"), (90, None)):
        listed = Snapshot("s-1", DISKS[0], name, datetime.now(UTC) - timedelta(minutes=minutes), 30)
        monkeypatch.setattr(
            "transfer_provider.handover.snapshots.tagged_snapshots", lambda *_, snapshot=listed: {DISKS[0]: [snapshot]}
        )
        assert Snapshots("source", {})._left_behind("cn-hangzhou", DISKS[0], name, Backup()) == expected


def test_a_blocking_finding_ends_the_program_with_its_message(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="can't be submitted"):
        declare(engine, run_of(Observed(), checked=Refused("1 of 1 handover can't be submitted")))
    assert engine.kinds() == []


def test_a_warning_finding_is_reported_of_the_handover(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    finding = Finding("EipBound", False, WEB_01, "It has the EIP 203.0.113.9.", "Declare another.", "the article, S2")
    declare(engine, run_of(Observed(), checked=Checked([finding])))
    assert warned == ["EipBound: It has the EIP 203.0.113.9. Declare another."]


def _listed(monkeypatch: pytest.MonkeyPatch, *disk_ids: str) -> None:
    """The source lists a snapshot of each of these disks, made long ago."""
    made = {
        disk_id: [Snapshot(f"s-{disk_id}", disk_id, "", datetime(2025, 1, 1, tzinfo=UTC), 30)] for disk_id in disk_ids
    }
    monkeypatch.setattr("transfer_provider.handover.snapshots.tagged_snapshots", lambda *_: made)
    monkeypatch.setattr("transfer_provider.handover.snapshots.confirm_snapshots", lambda *_: None)


class TestAfter:
    """Handovers that a program declares one after the other, each decided by itself."""

    DB = "i-bp1db000000000000001"

    def declare(self, engine: Engine, run: Run, after: str = "db-01") -> Handover:
        """web-01, after db-01 was declared."""
        given: dict[str, Any] = {"region": "cn-hangzhou", "recipient_account_id": RECIPIENT, "accept_terms": True}

        def both() -> Handover:
            Handover("db-01", instance_id=self.DB, **given, run=run)
            return Handover("web-01", instance_id=WEB_01, **given, after=[after], backup=Backup(), run=run)

        made = engine.run(both)
        run.report_waiting()
        return made

    def test_waits_without_a_transfer_and_is_reported_at_the_programs_end(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reported: list[str] = []
        monkeypatch.setattr(pulumi.log, "info", reported.append)
        made = self.declare(engine, run_of(Observed()))
        assert engine.named(TRANSFER).keys() == {"db-01"}
        assert "EcsSnapshot" not in engine.kinds()
        assert made.transfer is None
        assert reported == [
            "Not submitted in this run: 1 handover waits for others of the stack: web-01 for db-01 (not submitted)."
        ]

    def test_is_submitted_once_those_before_it_have_arrived(self, engine: Engine) -> None:
        arrived = run_of(Observed(received=True, arrived=True), checked=Checked(disks=[]), recorded=False)
        with pytest.raises(pulumi.RunError, match="Could not back up web-01"):  # so its transfer is due
            self.declare(engine, arrived)

    def test_names_only_what_is_declared_before_it(self, engine: Engine) -> None:
        with pytest.raises(pulumi.RunError, match="web-01: `after` names db-02, which is not declared before it"):
            self.declare(engine, run_of(Observed()), after="db-02")
