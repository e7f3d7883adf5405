"""No permission is not "not there", whether ECS refuses a denied listing or answers it with an empty list.

The sandbox is in process. Each account has a profile for each listing that it may not call: `source-without-<action>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
import yaml
from typer.testing import CliRunner

from sandbox.actions.ecs.product import ECS
from sandbox.models.world import DEMO, DeniedReads, Profile, World, load
from sandbox.server.server import Sandbox
from tests.twin.cloud import LocalCloud, Trouble
from tests.wire.test_doctor import HANDOVER, SETTINGS, Stack
from transfer_provider.channels.console import ConsoleChannel
from transfer_provider.channels.recipient import Destination, RecipientSide
from transfer_provider.cli.app import app
from transfer_provider.cli.doctor.checkup import Outcome
from transfer_provider.cloud import disks, instances, inventory, operations, permissions, security_groups
from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, TryAgain
from transfer_provider.cloud.polls import InstancePolls
from transfer_provider.handover.plan import Observed, Wanted
from transfer_provider.handover.preflight import Preflight
from transfer_provider.handover.recipient.objects import RecipientObjects
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.handover.reports.approved import ApprovedInstances
from transfer_provider.handover.snapshots import Snapshots
from transfer_provider.handover.state import StackState
from transfer_provider.handover.survey import Survey
from transfer_provider.inputs.handover import Backup
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.ownership import Owner
from transfer_provider.model.transfer import Transfer, TransferRequest

REGION, VPC = "cn-hangzhou", "vpc-bp1orchid00000001"
SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
WEB_01, WEB_02, NOWHERE = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1nowhere000000001"
DISK = "d-bp1nowhere000000001"
DESTINATION = Destination("vsw-bp1orchid00000001", ("sg-bp1orchid000000web",))
REQUEST = TransferRequest(WEB_01, REGION, RECIPIENT)
TRACKED = Transfer(f"console-{WEB_01}", WEB_01, Status.AWAITING_INITIATION, RECIPIENT, SOURCE)
OWNER = Owner.of("instance-handover", "sandbox")
LISTINGS = [action.name for action in ECS.actions if action.lists]


def world_of(denied_reads: DeniedReads) -> World:
    world = load(DEMO)
    accounts = list(world.accounts)
    for place, name in enumerate(("source", "recipient")):
        more = [Profile(name=f"{name}-without-{action}", denied=(action,)) for action in LISTINGS]
        accounts[place] = accounts[place].model_copy(update={"profiles": (*accounts[place].profiles, *more)})
    return world.model_copy(update={"accounts": tuple(accounts), "denied_reads": denied_reads})


@pytest.fixture(params=get_args(DeniedReads))
def cloud(request: pytest.FixtureRequest) -> Iterator[LocalCloud]:
    """A denied listing is answered in either way, and what follows is the same."""
    local = LocalCloud(world_of(request.param))
    with local.reached():
        yield local


@pytest.fixture
def hiding() -> Iterator[LocalCloud]:
    """A denied listing is empty."""
    local = LocalCloud(world_of("empty"))
    with local.reached():
        yield local


def without(side: str, action: str) -> Cloud:
    return Cloud(f"{side}-without-{action}", REGION)


def source() -> Cloud:
    return Cloud("sandbox-source", REGION)


def recipient() -> Cloud:
    return Cloud("sandbox-recipient", REGION)


def settings(**profiles: str) -> Settings:
    given = {"sourceProfile": "sandbox-source", "recipientProfile": "sandbox-recipient"} | profiles
    return Settings.model_validate({"region": REGION, "sourceAccount": SOURCE, "recipients": (RECIPIENT,), **given})


def wanted(channel: str = "api") -> Wanted:
    return Wanted("web-01", REQUEST, channel=channel, destination=True)


def surveyed(chosen: Settings, channel: str, *, batch: bool) -> Observed:
    survey = Survey(chosen, StackState(completed=frozenset({WEB_01})))
    if batch:
        survey.query([wanted(channel)])
    return survey.of(wanted(channel))


@dataclass(frozen=True)
class Conclusion:
    """Something that follows from what is not listed, drawn by the side's credentials without this permission."""

    side: str
    action: str
    draw: Callable[[Cloud], object]

    @property
    def name(self) -> str:
        return self.draw.__name__


def conclusion(side: str, action: str = "DescribeInstances") -> Callable[[Callable[[Cloud], object]], Conclusion]:
    return lambda draw: Conclusion(side, action, draw)


