"""RunInstances: from own and shared images, with disks, a place in the network, and a way of being paid for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.sandbox.actions.ecs.copying import (
    FULL_VAULT,
    GROUP,
    MARKET,
    OTHER_GROUP,
    PLAIN,
    SPOT,
    VAULT,
    VSWITCH,
    Copying,
    wanted,
)
from tests.unit.sandbox.api import OTHER, RECIPIENT, Api


def test_a_new_instance_is_pending_then_starting_then_running(copying: Copying) -> None:
    instance_id = copying.run(copying.shared(SPOT), InstanceName="spot-01", PrivateIpAddress="172.16.0.21")
    assert copying.instance(instance_id)["Status"] == "Pending"
    copying.cloud.clock.advance(timedelta(seconds=2))
    assert copying.instance(instance_id)["Status"] == "Starting"
    copying.cloud.clock.advance(timedelta(seconds=2))
    running = copying.instance(instance_id)
    assert (running["Status"], running["InstanceName"], running["Cpu"], running["Memory"]) == (
        "Running",
        "spot-01",
        2,
        8192,
    )
    assert running["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == ["172.16.0.21"]
    assert running["SecurityGroupIds"]["SecurityGroupId"] == [GROUP]
    assert (running["InstanceChargeType"], running["SpotStrategy"]) == ("PostPaid", "NoSpot")
    assert copying.cloud.state.owner_of(instance_id) == RECIPIENT


def test_its_disks_are_those_of_the_image_as_the_call_changes_them_and_more(copying: Copying) -> None:
    image_id = copying.shared(PLAIN)
    changed = {
        "SystemDisk.Size": "60",
        "SystemDisk.Category": "cloud_auto",
        "DataDisk.1.Device": "/dev/xvdb",
        "DataDisk.1.Size": "150",
        "DataDisk.1.DiskName": "data",
        "DataDisk.2.Size": "20",
        "DataDisk.2.DeleteWithInstance": "false",
    }
    disks = copying.disks(copying.run(image_id, **changed))
    assert [(disk["Type"], disk["Category"], disk["Size"], disk["DiskName"]) for disk in disks] == [
        ("system", "cloud_auto", 60, ""),
        ("data", "cloud_essd", 150, "data"),
        ("data", "cloud_essd", 20, ""),
    ]
    of_image = copying.image(copying.recipient, image_id)["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert [disk["SourceSnapshotId"] for disk in disks] == [*(disk["SnapshotId"] for disk in of_image), ""]
    assert [disk["DeleteWithInstance"] for disk in disks] == [True, True, False]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"ImageId": ""}, (400, "MissingParameter")),
        ({"InstanceType": ""}, (400, "MissingParameter")),
        ({"VSwitchId": ""}, (400, "MissingParameter")),
        ({"SecurityGroupIds.1": ""}, (400, "MissingParameter")),
        ({"ImageId": "m-none"}, (404, "InvalidImageId.NotFound")),
        ({"VSwitchId": "vsw-bp1acme0000000001"}, (403, "InvalidVSwitchId.NotFound")),
        ({"ZoneId": "cn-hangzhou-i"}, (400, "InvalidParameter.Conflict")),
        ({"SecurityGroupIds.1": "sg-bp1acme00000000web"}, (404, "InvalidSecurityGroupId.NotFound")),
        ({"SecurityGroupId": OTHER_GROUP}, (400, "InvalidParameter.Conflict")),
        ({"PrivateIpAddress": "172.16"}, (400, "InvalidPrivateIpAddress.Malformed")),
        ({"PrivateIpAddress": "10.0.0.1"}, (400, "InvalidPrivateIpAddress")),
        ({"PrivateIpAddress": "172.16.255.254"}, (400, "InvalidPrivateIpAddress")),
        ({"PrivateIpAddress": "172.16.0.99"}, (400, "InvalidPrivateIpAddress.Duplicated")),
        ({"InstanceType": "ecs.none.large"}, (400, "InvalidInstanceType.ValueNotSupported")),
        ({"InstanceType": "ecs.g8i.large"}, (403, "OperationDenied.NoStock")),
        ({"KeyPairName": "acme"}, (404, "InvalidKeyPairName.NotFound")),
        ({"SystemDisk.Size": "39"}, (404, "InvalidSystemDiskSize.LessThanImageSize")),
        ({"SystemDisk.Size": "2049"}, (404, "InvalidSystemDiskSize.MoreThanMaxSize")),
        ({"SystemDisk.Category": "cloud_none"}, (400, "InvalidSystemDiskCategory.ValueNotSupported")),
        ({"DataDisk.1.Device": "/dev/xvdb", "DataDisk.1.Size": "99"}, (400, "InvalidDataDiskSize.ValueNotSupported")),
        ({"DataDisk.1.Category": "cloud_none"}, (400, "InvalidDataDiskSize.ValueNotSupported")),
        ({"SystemDisk.KMSKeyId": "key-1"}, (400, "InvalidParameter.EncryptedIllegal")),
        ({"InstanceChargeType": "PrePaid"}, (400, "InvalidPeriod")),
        ({"InstanceChargeType": "PrePaid", "Period": "11"}, (400, "InvalidPeriod")),
        ({"Amount": "2"}, (400, "InvalidParameter")),
        ({"Password": "none"}, (400, "InvalidParameter.Password")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
)
def test_an_instance_is_refused(copying: Copying, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    image_id = copying.shared()
    copying.run(image_id, PrivateIpAddress="172.16.0.99")
    assert copying.recipient.refused("RunInstances", wanted(image_id) | changed) == refusal
    assert len([held for held in copying.cloud.state.holdings() if held.owner == RECIPIENT]) == 1


def test_an_image_has_to_be_made_and_shared(copying: Copying) -> None:
    image_id = copying.made()
    asked = wanted(image_id)
    assert copying.recipient.refused("RunInstances", asked) == (404, "InvalidImageId.NotFound")
    copying.source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": RECIPIENT})
    own = copying.copied(image_id)
    assert copying.recipient.refused("RunInstances", wanted(own)) == (403, "OperationDenied.ImageNotValid")
    copying.unshare(image_id)
    assert copying.recipient.refused("RunInstances", asked) == (404, "InvalidImageId.NotFound")
    copying.wait()
    copying.run(own)


def test_the_same_client_token_makes_one_instance_and_without_one_two_are_made(copying: Copying) -> None:
    image_id = copying.shared()
    once = wanted(image_id, ClientToken="once")
    first, again = (copying.recipient.call("RunInstances", once)["InstanceIdSets"] for _ in range(2))
    assert first == again
    other = once | {"InstanceName": "other"}
    assert copying.recipient.refused("RunInstances", other) == (400, "IdempotenceParamNotMatch")
    for _ in range(2):
        copying.run(image_id)
    assert len([held for held in copying.cloud.state.holdings() if held.owner == RECIPIENT]) == 3


def test_what_is_encrypted_with_anothers_key_is_encrypted_anew(copying: Copying) -> None:
    image_id = copying.shared(VAULT)
    refusal = copying.recipient.refused("RunInstances", wanted(image_id))
    assert refusal == (400, "InvalidParameter.EncryptedIllegal")
    anew = {"SystemDisk.Encrypted": "true", "SystemDisk.KMSKeyId": "key-bp1orchid0000001"}
    (disk,) = copying.disks(copying.run(image_id, **anew))
    assert (disk["Encrypted"], disk["KMSKeyId"]) == (True, "key-bp1orchid0000001")


def test_an_own_copy_is_encrypted_without_a_word(copying: Copying) -> None:
    own = copying.copied(copying.shared(FULL_VAULT), Encrypted="true", KMSKeyId="key-bp1orchid0000001")
    copying.wait()
    disks = copying.disks(copying.run(own))
    assert [(disk["Encrypted"], disk["KMSKeyId"], disk["Size"]) for disk in disks] == [
        (True, "key-bp1orchid0000001", 40),
        (True, "key-bp1orchid0000001", 200),
    ]


def test_a_product_has_to_be_bought(copying: Copying) -> None:
    refusal = copying.recipient.refused("RunInstances", wanted(copying.shared(MARKET)))
    assert refusal == (403, "QuotaExceed.BuyImage")


@pytest.mark.parametrize(
    ("profile", "network", "refusal"),
    [
        (OTHER, "birch", (403, "QuotaExceed.ElasticQuota")),
        ("1000000000000004", "clover", (403, "RealNameAuthenticationError")),
    ],
)
def test_an_account_needs_room_and_a_name(
    copying: Copying, profile: str, network: str, refusal: tuple[int, str]
) -> None:
    image_id = copying.made()
    copying.source.call("ModifyImageSharePermission", {"ImageId": image_id, "AddAccount.1": profile})
    api = Api(copying.cloud, "sandbox-other" if network == "birch" else "sandbox-unverified")
    (vswitch,) = copying.cloud.state.accounts[profile].vswitches
    (group,) = copying.cloud.state.security_groups(profile)
    place = {"VSwitchId": vswitch.id, "SecurityGroupIds.1": group.id}
    assert api.refused("RunInstances", wanted(image_id) | place) == refusal


def test_a_subscription_has_a_period_and_may_be_renewed(copying: Copying) -> None:
    paid = {"InstanceChargeType": "PrePaid", "Period": "1", "PeriodUnit": "Month", "AutoRenew": "true"}
    answer = copying.recipient.call("RunInstances", wanted(copying.shared(), **paid))
    assert answer["OrderId"]
    (instance_id,) = answer["InstanceIdSets"]["InstanceIdSet"]
    expires = datetime.strptime(copying.instance(instance_id)["ExpiredTime"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert timedelta(days=29) < expires - copying.cloud.clock.now() < timedelta(days=31)
    renewal = copying.recipient.call("DescribeInstanceAutoRenewAttribute", InstanceId=instance_id)
    (listed,) = renewal["InstanceRenewAttributes"]["InstanceRenewAttribute"]
    assert (listed["RenewalStatus"], listed["Duration"], listed["PeriodUnit"]) == ("AutoRenewal", 1, "Month")


def test_key_pair_role_tags_and_protection_are_its_own(copying: Copying) -> None:
    given = {
        "KeyPairName": "orchid",
        "RamRoleName": "web",
        "DeletionProtection": "true",
        "UserData": "IyEvYmluL3No",
        "Tag.1.Key": "project",
        "Tag.1.Value": "orchid",
        "SecurityGroupIds.2": OTHER_GROUP,
    }
    instance_id = copying.run(copying.shared(), **given)
    made = copying.instance(instance_id)
    assert (made["KeyPairName"], made["DeletionProtection"]) == ("orchid", True)
    assert made["Tags"]["Tag"] == [{"TagKey": "project", "TagValue": "orchid"}]
    assert made["SecurityGroupIds"]["SecurityGroupId"] == [GROUP, OTHER_GROUP]
    assert copying.recipient.call("DescribeUserData", InstanceId=instance_id)["UserData"] == "IyEvYmluL3No"
    by_tag = copying.recipient.call("DescribeInstances", {"Tag.1.Key": "project", "Tag.1.Value": "orchid"})
    assert [instance["InstanceId"] for instance in by_tag["Instances"]["Instance"]] == [instance_id]


def test_an_address_that_nobody_chose_is_a_free_one(copying: Copying) -> None:
    image_id = copying.shared()
    made = [copying.instance(copying.run(image_id)) for _ in range(3)]
    addresses = [instance["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0] for instance in made]
    assert addresses == ["172.16.0.1", "172.16.0.2", "172.16.0.3"]
    (listed,) = copying.recipient.vpc("DescribeVSwitches", VSwitchId=VSWITCH)["VSwitches"]["VSwitch"]
    assert listed["AvailableIpAddressCount"] == 2**16 - 4 - 3


def test_a_permission_is_needed(copying: Copying) -> None:
    denied = Api(copying.cloud, "sandbox-recipient-denied")
    assert denied.refused("RunInstances", wanted(copying.shared())) == (403, "Forbidden.RAM")
