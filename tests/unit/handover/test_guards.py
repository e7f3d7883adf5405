"""What a run must not do, by what is declared and what the state holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from transfer_provider import receipt, transfer
from transfer_provider.handover import guards
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.recipient.state import EIP_ADDRESS, SECURITY_GROUP
from transfer_provider.handover.state import HANDOVER, StackState, of_resources
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import TransferRequest

WEB, DB, APP = "i-bp1web00000000000001", "i-bp1db000000000000001", "i-bp1app00000000000001"
RECIPIENT = "1000000000000002"
STACK = "urn:pulumi:dev::project::"


def settings(**more: Any) -> Settings:
    given = {"region": "cn-hangzhou", "sourceAccount": "1000000000000001", "recipients": (RECIPIENT,)}
    return Settings(**given | more)


def wanted(name: str, instance_id: str, reason: str = "moves", **more: Any) -> Wanted:
    return Wanted(name, TransferRequest(instance_id, "cn-hangzhou", RECIPIENT, reason=reason), **more)


def whole(name: str, instance_id: str, **more: Any) -> Wanted:
    """With the recipient's side and an address of its own at once."""
    return wanted(name, instance_id, destination=True, **{"eip": Eip(allocate="now")} | more)


def transfer_of(instance_id: str, status: Status = Status.UNDER_REVIEW) -> tuple[str, dict[str, Any]]:
    outputs = {"instance_id": instance_id, "status": str(status), "recipient_account_id": RECIPIENT, "reason": "moves"}
    return transfer.TYPE, outputs | {"transfer_id": f"it-{instance_id[2:]}"}


def receipt_of(instance_id: str, status: Status = Status.COMPLETED) -> tuple[str, dict[str, Any]]:
    return receipt.TYPE, {"instance_id": instance_id, "status": str(status)}


def address_of(instance_id: str | None = None) -> tuple[str, dict[str, Any]]:
    tags = {"instance-handover:instance": instance_id} if instance_id else {}
    return EIP_ADDRESS, {"allocationId": "eip-1", "tags": tags}


def component(*, protected: bool = True) -> tuple[str, dict[str, Any]]:
    return HANDOVER, {"protected": protected}


def state(**handovers: list[tuple[str, dict[str, Any]]]) -> StackState:
    """A state with these handovers, each with its resources; `_` in a name is `-`."""
    resources = {}
    for key, held in handovers.items():
        name = key.replace("_", "-")
        for kind, outputs in held:
            path = kind if kind == HANDOVER else f"{HANDOVER}${kind}"
            resources[f"{STACK}{path}::{name}"] = {"type": kind, "outputs": outputs}
    return of_resources(resources)


def names(declared: list[Wanted], held: StackState) -> list[str]:
    return guards.names(declared, held, declared)


class TestNames:
    HELD = state(web_01=[transfer_of(WEB)], db_01=[transfer_of(DB)])

    def test_a_handover_under_its_name_and_under_a_new_name_is_fine(self) -> None:
        assert names([wanted("web-01", WEB), wanted("db-01", DB)], self.HELD) == []
        assert names([wanted("shop", WEB), wanted("db-01", DB)], self.HELD) == []
        assert names([wanted("shop", WEB), wanted("store", DB)], self.HELD) == []

    def test_swapped_names_are_refused_and_each_former_name_is_reported(self) -> None:
        first, second = names([wanted("web-01", DB), wanted("db-01", WEB)], self.HELD)
        assert f"Could not use the name web-01 for {DB}: the stack's state holds web-01 for {WEB}" in first
        assert f"{WEB} is declared as db-01 now: give both their former names" in first
        assert f"{DB} is declared as web-01 now" in second

    def test_a_chain_is_refused(self) -> None:
        (refused,) = names([wanted("web-03", WEB), wanted("web-01", DB)], self.HELD)
        assert f"{WEB} is declared as web-03 now" in refused
        assert "rename in two runs" in refused

    def test_a_name_of_an_unfinished_transfer_that_is_given_to_a_new_instance_is_refused(self) -> None:
        (refused,) = names([wanted("web-01", APP), wanted("db-01", DB)], self.HELD)
        assert f"Restore instance_id: {WEB} in web-01" in refused
        assert "which cancels it for good" in refused

    def test_after_the_arrival_the_name_stays_with_what_the_recipient_got(self) -> None:
        held = state(web_01=[transfer_of(WEB, Status.COMPLETED), receipt_of(WEB), address_of()])
        (refused,) = names([wanted("web-01", APP)], held)
        assert "what the recipient got stays with this name" in refused
        assert "cancel" not in refused

    def test_the_name_of_a_rejected_transfer_is_free_after_a_run_without_it(self) -> None:
        (refused,) = names([wanted("web-01", APP)], state(web_01=[transfer_of(WEB, Status.REJECTED)]))
        assert "or remove web-01, run `pulumi up`, and then declare" in refused

    def test_a_reserved_address_keeps_its_name_for_its_instance_before_there_is_a_receipt(self) -> None:
        (refused,) = names([whole("web-01", APP)], state(web_01=[address_of(WEB)]))
        assert f"holds web-01 for {WEB}" in refused
        assert names([whole("web-01", APP)], state(web_01=[address_of()])) == []