def of_profiles(cloud: Cloud) -> Settings:
    """The stack's settings with these credentials, on the side they belong to."""
    return settings(**{f"{str(cloud.profile).split('-')[0]}Profile": str(cloud.profile)})


@conclusion("source")
def an_instance_is_not_the_accounts(cloud: Cloud) -> object:
    return instances.query(cloud, [WEB_01])


@conclusion("recipient")
def an_instance_of_the_region_is_not_listed(cloud: Cloud) -> object:
    return InstancePolls(cloud).find(WEB_01)


@conclusion("source")
def there_is_nothing_to_inspect(cloud: Cloud) -> object:
    return inventory.query(cloud, [WEB_01])


@conclusion("source", "DescribeDisks")
def an_instance_has_no_disks(cloud: Cloud) -> object:
    return inventory.query(cloud, [WEB_01])


@conclusion("source", "DescribeImages")
def an_image_is_not_of_the_marketplace(cloud: Cloud) -> object:
    return inventory.query(cloud, [WEB_01])


@conclusion("source", "DescribeSecurityGroups")
def a_group_is_another_accounts(cloud: Cloud) -> object:
    return inventory.with_network(cloud, inventory.query_instances(cloud, [WEB_01]))


@conclusion("source")
def a_console_transfer_can_not_be_recorded(cloud: Cloud) -> object:
    return ConsoleChannel(cloud, recipient()).submit(REQUEST)


@conclusion("source")
def a_console_transfer_has_left_the_source(cloud: Cloud) -> object:
    return ConsoleChannel(cloud, None).read(TRACKED, REQUEST)


@conclusion("recipient")
def a_console_transfer_has_not_arrived(cloud: Cloud) -> object:
    return ConsoleChannel(source(), cloud).read(TRACKED, REQUEST)


@conclusion("recipient")
def an_instance_has_yet_to_be_accepted(cloud: Cloud) -> object:
    operations.submit(source(), REQUEST, "token")
    return RecipientSide(cloud).accept(WEB_01, None, DESTINATION)


@conclusion("recipient")
def an_instance_has_yet_to_be_confirmed(cloud: Cloud) -> object:
    return RecipientSide(cloud).verify_arrival(WEB_01, DESTINATION)


@conclusion("recipient")
def a_received_instance_is_gone(cloud: Cloud) -> object:
    return RecipientSide(cloud).read(WEB_01, None, RECIPIENT)


@conclusion("recipient")
def a_survey_has_not_seen_it_arrive(cloud: Cloud) -> object:
    return surveyed(of_profiles(cloud), "api", batch=True)


@conclusion("recipient")
def a_programs_survey_has_not_seen_it_arrive(cloud: Cloud) -> object:
    return surveyed(of_profiles(cloud), "api", batch=False)


@conclusion("recipient")
def a_programs_survey_has_not_seen_it_confirmed(cloud: Cloud) -> object:
    return surveyed(of_profiles(cloud), "console", batch=False)


@conclusion("source")
def a_preflight_check_does_not_find_it(cloud: Cloud) -> object:
    preflight = Preflight(of_profiles(cloud), StackState())
    preflight.check([Wanted("web-01", REQUEST)])
    return preflight


@conclusion("source")
def a_programs_preflight_check_does_not_find_it(cloud: Cloud) -> object:
    return Preflight(of_profiles(cloud), StackState()).of(Wanted("web-01", REQUEST))


@conclusion("source")
def what_was_approved_is_gone(cloud: Cloud) -> object:
    transfer = Transfer("t-1", WEB_01, Status.APPROVED, RECIPIENT, SOURCE)
    approved = ApprovedInstances(of_profiles(cloud), StackState())
    return approved.findings({wanted(): Observed(transfer)}, every=True)


@conclusion("source", "DescribeSnapshots")
def a_snapshot_was_deleted(cloud: Cloud) -> object:
    return Snapshots(cloud.profile, {"web-01": [DISK]}).plan("web-01", "web-01", REGION, Backup(), None)


@conclusion("source", "DescribeSnapshots")
def no_killed_run_left_a_snapshot(cloud: Cloud) -> object:
    disk = inventory.query(source(), [WEB_01]).disks[WEB_01]
    return Snapshots(cloud.profile, {}).plan("web-01", "web-01", REGION, Backup(), disk)


