"""Disks, images, RAM roles and scheduled events; and the worlds that have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from sandbox.models.errors import SandboxError
from sandbox.models.instances import Instance
from sandbox.models.world import WORLDS, PrefixList, load, shipped
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import DB, RECIPIENT, SOURCE, WEB, Api


@pytest.fixture(scope="module")
def troubles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.running(load(shipped("troubles")), directory=tmp_path_factory.mktemp("troubles")) as running:
        yield running


@pytest.fixture
def troubled(troubles: Sandbox) -> Api:
    return Api(troubles)


def disks(api: Api, **parameters: str) -> dict[str, Any]:
    listed = api.call("DescribeDisks", parameters)["Disks"]["Disk"]
    return {disk["DiskId"]: disk for disk in listed}


def test_disks_are_listed_with_their_instance(source: Api) -> None:
    assert list(disks(source, InstanceId=DB)) == ["d-bp1db000000000000001", "d-bp1db000000000000002"]
    assert disks(source, InstanceId=DB)["d-bp1db000000000000002"]["Type"] == "data"


def test_disks_of_another_account_are_not_listed(source: Api) -> None:
    assert disks(source, DiskIds=json.dumps(["d-bp1orchid00000000001"])) == {}


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"DiskIds": '["d-bp1db000000000000002"]'}, ["d-bp1db000000000000002"]),
        ({"InstanceId": DB, "DiskType": "system"}, ["d-bp1db000000000000001"]),
        ({"Status": "Detaching"}, ["d-bp1detaching00000002"]),
        ({"DiskIds": "[]"}, []),
    ],
)
def test_disks_are_filtered(source: Api, parameters: dict[str, str], found: list[str]) -> None:
    assert list(disks(source, **parameters)) == found


def test_a_filter_that_is_not_implemented_is_refused(source: Api) -> None:
    with pytest.raises(AlibabaCloudException, match="KMSKeyId"):
        source.call("DescribeDisks", {"KMSKeyId": "any"})


def test_what_a_disk_is_like_is_listed(troubled: Api) -> None:
    encrypted = disks(troubled, InstanceId="i-bp1encrypted00000001")["d-bp1encrypteddata0001"]
    assert (encrypted["Encrypted"], encrypted["MultiAttach"]) == (True, "Disabled")
    shared = disks(troubled, InstanceId="i-bp1shared00000000001")["d-bp1shareddata0000001"]
    assert (shared["Encrypted"], shared["MultiAttach"]) == (False, "Enabled")
    product = disks(troubled, InstanceId="i-bp1product0000000001")["d-bp1product0000000001"]
    assert product["ProductCode"] == "cmjj000002"


def test_images_are_listed_by_owner_and_unknown_ones_are_alibaba_clouds(troubled: Api) -> None:
    requested = "m-bp1marketplace000001,m-bp1own00000000000001,aliyun_3_x64_20G_alibase_20250117.vhd,m-none"
    listed = troubled.call("DescribeImages", ImageId=requested)["Images"]["Image"]
    assert {image["ImageId"]: (image["ImageOwnerAlias"], image["ProductCode"]) for image in listed} == {
        "m-bp1marketplace000001": ("marketplace", "cmjj000001"),
        "m-bp1own00000000000001": ("self", ""),
        "aliyun_3_x64_20G_alibase_20250117.vhd": ("system", ""),
    }


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"ImageOwnerAlias": "marketplace"}, ["m-bp1marketplace000001"]),
        ({"ImageOwnerAlias": "others"}, []),
        ({"Status": "Creating,Deprecated"}, ["m-bp1retired0000000001"]),
        ({"Status": "ALL", "ImageOwnerAlias": "self"}, ["m-bp1own00000000000001", "m-bp1retired0000000001"]),
        ({"ImageOwnerAlias": "self"}, ["m-bp1own00000000000001"]),
    ],
)
def test_images_are_filtered_by_status_and_owner(troubled: Api, parameters: dict[str, str], found: list[str]) -> None:
    assert [image["ImageId"] for image in troubled.call("DescribeImages", parameters)["Images"]["Image"]] == found


def test_an_image_of_another_account_is_absent_and_not_alibaba_clouds(troubles: Sandbox) -> None:
    requested = "m-bp1own00000000000001,m-bp1marketplace000001"
    listed = Api(troubles, "sandbox-recipient").call("DescribeImages", ImageId=requested)["Images"]["Image"]
    assert [(image["ImageId"], image["ImageOwnerAlias"]) for image in listed] == [
        ("m-bp1marketplace000001", "marketplace")
    ]


@pytest.mark.parametrize(
    ("action", "changed", "refusal"),
    [
        ("DescribeImages", {"Status": "ALL,Available"}, (400, "InvalidParameter")),
        ("DescribeImages", {"Status": "Gone"}, (400, "InvalidParameter")),
        ("DescribeImages", {"ImageOwnerAlias": "nobody"}, (400, "InvalidParameter")),
        ("DescribeImages", {"ImageId": ",".join(f"m-{n}" for n in range(101))}, (400, "InvalidParameter")),
        ("DescribeImages", {"Usage": "instance"}, (400, "InvalidParameter.Usage")),
        ("DescribeInstanceRamRole", {}, (400, "MissingParameter")),
        ("DescribeInstanceRamRole", {"RamRoleName": "any", "PageSize": "51"}, (400, "InvalidParameter")),
        ("DescribeInstanceRamRole", {"InstanceIds": "i-1"}, (400, "InvalidInstanceIds.Malformed")),
        ("DescribeInstancesFullStatus", {"InstanceId.101": "i-1"}, (400, "InvalidParameter")),
        ("DescribeInstancesFullStatus", {"PageSize": "101"}, (400, "InvalidParameter")),
        ("DescribeInstancesFullStatus", {"Status": "Running"}, (400, "InvalidParameter.Status")),
        ("DescribePrefixLists", {"MaxResults": "101"}, (400, "InvalidParameter")),
        ("DescribePrefixLists", {"PrefixListId.101": "pl-1"}, (400, "InvalidParameter")),
        ("DescribePrefixLists", {"AddressFamily": "IPv4"}, (400, "InvalidParameter.AddressFamily")),
    ],
)
def test_a_query_is_refused(source: Api, action: str, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    assert source.refused(action, changed) == refusal


def test_prefix_lists_are_listed_by_account_region_and_id(source: Api, recipient: Api) -> None:
    def lists(api: Api, **parameters: str) -> list[dict[str, Any]]:
        return list(api.call("DescribePrefixLists", parameters)["PrefixLists"]["PrefixList"])

    (entry,) = lists(recipient, **{"PrefixListId.1": "pl-bp1orchid000000001", "PrefixListId.2": "pl-none"})
    assert (entry["PrefixListId"], entry["AddressFamily"], entry["MaxEntries"]) == ("pl-bp1orchid000000001", "IPv4", 10)
    assert lists(recipient, **{"PrefixListId.1": "pl-none"}) == []
    assert lists(recipient, RegionId="cn-shanghai") == []
    assert lists(source) == []


def test_prefix_lists_are_listed_page_by_page(tmp_path: Path) -> None:
    world = load(shipped("demo"))
    first, second, *others = world.accounts
    more = tuple(PrefixList(id=f"pl-{number}", region="cn-hangzhou") for number in range(5))
    grown = world.model_copy(update={"accounts": (first.model_copy(update={"prefix_lists": more}), second, *others)})
    with Sandbox.running(grown, directory=tmp_path / "home") as cloud:
        observed: list[str] = []
        token = ""
        while True:
            answer = Api(cloud).call("DescribePrefixLists", {"MaxResults": "2", "NextToken": token})
            observed += [entry["PrefixListId"] for entry in answer["PrefixLists"]["PrefixList"]]
            token = answer["NextToken"]
            if not token:
                break
    assert observed == [image.id for image in more]


def test_instances_requested_are_listed_with_an_empty_ram_role_where_they_have_none(troubled: Api) -> None:
    ids = json.dumps(["i-bp1several0000000001", "i-bp1fit00000000000001", "i-bp1none00000000000001"])
    answer = troubled.call("DescribeInstanceRamRole", InstanceIds=ids)
    assert answer["InstanceRamRoleSets"]["InstanceRamRoleSet"] == [
        {"InstanceId": "i-bp1fit00000000000001", "RamRoleName": ""},
        {"InstanceId": "i-bp1several0000000001", "RamRoleName": "acme-web"},
    ]
    assert (answer["TotalCount"], answer["RegionId"]) == (2, "cn-hangzhou")


def test_the_instances_of_a_ram_role_are_listed_by_its_name(troubled: Api) -> None:
    def holders(role: str) -> list[str]:
        answer = troubled.call("DescribeInstanceRamRole", RamRoleName=role)
        return [entry["InstanceId"] for entry in answer["InstanceRamRoleSets"]["InstanceRamRoleSet"]]

    assert "i-bp1several0000000001" in holders("acme-web")
    assert "i-bp1fit00000000000001" not in holders("acme-web")
    assert holders("acme-none") == []


def test_scheduled_events_are_listed_of_the_instances_requested(troubled: Api) -> None:
    answer = troubled.call(
        "DescribeInstancesFullStatus",
        {"InstanceId.1": "i-bp1maintenance000001", "InstanceId.2": "i-bp1fit00000000000001"},
    )
    listed = {
        entry["InstanceId"]: [
            event["EventType"]["Name"] for event in entry["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
        ]
        for entry in answer["InstanceFullStatusSet"]["InstanceFullStatusType"]
    }
    assert listed == {"i-bp1fit00000000000001": [], "i-bp1maintenance000001": ["SystemMaintenance.Redeploy"]}


def test_a_scheduled_event_states_when_and_what(troubled: Api) -> None:
    (entry,) = troubled.call("DescribeInstancesFullStatus", {"InstanceId.1": "i-bp1maintenance000001"})[
        "InstanceFullStatusSet"
    ]["InstanceFullStatusType"]
    (event,) = entry["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
    assert event["EventCycleStatus"]["Name"] == "Scheduled"
    assert event["EventPublishTime"] < event["NotBefore"]
    assert entry["HealthStatus"]["Name"] == "Ok"


def test_an_instance_reports_its_host_name_and_a_primary_interface_of_its_own(troubled: Api) -> None:
    (entry,) = troubled.call("DescribeInstances", InstanceIds='["i-bp1burdened000000001"]')["Instances"]["Instance"]
    assert (entry["HostName"], entry["OSType"], entry["Description"]) == ("burdened", "linux", "")
    primary, secondary = entry["NetworkInterfaces"]["NetworkInterface"]
    assert [primary["PrimaryIpAddress"]] == entry["VpcAttributes"]["PrivateIpAddress"]["IpAddress"]
    assert secondary["PrimaryIpAddress"] not in ("", primary["PrimaryIpAddress"])
    assert entry["HpcClusterId"] == "hpc-bp1acme00000001"
    assert entry["EcsCapacityReservationAttr"]["CapacityReservationId"] == "crp-bp1acme00000001"


def test_the_sdk_knows_every_field_of_an_instance_and_of_a_rule_and_every_rule_has_all(
    troubled: Api, source: Api
) -> None:
    (entry,) = troubled.call("DescribeInstances", InstanceIds='["i-bp1burdened000000001"]')["Instances"]["Instance"]
    read = models.DescribeInstancesResponseBodyInstancesInstance().from_map(entry).to_map()
    assert entry.keys() - read.keys() == set()
    listed = source.call("DescribeSecurityGroupAttribute", SecurityGroupId="sg-bp1acme000000000db")["Permissions"]
    model = models.DescribeSecurityGroupAttributeResponseBodyPermissionsPermission()
    for rule in listed["Permission"]:
        assert rule.keys() == model.from_map(rule).to_map().keys()
        assert len(rule) == len(vars(model))


def test_what_a_profile_is_denied_is_refused(troubles: Sandbox) -> None:
    blind, denied = Api(troubles, "sandbox-source-blind"), Api(troubles, "sandbox-source-denied")
    for action in ("DescribeAccountAttributes", "DescribeInstanceTransfers"):
        assert blind.refused(action) == (403, "Forbidden.RAM")
    assert disks(denied) == {}
    assert disks(blind)


def test_an_instance_reports_what_it_is_tied_to(troubled: Api) -> None:
    def entry(instance_id: str) -> Any:
        (listed,) = troubled.call("DescribeInstances", InstanceIds=json.dumps([instance_id]))["Instances"]["Instance"]
        return listed

    assert entry("i-bp1host0000000000001")["DedicatedHostAttribute"]["DedicatedHostId"] == "dh-bp1acme0000000001"
    assert entry("i-bp1set00000000000001")["DeploymentSetId"] == "ds-bp1acme0000000001"
    kinds = [each["Type"] for each in entry("i-bp1eni00000000000001")["NetworkInterfaces"]["NetworkInterface"]]
    assert kinds == ["Primary", "Secondary"]
    assert entry("i-bp1autorelease000001")["AutoReleaseTime"]
    assert entry("i-bp1fit00000000000001")["AutoReleaseTime"] == ""


def test_rules_of_a_group_are_listed_page_by_page(source: Api) -> None:
    group = {"SecurityGroupId": "sg-bp1acme00000000web"}
    whole = source.call("DescribeSecurityGroupAttribute", group)
    assert whole["NextToken"] == ""
    first = source.call("DescribeSecurityGroupAttribute", group | {"MaxResults": "3"})
    second = source.call("DescribeSecurityGroupAttribute", group | {"MaxResults": "3", "NextToken": first["NextToken"]})
    pages = [permission for page in (first, second) for permission in page["Permissions"]["Permission"]]
    assert pages == whole["Permissions"]["Permission"]
    assert second["NextToken"] == ""


def test_a_group_may_let_itself_in_and_be_deleted_all_the_same(recipient: Api) -> None:
    group = recipient.call("CreateSecurityGroup", {"VpcId": "vpc-bp1orchid00000001"})["SecurityGroupId"]
    rule = {"IpProtocol": "tcp", "PortRange": "443/443", "SourceGroupId": group}
    recipient.call("AuthorizeSecurityGroup", {"SecurityGroupId": group} | rule)
    listed = recipient.call("DescribeSecurityGroupAttribute", SecurityGroupId=group)["Permissions"]["Permission"]
    assert [rule["SourceGroupId"] for rule in listed] == [group]
    recipient.call("DeleteSecurityGroup", SecurityGroupId=group)


class TestWorlds:
    def test_every_world_that_is_shipped_can_be_started_with(self) -> None:
        assert {path.stem for path in WORLDS.glob("*.yaml")} == {"demo", "troubles", "every-rule", "images"}
        for path in WORLDS.glob("*.yaml"):
            assert load(path).accounts

    def test_a_world_nobody_ships_is_listed_with_those_there_are(self) -> None:
        with pytest.raises(
            SandboxError, match=r"trouble is neither a file nor one .*: demo, every-rule, images, troubles"
        ):
            shipped("trouble")

    def test_copies_are_instances_of_their_own_with_disks_and_addresses(self, troubles: Sandbox) -> None:
        account = troubles.state.world.account(SOURCE)
        several = [instance for instance in account.instances if instance.name.startswith("several-")]
        assert [instance.id for instance in several] == [f"i-bp1several00000000{number:02d}" for number in range(1, 11)]
        assert len({disk.id for instance in several for disk in instance.disks}) == 10
        assert len({eip.ip_address for eip in account.eips}) == len(account.eips) == 30

    def test_a_duration_counts_from_the_start(self) -> None:
        entry = Instance.model_validate(
            {"id": "i-1", "name": "", "region": "cn-hangzhou", "created": "-P2D", "expires": "PT1H"}
        )
        assert abs(entry.created - (datetime.now(UTC) - timedelta(days=2))) < timedelta(minutes=1)
        assert abs(entry.expires - (datetime.now(UTC) + timedelta(hours=1))) < timedelta(minutes=1)

    def test_a_transfer_may_be_there_at_the_start(self, troubles: Sandbox, troubled: Api) -> None:
        listed = troubled.call(
            "DescribeInstanceTransfers", InstanceIds=json.dumps(["i-bp1underway000000001", "i-bp1cancelled00000001"])
        )["Transfers"]["Transfer"]
        assert {transfer["InstanceId"]: transfer["Status"] for transfer in listed} == {
            "i-bp1underway000000001": "UnderReview",
            "i-bp1cancelled00000001": "Cancelled",
        }
        assert {transfer["RecipientAccountId"] for transfer in listed} == {RECIPIENT}
        troubles.desk.approve("i-bp1underway000000001")

    def test_what_is_wrong_is_only_carried(self) -> None:
        world = load(shipped("demo"))
        assert world.account(SOURCE).instances[0].id == WEB
        assert not any(instance.wrong for account in world.accounts for instance in account.instances)


def test_a_world_is_read_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(shipped("every-rule").read_text())
    assert load(file) == load(shipped("every-rule"))
