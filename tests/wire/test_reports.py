"""What every run reports again, against the sandbox: untracked transfers, and approved instances that changed."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, Unsupported
from transfer_provider.eligibility.judge import Finding
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.reports import untracked
from transfer_provider.handover.reports.approved import ApprovedInstances
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

REGION = "cn-hangzhou"
SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
WEB_01, WEB_02 = "i-bp1web00000000000001", "i-bp1web00000000000002"


def of(**more: Any) -> Settings:
    given = {
        "region": REGION,
        "sourceProfile": "sandbox-source",
        "recipientProfile": "sandbox-recipient",
        "sourceAccount": SOURCE,
        "recipients": (RECIPIENT,),
    }
    return Settings(**given | more)


def submit(instance_id: str) -> str:
    request = TransferRequest(instance_id, REGION, RECIPIENT, reason="Orchid moves")
    return operations.submit(Cloud("sandbox-source", REGION), request, f"token-{instance_id}").transfer_id


class Log(list[str]):
    """What a run reported."""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    reported = Log()
    monkeypatch.setattr(pulumi.log, "warn", lambda message: reported.append(f"warning: {message}"))
    monkeypatch.setattr(pulumi.log, "info", lambda message: reported.append(f"info: {message}"))
    monkeypatch.setattr(pulumi, "get_stack", lambda: "orchid")
    return reported


class TestUntrackedTransfers:
    def test_are_one_warning_by_one_call(self, sandbox: Sandbox, log: Log) -> None:
        ids = [submit(WEB_01), submit(WEB_02)]
        sandbox.log.clear()
        untracked.warn(of(), StackState(), [])
        (report,) = log
        assert all(f"{transfer_id} of i-bp1web" in report for transfer_id in ids)
        assert "to cancel it, adopt it, then remove that declaration" in report
        (entry,) = sandbox.log.entries()
        assert entry.action == "DescribeInstanceTransfers"
        assert entry.parameters["Status"] == "UnderReview,Approved,Transferring"

    def test_in_a_region_of_a_handover_are_found_as_well(self, sandbox: Sandbox, log: Log) -> None:
        elsewhere = TransferRequest(WEB_01, "cn-shanghai", RECIPIENT)
        untracked.warn(of(), StackState(), [elsewhere, elsewhere])
        assert [entry.parameters["RegionId"] for entry in sandbox.log.entries()] == [REGION, "cn-shanghai"]

    def test_that_ended_are_not_reported(self, sandbox: Sandbox, log: Log) -> None:
        submit(WEB_01)
        sandbox.desk.reject(WEB_01, reason="No.")
        untracked.warn(of(), StackState(), [])
        assert log == []

    def test_beyond_ten_are_counted(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        many = [Transfer(f"it-{number}", f"i-{number}", Status.APPROVED, RECIPIENT) for number in range(12)]
        monkeypatch.setattr(untracked, "under_way", lambda _: many)
        untracked.warn(of(), StackState(), [])
        (report,) = log
        assert "and 2 more: `handover doctor --stack orchid` lists all." in report

    def test_are_not_queried_by_the_recipients_half(self, sandbox: Sandbox, log: Log) -> None:
        untracked.warn(of(side="recipient"), StackState(), [])
        assert log == []
        assert not sandbox.log.entries()

    @pytest.mark.parametrize("error", [NotAllowed("no permission"), Unsupported("not offered")])
    def test_that_the_account_can_not_list_are_no_error_and_no_warning(
        self, log: Log, error: Exception, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(_: Cloud) -> list[Transfer]:
            raise error

        monkeypatch.setattr(untracked, "under_way", refused)
        untracked.warn(of(), StackState(), [])
        assert log == []

    def test_without_an_answer_are_reported_as_not_checked(
        self, sandbox: Sandbox, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("transfer_provider.cloud.client.ATTEMPTS", 1)
        sandbox.faults.add(Fault(action="DescribeInstanceTransfers", kind="error"))
        untracked.warn(of(), StackState(), [])
        (report,) = log
        assert report.startswith(f"info: Transfers that nothing tracks were not checked in {REGION}: Could not look up")


class TestApprovedInstances:
    WANTED = Wanted("web-01", TransferRequest(WEB_01, REGION, RECIPIENT), destination=True)
    APPROVED = Transfer("it-1", WEB_01, Status.APPROVED, RECIPIENT)

    def findings(self, settings: Settings, state: StackState | None = None, *, every: bool = True) -> list[Finding]:
        observed = {self.WANTED: Observed(self.APPROVED, received=True)}
        return ApprovedInstances(settings, state or StackState()).findings(observed, every=every).get(self.WANTED, [])

    def change(self, sandbox: Sandbox, **changes: Any) -> None:
        sandbox.state.change_instance(WEB_01, changes)

    def test_that_are_as_they_were_get_no_warning(self, sandbox: Sandbox) -> None:
        assert self.findings(of()) == []
        assert [entry.action for entry in sandbox.log.entries()] == ["DescribeInstances"]

    def test_that_are_locked_get_a_warning(self, sandbox: Sandbox) -> None:
        self.change(sandbox, locks=("financial",))
        (found,) = self.findings(of())
        assert (found.code, found.blocks) == ("Locked", False)

    def test_that_are_being_released_are_refused_unless_a_reviewed_setting_says_otherwise(
        self, sandbox: Sandbox
    ) -> None:
        self.change(sandbox, recyclable=True)
        (found,) = self.findings(of())
        assert (found.code, found.blocks) == ("Recycling", True)
        (found,) = self.findings(of(warnOnly=("Recycling",)))
        assert not found.blocks

    def test_that_were_accepted_before_are_not_queried(self, sandbox: Sandbox) -> None:
        assert self.findings(of(), StackState(received={WEB_01})) == []
        assert not sandbox.log.entries()

    def test_of_a_program_that_declares_one_by_one_are_queried_once(self, sandbox: Sandbox) -> None:
        instances = ApprovedInstances(of(), StackState())
        for _ in range(2):
            observed = {self.WANTED: Observed(self.APPROVED, received=True)}
            assert instances.findings(observed, every=False) == {self.WANTED: []}
        assert [entry.action for entry in sandbox.log.entries()] == ["DescribeInstances"]

    def test_are_checked_by_the_sources_half_as_its_state_holds_them(self, sandbox: Sandbox) -> None:
        self.change(sandbox, locks=("security",))
        (found,) = self.findings(of(side="source"), StackState(submitted={WEB_01: self.APPROVED}))
        assert found.code == "Locked"

    def test_are_not_checked_by_the_recipients_half(self, sandbox: Sandbox) -> None:
        assert self.findings(of(side="recipient")) == []
        assert not sandbox.log.entries()