@conclusion("recipient", "DescribeSecurityGroups")
def a_group_has_to_be_made_anew(cloud: Cloud) -> object:
    objects = RecipientObjects(cloud.profile, OWNER, "sandbox", RecipientState())
    return objects.adopt_groups({"web": SecurityGroupInputs(vpc_id=VPC)}, REGION)


@conclusion("recipient", "DescribeSecurityGroups")
def a_group_of_the_state_has_no_rules_any_more(cloud: Cloud) -> object:
    state = RecipientState(groups={"web": "sg-bp1orchid000000web"})
    objects = RecipientObjects(cloud.profile, OWNER, "sandbox", state)
    return objects.rule_differences({"web": SecurityGroupInputs(vpc_id=VPC)}, REGION)


CONCLUSIONS = [value for value in globals().values() if isinstance(value, Conclusion)]


@pytest.mark.parametrize("conclusion", CONCLUSIONS, ids=lambda conclusion: conclusion.name)
def test_without_the_permission_it_is_not_concluded_that(cloud: LocalCloud, conclusion: Conclusion) -> None:
    with pytest.raises(NotAllowed, match=f"profile '{conclusion.side}-without-{conclusion.action}'") as raised:
        conclusion.draw(without(conclusion.side, conclusion.action))
    assert raised.value.code == "Forbidden.RAM"
    assert "Have an administrator of this account allow the action for this profile" in str(raised.value)
    assert conclusion.action in str(raised.value) or cloud.state.world.denied_reads == "forbidden"


@pytest.mark.parametrize(
    ("action", "fact"), [("DescribeInstancesFullStatus", "maintenance"), ("DescribeInstanceRamRole", "ram_roles")]
)
def test_what_has_no_dry_run_and_is_left_out_is_not_known(cloud: LocalCloud, action: str, fact: str) -> None:
    def observed(by: Cloud) -> object:
        return getattr(inventory.with_ram_roles(by, inventory.query(by, [WEB_01])), fact)

    assert observed(source()) == {}
    assert observed(without("source", action)) is None


class TestWhatIsAllowed:
    def test_everything_that_is_listed_needs_no_confirmation(self, hiding: LocalCloud) -> None:
        assert instances.query(source(), [WEB_01, WEB_02]).keys() == {WEB_01, WEB_02}
        assert InstancePolls(source()).find(WEB_01)
        assert disks.query(source(), [WEB_01])[WEB_01]
        assert hiding.calls == ["DescribeInstances", "DescribeInstances", "DescribeDisks"]

    def test_what_is_not_listed_is_confirmed_by_one_call_a_run(self, hiding: LocalCloud) -> None:
        for _ in range(3):
            assert instances.query(source(), [WEB_01, NOWHERE]).keys() == {WEB_01}
        assert InstancePolls(source()).find(NOWHERE) is None
        assert hiding.calls == ["DescribeInstances"] * (4 + 1)

    def test_threads_confirm_together(self, hiding: LocalCloud) -> None:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: instances.query(source(), [NOWHERE]), range(8)))
        assert found == [{}] * 8
        assert hiding.calls == ["DescribeInstances"] * (8 + 1)

    def test_each_region_account_and_action_is_confirmed_by_itself(self, hiding: LocalCloud) -> None:
        for by in (source(), recipient(), Cloud("sandbox-source", "cn-shanghai")):
            instances.query(by, [NOWHERE])
            security_groups.by_id(by, ["sg-nowhere"])
        assert len(hiding.calls) == 6 + 6

    def test_another_run_confirms_again(self, hiding: LocalCloud) -> None:
        instances.query(source(), [NOWHERE])
        permissions.begin_run()
        instances.query(source(), [NOWHERE])
        assert len(hiding.calls) == 2 + 2

    def test_what_is_denied_is_asked_once_as_well(self, hiding: LocalCloud) -> None:
        for _ in range(3):
            with pytest.raises(NotAllowed, match="ecs:DescribeInstances in cn-hangzhou"):
                instances.query(without("source", "DescribeInstances"), [WEB_01])
        assert len(hiding.calls) == 3 + 1


@pytest.mark.parametrize("kind", ["throttle", "error", "cut-before", "cut-after"])
def test_without_an_answer_to_the_confirmation_nothing_is_concluded(hiding: LocalCloud, kind: str) -> None:
    hiding.faults.plan = [Trouble(kind, "DescribeInstances", spared=1, times=5)]
    with pytest.raises(TryAgain, match="Could not confirm by a dry run that profile 'sandbox-source' may call"):
        instances.query(source(), [NOWHERE])
    # It is not taken for an answer: the next query asks again.
    assert instances.query(source(), [NOWHERE]) == {}