def test_an_instance_that_two_resources_track_is_refused_with_both_urns() -> None:
    held = state(web_01=[transfer_of(WEB)], web_02=[transfer_of(WEB)])
    (refused,) = guards.doubled(held)
    assert "::web-01 and as urn:" in refused
    assert "`pulumi state delete '<urn>'`, which cancels nothing" in refused
    assert guards.doubled(state(web_01=[transfer_of(WEB)], web_02=[transfer_of(DB)])) == []


class TestDropped:
    def test_a_side_that_does_not_declare_what_the_state_holds_is_refused(self) -> None:
        held = state(web_01=[transfer_of(WEB), address_of()])
        (refused,) = guards.dropped([wanted("web-01", WEB)], held, settings(side="recipient"), None)
        assert "Could not run with side: recipient: the stack's state holds the transfers of web-01" in refused
        (refused,) = guards.dropped([wanted("web-01", WEB)], held, settings(side="source"), None)
        assert "what the recipient got by web-01" in refused
        assert guards.dropped([wanted("web-01", WEB)], held, settings(), None) == []

    def test_a_folder_without_handovers_is_refused_while_the_state_holds_some(self) -> None:
        held = state(web_01=[transfer_of(WEB)])
        (refused,) = guards.dropped([], held, settings(), "stacks/sandbox does not exist")
        assert "stacks/sandbox does not exist, and the stack's state holds web-01" in refused
        assert "use `pulumi destroy`" in refused

    @pytest.mark.parametrize("status", [Status.REJECTED, Status.CANCELLED, Status.EXPIRED])
    def test_what_failed_may_be_removed_with_the_last_file(self, status: Status) -> None:
        held = state(web_01=[transfer_of(WEB, status)])
        assert guards.dropped([], held, settings(), "stacks/sandbox holds no handovers") == []

    def test_a_new_stack_may_hold_nothing(self) -> None:
        assert guards.dropped([], StackState(), settings(), "stacks/sandbox holds no handovers") == []


class TestCancellations:
    HELD = state(web_01=[transfer_of(WEB)], db_01=[transfer_of(DB, Status.APPROVED)], app=[transfer_of(APP)])

    def test_as_many_as_the_stack_allows_may_be_dropped(self) -> None:
        kept = [wanted("web-01", WEB), wanted("db-01", DB)]
        assert guards.cancellations(kept, self.HELD, settings(), every=True) == []

    def test_more_are_refused_and_named_with_the_setting(self) -> None:
        (refused,) = guards.cancellations([wanted("web-01", WEB)], self.HELD, settings(), every=True)
        assert "Could not cancel 2 transfers in one run: the stack allows 1" in refused
        assert f"db-01 ({DB}, Approved) is no longer declared" in refused
        assert f"app ({APP}, UnderReview) is no longer declared" in refused
        assert "`maxCancellations`" in refused
        assert guards.cancellations([wanted("web-01", WEB)], self.HELD, settings(maxCancellations=2), every=True) == []

    def test_a_changed_request_counts_and_a_new_name_does_not(self) -> None:
        changed = [wanted("web-01", WEB, "another"), wanted("db-01", DB, "another"), wanted("renamed", APP)]
        (refused,) = guards.cancellations(changed, self.HELD, settings(), every=True)
        assert "Could not cancel 2 transfers" in refused
        assert f"web-01 ({WEB}) is declared with a changed request" in refused
        assert "renamed" not in refused

    def test_of_a_program_of_ones_own_only_changed_requests_are_known(self) -> None:
        assert guards.cancellations([wanted("web-01", WEB)], self.HELD, settings(), every=False) == []
        none = settings(maxCancellations=0)
        assert guards.cancellations([wanted("web-01", WEB, "another")], self.HELD, none, every=False)

    @pytest.mark.parametrize("status", [status for status in Status if status.terminal])
    def test_what_is_terminal_is_not_cancelled(self, status: Status) -> None:
        held = state(web_01=[transfer_of(WEB, status)])
        none = settings(maxCancellations=0)
        assert guards.cancellations([], held, none, every=True) == []
        assert guards.cancellations([wanted("web-01", WEB, "another")], held, none, every=True) == []


def test_what_has_ended_since_the_state_was_written_is_not_cancelled() -> None:
    held = state(web_01=[transfer_of(WEB)], db_01=[transfer_of(DB)])
    ended = replace(held.submitted[WEB], status=Status.EXPIRED)
    current = held.as_listed({ended.transfer_id: ended})
    none = settings(maxCancellations=0)
    changed = [wanted("web-01", WEB, "another"), wanted("db-01", DB)]
    assert guards.cancellations(changed, held, none, every=True)
    assert guards.cancellations(changed, current, none, every=True) == []
    assert guards.cancellations([wanted("db-01", DB)], current, none, every=True) == []
    (refused,) = guards.cancellations([], current, none, every=True)
    assert "Could not cancel 1 transfer in one run: the stack allows 0" in refused
    assert "db-01" in refused


