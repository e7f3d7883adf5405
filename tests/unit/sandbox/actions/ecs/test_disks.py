"""DescribeDisks: what is listed of a disk, what is filtered by, and pages as the real ones are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_ecs20140526.models import DescribeDisksResponseBodyDisksDisk

from sandbox.models.world import load, shipped
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import DB, Api

ENCRYPTED, BLOCKED, DETACHED = "i-bp1encrypted00000001", "i-bp1blocked0000000001", "i-bp1detached000000001"


@pytest.fixture(scope="module")
def troubles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.running(load(shipped("troubles")), directory=tmp_path_factory.mktemp("troubles")) as running:
        yield running


@pytest.fixture
def troubled(troubles: Sandbox) -> Api:
    return Api(troubles)


def listed(api: Api, **parameters: str) -> list[dict[str, Any]]:
    return list(api.call("DescribeDisks", {"MaxResults": "500", **parameters})["Disks"]["Disk"])


def ids(api: Api, **parameters: str) -> list[str]:
    return [disk["DiskId"] for disk in listed(api, **parameters)]


def test_the_sdk_knows_every_field_that_is_listed(troubled: Api) -> None:
    for disk in listed(troubled, InstanceId=BLOCKED):
        read = DescribeDisksResponseBodyDisksDisk().from_map(disk).to_map()
        assert {key for key in disk if key not in read} == set()


def test_an_encrypted_disk_names_its_key(troubled: Api) -> None:
    system, data = listed(troubled, InstanceId=ENCRYPTED)
    assert (system["Encrypted"], system["KMSKeyId"]) == (False, "")
    assert (data["Encrypted"], data["KMSKeyId"]) == (True, "key-bp1acme00000001")


def test_a_disk_states_where_it_is_attached(troubled: Api) -> None:
    system, data = listed(troubled, InstanceId=BLOCKED)
    assert [disk["Device"] for disk in (system, data)] == ["/dev/xvda", "/dev/xvdb"]
    (attachment,) = data["Attachments"]["Attachment"]
    assert (attachment["InstanceId"], attachment["Device"]) == (BLOCKED, "/dev/xvdb")


def test_a_disk_that_is_not_attached_still_names_its_instance(troubled: Api) -> None:
    (detached,) = listed(troubled, InstanceId=DETACHED, Status="Available")
    assert detached["InstanceId"] == DETACHED
    assert (detached["Device"], detached["Attachments"]) == ("", {"Attachment": []})


def test_only_a_system_disk_names_the_image_and_only_a_data_disk_can_be_moved(troubled: Api) -> None:
    system, data = listed(troubled, InstanceId=ENCRYPTED)
    assert (bool(system["ImageId"]), bool(data["ImageId"])) == (True, False)
    assert (system["Portable"], data["Portable"]) == (False, True)


def test_a_subscriptions_data_disk_stays_with_it(source: Api) -> None:
    assert [disk["Portable"] for disk in listed(source, InstanceId=DB)] == [False, False]


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"Encrypted": "true"}, 20),
        ({"Encrypted": "false", "InstanceId": ENCRYPTED}, 2),
        ({"MultiAttach": "Enabled"}, 20),
        ({"MultiAttach": "LegacyShared"}, 0),
        ({"MultiAttach": "Disabled", "InstanceId": BLOCKED}, 1),
        ({"Portable": "true", "InstanceId": BLOCKED}, 1),
        ({"Portable": "false", "InstanceId": BLOCKED}, 1),
        ({"DiskType": "data", "Status": "Detaching"}, 10),
        ({"DiskName": "any"}, 0),
        ({"ResourceGroupId": "rg-acmeorchid00001"}, 0),
    ],
)
def test_disks_are_filtered_by_what_they_are_like(troubled: Api, parameters: dict[str, str], count: int) -> None:
    assert len(ids(troubled, **parameters)) == count


def test_disks_are_in_the_resource_group_of_their_instance(source: Api) -> None:
    assert ids(source, ResourceGroupId="rg-acmeorchid00001") == ["d-bp1db000000000000001", "d-bp1db000000000000002"]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"DiskIds": "d-1"}, (400, "InvalidDiskIds.ValueNotSupported")),
        ({"DiskIds": json.dumps([str(number) for number in range(101)])}, (400, "InvalidParameter.DiskIds")),
        ({"DiskType": "floppy"}, (400, "InvalidDiskType.ValueNotSupported")),
        ({"Status": "Gone"}, (400, "InvalidStatus.NotFound")),
        ({"MultiAttach": "yes"}, (400, "InvalidParameter")),
        ({"Portable": "yes"}, (400, "InvalidParameter")),
        ({"Encrypted": "yes"}, (400, "InvalidParameter")),
        ({"MaxResults": "many"}, (400, "InvalidParameter")),
        ({"NextToken": "nonsense"}, (400, "InvalidParameter")),
        ({"PageSize": "101"}, (400, "InvalidParameter")),
        ({"Category": "cloud_essd"}, (400, "InvalidParameter.Category")),
    ],
)
def test_a_query_at_disks_is_refused(source: Api, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    assert source.refused("DescribeDisks", changed) == refusal


@pytest.mark.parametrize(("requested", "size"), [("2", 10), ("10", 10), ("37", 37), ("500", None), ("9999", None)])
def test_a_page_has_10_to_500_disks_whatever_is_requested(troubled: Api, requested: str, size: int | None) -> None:
    answer = troubled.call("DescribeDisks", MaxResults=requested)
    assert len(answer["Disks"]["Disk"]) == (size or answer["TotalCount"])
    assert bool(answer["NextToken"]) == (size is not None)


def test_every_page_of_disks_is_listed_once(troubled: Api) -> None:
    observed: list[str] = []
    token = ""
    while True:
        answer = troubled.call("DescribeDisks", {"MaxResults": "10", "NextToken": token})
        observed += [disk["DiskId"] for disk in answer["Disks"]["Disk"]]
        token = answer["NextToken"]
        if not token:
            break
    assert observed == ids(troubled)
    assert len(observed) == len(set(observed)) > 100


def test_page_numbers_list_the_same_disks(troubled: Api) -> None:
    second = troubled.call("DescribeDisks", PageNumber="2", PageSize="7")
    assert [disk["DiskId"] for disk in second["Disks"]["Disk"]] == ids(troubled)[7:14]


def test_an_instance_that_goes_between_two_pages_takes_no_other_disk_along(tmp_path_factory: Any) -> None:
    with Sandbox.running(load(shipped("troubles")), directory=tmp_path_factory.mktemp("going")) as cloud:
        api = Api(cloud)
        everything = ids(api)
        first = api.call("DescribeDisks", MaxResults="10")
        cloud.state.lose("i-bp1fit00000000000001")
        observed = [disk["DiskId"] for disk in first["Disks"]["Disk"]]
        assert observed + ids(api, NextToken=first["NextToken"]) == everything


def test_disks_go_with_their_instance(source: Api, recipient: Api, cloud: Sandbox) -> None:
    transfer = source.submit(DB)["TransferId"]
    cloud.desk.approve(DB)
    where = {"VSwitchId": "vsw-bp1orchid00000001", "SecurityGroupId.1": "sg-bp1orchid0000000db"}
    recipient.call("AcceptInstanceTransfer", {"TransferId": transfer, **where})
    cloud.clock.advance(cloud.state.world.times.transferring)
    assert ids(source, InstanceId=DB) == []
    assert ids(recipient, InstanceId=DB) == ["d-bp1db000000000000001", "d-bp1db000000000000002"]
