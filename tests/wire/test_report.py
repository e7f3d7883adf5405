"""`handover report` against the sandbox: what it queries, what it concludes, and what it never shows as done."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.examples import left_to_the_whole_suite
from tests.known_secrets import known_secrets
from tests.wire.test_doctor import OTHER, RECIPIENT, ROOT, SOURCE, WEB_01, WEB_02, Stack
from tests.wire.test_doctor_state import Exporting
from tests.wire.test_overview import INPUTS, REGION, accept, declare, hold, submit
from transfer_provider import receipt
from transfer_provider.cli.app import app
from transfer_provider.cli.report import command
from transfer_provider.cli.report.facts import (
    Addresses,
    Binding,
    Certainty,
    Cost,
    CostKind,
    Evidence,
    HandoverFacts,
    Outcome,
    Report,
    Seen,
)
from transfer_provider.cli.report.formats.page import page
from transfer_provider.cli.report.gather import gather
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import Refused
from transfer_provider.model.rule_comparison import Compared

ADDRESS, ASSOCIATION = "alicloud:ecs/eipAddress:EipAddress", "alicloud:ecs/eipAssociation:EipAssociation"
GROUP = "alicloud:ecs/securityGroup:SecurityGroup"
RECEIVED = {"region": REGION, "recipient_account_id": RECIPIENT, "accepted_transfer_id": "it-1"}


@pytest.fixture
def stack(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr("transfer_provider.cloud.client.ATTEMPTS", 1)
    return Stack(tmp_path / "project")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Exporting:
    exporting = Exporting()
    monkeypatch.setattr(command, "Engine", lambda: exporting)
    return exporting


def report(stack: Stack, engine: Exporting, *names: str) -> Report:
    return gather(stack.root, "orchid", names, engine, lambda _: None)


def only(stack: Stack, engine: Exporting) -> HandoverFacts:
    (facts,) = report(stack, engine).handovers
    return facts


def run(stack: Stack, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["report", "--stack", "orchid", "--project", str(stack.root), *arguments])


def moved(sandbox: Sandbox, engine: Exporting, instance_id: str = WEB_01, *, name: str = "web-01") -> None:
    """Hand an instance over, with everything recorded in the state."""
    transfer_id = submit(instance_id)
    sandbox.desk.approve(instance_id)
    accept(transfer_id)
    sandbox.clock.advance(timedelta(minutes=1))
    outputs = {"source_account_id": SOURCE, "origin": "submitted", "source_public_ip": "203.0.113.12"}
    times = {"submitted_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T09:00:00Z"}
    held = INPUTS | {"instance_id": instance_id, "transfer_id": transfer_id, "status": "Completed"} | outputs | times
    engine.holds(name=name, **held)
    engine.holds(receipt.TYPE, name=name, status="Completed", **RECEIVED | {"instance_id": instance_id})


def allocated(engine: Exporting, *, bound: bool = True) -> tuple[str, str]:
    """The id and the address of an EIP of the recipient's, which the state holds, and as bound."""
    action = Action("AllocateEipAddress", repeatable=False, product="vpc", version="2016-04-28")
    query = {"RegionId": REGION, "Bandwidth": "5", "InternetChargeType": "PayByTraffic", "ClientToken": "token"}
    answer = Cloud("sandbox-recipient", REGION).ask(action, query, doing="allocate an address")
    id_, address = str(answer["AllocationId"]), str(answer["EipAddress"])
    engine.holds(ADDRESS, id=id_, ipAddress=address)
    if bound:
        engine.holds(ASSOCIATION, id=f"{id_}:{WEB_01}")
    return id_, address