def test_a_dry_run_that_is_answered_as_if_it_were_none_confirms_nothing(
    hiding: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.gateway.permissions.dry_run_passed", lambda: None)
    monkeypatch.setattr("sandbox.gateway.permissions.Permission.of_listing", lambda _, __, answer: answer)
    with pytest.raises(TryAgain, match="answered as if it were none"):
        instances.query(source(), [NOWHERE])


def test_the_same_instances_are_asked_for_in_the_dry_run(sandbox: Sandbox) -> None:
    instances.query(Cloud("sandbox-source", REGION), [WEB_01, NOWHERE])
    asked, confirmed = (dict(entry.parameters) for entry in sandbox.log.entries())
    assert confirmed.pop("DryRun").lower() == "true"
    assert asked == confirmed


class TestCommands:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        root = tmp_path / "project"
        (root / "stacks/orchid").mkdir(parents=True)
        (root / "Pulumi.yaml").write_text("name: instance-handover\nruntime: python\nstackConfigDir: stacks\n")
        chosen = {f"instance-handover:{key}": value for key, value in SETTINGS.items()}
        (root / "stacks/Pulumi.orchid.yaml").write_text(yaml.safe_dump({"config": chosen}))
        (root / "stacks/orchid/web-01.yaml").write_text(yaml.safe_dump(HANDOVER))
        return root

    @pytest.mark.parametrize("action", ["DescribeInstances", "DescribeDisks", "DescribeImages"])
    def test_inspect_reports_no_permission_and_no_finding(self, cloud: LocalCloud, action: str) -> None:
        arguments = ["inspect", WEB_01, "--region", REGION, "--profile", f"source-without-{action}"]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 1
        assert isinstance(done.exception, NotAllowed)
        assert "NotFound" not in done.output

    @pytest.mark.parametrize("action", ["DescribeInstances", "DescribeSecurityGroups"])
    def test_capture_reports_no_permission_and_writes_nothing(
        self, cloud: LocalCloud, action: str, project: Path
    ) -> None:
        (project / "stacks/orchid/web-01.yaml").unlink()
        arguments = ["capture", WEB_01, "--stack", "orchid", "--project", str(project)]
        done = CliRunner().invoke(app, [*arguments, "--profile", f"source-without-{action}"])
        assert done.exit_code == 1
        assert isinstance(done.exception, NotAllowed)
        assert not list((project / "stacks/orchid").iterdir())


class TestTheDoctor:
    @pytest.fixture
    def stack(self, tmp_path: Path, cloud: LocalCloud) -> Stack:
        return Stack(tmp_path / "project")

    @pytest.mark.parametrize(
        ("side", "action"),
        [
            ("source", "DescribeInstances"),
            ("source", "DescribeDisks"),
            ("source", "DescribeImages"),
            ("source", "DescribeSnapshots"),
            ("recipient", "DescribeInstances"),
            ("recipient", "DescribeSecurityGroups"),
        ],
    )
    def test_reports_a_denied_listing_as_lacking(self, stack: Stack, side: str, action: str) -> None:
        stack.set(**{f"{side}Profile": f"{side}-without-{action}"})
        problem, *others = stack.of(f"{side} permissions")
        assert problem.outcome is Outcome.PROBLEM
        assert f"may not call ecs:{action}." in problem.observed
        assert not any(f"ecs:{action}," in other.observed for other in others)

    def test_does_not_report_as_allowed_what_listed_nothing(self, stack: Stack) -> None:
        stack.set(sourceProfile="source-without-DescribeInstancesFullStatus")
        reports = stack.of("source permissions")
        allowed = [report.observed for report in reports if report.outcome is Outcome.OK]
        assert allowed
        assert "ecs:DescribeInstancesFullStatus" not in allowed[0]
        assert any("ecs:DescribeInstancesFullStatus" in report.observed for report in reports)

    def test_does_not_report_that_nothing_was_left_behind_where_it_may_not_list_groups(self, stack: Stack) -> None:
        assert [report.outcome for report in stack.of("orphans")] == [Outcome.OK]
        stack.set(recipientProfile="recipient-without-DescribeSecurityGroups")
        permissions.begin_run()
        assert [report.outcome for report in stack.of("orphans")] == [Outcome.NOT_CHECKED]
