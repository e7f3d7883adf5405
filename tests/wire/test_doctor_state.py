"""What `handover doctor` reports of a state that a killed run left, with an engine that exports what a test sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.wire.test_doctor import HANDOVER, RECIPIENT, WEB_01, Stack
from transfer_provider import receipt, transfer
from transfer_provider.cli.doctor.accounts import Accounts
from transfer_provider.cli.doctor.checkup import Outcome, Result, run
from transfer_provider.cli.doctor.leftovers import copy_checks, state_checks
from transfer_provider.cli.doctor.leftovers.exported_state import ExportedState
from transfer_provider.cli.engine.backend import Backend
from transfer_provider.cli.engine.command import Engine
from transfer_provider.cli.examined_stack import ExaminedStack
from transfer_provider.cli.stack import read_stack
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.copies import images
from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.handover.copying import source_image
from transfer_provider.handover.reports import untracked
from transfer_provider.model.copies import Origin
from transfer_provider.model.ownership import Owner
from transfer_provider.model.transfer import Transfer, TransferRequest

REGION = "cn-hangzhou"
WEB_02 = "i-bp1web00000000000002"
ADDRESS = "alicloud:ecs/eipAddress:EipAddress"
CLEAR = "Run `pulumi refresh --stack orchid --clear-pending-creates --yes`"


class Exporting(Engine):
    """An engine whose only stack has this state."""

    def __init__(self) -> None:
        self.deployment: dict[str, Any] = {}

    def ask(self, *arguments: str, folder: Path, backend: str) -> Any:
        return {"url": "s3://state"} if arguments == ("whoami",) else [{"name": "orchid"}]

    def export(self, stack: str, *, folder: Path, backend: str) -> dict[str, Any]:
        return self.deployment

    def interrupted(self, doing: str = "creating", kind: str = transfer.TYPE, name: str = "web-01") -> None:
        inputs = {"instance_id": WEB_01, "region": REGION}
        resource = {"urn": urn(kind, name), "type": kind, "inputs": inputs}
        self.deployment.setdefault("pending_operations", []).append({"type": doing, "resource": resource})

    def holds(self, kind: str = transfer.TYPE, name: str = "web-01", **outputs: str) -> None:
        resource = {"urn": urn(kind, name), "type": kind, "outputs": {"instance_id": WEB_01} | outputs}
        self.deployment.setdefault("resources", []).append(resource)


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:orchid::instance-handover::instance-handover:index:Handover${kind}::{name}"


@pytest.fixture
def stack(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr("transfer_provider.cloud.client.ATTEMPTS", 1)
    return Stack(tmp_path / "project")


@pytest.fixture
def engine() -> Exporting:
    return Exporting()


def reported(stack: Stack, engine: Engine, check: str) -> list[Result]:
    examined = ExaminedStack("orchid", lambda: stack.root, read_stack)
    checks = state_checks.checks(Accounts(examined), ExportedState(engine, Backend(examined, engine), examined))
    return [result for result in run(checks) if result.check == check]


def submit(reason: str | None = None) -> str:
    request = TransferRequest(WEB_01, REGION, RECIPIENT, reason=reason)
    return operations.submit(Cloud("sandbox-source", REGION), request, "token").transfer_id


class TestSize:
    @pytest.fixture(autouse=True)
    def of_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("transfer_provider.cli.doctor.leftovers.state_checks.MOST_HANDOVERS", 2)

    def hold(self, engine: Exporting, number: int) -> None:
        for each in range(number):
            engine.holds(name=f"held-{each}", instance_id=f"i-bp1held{each:012d}")

    def test_of_a_stack_that_holds_no_more_than_it_should_is_well(self, stack: Stack, engine: Exporting) -> None:
        self.hold(engine, 2)
        (only,) = reported(stack, engine, "size")
        assert (only.outcome, only.observed) == (
            Outcome.OK,
            "1 handover declared, 2 handovers in the state; up to 2 a stack.",
        )

    def test_of_a_state_with_more_is_a_warning(self, stack: Stack, engine: Exporting) -> None:
        self.hold(engine, 3)
        (only,) = reported(stack, engine, "size")
        assert (only.outcome, only.observed) == (
            Outcome.WARNING,
            "1 handover declared, 3 handovers in the state: a stack should hold 2 at most.",
        )
        assert "`handover capture --split`" in only.advice
        assert "docs/scale.md" in only.advice

    def test_of_files_with_more_is_a_warning_also_where_the_state_is_not_known(
        self, stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for each in range(2, 4):
            stack.declare(f"web-{each}", instance_id=f"i-bp1web0000000000000{each}")
        (known,) = reported(stack, engine, "size")
        assert (known.outcome, known.observed.split(",")[0]) == (Outcome.WARNING, "3 handovers declared")
        monkeypatch.setattr(Exporting, "ask", Engine.ask)
        monkeypatch.setenv("PATH", "")
        warned, rest = reported(stack, engine, "size")
        assert (warned.outcome, warned.observed) == (
            Outcome.WARNING,
            "3 handovers declared: a stack should hold 2 at most.",
        )
        assert rest.outcome is Outcome.NOT_CHECKED

    def test_of_a_state_is_checked_also_where_files_are_wrong(self, stack: Stack, engine: Exporting) -> None:
        stack.declare("web-02", instance_id="web-02")
        self.hold(engine, 3)
        (only,) = reported(stack, engine, "size")
        assert only.observed == "3 handovers in the state: a stack should hold 2 at most."


class TestPendingOperations:
    def test_none_is_well(self, stack: Stack, engine: Exporting) -> None:
        (only,) = reported(stack, engine, "pending operations")
        assert (only.outcome, only.observed) == (Outcome.OK, "None.")

    def test_that_took_no_effect_may_be_cleared(self, stack: Stack, engine: Exporting) -> None:
        engine.interrupted()
        first, last = reported(stack, engine, "pending operations")
        assert first.observed == (
            "InstanceTransfer web-01, interrupted while creating: it took no effect at Alibaba Cloud."
        )
        assert last.advice.startswith(CLEAR)
        assert "no changes at Alibaba Cloud, also while transfers are under way" in last.advice

    def test_that_a_later_run_settled_may_be_cleared(self, stack: Stack, engine: Exporting) -> None:
        engine.interrupted(kind=ADDRESS)
        engine.holds(kind=ADDRESS)
        first, last = reported(stack, engine, "pending operations")
        assert "a later run made or adopted it, and the state holds it" in first.observed
        assert last.advice.startswith(CLEAR)

    def test_that_took_effect_unknown_to_the_state_are_kept_until_it_is_adopted(
        self, stack: Stack, engine: Exporting
    ) -> None:
        transfer_id = submit()
        engine.interrupted()
        first, last = reported(stack, engine, "pending operations")
        assert f"it took effect as {transfer_id} (UnderReview), and the state does not hold it" in first.observed
        assert "run `pulumi up --stack orchid`, which adopts what is there" in last.advice
        assert CLEAR not in last.advice

    def test_of_a_receipt_that_was_accepted_are_kept_until_it_is_adopted(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        transfer_id = submit()
        sandbox.desk.approve(WEB_01)
        engine.interrupted(kind=receipt.TYPE)
        assert "it took no effect" in reported(stack, engine, "pending operations")[0].observed
        operations.accept(
            Cloud("sandbox-recipient", REGION),
            transfer_id,
            vswitch_id="vsw-bp1orchid00000001",
            security_group_ids=["sg-bp1orchid000000web"],
        )
        first, last = reported(stack, engine, "pending operations")
        assert f"it took effect as {transfer_id} (Transferring)" in first.observed
        assert CLEAR not in last.advice

    def test_that_nobody_can_look_up_are_kept(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        engine.interrupted(kind=ADDRESS)
        first, last = reported(stack, engine, "pending operations")
        assert "this command can't look it up" in first.observed
        assert CLEAR not in last.advice

    def test_without_an_answer_are_kept(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        sandbox.faults.add(Fault(action="DescribeInstanceTransfers", kind="cut-before"))
        engine.interrupted()
        first, last = reported(stack, engine, "pending operations")
        assert "nobody answered, see the endpoints" in first.observed
        assert CLEAR not in last.advice

    def test_other_than_creations_are_cleared_by_the_next_run(self, stack: Stack, engine: Exporting) -> None:
        engine.interrupted("deleting")
        (only,) = reported(stack, engine, "pending operations")
        assert "interrupted while deleting" in only.observed
        assert only.advice == "The next `pulumi up` or `pulumi refresh` clears it."


class TestUntrackedTransfers:
    def test_are_listed_with_how_to_adopt_and_to_cancel_them(self, stack: Stack, engine: Exporting) -> None:
        (stack.root / "stacks/orchid/web-01.yaml").unlink()
        transfer_id = submit("Orchid moves")
        (only,) = reported(stack, engine, "untracked transfers")
        assert only.outcome is Outcome.WARNING
        assert f"{transfer_id} of {WEB_01} to account {RECIPIENT} with the reason 'Orchid moves'" in only.observed
        assert "to cancel it, adopt it, then remove that declaration" in only.advice

    def test_are_none_where_the_next_run_adopts_them(self, stack: Stack, engine: Exporting) -> None:
        submit()
        (only,) = reported(stack, engine, "untracked transfers")
        assert (only.outcome, only.observed) == (Outcome.OK, "None in cn-hangzhou.")

    def test_are_none_where_the_state_holds_them(self, stack: Stack, engine: Exporting) -> None:
        (stack.root / "stacks/orchid/web-01.yaml").unlink()
        engine.holds(transfer_id=submit(), status="UnderReview", recipient_account_id=RECIPIENT)
        (only,) = reported(stack, engine, "untracked transfers")
        assert only.outcome is Outcome.OK

    @pytest.mark.parametrize(
        ("fault", "why"),
        [
            ("not-offered", "the account is not offered the transfer actions"),
            ("cut-before", "nobody answered, see the endpoints"),
        ],
    )
    def test_that_can_not_be_listed_are_not_checked_and_say_why(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, fault: Any, why: str
    ) -> None:
        sandbox.faults.add(Fault(action="DescribeInstanceTransfers", kind=fault))
        (only,) = reported(stack, engine, "untracked transfers")
        assert (only.outcome, only.observed) == (Outcome.NOT_CHECKED, f"cn-hangzhou: {why}.")

    def test_of_credentials_without_the_permission_are_not_checked(
        self, stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def denied(_: Cloud) -> list[Transfer]:
            raise NotAllowed("Could not look up instance transfers: no permission.", code="Forbidden.RAM")

        monkeypatch.setattr(untracked, "under_way", denied)
        (only,) = reported(stack, engine, "untracked transfers")
        assert only.outcome is Outcome.NOT_CHECKED
        assert "may not call ecs:DescribeInstanceTransfers" in only.observed

    def test_are_not_the_recipients_half(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        stack.set(side="recipient")
        (only,) = reported(stack, engine, "untracked transfers")
        assert only.outcome is Outcome.NOT_CHECKED
        assert not sandbox.log.entries()

    def test_of_a_stack_that_is_not_there_depend_on_the_backend(
        self, stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Backend, "listed", None)
        assert {result.observed for result in reported(stack, engine, "untracked transfers")} == {
            "It depends on the check 'backend'."
        }


class TestCopiesLeft:
    """What a killed run made for a copy, whose file was removed before the next run."""

    def reported(self, stack: Stack, engine: Engine) -> list[Result]:
        examined = ExaminedStack("orchid", lambda: stack.root, read_stack)
        state = ExportedState(engine, Backend(examined, engine), examined)
        return list(run(copy_checks.checks(examined, state, Accounts(examined))))

    def make_image(self) -> str:
        origin = Origin(Owner.of("instance-handover", "orchid"), "web-02", WEB_02)
        return images.create(Cloud("sandbox-source", REGION), WEB_02, origin, "token")

    def test_are_named_with_what_to_do(self, stack: Stack, engine: Exporting) -> None:
        image_id = self.make_image()
        (only,) = self.reported(stack, engine)
        assert only.outcome is Outcome.WARNING
        assert f"The image {image_id} at the source, made for the copy of {WEB_02} by handover web-02" in only.observed
        assert "Declare a handover" in only.advice

    def test_are_not_where_the_state_holds_them_or_a_run_takes_them_over(self, stack: Stack, engine: Exporting) -> None:
        image_id = self.make_image()
        engine.holds(
            kind=source_image.TYPE,
            name="web-02",
            instance_id=WEB_02,
            region=REGION,
            recipient_account_id=RECIPIENT,
            status="Imaging",
            image_id=image_id,
        )
        assert [result.outcome for result in self.reported(stack, engine)] == [Outcome.OK]
        engine.deployment = {}
        by_image = {key: value for key, value in HANDOVER.items() if key != "backup"}
        by_image |= {"instance_id": WEB_02, "channel": "image"}
        (stack.root / "stacks/orchid/web-02.yaml").write_text(yaml.safe_dump(by_image))
        assert [result.outcome for result in self.reported(stack, engine)] == [Outcome.OK]

    def test_no_permission_and_no_answer_are_not_none(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        sandbox.faults.add(Fault(action="DescribeImages", kind="cut-before", times=20))
        (only,) = self.reported(stack, engine)
        assert only.outcome is Outcome.NOT_CHECKED