class TestUncancellable:
    NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def held(self, status: Status, until: str, channel: str = "api") -> StackState:
        kind, outputs = transfer_of(WEB, status)
        return state(web_01=[(kind, outputs | {"cancellable_until": until, "channel": channel})])

    def test_a_dropped_transfer_whose_window_is_closed_is_refused_and_the_way_out_is_named(self) -> None:
        held = self.held(Status.UNDER_REVIEW, "2026-01-01T11:00:00Z")
        (refused,) = guards.uncancellable([], held, self.NOW)
        assert f"Could not remove web-01 ({WEB}), whose transfer would have to be cancelled" in refused
        assert "its cancel window closed at 2026-01-01 11:00:00 UTC" in refused
        assert guards.uncancellable([wanted("web-01", WEB)], held, self.NOW) == []

    def test_in_the_window_and_terminal_and_in_the_console_it_is_not_refused_here(self) -> None:
        assert guards.uncancellable([], self.held(Status.UNDER_REVIEW, "2026-01-01T13:00:00Z"), self.NOW) == []
        assert guards.uncancellable([], self.held(Status.REJECTED, "2026-01-01T11:00:00Z"), self.NOW) == []
        assert guards.uncancellable([], self.held(Status.TRANSFERRING, "", "console"), self.NOW) == []

    def test_whose_window_the_state_does_not_hold_is_to_be_looked_up(self) -> None:
        just_submitted = state(web_01=[transfer_of(WEB)], db_01=[transfer_of(DB)])
        (transfer,) = guards.undated([wanted("web-01", WEB)], just_submitted)
        assert transfer.instance_id == DB
        assert guards.undated([], self.held(Status.UNDER_REVIEW, "2026-01-01T11:00:00Z")) == []


class TestUnfinishable:
    def check(self, declared: list[Wanted], held: StackState, *arrived: str, groups: Any = None) -> list[str]:
        return guards.unfinishable(declared, arrived, groups, held, settings(), every=True)

    def test_a_removed_file_whose_address_is_protected_is_refused_without_the_advice_to_unprotect(self) -> None:
        held = state(web_01=[component(), transfer_of(WEB), address_of()])
        (refused,) = self.check([], held)
        assert f"Could not remove the EIP of web-01 ({WEB}): its file was removed, and it is protected" in refused
        assert "unprotect" not in refused

    def test_an_allocated_address_that_is_only_wanted_on_arrival_is_refused(self) -> None:
        held = state(web_01=[component(), transfer_of(WEB), address_of()])
        later = whole("web-01", WEB, eip=Eip())
        (refused,) = self.check([later], held)
        assert "its file no longer declares it" in refused
        assert self.check([later], held, WEB) == []
        assert self.check([whole("web-01", WEB)], held) == []

    def test_a_receipt_that_is_no_longer_declared_is_refused(self) -> None:
        held = state(web_01=[component(), transfer_of(WEB, Status.COMPLETED), receipt_of(WEB)])
        (refused,) = self.check([wanted("web-01", WEB)], held)
        assert "Could not remove the receipt of web-01" in refused

    def test_what_is_not_protected_may_be_removed(self) -> None:
        held = state(web_01=[component(protected=False), transfer_of(WEB), address_of()])
        assert self.check([], held) == []

    def test_where_no_run_that_ended_recorded_it_the_setting_counts(self) -> None:
        held = state(web_01=[transfer_of(WEB), address_of()])
        assert guards.unfinishable([], (), None, held, settings(), every=True)
        assert guards.unfinishable([], (), None, held, settings(protect=False), every=True) == []

    def test_an_address_of_before_there_were_tags_is_known_by_its_handovers_name(self) -> None:
        held = state(web_01=[component(), address_of()])
        assert self.check([whole("web-01", WEB)], held) == []
        assert "instance unknown" in self.check([whole("db-01", DB)], held)[0]

    def test_a_protected_group_that_is_no_longer_declared_is_refused(self) -> None:
        resources = {
            f"{STACK}{SECURITY_GROUP}::front": {"type": SECURITY_GROUP, "outputs": {}},
            f"{STACK}{HANDOVER}::web-01": {"type": HANDOVER, "outputs": {"protected": True}},
        }
        held = of_resources(resources)
        assert "Could not remove the security group front" in self.check([], held, groups=["data"])[0]
        assert self.check([], held, groups=["front", "data"]) == []
        assert self.check([], held, groups=None) == []


def test_a_name_to_accept_that_no_handover_has_is_a_slip() -> None:
    assert guards.undeclared(["web-01"], ["web-01", "web-02"]) == []
    (problem,) = guards.undeclared(["web-1"], ["web-01", "db-01"])
    assert problem == (
        "Could not accept web-1 outside of its receive window: HANDOVER_ACCEPT_NOW names it, and no handover of that "
        "name is declared; did you mean web-01? Correct the name, or unset HANDOVER_ACCEPT_NOW."
    )
    hostile = guards.undeclared(["*", "all", "a\x1b[2J"], ["web-01"])
    assert [problem.split()[3] for problem in hostile] == ["*", "a\\x1b[2J", "all"]
