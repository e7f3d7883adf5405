"""The overview behind `handover status`: what it calls, what it concludes, and what it never concludes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from tests.wire.test_doctor import HANDOVER, OTHER, RECIPIENT, SETTINGS, SOURCE, WEB_01, WEB_02, Stack
from tests.wire.test_doctor_state import Exporting
from transfer_provider import receipt, transfer
from transfer_provider.cli.app import app
from transfer_provider.cli.engine.command import EngineFailed
from transfer_provider.cli.follow import overview
from transfer_provider.cli.follow.overview import Look, Overview
from transfer_provider.cli.follow.standing import Actor, Standing, Step
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused
from transfer_provider.inputs.yaml_file import FilesRefused
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import TransferRequest

REGION = "cn-hangzhou"
VSWITCH, GROUP = "vsw-bp1orchid00000001", "sg-bp1orchid000000web"
REASON = "Project Orchid moves"
INPUTS: dict[str, Any] = {
    "region": REGION,
    "recipient_account_id": RECIPIENT,
    "recipient_email": {"ciphertext": "v1:…"},
    "reason": REASON,
    "accept_terms": True,
    "channel": "api",
}


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A move takes ten minutes, so that it is seen."""
    demo = load(DEMO)
    slow = demo.model_copy(update={"times": demo.times.model_copy(update={"transferring": timedelta(minutes=10)})})
    with Sandbox.running(slow, directory=tmp_path / "cloud") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def stack(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr("transfer_provider.cloud.client.ATTEMPTS", 1)
    return Stack(tmp_path / "project")


@pytest.fixture
def engine() -> Exporting:
    return Exporting()


def look(stack: Stack, engine: Exporting) -> Look:
    return Overview(stack.root, "orchid", engine=engine).look()


def only(stack: Stack, engine: Exporting) -> Standing:
    (standing,) = look(stack, engine).standings
    return standing


def brief(standing: Standing) -> tuple[Status | None, Step, Actor]:
    return standing.status, standing.step, standing.actor


def submit(instance_id: str = WEB_01, reason: str | None = REASON, recipient: str = RECIPIENT) -> str:
    request = TransferRequest(instance_id, REGION, recipient, reason=reason)
    return operations.submit(Cloud("sandbox-source", REGION), request, f"{instance_id}-{reason}").transfer_id


def hold(engine: Exporting, transfer_id: str, status: str = "UnderReview", **outputs: Any) -> None:
    engine.holds(**(INPUTS | {"transfer_id": transfer_id, "status": status} | outputs))


def accept(transfer_id: str) -> None:
    operations.accept(Cloud("sandbox-recipient", REGION), transfer_id, vswitch_id=VSWITCH, security_group_ids=[GROUP])


def declare(stack: Stack, name: str = "web-01", **changes: Any) -> None:
    """The same as the stack's own, without what is None."""
    values = {key: value for key, value in (HANDOVER | changes).items() if value is not None}
    (stack.root / f"stacks/orchid/{name}.yaml").write_text(yaml.safe_dump(values))


def called(sandbox: Sandbox) -> Counter[str]:
    return Counter(str(entry.action) for entry in sandbox.log.entries())


def test_what_a_file_declares_is_shown_before_there_is_any_state(
    stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ask", lambda *arguments, **_: {"url": "s3://state"} if "whoami" in arguments else [])
    seen = look(stack, engine)
    assert brief(seen.standings[0]) == (None, Step.SUBMIT, Actor.PULUMI_UP)
    assert not seen.standings[0].held
    (note,) = seen.notes
    assert note.startswith("Stack orchid has no state at s3://state yet: ")


def test_a_second_look_sees_what_changed_since(stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
    watched = Overview(stack.root, "orchid", engine=engine)
    assert brief(watched.standings()[0]) == (None, Step.SUBMIT, Actor.PULUMI_UP)
    transfer_id = submit()
    assert brief(watched.standings()[0]) == (Status.UNDER_REVIEW, Step.ADOPT, Actor.PULUMI_UP)
    hold(engine, transfer_id)
    assert brief(watched.standings()[0]) == (Status.UNDER_REVIEW, Step.REVIEW, Actor.ALIBABA_CLOUD)
    sandbox.desk.approve(WEB_01)
    assert brief(watched.standings()[0]) == (Status.APPROVED, Step.ACCEPT, Actor.PULUMI_UP)
    accept(transfer_id)
    assert brief(watched.standings()[0]) == (Status.TRANSFERRING, Step.MOVE, Actor.ALIBABA_CLOUD)
    sandbox.clock.advance(timedelta(minutes=11))
    assert brief(watched.standings()[0]) == (Status.COMPLETED, Step.BIND, Actor.PULUMI_UP)
    declare(stack, "web-02", instance_id=WEB_02)
    assert [standing.name for standing in watched.standings()] == ["web-01", "web-02"]


def test_where_the_state_is_is_looked_up_once(stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = engine.ask

    def ask(*arguments: str, folder: Path, backend: str) -> Any:
        asked.append(arguments[0])
        return answer(*arguments, folder=folder, backend=backend)

    monkeypatch.setattr(engine, "ask", ask)
    watched = Overview(stack.root, "orchid", engine=engine)
    for _ in range(3):
        watched.look()
    assert asked == ["whoami", "stack"]


def test_the_time_is_alibaba_clouds(stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
    watched = Overview(stack.root, "orchid", engine=engine)
    sandbox.clock.advance(timedelta(days=3))
    watched.look()
    assert abs(watched.now() - sandbox.clock.now()) < timedelta(seconds=5)


def test_210_handovers_of_both_sides_cost_three_calls_a_hundred_and_a_few(
    tmp_path: Path, engine: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox.running(many_instances(load(DEMO), SOURCE, REGION, 210), directory=tmp_path / "cloud") as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        stack = Stack(tmp_path / "project")
        (stack.root / "stacks/orchid/web-01.yaml").unlink()
        # Not submitted, tracked, and moving.
        for number in range(1, 211):
            instance_id = f"i-bp1many{number:013d}"
            declare(stack, f"many-{number}", instance_id=instance_id)
            if number > 95:
                transfer_id = submit(instance_id)
                engine.holds(
                    name=f"many-{number}",
                    **(INPUTS | {"instance_id": instance_id, "transfer_id": transfer_id, "status": "UnderReview"}),
                )
                if number > 200:
                    sandbox.desk.approve(instance_id)
                    accept(transfer_id)
        sandbox.log.clear()
        seen = look(stack, engine)
        steps = Counter(standing.step for standing in seen.standings)
        assert (steps[Step.SUBMIT], steps[Step.REVIEW]) == (95, 105)
        counted = called(sandbox)
        assert counted == {
            "GetCallerIdentity": 2,
            "DescribeInstanceTransfers": 3,
            # Two for the source, one for the recipient, and that what it does not list is not there.
            "DescribeInstances": 2 + 1 + 1,
        }
        assert sum(counted.values()) <= 3 * 3 + 6


def test_what_the_state_holds_as_final_is_not_queried(stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
    hold(engine, "it-1", "Completed", completed_at="2026-01-01T00:00:00Z")
    engine.holds(receipt.TYPE, status="Completed")
    declare(stack, "web-02", instance_id=WEB_02)
    engine.holds(name="web-02", **(INPUTS | {"instance_id": WEB_02, "transfer_id": "it-2", "status": "Rejected"}))
    seen = look(stack, engine)
    assert called(sandbox) == {}
    assert [brief(standing) for standing in seen.standings] == [
        (Status.COMPLETED, Step.BIND, Actor.PULUMI_UP),
        (Status.REJECTED, Step.DECIDE, Actor.SOURCE),
    ]


@pytest.mark.parametrize(("side", "accounts"), [("source", {SOURCE}), ("recipient", {RECIPIENT})])
def test_a_half_queries_its_own_account_only(
    stack: Stack, engine: Exporting, sandbox: Sandbox, side: str, accounts: set[str]
) -> None:
    other = {"source": "recipientProfile", "recipient": "sourceProfile"}[side]
    stack.set(side=side, **{other: "no-such-profile"})
    transfer_id = submit()
    if side == "source":
        hold(engine, transfer_id)
    sandbox.desk.approve(WEB_01)
    sandbox.log.clear()
    actor = Actor.RECIPIENT if side == "source" else Actor.PULUMI_UP
    assert brief(only(stack, engine)) == (Status.APPROVED, Step.ACCEPT, actor)
    assert {entry.account_id for entry in sandbox.log.entries()} == accounts


def test_an_expiry_is_a_deadline_while_the_instance_is_at_the_source(
    stack: Stack, engine: Exporting, sandbox: Sandbox
) -> None:
    declare(stack, instance_id="i-bp1db000000000000001")
    assert only(stack, engine).deadlines == []
    sandbox.clock.advance(datetime(2098, 6, 1, tzinfo=UTC) - sandbox.clock.now())
    assert [deadline.kind.value for deadline in only(stack, engine).deadlines] == ["instance expires"]


class TestOfAnotherRequest:
    def test_a_changed_file_is_for_a_person(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        hold(engine, submit())
        sandbox.desk.approve(WEB_01)
        declare(stack, reason="Another")
        found = only(stack, engine)
        assert (found.step, found.due) == (Step.DECIDE, False)
        assert "Its file changes reason" in found.what

    def test_an_email_is_compared_by_its_presence_for_the_state_holds_it_encrypted(
        self, stack: Stack, engine: Exporting
    ) -> None:
        hold(engine, submit())
        declare(stack, recipient_email=None)
        assert "recipient_email" in only(stack, engine).what

    def test_an_unfinished_one_is_in_the_way(self, stack: Stack, engine: Exporting) -> None:
        transfer_id = submit(reason="Another", recipient=OTHER)
        found = only(stack, engine)
        assert brief(found) == (None, Step.DECIDE, Actor.SOURCE)
        assert f"The unfinished transfer {transfer_id} (UnderReview) requests recipient account" in found.what

    def test_what_a_killed_run_submitted_after_a_rejection_is_adopted(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        hold(engine, "it-rejected0001", "Rejected", reason="Another")
        transfer_id = submit()
        found = only(stack, engine)
        assert brief(found) == (Status.UNDER_REVIEW, Step.ADOPT, Actor.PULUMI_UP)
        assert (found.transfer_id, found.due) == (transfer_id, False)

    def test_after_a_rejection_a_changed_file_is_submitted(self, stack: Stack, engine: Exporting) -> None:
        hold(engine, "it-rejected0001", "Rejected", reason="Another")
        found = only(stack, engine)
        assert brief(found) == (Status.REJECTED, Step.SUBMIT, Actor.PULUMI_UP)
        assert not found.due

    def test_the_same_that_was_cancelled_is_never_submitted_again(self, stack: Stack, engine: Exporting) -> None:
        transfer_id = submit()
        operations.cancel(Cloud("sandbox-source", REGION), transfer_id, WEB_01)
        found = only(stack, engine)
        assert (found.step, found.due) == (Step.DECIDE, False)
        assert f"The same request was cancelled before, as {transfer_id}" in found.what

    def test_an_instance_that_the_source_does_not_list_can_not_be_submitted(
        self, stack: Stack, engine: Exporting
    ) -> None:
        declare(stack, instance_id="i-bp1nowhere000000001")
        assert "The source's account lists no instance i-bp1nowhere000000001" in only(stack, engine).what


class TestConsole:
    @pytest.fixture(autouse=True)
    def of_console(self, stack: Stack, engine: Exporting) -> None:
        declare(stack, channel="console", recipient_email=None, recreate=None, backup=None)
        recorded = {"channel": "console", "recipient_email": None}
        hold(engine, f"console-{WEB_01}", "AwaitingInitiation", **recorded)

    def test_the_source_lists_it(self, stack: Stack, engine: Exporting) -> None:
        found = only(stack, engine)
        assert brief(found) == (Status.AWAITING_INITIATION, Step.INITIATE, Actor.SOURCE)
        assert "过户管理" in found.what

    def test_neither_lists_it_then_the_recipient_does(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        sandbox.console.initiate(WEB_01, RECIPIENT)
        sandbox.console.confirm(WEB_01, vswitch=VSWITCH, groups=[GROUP])
        assert brief(only(stack, engine)) == (Status.TRANSFERRING, Step.MOVE, Actor.ALIBABA_CLOUD)
        sandbox.clock.advance(timedelta(hours=1))
        assert brief(only(stack, engine)) == (Status.COMPLETED, Step.RECORD, Actor.PULUMI_UP)

    def test_without_the_recipients_answer_nothing_is_concluded(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        sandbox.faults.add(Fault(action="DescribeInstances", kind="error", account=RECIPIENT, times=None))
        found = only(stack, engine)
        assert (found.step, found.due) == (Step.QUERY_AGAIN, False)


class TestFailures:
    @pytest.mark.parametrize("kind", ["throttle", "error", "cut-before", "cut-after"])
    @pytest.mark.parametrize("action", ["GetCallerIdentity", "DescribeInstanceTransfers"])
    def test_of_both_sides_leave_everything_unknown(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, action: str, kind: str
    ) -> None:
        hold(engine, submit())
        sandbox.faults.add(Fault(action=action, kind=kind, times=None))
        seen = look(stack, engine)
        (found,) = seen.standings
        assert brief(found) == (Status.UNDER_REVIEW, Step.QUERY_AGAIN, Actor.NOBODY)
        assert found.unknown in seen.failures
        assert seen.wrong_account is None

    def test_of_the_source_are_made_up_for_by_the_recipient(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        hold(engine, submit())
        sandbox.desk.approve(WEB_01)
        sandbox.faults.add(Fault(action="DescribeInstanceTransfers", kind="error", account=SOURCE, times=None))
        seen = look(stack, engine)
        assert brief(seen.standings[0]) == (Status.APPROVED, Step.ACCEPT, Actor.PULUMI_UP)
        assert len(seen.failures) == 1

    def test_of_the_recipient_hide_nothing_of_the_source(self, stack: Stack, engine: Exporting) -> None:
        stack.set(recipientProfile="sandbox-recipient-denied")
        hold(engine, submit())
        assert only(stack, engine).step is Step.REVIEW

    def test_of_an_arrival_conclude_nothing(self, stack: Stack, engine: Exporting, sandbox: Sandbox) -> None:
        transfer_id = submit()
        hold(engine, transfer_id)
        sandbox.desk.approve(WEB_01)
        accept(transfer_id)
        sandbox.clock.advance(timedelta(minutes=11))
        stack.set(recipientProfile="sandbox-recipient-denied")
        seen = look(stack, engine)
        assert seen.standings[0].step is Step.QUERY_AGAIN
        assert "Forbidden" in seen.failures[0]

    @pytest.mark.parametrize("key", ["sourceProfile", "recipientProfile"])
    def test_credentials_of_another_account_are_an_error_and_never_not_there(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox, key: str
    ) -> None:
        transfer_id = submit()
        hold(engine, transfer_id)
        sandbox.desk.approve(WEB_01)
        accept(transfer_id)
        stack.set(**{key: "sandbox-other"})
        watched = Overview(stack.root, "orchid", engine=engine)
        with pytest.raises(NotAllowed, match="belongs to account 1000000000000003"):
            watched.standings()
        assert len(watched.look().failures) == 1

    def test_another_recipient_of_the_allowlist_says_nothing_of_a_handover(
        self, stack: Stack, engine: Exporting, sandbox: Sandbox
    ) -> None:
        stack.set(recipients=[RECIPIENT, OTHER], recipientProfile="sandbox-other", side="recipient")
        found = only(stack, engine)
        assert found.step is Step.QUERY_AGAIN
        assert f"recipientProfile belongs to account {OTHER}" in str(found.unknown)

    def test_a_transfer_that_is_confirmed_not_to_be_listed_is_gone(self, stack: Stack, engine: Exporting) -> None:
        hold(engine, "it-nowhere0001")
        found = only(stack, engine)
        assert brief(found) == (None, Step.SUBMIT, Actor.PULUMI_UP)
        assert "no longer lists it-nowhere0001" in found.what


class TestTheState:
    def test_that_can_not_be_read_is_an_error(
        self, stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object, **__: object) -> dict[str, Any]:
            raise EngineFailed("the passphrase is wrong")

        monkeypatch.setattr(engine, "export", fails)
        with pytest.raises(Refused, match=r"state of stack orchid: the passphrase is wrong\. Check"):
            look(stack, engine)

    def test_of_a_later_version_is_an_error(self, stack: Stack, engine: Exporting) -> None:
        hold(engine, "it-1", "Paused")
        with pytest.raises(Refused, match="holds what this version does not know"):
            look(stack, engine)

    def test_holds_what_no_file_declares(self, stack: Stack, engine: Exporting) -> None:
        transfer_id = submit(WEB_02)
        engine.holds(
            name="gone", **(INPUTS | {"instance_id": WEB_02, "transfer_id": transfer_id, "status": "UnderReview"})
        )
        gone, _ = look(stack, engine).standings
        assert (gone.name, gone.declared, gone.step) == ("gone", False, Step.DECIDE)
        assert "would cancel it, for good" in gone.what

    def test_of_a_program_without_files_is_no_undeclared_one(self, stack: Stack, engine: Exporting) -> None:
        hold(engine, submit())
        (stack.root / "stacks/orchid/web-01.yaml").unlink()
        (stack.root / "stacks/orchid").rmdir()
        seen = look(stack, engine)
        assert (seen.standings[0].declared, seen.standings[0].step) == (True, Step.REVIEW)
        assert "a program of your own" in seen.notes[0]

    def test_of_a_transfer_without_a_component_is_shown_too(self, stack: Stack, engine: Exporting) -> None:
        hold(engine, submit())
        (held,) = engine.deployment["resources"]
        held["urn"] = f"urn:pulumi:orchid::instance-handover::{transfer.TYPE}::web-01"
        assert brief(only(stack, engine)) == (Status.UNDER_REVIEW, Step.REVIEW, Actor.ALIBABA_CLOUD)


def test_a_file_with_a_problem_is_an_error_with_its_line(stack: Stack, engine: Exporting) -> None:
    declare(stack, reason=7)
    with pytest.raises(FilesRefused, match=r"stacks/orchid/web-01.yaml:\d+: reason"):
        look(stack, engine)


Run = Callable[..., tuple[int, str, str]]


class TestCommand:
    @pytest.fixture
    def run(self, stack: Stack, engine: Exporting, monkeypatch: pytest.MonkeyPatch) -> Run:
        monkeypatch.setattr(overview, "Engine", lambda: engine)

        def run(*arguments: str) -> tuple[int, str, str]:
            done = CliRunner().invoke(app, [*arguments, "--project", str(stack.root)])
            assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
            return done.exit_code, done.stdout, done.stderr

        return run

    def test_status_shows_a_row_each_and_who_acts(self, run: Run, engine: Exporting, sandbox: Sandbox) -> None:
        hold(engine, submit())
        sandbox.desk.reject(WEB_01, reason="Names \x1b[31mdiffer.")
        code, out, _ = run("status", "--stack", "orchid")
        assert code == 0
        assert "\x1b" not in out
        assert re.search(r"web-01 +i-bp1web00000000000001 +Rejected +now .* source +1000000000000002 +api", out)
        assert "orchid: 1 handover; 1 Rejected; to act: 1 source." in out
        assert "Names \\x1b[31mdiffer" in out

    def test_status_with_a_failure_shows_what_is_known_and_exits_with_1(
        self, run: Run, stack: Stack, engine: Exporting
    ) -> None:
        stack.set(recipientProfile="sandbox-recipient-denied", side="recipient")
        code, out, err = run("status", "--stack", "orchid")
        assert code == 1
        assert "unknown" in out
        assert err.startswith("Error: Could not ")

    def test_status_as_json_has_every_field(self, run: Run, engine: Exporting) -> None:
        hold(engine, submit(), submitted_at="2026-01-01T00:00:00Z")
        code, out, _ = run("status", "--stack", "orchid", "--json")
        answer = json.loads(out)
        (standing,) = answer.pop("handovers")
        assert (code, len(answer.pop("observed_at"))) == (0, len("2026-01-01T00:00:00Z"))
        assert answer == {"stack": "orchid", "complete": True, "failures": [], "notes": []}
        since, deadlines = standing.pop("since"), standing.pop("deadlines")
        assert (since[-1], [sorted(deadline) for deadline in deadlines]) == ("Z", [["at", "what"]])
        assert standing.pop("transfer_id").startswith("it-")
        assert standing == {
            "name": "web-01",
            "instance_id": WEB_01,
            "region": REGION,
            "recipient_account_id": RECIPIENT,
            "channel": "api",
            "status": "UnderReview",
            "unknown": None,
            "step": "review",
            "actor": "Alibaba Cloud",
            "next": "Alibaba Cloud reviews the request, which takes hours to a day.",
            "settled": False,
            "waits_for_person": False,
            "due": False,
            "declared": True,
            "in_state": True,
        }

    @pytest.mark.parametrize("options", [(), ("--all", "--stack", "orchid")])
    def test_status_takes_exactly_one_of_stack_and_all(self, run: Run, options: tuple[str, ...]) -> None:
        code, _, err = run("status", *options)
        assert code == 2
        assert "exactly one" in err

    def test_status_of_all_stacks_shows_each_also_where_one_fails(
        self, run: Run, stack: Stack, engine: Exporting
    ) -> None:
        settings = {f"instance-handover:{key}": value for key, value in (SETTINGS | {"region": "nowhere"}).items()}
        (stack.root / "stacks/Pulumi.a-broken.yaml").write_text(yaml.safe_dump({"config": settings}))
        code, out, _ = run("status", "--all")
        assert code == 1
        broken, orchid, last = out.splitlines()
        assert broken.startswith("a-broken: could not be read: stacks/Pulumi.a-broken.yaml:")
        assert orchid == "orchid: 1 handover; 1 not submitted; to act: 1 pulumi up."
        assert last == "2 stacks."
        code, out, _ = run("status", "--all", "--json")
        broken, orchid = json.loads(out)["stacks"]
        assert (code, broken["complete"], orchid["complete"], orchid["error"]) == (1, False, True, None)
        assert (broken["handovers"], orchid["by_status"], orchid["by_actor"]) == (None, {"": 1}, {"pulumi up": 1})

    def test_show_has_both_addresses_and_the_timeline(self, run: Run, engine: Exporting, sandbox: Sandbox) -> None:
        transfer_id = submit()
        hold(engine, transfer_id, source_public_ip="47.98.0.10")
        sandbox.desk.approve(WEB_01)
        accept(transfer_id)
        sandbox.clock.advance(timedelta(minutes=11))
        engine.holds("alicloud:ecs/eipAddress:EipAddress", id="eip-1", ipAddress="8.8.4.4", allocationId="eip-1")
        code, out, _ = run("show", "web-01", "--stack", "orchid")
        assert code == 0
        assert "47.98.0.10 → 8.8.4.4" in out
        places = [out.index(text) for text in ("submitted", "reviewed: ", "completed", "arrived: ")]
        assert places == sorted(places)
        code, out, _ = run("show", "web-01", "--stack", "orchid", "--json")
        events = [event["what"].split(":")[0] for event in json.loads(out)["timeline"]]
        assert events == ["submitted", "reviewed", "completed", "arrived"]

    def test_show_queries_the_one_only(self, run: Run, stack: Stack, sandbox: Sandbox) -> None:
        declare(stack, "web-02", instance_id=WEB_02)
        sandbox.log.clear()
        run("show", "web-02", "--stack", "orchid")
        asked = [entry.parameters["InstanceIds"] for entry in sandbox.log.entries("DescribeInstanceTransfers")]
        assert asked == [json.dumps([WEB_02])]

    @pytest.mark.parametrize("option", [(), ("--as-cli",)])
    def test_an_unknown_name_is_an_error_with_the_nearest(
        self, stack: Stack, engine: Exporting, option: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(overview, "Engine", lambda: engine)
        named = ["show", "web-1\x1b", "--stack", "orchid", "--project", str(stack.root)]
        done = CliRunner().invoke(app, [*named, *option])
        assert isinstance(done.exception, Refused)
        assert "Could not find the handover web-1\\x1b in stack orchid: did you mean web-01?" in str(done.exception)

    def test_as_cli_is_the_request_that_a_run_would_submit(self, run: Run, sandbox: Sandbox) -> None:
        code, out, _ = run("show", "web-01", "--stack", "orchid", "--as-cli")
        request = TransferRequest(WEB_01, REGION, RECIPIENT, recipient_email=HANDOVER["recipient_email"], reason=REASON)
        parameters = operations.submission(request, request.client_token())
        words = out.split()
        assert code == 0
        assert words[:3] == ["aliyun", "ecs", "TransferInstance"]
        options = [word for word in words if word.startswith("--")]
        assert options[: len(parameters)] == [f"--{name}" for name in parameters]
        assert f"--ClientToken {request.client_token()} " in out
        assert out.endswith("--version 2014-05-26 --force --region cn-hangzhou --profile sandbox-source\n")

    def test_as_cli_after_a_rejection_is_a_new_request(self, run: Run, sandbox: Sandbox, stack: Stack) -> None:
        declare(stack, recipient_email=None)
        transfer_id = submit()
        sandbox.desk.reject(WEB_01, reason="No.")
        _, out, _ = run("show", "web-01", "--stack", "orchid", "--as-cli")
        assert TransferRequest(WEB_01, REGION, RECIPIENT, reason=REASON).client_token([transfer_id]) in out

    @pytest.mark.parametrize(
        ("settings", "handover", "why"),
        [
            ({}, {"channel": "console", "recipient_email": None}, "its channel is console, which has no API"),
            ({"side": "recipient"}, {}, "orchid runs the recipient's half"),
            ({"sourceProfile": "sandbox-other"}, {}, "belongs to account 1000000000000003"),
        ],
    )
    def test_as_cli_is_refused_where_this_stack_submits_nothing(
        self, stack: Stack, settings: dict[str, Any], handover: dict[str, Any], why: str
    ) -> None:
        stack.set(**settings)
        declare(stack, **handover)
        command = ["show", "web-01", "--stack", "orchid", "--as-cli", "--project", str(stack.root)]
        assert why in str(CliRunner().invoke(app, command).exception)

    def test_as_cli_of_a_cancelled_request_is_refused(self, stack: Stack) -> None:
        operations.cancel(Cloud("sandbox-source", REGION), submit(), WEB_01)
        command = ["show", "web-01", "--stack", "orchid", "--as-cli", "--project", str(stack.root)]
        assert "is never accepted again. Change the reason." in str(CliRunner().invoke(app, command).exception)