class TestDone:
    def test_what_the_recipient_lists_is_done_and_every_identity_is_as_known(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        declare(stack, recreate={"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]})
        moved(sandbox, engine)
        made = report(stack, engine)
        (facts,) = made.handovers
        assert (facts.outcome, facts.at_recipient.evidence) == (Outcome.DONE, Evidence.LISTED)
        assert (facts.submission.account_id, facts.submission.how, facts.submission.identity) == (
            SOURCE,
            "submitted",
            None,
        )
        assert (facts.acceptance.account_id, facts.acceptance.how) == (RECIPIENT, "received")
        assert facts.moments[-1].certainty is Certainty.SEEN
        assert [reader.identity for reader in made.readers] == [f"acs:ram::{SOURCE}:root", f"acs:ram::{RECIPIENT}:root"]
        assert (made.complete, facts.findings, facts.leaves) == (True, None, None)
        assert facts.costs[0] == Cost(CostKind.PAY_AS_YOU_GO, {"side": "recipient"})

    def test_an_instance_that_the_recipient_released_is_missing(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        engine.holds(**INPUTS | {"transfer_id": "it-1", "status": "Completed"})
        engine.holds(receipt.TYPE, status="Completed", **RECEIVED)
        facts = only(stack, engine)
        assert (facts.outcome, facts.at_recipient.evidence) == (Outcome.MISSING, Evidence.NOT_LISTED)
        assert [moment.certainty for moment in facts.moments if moment.what.name == "ARRIVED"] == [Certainty.RECORDED]

    @pytest.mark.parametrize("fault", ["error", "throttle", "cut-before"])
    def test_without_an_answer_it_is_reported_and_never_done(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, fault: Any
    ) -> None:
        moved(sandbox, engine)
        sandbox.faults.add(Fault(action="DescribeInstances", kind=fault, account=RECIPIENT, times=None))
        facts = only(stack, engine)
        assert (facts.outcome, facts.at_recipient.evidence) == (Outcome.REPORTED, Evidence.NO_ANSWER)
        assert facts.at_recipient.why

    def test_no_permission_and_another_account_are_two_more_things(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        moved(sandbox, engine)
        stack.set(recipientProfile="sandbox-recipient-denied")
        assert only(stack, engine).at_recipient.evidence is Evidence.NO_PERMISSION
        stack.set(recipientProfile="sandbox-other")
        assert only(stack, engine).at_recipient.evidence is Evidence.WRONG_ACCOUNT
        stack.set(recipientProfile="sandbox-other", recipients=[RECIPIENT, OTHER])
        facts = only(stack, engine)
        assert (facts.outcome, facts.at_recipient.evidence) == (Outcome.REPORTED, Evidence.WRONG_ACCOUNT)


class TestNewAddress:
    def test_it_is_bound_only_where_the_recipient_lists_it_so(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        moved(sandbox, engine)
        id_, address = allocated(engine)
        facts = only(stack, engine)
        assert facts.addresses == Addresses("203.0.113.12", address, Binding.UNBOUND, Seen(Evidence.LISTED))
        assert [moment.certainty for moment in facts.moments if moment.what.name == "BOUND"] == [Certainty.RECORDED]
        sandbox.owner.bind_address(id_, WEB_01)
        facts = only(stack, engine)
        assert facts.addresses.binding is Binding.BOUND
        assert [moment.certainty for moment in facts.moments if moment.what.name == "BOUND"] == [Certainty.SEEN]
        assert CostKind.NEW_EIP in [cost.kind for cost in facts.costs]
        sandbox.owner.unbind_address(id_)
        sandbox.owner.release_address(id_)
        facts = only(stack, engine)
        assert facts.addresses.binding is Binding.NOT_THERE
        assert CostKind.NEW_EIP not in [cost.kind for cost in facts.costs]

    def test_without_an_answer_it_is_as_recorded(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        moved(sandbox, engine)
        _, address = allocated(engine)
        sandbox.faults.add(Fault(action="DescribeEipAddresses", kind="error", times=None))
        facts = only(stack, engine)
        assert (facts.addresses.binding, facts.addresses.new) == (Binding.RECORDED, address)
        assert facts.addresses.seen.evidence is Evidence.NO_ANSWER
        assert CostKind.OLD_EIP_UNKNOWN in [cost.kind for cost in facts.costs]

    def test_the_old_one_costs_the_source_until_it_is_released(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        moved(sandbox, engine)
        assert CostKind.OLD_EIP in [cost.kind for cost in only(stack, engine).costs]
        sandbox.owner.release_address("eip-bp1acme000000003")
        assert CostKind.OLD_EIP not in [cost.kind for cost in only(stack, engine).costs]


class TestHalfWay:
    def test_at_the_source_it_has_findings_and_what_stays_behind(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        made = report(stack, engine)
        (facts,) = made.handovers
        assert (facts.outcome, facts.at_source.evidence) == (Outcome.NOT_SUBMITTED, Evidence.LISTED)
        assert facts.findings is not None
        assert [found.code for found in facts.findings] == ["EipBound"]
        assert facts.leaves is not None
        assert [item.detail for item in facts.leaves.stays if item.what == "security group"] == [
            "web (sg-bp1acme00000000web)",
            "db (sg-bp1acme000000000db)",
        ]
        assert facts.addresses.old == "203.0.113.12"
        assert facts.addresses.binding is Binding.DECLARED
        assert made.not_checked == []

    def test_a_network_that_may_not_be_listed_hides_no_finding(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        sandbox.faults.add(Fault(action="DescribeSecurityGroups", kind="error", account=SOURCE, times=None))
        made = report(stack, engine)
        (facts,) = made.handovers
        assert facts.findings
        assert facts.network.evidence is Evidence.NO_ANSWER
        assert len(made.failures) == 1

    def test_only_the_source_half_never_shows_anything_as_done(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        moved(sandbox, engine)
        stack.set(side="source", recipientProfile="no-such-profile")
        sandbox.log.clear()
        facts = only(stack, engine)
        assert (facts.outcome, facts.at_recipient.evidence) == (Outcome.REPORTED, Evidence.OTHER_HALF)
        assert facts.at_source.evidence is Evidence.NOT_LISTED
        assert {entry.account_id for entry in sandbox.log.entries()} == {SOURCE}

    def test_only_the_recipient_half_has_the_times_of_its_own_listing(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        moved(sandbox, engine)
        engine.deployment["resources"] = engine.deployment["resources"][1:]
        stack.set(side="recipient", sourceProfile="no-such-profile")
        sandbox.log.clear()
        facts = only(stack, engine)
        assert facts.at_recipient.listed
        assert [moment.what.name for moment in facts.moments[:2]] == ["SUBMITTED", "APPROVED"]
        assert facts.submission.account_id == SOURCE
        assert {entry.account_id for entry in sandbox.log.entries()} == {RECIPIENT}


def test_a_console_transfer_is_under_way_until_the_recipient_lists_the_instance(
    stack: Stack, engine: Exporting, sandbox: Sandbox
) -> None:
    declare(stack, channel="console", recipient_email=None, recreate=None, backup=None)
    hold(engine, f"console-{WEB_01}", "AwaitingInitiation", channel="console", recipient_email=None)
    assert (only(stack, engine).outcome, only(stack, engine).at_source.evidence) == (Outcome.UNDER_WAY, Evidence.LISTED)
    sandbox.console.initiate(WEB_01, RECIPIENT)
    sandbox.console.confirm(WEB_01, vswitch="vsw-bp1orchid00000001", groups=["sg-bp1orchid000000web"])
    sandbox.clock.advance(timedelta(hours=1))
    facts = only(stack, engine)
    assert (facts.outcome, facts.at_recipient.evidence) == (Outcome.RECEIVED, Evidence.LISTED)
    assert facts.standing.what == "It is Completed: the next `pulumi up` records that."


def test_a_stack_without_handovers_has_a_report(stack: Stack, engine: Exporting) -> None:
    (stack.root / "stacks/orchid/web-01.yaml").unlink()
    made = report(stack, engine)
    assert (made.handovers, made.groups, made.complete) == ([], [], True)
    for format_ in ("markdown", "html", "json"):
        assert run(stack, "--format", format_).exit_code == 0


def test_groups_are_compared_rule_by_rule_by_what_they_were_captured_from(
    stack: Stack, engine: Exporting, sandbox: Sandbox
) -> None:
    declared = {"vpc_id": "vpc-bp1orchid00000001", "captured_from": "sg-bp1acme00000000web", "rules": {}}
    groups = {"orchid-web": declared, "gone": declared | {"captured_from": "sg-bp1nowhere0000000"}}
    (stack.root / "stacks/orchid/security-groups.yaml").write_text(json.dumps(groups))
    engine.holds(GROUP, name="orchid-web", id="sg-bp1orchid000000web")
    gone, web = report(stack, engine).groups
    assert (web.source.listed, web.recipient.listed, web.same) == (True, True, False)
    assert (web.number(Compared.MISSING), web.number(Compared.SAME)) == (4, 0)
    assert (gone.source.evidence, gone.recipient.evidence, gone.rows) == (
        Evidence.NOT_LISTED,
        Evidence.NOT_QUERIED,
        None,
    )


def test_it_calls_what_the_policies_allow_and_only_reads(stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
    moved(sandbox, engine)
    allocated(engine)
    engine.holds(GROUP, name="orchid-web", id="sg-bp1orchid000000web")
    declare(stack, "web-02", instance_id=WEB_02)
    sandbox.log.clear()
    assert report(stack, engine).complete
    for account, policy in ((SOURCE, "readonly"), (RECIPIENT, "recipient")):
        allowed = json.loads((ROOT / f"docs/policies/{policy}.json").read_text())["Statement"][0]["Action"]
        called = {f"{each.product}:{each.action}" for each in sandbox.log.entries() if each.account_id == account}
        called = {action for action in called if not action.endswith("GetCallerIdentity")}
        assert called
        assert {action.lower() for action in called} <= {action.lower() for action in allowed}
        assert all(":Describe" in action for action in called)


def test_names_choose_handovers_and_an_unknown_one_is_refused(stack: Stack, engine: Exporting) -> None:
    declare(stack, "web-02", instance_id=WEB_02)
    assert [facts.name for facts in report(stack, engine, "web-02").handovers] == ["web-02"]
    with pytest.raises(Refused, match="Could not find the handover web-03 in stack orchid: did you mean web-0"):
        report(stack, engine, "web-02", "web-03")


@left_to_the_whole_suite("a thousand handovers take seconds")
def test_a_thousand_cost_some_calls_a_hundred(
    tmp_path: Path, engine: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 1000
    world = many_instances(load(DEMO), SOURCE, REGION, number)
    with Sandbox.running(world, directory=tmp_path / "cloud") as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        stack = Stack(tmp_path / "project")
        (stack.root / "stacks/orchid/web-01.yaml").unlink()
        for each in range(1, number + 1):
            instance_id = f"i-bp1many{each:013d}"
            declare(stack, f"many-{each}", instance_id=instance_id, recipient_email=None, backup=None)
            held = INPUTS | {"instance_id": instance_id, "transfer_id": f"it-{each}", "recipient_email": None}
            if each > 500:  # Settled by the state, and the recipient lists none of them.
                engine.holds(name=f"many-{each}", **held | {"status": "Completed"})
                received = RECEIVED | {"instance_id": instance_id}
                engine.holds(receipt.TYPE, name=f"many-{each}", status="Completed", **received)
        sandbox.log.clear()
        made = report(stack, engine)
        counted = Counter(str(entry.action) for entry in sandbox.log.entries())
        assert Counter(facts.outcome for facts in made.handovers) == {Outcome.NOT_SUBMITTED: 500, Outcome.MISSING: 500}
        hundreds = number // 100
        assert counted["DescribeInstances"] <= 5 + hundreds + 5 + 1
        assert counted["DescribeInstanceTransfers"] <= 5 + hundreds
        assert counted["DescribeDisks"] <= 2 * hundreds
        assert counted["DescribeInstanceRamRole"] <= 2 * hundreds
        assert sum(counted.values()) <= 9 * hundreds + 20
        assert len(page(made, "zh")) < 10_000_000


class TestFile:
    def test_a_file_that_is_there_is_replaced_on_request_only(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        target = tmp_path / "report.html"
        target.write_text("somebody's")
        sandbox.log.clear()
        refused = run(stack, "--format", "html", "--output", str(target))
        assert isinstance(refused.exception, Refused)
        assert "it exists already" in str(refused.exception)
        assert (target.read_text(), sandbox.log.entries()) == ("somebody's", ())
        done = run(stack, "--format", "html", "--output", str(target), "--overwrite")
        assert (done.exit_code, done.output) == (0, f"Wrote {target}.\n")
        assert target.read_text().startswith("<!DOCTYPE html>")

    def test_no_part_of_a_report_is_written(self, stack: Stack, engine: Exporting, tmp_path: Path) -> None:
        target = tmp_path / "report.md"
        refused = run(stack, "no-such-name", "--output", str(target))
        assert isinstance(refused.exception, Refused)
        assert list(tmp_path.glob("*report*")) == []

    def test_a_folder_is_no_file(self, stack: Stack, engine: Exporting, tmp_path: Path) -> None:
        assert "it is a folder" in str(run(stack, "--output", str(tmp_path)).exception)

    def test_what_could_not_be_queried_is_in_the_report_and_in_the_exit_code(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, tmp_path: Path
    ) -> None:
        sandbox.faults.add(Fault(action="DescribeDisks", kind="error", times=None))
        done = run(stack, "--format", "json", "--output", str(tmp_path / "report.json"))
        assert done.exit_code == 1
        read = json.loads((tmp_path / "report.json").read_text())
        assert not read["complete"]
        assert "look up disks" in read["failures"][0]
        assert read["handovers"][0]["at_source"]["seen"] == "no answer"

    @pytest.mark.parametrize("format_", ["markdown", "html", "json"])
    def test_no_secret_and_no_e_mail_address_is_in_a_report(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, format_: str
    ) -> None:
        hold(engine, submit())
        written = run(stack, "--format", format_, "--language", "zh").output
        assert "web-01" in written
        assert "orchid.example" not in written
        assert not [secret for secret in known_secrets(sandbox) if secret in written]

    def test_the_language_is_the_stacks(self, stack: Stack, engine: Exporting) -> None:
        stack.set(language="zh")
        assert "实例过户报告" in run(stack).output
        assert "Handovers of stack" in run(stack, "--language", "en").output
