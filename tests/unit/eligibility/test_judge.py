"""The rules, one by one and at their edges; and that whatever is observed, judging it is safe."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.eligibility.judge import (
    BLOCKERS,
    CHECK_YOURSELF,
    CODES,
    Finding,
    judge,
    soften,
    under_way,
    unknown,
)
from transfer_provider.model.inventory import Disk, Image, Instance, Inventory, Maintenance
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SOURCE, RECIPIENT, OTHER = "1000000000000001", "1000000000000002", "1000000000000003"
WEB = "i-bp1web00000000000001"
REGION = "cn-hangzhou"
FIT = Instance(WEB, "web-01", "cn-hangzhou", "Running", created=NOW - timedelta(days=100), image_id="m-1")
ASKED = TransferRequest(WEB, REGION, RECIPIENT, reason="It moves")


def facts(instance: Instance | None = FIT, **more: Any) -> Inventory:
    known: dict[str, Any] = {"transfers": {}, "maintenance": {}, "verified": True} | more
    return Inventory(SOURCE, "cn-hangzhou", NOW, {} if instance is None else {instance.instance_id: instance}, **known)


def found(instance: Instance | None = FIT, requested: TransferRequest = ASKED, **more: Any) -> list[Finding]:
    return judge(facts(instance, **more), [requested])


def codes(instance: Instance | None = FIT, requested: TransferRequest = ASKED, **more: Any) -> list[str]:
    return [finding.code for finding in found(instance, requested, **more)]


def changed(**changes: Any) -> Instance:
    return replace(FIT, **changes)


def disk(**more: Any) -> dict[str, list[Disk]]:
    return {WEB: [Disk("d-1", WEB, "system"), Disk("d-2", WEB, **more)]}


def move(status: Status, recipient: str = RECIPIENT, reason: str | None = "It moves") -> dict[str, list[Transfer]]:
    return {WEB: [Transfer("it-1", WEB, status, recipient, reason=reason)]}


def test_an_instance_that_is_fit_has_no_findings() -> None:
    assert codes(disks=disk(), images={"m-1": Image("m-1", "self")}) == []


@pytest.mark.parametrize("status", ["Running", "Stopped"])
def test_running_and_stopped_are_transferred(status: str) -> None:
    assert codes(changed(status=status)) == []


@pytest.mark.parametrize("status", ["Pending", "Starting", "Stopping"])
def test_no_other_status_is(status: str) -> None:
    (finding,) = found(changed(status=status))
    assert (finding.code, finding.blocks) == ("IncorrectStatus", True)
    assert status in finding.message


@pytest.mark.parametrize("lock", ["financial", "Security", "dedicatedhostfinancial", "refunded", "somethingNew"])
def test_a_lock_blocks_and_is_named(lock: str) -> None:
    (finding,) = found(changed(locks=[lock]))
    assert finding.code == "Locked"
    assert lock in finding.message


def test_what_an_account_calls_things_is_shown_on_one_line() -> None:
    hostile = "x\n::error::y\x1b[2J\u202e"
    transfers = move(Status.UNDER_REVIEW, OTHER, hostile)
    findings = found(changed(locks=[hostile], dedicated_host=hostile), transfers=transfers)
    assert sorted(finding.code for finding in findings) == ["DedicatedHost", "Locked", "TransferInProgress"]
    for finding in findings:
        assert finding.message.isprintable()
        assert "::error::" not in finding.message


@pytest.mark.parametrize("changes", [{"recyclable": True}, {"locks": ["Recycling"]}, {"locks": ["recycling"]}])
def test_what_is_recycled_is_not_also_locked(changes: dict[str, Any]) -> None:
    assert codes(changed(**changes)) == ["Recycling"]


@pytest.mark.parametrize(
    ("left", "code"),
    [
        (timedelta(), ["Expired"]),
        (timedelta(days=-30), ["Expired"]),
        (timedelta(seconds=1), ["ExpiresSoon"]),
        (timedelta(days=7), ["ExpiresSoon"]),
        (timedelta(days=7, seconds=1), []),
    ],
)
def test_an_expiry_blocks_once_it_is_over_and_warns_before(left: timedelta, code: list[str]) -> None:
    assert codes(changed(expires=NOW + left)) == code


def test_the_days_before_an_expiry_may_be_others() -> None:
    soon = facts(changed(expires=NOW + timedelta(days=20)))
    assert [finding.code for finding in judge(soon, [ASKED], expiry_days=30)] == ["ExpiresSoon"]
    assert judge(soon, [ASKED], expiry_days=0) == []


@pytest.mark.parametrize(
    ("eips", "expected"),
    [({WEB: True}, [("FixedPublicAddress", True)]), ({}, [("FixedPublicAddress", False)]), ({WEB: False}, [])],
)
def test_a_fixed_public_address_blocks_an_eip_and_warns_where_it_is_not_known_whether_there_is_one(
    eips: dict[str, bool], expected: list[tuple[str, bool]]
) -> None:
    findings = judge(facts(changed(fixed_public_ip="203.0.113.20")), [ASKED], eips=eips)
    assert [(finding.code, finding.blocks) for finding in findings] == expected
    for finding in findings:
        assert "203.0.113.20" in finding.message
        assert "Leave `eip` out" in finding.remedy
        assert "ConvertNatPublicIpToEip" in finding.remedy


def test_an_eip_beside_no_fixed_address_is_fine() -> None:
    assert judge(facts(), [ASKED], eips={WEB: True}) == []


@pytest.mark.parametrize(
    ("age", "code"),
    [(timedelta(days=4, hours=23), ["CreatedRecently"]), (timedelta(days=5), []), (timedelta(), ["CreatedRecently"])],
)
def test_an_instance_has_to_be_five_days_old(age: timedelta, code: list[str]) -> None:
    assert codes(changed(created=NOW - age)) == code


def test_it_is_stated_when_it_will_be_old_enough() -> None:
    (finding,) = found(changed(created=NOW))
    assert finding.remedy == "Wait until 2026-06-06 12:00 UTC."


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"encrypted": True}, "EncryptedDisk"),
        ({"shared": True}, "SharedDisk"),
        *[({"status": status}, "DiskNotAttached") for status in ("Attaching", "Detaching", "Available", "Creating")],
    ],
)
def test_a_disk_that_does_not_move_is_named(more: dict[str, Any], code: str) -> None:
    (finding,) = found(disks=disk(**more))
    assert (finding.code, finding.blocks) == (code, True)
    assert "d-2" in finding.message
    assert "d-1" not in finding.message


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"eip": "203.0.113.9"}, "EipBound", "203.0.113.9"),
        ({"dedicated_host": "dh-1"}, "DedicatedHost", "dh-1"),
        ({"deployment_set": "ds-1"}, "DeploymentSet", "ds-1"),
        ({"secondary_interfaces": ["eni-1", "eni-2"]}, "SecondaryInterfaces", "eni-1, eni-2"),
        ({"deletion_protection": True}, "DeletionProtection", "protected"),
        ({"released_at": NOW + timedelta(days=9)}, "AutoRelease", "2026-06-10"),
    ],
)
def test_what_is_to_be_dealt_with_apart_only_warns(changes: dict[str, Any], code: str, named: str) -> None:
    (finding,) = found(changed(**changes))
    assert (finding.code, finding.blocks) == (code, False)
    assert named in finding.message


@pytest.mark.parametrize(
    "more",
    [
        {"images": {"m-1": Image("m-1", "marketplace")}},
        {"images": {"m-1": Image("m-1", "others", "cmjj1")}},
        {"disks": {WEB: [Disk("d-1", WEB, product_code="cmjj1")]}},
    ],
)
def test_a_marketplace_product_warns(more: dict[str, Any]) -> None:
    (finding,) = found(**more)
    assert (finding.code, finding.blocks) == ("Marketplace", False)


def test_a_spot_instance_and_one_with_maintenance_ahead_are_not_transferred() -> None:
    assert codes(changed(spot=True)) == ["Spot"]
    ahead = {WEB: [Maintenance("e-1", "SystemMaintenance.Redeploy", "2026-06-03T00:00:00Z")]}
    (finding,) = found(maintenance=ahead)
    assert (finding.code, finding.blocks) == ("ScheduledMaintenance", True)
    assert "SystemMaintenance.Redeploy" in finding.message


def test_an_instance_that_is_not_there_has_this_one_finding() -> None:
    assert codes(None, TransferRequest(WEB, REGION, SOURCE)) == ["NotFound"]


def test_the_source_is_no_recipient() -> None:
    assert codes(requested=TransferRequest(WEB, REGION, SOURCE)) == ["SameAccount"]


@pytest.mark.parametrize(
    ("verified", "recipient", "expected"),
    [
        (True, True, []),
        (None, None, []),
        (False, True, ["SourceNotVerified"]),
        (True, False, ["RecipientNotVerified"]),
        (False, False, ["SourceNotVerified", "RecipientNotVerified"]),
    ],
)
def test_an_account_has_to_be_verified_where_that_is_known(
    verified: bool | None, recipient: bool | None, expected: list[str]
) -> None:
    two = [ASKED, TransferRequest("i-bp1web00000000000002", REGION, RECIPIENT)]
    observed = replace(
        facts(verified=verified),
        instances={request.instance_id: replace(FIT, instance_id=request.instance_id) for request in two},
    )
    assert [request.code for request in judge(observed, two, recipient_verified=recipient)] == expected


class TestEarlierTransfers:
    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED, Status.TRANSFERRING])
    def test_one_that_differs_is_in_the_way(self, status: Status) -> None:
        for transfers in (move(status, OTHER), move(status, reason="Else")):
            (finding,) = found(transfers=transfers)
            assert (finding.code, finding.blocks) == ("TransferInProgress", True)
            assert "it-1" in finding.message
            assert not under_way(facts(transfers=transfers), ASKED)

    @pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED, Status.TRANSFERRING])
    def test_the_same_is_followed(self, status: Status) -> None:
        assert under_way(facts(transfers=move(status)), ASKED)
        assert codes(transfers=move(status)) == []

    def test_the_same_that_was_cancelled_is_never_taken_again(self) -> None:
        (finding,) = found(transfers=move(Status.CANCELLED))
        assert (finding.code, finding.blocks) == ("CancelledBefore", True)

    def test_another_that_was_cancelled_does_not_matter(self) -> None:
        assert codes(transfers=move(Status.CANCELLED, reason="Else")) == []
        assert codes(transfers=move(Status.CANCELLED, OTHER)) == []

    @pytest.mark.parametrize("requested", [TransferRequest(WEB, REGION), TransferRequest(WEB, REGION, RECIPIENT)])
    def test_where_the_request_is_not_known_a_cancelled_one_only_warns(self, requested: TransferRequest) -> None:
        (finding,) = found(requested=requested, transfers=move(Status.CANCELLED))
        assert (finding.code, finding.blocks) == ("CancelledBefore", False)

    def test_a_reason_that_is_known_to_be_another_does_not_matter_whoever_the_recipient_is(self) -> None:
        assert codes(requested=TransferRequest(WEB, REGION, reason="Else"), transfers=move(Status.CANCELLED)) == []
        assert codes(requested=TransferRequest(WEB, REGION, reason="It moves"), transfers=move(Status.CANCELLED)) == [
            "CancelledBefore"
        ]

    def test_findings_of_one_code_do_not_stand_in_the_order_they_were_requested(self) -> None:
        transfers = {WEB: [*move(Status.CANCELLED)[WEB], *move(Status.CANCELLED, OTHER)[WEB]]}
        requested = [ASKED, replace(ASKED, recipient_account_id=OTHER)]
        assert judge(facts(transfers=transfers), requested) == judge(facts(transfers=transfers), requested[::-1])

    @pytest.mark.parametrize("status", [Status.REJECTED, Status.EXPIRED, Status.COMPLETED])
    def test_what_ended_otherwise_may_be_submitted_again(self, status: Status) -> None:
        assert codes(transfers=move(status)) == []

    def test_what_was_handed_over_to_this_recipient_is_followed(self) -> None:
        assert under_way(facts(None, transfers=move(Status.COMPLETED)), ASKED)
        assert not under_way(facts(None, transfers=move(Status.COMPLETED, OTHER)), ASKED)
        assert not under_way(facts(transfers=move(Status.COMPLETED)), ASKED)


def test_what_the_credentials_may_not_see_is_unknown_and_no_finding() -> None:
    blind = facts(transfers=None, maintenance=None, verified=None)
    assert judge(blind, [ASKED]) == []
    assert len(unknown(blind)) == 3
    assert unknown(facts()) == []


def test_what_blocks_comes_first() -> None:
    several = changed(eip="203.0.113.9", spot=True, status="Starting", deletion_protection=True)
    blocks = [finding.blocks for finding in found(several)]
    assert blocks == sorted(blocks, reverse=True)


def test_softening_turns_what_blocks_into_warnings_by_code_and_loses_nothing() -> None:
    findings = found(changed(spot=True, status="Starting"))
    softened = soften(findings, ["Spot"])
    assert {finding.code: finding.blocks for finding in softened} == {"IncorrectStatus": True, "Spot": False}


def test_what_was_softened_stands_among_the_warnings_in_the_order_of_the_codes() -> None:
    findings = found(
        changed(spot=True, eip="203.0.113.9"), TransferRequest(WEB, REGION), transfers=move(Status.CANCELLED)
    )
    assert [finding.code for finding in findings] == ["Spot", "CancelledBefore", "EipBound"]
    assert [finding.code for finding in soften(findings, ["Spot"])] == ["CancelledBefore", "Spot", "EipBound"]


MOMENTS = st.datetimes(timezones=st.just(UTC))
INSTANCES = st.builds(
    Instance,
    instance_id=st.just(WEB),
    name=st.text(max_size=5),
    region=st.just("cn-hangzhou"),
    status=st.sampled_from(["Pending", "Running", "Starting", "Stopping", "Stopped", "Else"]),
    created=st.none() | MOMENTS,
    expires=st.none() | MOMENTS,
    released_at=st.none() | MOMENTS,
    spot=st.booleans(),
    locks=st.lists(st.text(max_size=9), max_size=2),
    recyclable=st.booleans(),
    deletion_protection=st.booleans(),
    eip=st.none() | st.just("203.0.113.9"),
    secondary_interfaces=st.lists(st.just("eni-1"), max_size=2),
    image_id=st.none() | st.just("m-1"),
    dedicated_host=st.none() | st.just("dh-1"),
    deployment_set=st.none() | st.just("ds-1"),
)


DISKS = st.builds(
    Disk,
    st.sampled_from(["d-1", "d-2"]),
    st.just(WEB),
    status=st.sampled_from(["In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting"]),
    encrypted=st.booleans(),
    shared=st.booleans(),
    product_code=st.none() | st.just("cmjj1"),
)
RECIPIENTS = st.sampled_from([RECIPIENT, OTHER, SOURCE])
REASONS = st.none() | st.sampled_from(["It moves", "Else"])
MOVES = st.builds(
    Transfer, st.sampled_from(["it-1", "it-2"]), st.just(WEB), st.sampled_from(Status), RECIPIENTS, reason=REASONS
)
EVENTS = st.builds(Maintenance, st.just("e-1"), st.just("SystemMaintenance.Redeploy"), st.just("2026-06-03T00:00:00Z"))


def of_web(things: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional={WEB: st.lists(things, max_size=3)})


FACTS = st.builds(
    Inventory,
    account_id=st.just(SOURCE),
    region=st.just("cn-hangzhou"),
    observed_at=st.just(NOW),
    instances=st.fixed_dictionaries({}, optional={WEB: INSTANCES}),
    disks=of_web(DISKS),
    images=st.fixed_dictionaries({}, optional={"m-1": st.just(Image("m-1", "marketplace"))}),
    transfers=st.none() | of_web(MOVES),
    maintenance=st.none() | of_web(EVENTS),
    verified=st.none() | st.booleans(),
)
REQUESTS = st.lists(
    st.builds(
        TransferRequest,
        st.just(WEB),
        st.just(REGION),
        st.just("") | RECIPIENTS,
        reason=REASONS,
    ),
    max_size=3,
)


@given(FACTS, REQUESTS, st.none() | st.booleans(), st.sets(st.sampled_from(sorted(CODES))))
def test_whatever_is_observed_every_finding_is_whole(
    observed: Inventory, requested: list[TransferRequest], verified: bool | None, allowed: set[str]
) -> None:
    findings = judge(observed, requested, recipient_verified=verified)
    for finding in findings:
        assert finding.code in CODES
        assert finding.message.endswith(".")
        assert finding.remedy.endswith(".")
        assert finding.source == CODES[finding.code].source
    softened = soften(findings, allowed)
    assert sorted((finding.code, finding.subject, finding.message) for finding in softened) == sorted(
        (finding.code, finding.subject, finding.message) for finding in findings
    )
    assert not [finding for finding in softened if finding.blocks and finding.code in allowed]


@given(FACTS, REQUESTS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_requested_and_observed_changes_nothing(
    observed: Inventory, requested: list[TransferRequest], chance: Random
) -> None:
    mixed = chance.sample(requested, len(requested))
    transfers = observed.transfers and {
        of: chance.sample(list(some), len(some)) for of, some in observed.transfers.items()
    }
    assert judge(replace(observed, transfers=transfers), mixed) == judge(observed, requested)


def test_the_page_explains_every_code_as_what_it_is() -> None:
    page = (Path(__file__).parents[3] / "docs/eligibility.md").read_text()
    reported = dict(re.findall(r"^\| `(\w+)` \| (blocks|warns) \|", page, re.MULTILINE))
    assert reported == {code: "blocks" if rule.blocks else "warns" for code, rule in CODES.items()}
    assert set(BLOCKERS) == {code for code, how in reported.items() if how == "blocks"}


def test_what_nobody_can_report_is_stated_with_its_source() -> None:
    assert all(finding.what.endswith(".") and finding.source for finding in CHECK_YOURSELF)
