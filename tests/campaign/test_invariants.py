"""Each invariant recognises what would break it, and lets pass what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.campaign.invariants import Call, Intent, Observation, ResourceSeen, TransferSeen, broken, orphans

WEB, DB = "i-web", "i-db"
REVIEW = TransferSeen("it-1", WEB, "why", "UnderReview", approved=False)
CANCELLED = replace(REVIEW, status="Cancelled")
ARRIVED = ResourceSeen("InstanceReceipt", "web-01", WEB, WEB, "Completed")
WANTED = Intent("web-01", "why", recreate=True, eip=True)
STATE = (ResourceSeen("InstanceTransfer", "web-01", "it-1", WEB), ResourceSeen("EipAddress", "web-01", "eip-1"))
CANCEL = Call("CancelInstanceTransfer", {"TransferId": "it-1"})
ACCEPT = Call("AcceptInstanceTransfer", {"TransferId": "it-1"})
RELEASE = Call("ReleaseEipAddress", {"AllocationId": "eip-1"})
QUIET = Observation({WEB: WANTED}, transfers=(REVIEW,), state_before=STATE, state=STATE, recipient="2")


def found(seen: Observation) -> list[str]:
    return [violation.invariant for violation in broken(seen)]


def test_a_quiet_step_breaks_nothing() -> None:
    assert found(QUIET) == []


def test_two_unfinished_transfers_of_an_instance_are_recognised() -> None:
    second = replace(REVIEW, id="it-2", status="Approved")
    assert found(replace(QUIET, transfers=(REVIEW, second))) == ["one unfinished transfer"]
    assert found(replace(QUIET, transfers=(CANCELLED, second))) == []


@pytest.mark.parametrize("kind", ["InstanceTransfer", "InstanceReceipt"])
def test_two_resources_of_an_instance_are_recognised(kind: str) -> None:
    state = tuple(ResourceSeen(kind, name, "it-1", WEB) for name in ("web-01", "web-02"))
    assert found(replace(QUIET, state=state)) == ["one resource an instance"]


@pytest.mark.parametrize(
    ("intents", "expected"),
    [
        ({WEB: WANTED}, ["no cancellation unasked"]),
        ({}, ["no cancellation unasked"]),
        ({WEB: replace(WANTED, declared=False)}, []),
        ({WEB: replace(WANTED, reason="another")}, []),
    ],
)
def test_a_cancellation_is_fine_where_a_file_was_removed_or_changed(
    intents: dict[str, Intent], expected: list[str]
) -> None:
    assert found(replace(QUIET, intents=intents, calls=(CANCEL,), transfers=(CANCELLED,))) == expected


def test_more_cancellations_than_allowed_are_recognised() -> None:
    second = TransferSeen("it-2", DB, "why", "Cancelled", approved=False)
    given_up = {WEB: replace(WANTED, declared=False), DB: Intent("db-01", "why", declared=False)}
    calls = (CANCEL, CANCEL, Call("CancelInstanceTransfer", {"TransferId": "it-2"}))
    seen = replace(QUIET, intents=given_up, calls=calls, transfers=(CANCELLED, second))
    assert found(seen) == ["no more cancellations than allowed"]
    assert found(replace(seen, most_cancellations=2)) == []
    assert found(replace(seen, calls=(CANCEL, CANCEL))) == []


def test_an_acceptance_needs_approval_and_a_file_that_says_where() -> None:
    approved = replace(REVIEW, status="Transferring", approved=True)
    fine = replace(QUIET, calls=(ACCEPT,), transfers=(approved,))
    assert found(fine) == []
    assert found(replace(fine, transfers=(replace(approved, approved=False),))) == ["no acceptance unasked"]
    for intent in (replace(WANTED, declared=False), replace(WANTED, recreate=False)):
        assert found(replace(fine, intents={WEB: intent})) == ["no acceptance unasked"]


@pytest.mark.parametrize("action", ["ReleaseEipAddress", "UnassociateEipAddress"])
def test_an_address_of_a_declared_handover_is_not_given_away(action: str) -> None:
    seen = replace(QUIET, calls=(Call(action, {"AllocationId": "eip-1"}),))
    assert found(seen) == ["nothing of the recipients lost"]
    assert found(replace(seen, intents={WEB: replace(WANTED, declared=False)})) == []
    assert found(replace(seen, intents={WEB: replace(WANTED, eip=False)})) == []


def test_an_address_that_the_state_did_not_hold_is_nobodys_to_release() -> None:
    assert found(replace(QUIET, calls=(RELEASE,), state_before=())) == ["nothing of the recipients lost"]


def test_a_declared_group_is_not_deleted() -> None:
    seen = replace(QUIET, calls=(Call("DeleteSecurityGroup", {"SecurityGroupId": "sg-1"}),))
    assert found(replace(seen, groups=frozenset({"sg-1"}))) == ["nothing of the recipients lost"]
    assert found(seen) == []


def test_a_secret_in_the_output_is_recognised_and_not_repeated() -> None:
    seen = replace(QUIET, text="the key is TOPSECRET", secrets=("TOPSECRET",))
    (violation,) = broken(seen)
    assert violation.invariant == "no secret"
    assert "TOPSECRET" not in str(violation)


@pytest.mark.parametrize("text", ["Traceback (most recent call last):", "error: Exception calling application: no"])
def test_a_traceback_in_the_output_is_recognised(text: str) -> None:
    assert found(replace(QUIET, text=f"before\n{text}\nafter")) == ["no traceback"]


def test_a_claim_that_nothing_happened_has_to_be_true() -> None:
    claim = "nothing was declared and no changes were made"
    assert found(replace(QUIET, text=claim)) == []
    assert found(replace(QUIET, text=claim, calls=(Call("TransferInstance", {}),))) == ["says what is true"]
    given_up = replace(QUIET, intents={WEB: replace(WANTED, declared=False)}, transfers=(CANCELLED,))
    assert found(replace(given_up, text="Nothing was cancelled.", calls=(CANCEL,))) == ["says what is true"]


@pytest.mark.parametrize(
    ("owner", "expected"), [("2", []), ("1", ["no arrival claimed"]), (None, ["no arrival claimed"])]
)
def test_an_arrival_in_the_state_is_one_at_the_cloud(owner: str | None, expected: list[str]) -> None:
    assert found(replace(QUIET, state=(ARRIVED,), owners={WEB: owner})) == expected


def test_what_the_stack_made_is_in_its_state_or_named_by_the_run() -> None:
    owned = {"eip-1": "EIP web-01", "sg-1": "security group front"}
    assert [violation.what for violation in orphans(owned, STATE, "")] == [
        "security group front (sg-1) is in no state, and the last run does not name it"
    ]
    assert orphans(owned, STATE, "warning: sg-1 is not tracked") == []
