"""The console's resource transfer: what is not transferred, its times to the second, and what is out of reach."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.models.errors import SandboxError
from sandbox.models.instances import Instance
from sandbox.models.orders import Order, OrderStatus
from sandbox.models.transfers import Destination
from sandbox.models.world import DEMO, Times, World, load
from sandbox.people.console import Console
from sandbox.people.console_rules import obstacle
from sandbox.server.server import Sandbox
from sandbox.state.clock import Clock
from sandbox.state.cloud import CloudState
from tests.unit.sandbox.api import OTHER, RECIPIENT, SOURCE, WEB, WEB_2, Api
from tests.unit.sandbox.cli.test_command import Command, command, up

__all__ = ["command", "up"]

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
VSWITCH, GROUP, GROUP_2 = "vsw-bp1orchid00000001", "sg-bp1orchid000000web", "sg-bp1orchid0000000db"
PUBLIC_IP = "i-bp1publicip000000001"


def instance(**values: Any) -> Instance:
    return Instance(id="i-1", name="one", region="cn-hangzhou", **values)


def disk(**values: Any) -> dict[str, Any]:
    return {"disks": [{"id": "d-1", "type": "system", **values}]}


def order(**values: Any) -> Order:
    made = Order(1, "rt-1", "i-1", SOURCE, RECIPIENT, initiated=NOW, confirm_before=NOW + timedelta(hours=24))
    return made.confirmed(NOW, Times(), Destination(VSWITCH, (GROUP,), None)) if values.get("confirmed") else made


def listed(api: Api, instance_id: str = WEB) -> bool:
    return bool(api.call("DescribeInstances", InstanceIds=json.dumps([instance_id]))["Instances"]["Instance"])


def confirmed(cloud: Sandbox, instance_id: str = WEB) -> None:
    cloud.console.initiate(instance_id, RECIPIENT)
    cloud.console.confirm(instance_id, vswitch=VSWITCH, groups=[GROUP])


def changed(account_id: str, **values: Any) -> World:
    """The demo world with one account changed."""
    world = load(DEMO)
    accounts = tuple(
        account.model_copy(update=values) if account.id == account_id else account for account in world.accounts
    )
    return world.model_copy(update={"accounts": accounts})


# --- rules


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"expires": NOW}, "it has expired"),
        ({"status": "Starting"}, "it is Starting"),
        ({"status": "Stopped", "recyclable": True}, "it is being released"),
        ({"spot_strategy": "SpotAsPriceGo"}, "it is a spot instance"),
        ({"locks": ["financial"]}, "it is locked: financial"),
        ({"created": NOW - timedelta(days=5) + SECOND}, "it was created on 2026-05-27 12:00 UTC"),
        ({"maintenance": NOW + timedelta(days=3)}, "it moves to another host"),
        (disk(encrypted=True), "d-1"),
        (disk(shared=True), "d-1"),
        (disk(status="Detaching"), "d-1"),
    ],
)
def test_what_the_official_rules_exclude_is_reported_with_the_rule(values: dict[str, Any], why: str) -> None:
    stated = obstacle(instance(**values), NOW)
    assert stated is not None
    assert why in stated
    assert "(official rule: " in stated


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"status": "Stopped"},
        {"created": NOW - timedelta(days=5)},
        {"expires": NOW + SECOND},
        {"public_ip": "203.0.113.1"},
        disk(),
    ],
)
def test_nothing_is_in_the_way_of_the_others(values: dict[str, Any]) -> None:
    assert obstacle(instance(**values), NOW) is None


def test_what_no_longer_fits_when_it_is_confirmed_is_refused(cloud: Sandbox) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    cloud.state.change_instance(WEB, {"locks": ("security",)})
    with pytest.raises(SandboxError, match="it is locked: security"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP])


def test_the_recipients_quota_counts_what_is_on_its_way() -> None:
    console = Console(CloudState(changed(RECIPIENT, instance_quota=2), Clock()))
    for instance_id in (WEB, WEB_2):
        console.initiate(instance_id, RECIPIENT)
    console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP])
    with pytest.raises(SandboxError, match="quota of instances of account 1000000000000002"):
        console.confirm(WEB_2, vswitch=VSWITCH, groups=[GROUP])


def test_a_recipient_without_any_quota_can_not_confirm(cloud: Sandbox) -> None:
    cloud.console.initiate(WEB, OTHER)
    with pytest.raises(SandboxError, match="is used up"):
        cloud.console.confirm(WEB, vswitch="vsw-bp1birch000000001", groups=["sg-bp1birch0000000web"])


def test_an_instance_keeps_its_zone() -> None:
    moved = load(DEMO).account(RECIPIENT).vswitches[0].model_copy(update={"zone": "cn-hangzhou-k"})
    console = Console(CloudState(changed(RECIPIENT, vswitches=(moved,)), Clock()))
    console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="a vSwitch of its own in cn-hangzhou-h"):
        console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP])


def test_the_groups_chosen_are_of_one_type(cloud: Sandbox, recipient: Api) -> None:
    made = recipient.call("CreateSecurityGroup", VpcId="vpc-bp1orchid00000001", SecurityGroupType="enterprise")
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="all of one type"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP, made["SecurityGroupId"]])


def test_several_groups_of_the_vpc_may_be_chosen_each_once(cloud: Sandbox, recipient: Api) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="different security groups"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP, GROUP])
    cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP, GROUP_2])
    cloud.clock.advance(timedelta(minutes=30))
    listing = recipient.call("DescribeInstances", InstanceIds=json.dumps([WEB]))
    (moved,) = listing["Instances"]["Instance"]
    assert moved["SecurityGroupIds"]["SecurityGroupId"] == [GROUP, GROUP_2]


def test_a_profile_nobody_has_is_reported(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="There is no profile nobody"):
        cloud.console.initiate(WEB, RECIPIENT, profile="nobody")


def test_an_account_without_a_main_profile_can_not_act_by_itself() -> None:
    profiles = tuple(profile for profile in load(DEMO).account(SOURCE).profiles if profile.kind != "main")
    console = Console(CloudState(changed(SOURCE, profiles=profiles), Clock()))
    with pytest.raises(SandboxError, match="main accounts only"):
        console.initiate(WEB, RECIPIENT)


def test_an_order_is_named_by_its_id_too(cloud: Sandbox) -> None:
    made = cloud.console.initiate(WEB, RECIPIENT)
    assert cloud.console.cancel(made.id).id == made.id


# --- times


def test_an_order_expires_at_exactly_its_end() -> None:
    end = order().confirm_before
    assert order().advanced_to(end - SECOND).status is OrderStatus.PENDING_CONFIRMATION
    assert order().advanced_to(end).status is OrderStatus.EXPIRED


def test_an_order_is_completed_after_exactly_half_an_hour() -> None:
    taken = order(confirmed=True)
    assert taken.advanced_to(NOW + timedelta(minutes=30) - SECOND).status is OrderStatus.PROCESSING
    assert taken.advanced_to(NOW + timedelta(minutes=30)).status is OrderStatus.COMPLETED


def test_an_order_that_was_confirmed_does_not_expire() -> None:
    assert order(confirmed=True).advanced_to(NOW + timedelta(days=9)).status is OrderStatus.COMPLETED


def test_what_is_cancelled_stays_cancelled() -> None:
    assert order().cancelled().advanced_to(NOW + timedelta(days=9)).status is OrderStatus.CANCELLED


@pytest.mark.parametrize("before", [True, False])
def test_what_is_completed_can_neither_be_cancelled_nor_confirmed_again(cloud: Sandbox, before: bool) -> None:
    confirmed(cloud)
    cloud.clock.advance(timedelta(minutes=0 if before else 30))
    with pytest.raises(SandboxError, match=r"is Processing|is Completed"):
        cloud.console.cancel(WEB)
    with pytest.raises(SandboxError, match=r"is Processing|is Completed"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP])


def test_the_world_states_how_long_the_steps_last() -> None:
    times = Times(console_confirmation=timedelta(hours=1), console_execution=timedelta(minutes=1))
    cloud = CloudState(load(DEMO).model_copy(update={"times": times}), Clock())
    console = Console(cloud)
    made = console.initiate(WEB, RECIPIENT)
    assert made.confirm_before - made.initiated == timedelta(hours=1)
    console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP])
    cloud.clock.advance(timedelta(minutes=1))
    assert console.orders()[0].status is OrderStatus.COMPLETED


# --- observed from outside


@pytest.mark.parametrize(
    ("action", "query"),
    [
        ("TransferInstance", {"InstanceId": WEB, "RecipientAccountId": RECIPIENT, "AgreementAccepted": "true"}),
        ("JoinSecurityGroup", {"InstanceId": WEB, "SecurityGroupId": "sg-bp1acme00000000web"}),
        ("LeaveSecurityGroup", {"InstanceId": WEB, "SecurityGroupId": "sg-bp1acme000000000db"}),
        ("CreateSnapshot", {"DiskId": "d-bp1web00000000000001"}),
    ],
)
def test_no_action_of_the_source_finds_an_instance_on_its_way(
    cloud: Sandbox, source: Api, action: str, query: dict[str, str]
) -> None:
    confirmed(cloud)
    assert source.refused(action, query)[0] == 404


def test_no_action_of_the_recipient_finds_it_before_it_arrives(cloud: Sandbox, recipient: Api) -> None:
    confirmed(cloud)
    join = {"InstanceId": WEB, "SecurityGroupId": GROUP_2}
    assert recipient.refused("JoinSecurityGroup", join) == (404, "InvalidInstanceId.NotFound")
    cloud.clock.advance(timedelta(minutes=30))
    recipient.call("JoinSecurityGroup", join)


def test_a_group_that_an_instance_is_on_its_way_into_can_not_be_deleted(cloud: Sandbox, recipient: Api) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP_2])
    assert recipient.refused("DeleteSecurityGroup", {"SecurityGroupId": GROUP_2}) == (403, "DependencyViolation")


def test_expiry_and_a_fixed_public_address_follow_the_instance(cloud: Sandbox, recipient: Api) -> None:
    confirmed(cloud, PUBLIC_IP)
    cloud.clock.advance(timedelta(minutes=30))
    listing = recipient.call("DescribeInstances", InstanceIds=json.dumps([PUBLIC_IP]))
    (moved,) = listing["Instances"]["Instance"]
    assert moved["PublicIpAddress"]["IpAddress"] == ["203.0.113.20"]
    assert moved["ExpiredTime"] == "2099-12-31T15:59Z"


@pytest.mark.parametrize("minutes", [0, 31])
def test_an_instance_lost_on_its_way_is_nobodys_for_good(
    cloud: Sandbox, source: Api, recipient: Api, minutes: int
) -> None:
    confirmed(cloud)
    cloud.console.lose(WEB)
    cloud.clock.advance(timedelta(minutes=minutes))
    assert (listed(source), listed(recipient)) == (False, False)


def test_an_instance_lost_after_its_offer_can_not_be_confirmed(cloud: Sandbox) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    cloud.console.lose(WEB)
    with pytest.raises(SandboxError, match=f"does not have instance {WEB} any more"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP])


def test_the_address_of_a_lost_instance_is_bound_to_nothing(cloud: Sandbox) -> None:
    cloud.console.lose(WEB)
    assert [eip.instance for eip in cloud.state.eips(SOURCE) if eip.name == "web-01"] == [None]


def test_an_instance_nobody_has_can_not_be_lost(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="No account has an instance i-none"):
        cloud.console.lose("i-none")


# --- the command


def test_a_transfer_is_played_with_the_command(up: Command) -> None:
    assert "waits for account 1000000000000002 to confirm it before" in up.run(
        "console", "initiate", WEB, "--recipient", RECIPIENT
    )
    assert "is now Processing" in up.run("console", "confirm", WEB, "--vswitch", VSWITCH, "--group", GROUP)
    assert up.json("console", "list")[0]["status"] == "Processing"
    up.run("clock", "+30m")
    (reported,) = up.json("console", "list")
    assert (reported["instance_id"], reported["status"]) == (WEB, "Completed")
    assert reported["id"] in up.run("console", "list")


def test_the_command_takes_offers_back_and_refuses_ram_users(up: Command) -> None:
    refused = up.run("console", "initiate", WEB, "--recipient", RECIPIENT, "--as", "sandbox-source-ram", code=1)
    assert refused == "Error: The console takes main accounts only; sandbox-source-ram is a RAM user.\n"
    up.run("console", "initiate", WEB, "--recipient", RECIPIENT, "--as", "sandbox-source")
    assert "is now Cancelled" in up.run("console", "cancel", WEB)


@pytest.mark.parametrize("name", ["initiate", "confirm", "cancel", "list"])
def test_every_command_of_the_console_explains_itself(tmp_path: Path, name: str) -> None:
    assert "Usage: alicloud-sandbox console" in Command(tmp_path / "none").run("console", name, "--help")
