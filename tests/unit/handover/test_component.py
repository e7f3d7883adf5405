"""What one handover declares in each stage: the wiring, with Pulumi's own mocks in the engine's place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pulumi
import pytest

from tests.unit.engine_mock import Engine
from transfer_provider import Backup, Eip, Handover
from transfer_provider.cloud.errors import Refused, TryAgain
from transfer_provider.cloud.snapshots import Snapshot
from transfer_provider.eligibility.judge import Finding
from transfer_provider.handover.plan import Recorded, Seen
from transfer_provider.handover.preflight import Checked, Checks
from transfer_provider.handover.recipient_network import Network
from transfer_provider.handover.run import Program
from transfer_provider.handover.snapshots import Backups
from transfer_provider.handover.survey import Survey
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.inventory import Disk
from transfer_provider.model.transfer import TransferRequest

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


class Told(Survey):
    """A survey that has seen what a test says."""

    def __init__(self, seen: Seen | Exception) -> None:
        super().__init__(BOTH, Recorded())
        self.seen = seen

    def of(self, instance_id: str, region: str, recipient_account_id: str, channel: str = "api") -> Seen:
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen

    def unbound_address(self, region: str, name: str) -> str | None:
        return None


class Judged(Checks):
    """Checks that have found what a test says."""

    def __init__(self, checked: Checked | Exception) -> None:
        super().__init__(BOTH, Recorded())
        self.checked = checked

    def of(self, name: str, request: TransferRequest) -> Checked:
        if isinstance(self.checked, Exception):
            raise self.checked
        return self.checked


def program(
    seen: Seen | Exception,
    settings: Settings = BOTH,
    checked: Checked | Exception | None = None,
    *,
    recorded: bool = False,
) -> Program:
    return Program(
        settings,
        Recorded(),
        Told(seen),
        Judged(checked or Checked()),
        Network("recipient"),
        Backups("source", {"web-01": DISKS} if recorded else {}),
    )


def declare(engine: Engine, program: Program, **more: Any) -> Handover:
    given: dict[str, Any] = {
        "instance_id": WEB_01,
        "region": "cn-hangzhou",
        "recipient_account_id": "1000000000000002",
        "accept_terms": True,
        "vswitch_id": "vsw-bp1orchid00000001",
        "security_group_ids": ["sg-bp1orchid000000web"],
        "eip": Eip(),
    } | more
    return engine.run(lambda: Handover("web-01", **given, program=program))


TRANSFER, RECEIPT, ADDRESS, BINDING = "InstanceTransfer", "InstanceReceipt", "EipAddress", "EipAssociation"


@pytest.mark.parametrize(
    ("seen", "allocate", "kinds"),
    [
        (Seen(), "now", [TRANSFER, ADDRESS]),
        (Seen(), "on-arrival", [TRANSFER]),
        (Seen(received=True), "now", [TRANSFER, ADDRESS, RECEIPT]),
        (Seen(received=True), "on-arrival", [TRANSFER, RECEIPT]),
        (Seen(received=True, arrived=True), "now", [TRANSFER, ADDRESS, RECEIPT, BINDING]),
        (Seen(received=True, arrived=True), "on-arrival", [TRANSFER, ADDRESS, RECEIPT, BINDING]),
    ],
)
def test_each_stage_declares_what_is_due(engine: Engine, seen: Seen, allocate: Any, kinds: list[str]) -> None:
    declare(engine, program(seen), eip=Eip(allocate=allocate))
    assert engine.kinds() == sorted(["Handover", *kinds])


def test_the_sources_half_declares_the_transfer_only(engine: Engine) -> None:
    declare(engine, program(Seen(), of_side("source")))
    assert engine.kinds() == ["Handover", TRANSFER]


def test_the_recipients_half_declares_all_but_the_transfer(engine: Engine) -> None:
    declare(engine, program(Seen(received=True, arrived=True), of_side("recipient")))
    assert TRANSFER not in engine.kinds()
    assert {RECEIPT, ADDRESS, BINDING} <= set(engine.kinds())


def test_without_a_place_at_the_recipient_only_the_transfer_is_declared(engine: Engine) -> None:
    declare(engine, program(Seen(received=True)), vswitch_id=None, security_group_ids=None, eip=None)
    assert engine.kinds() == ["Handover", TRANSFER]


@pytest.mark.parametrize("left_out", ["vswitch_id", "security_group_ids"])
def test_half_a_place_is_refused(engine: Engine, left_out: str) -> None:
    with pytest.raises(pulumi.RunError, match="web-01: the recipient's side needs vswitch_id and security_group_ids"):
        declare(engine, program(Seen()), **{left_out: None})


def test_a_look_that_failed_ends_the_program_with_its_message(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="no answer came"):
        declare(engine, program(TryAgain("no answer came")))
    assert engine.declared == []


def test_a_backup_is_declared_for_each_disk_before_the_transfer(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _listed(monkeypatch)
    disks = [Disk(one, WEB_01) for one in DISKS]
    declare(engine, program(Seen(), checked=Checked(disks=disks)), backup=Backup(retention_days=90))
    snapshots = engine.named("EcsSnapshot")
    assert list(snapshots) == [f"web-01/{one}" for one in DISKS]
    for disk_id, snapshot in zip(DISKS, snapshots.values(), strict=True):
        assert snapshot["diskId"] == disk_id
        assert snapshot["snapshotName"] == f"handover-web-01-{disk_id}"
        assert snapshot["retentionDays"] == 90
        assert snapshot["tags"] == {"instance-handover": "web-01"}
    order = [one.typ.rsplit(":", 1)[1] for one in engine.declared]
    assert order.index("InstanceTransfer") > max(at for at, kind in enumerate(order) if kind == "EcsSnapshot")
    assert [one for one in engine.declared if one.name == "source-cn-hangzhou"]


def test_once_submitted_only_snapshots_that_are_held_and_still_listed_are_declared(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _listed(monkeypatch, DISKS[0], "d-bp1other0000000000001")
    declare(engine, program(Seen(), recorded=True), backup=Backup())
    assert list(engine.named("EcsSnapshot")) == [f"web-01/{DISKS[0]}"]


def test_no_backup_is_made_once_the_transfer_is_submitted_and_that_is_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _listed(monkeypatch, *DISKS)
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: said.append(message))
    declare(engine, program(Seen()), backup=Backup())
    assert not engine.named("EcsSnapshot")
    assert said == ["backup: the transfer is submitted already, so no snapshot is made any more."]


def test_an_instance_without_a_disk_to_be_seen_can_not_be_backed_up(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="lists no disk"):
        declare(engine, program(Seen(), checked=Checked(disks=[])), backup=Backup())


def test_the_recipients_half_backs_up_nothing(engine: Engine) -> None:
    recipient = of_side("recipient")
    declare(engine, program(Seen(), recipient), backup=Backup())
    assert not engine.named("EcsSnapshot")


def test_a_snapshot_of_a_killed_run_is_taken_over_and_an_older_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"handover-web-01-{DISKS[0]}"
    for minutes, expected in ((5, "s-1"), (90, None)):
        listed = Snapshot("s-1", DISKS[0], name, datetime.now(UTC) - timedelta(minutes=minutes), 30)
        monkeypatch.setattr("transfer_provider.handover.snapshots.tagged", lambda *_, one=listed: {DISKS[0]: [one]})
        assert Backups("source", {})._left_behind("cn-hangzhou", DISKS[0], name, Backup()) == expected


def test_what_is_in_the_way_ends_the_program_with_its_message(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match="can't be submitted"):
        declare(engine, program(Seen(), checked=Refused("1 of 1 handover can't be submitted")))
    assert engine.kinds() == []


def test_what_only_warns_is_said_of_the_handover(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: said.append(message))
    finding = Finding("EipBound", False, WEB_01, "It has the EIP 203.0.113.9.", "Declare another.", "the article, S2")
    declare(engine, program(Seen(), checked=Checked([finding])))
    assert said == ["EipBound: It has the EIP 203.0.113.9. Declare another."]


def _listed(monkeypatch: pytest.MonkeyPatch, *disk_ids: str) -> None:
    """The source lists a snapshot of each of these disks, made long ago."""
    made = {one: [Snapshot(f"s-{one}", one, "", datetime(2025, 1, 1, tzinfo=UTC), 30)] for one in disk_ids}
    monkeypatch.setattr("transfer_provider.handover.snapshots.tagged", lambda *_: made)
