"""Instances are stopped, started, released, and paid for in another way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.unit.sandbox.actions.ecs.copying import Copying
from tests.unit.sandbox.api import DB, WEB, Api

STOPPED, PROTECTED, EIP_01 = "i-bp1stopped0000000001", "i-bp1protected00000001", "i-bp1eip00000000000001"


def status(api: Api, instance_id: str = WEB) -> Any:
    (found,) = api.call("DescribeInstances", InstanceIds=f'["{instance_id}"]')["Instances"]["Instance"]
    return found["Status"], found["StoppedMode"]


def wait(cloud: Sandbox) -> None:
    cloud.clock.advance(timedelta(seconds=2))


def test_an_instance_stops_and_starts_by_the_clock(source: Api, cloud: Sandbox) -> None:
    source.call("StopInstance", InstanceId=WEB)
    assert status(source) == ("Stopping", "StopCharging")
    wait(cloud)
    assert status(source)[0] == "Stopped"
    source.call("StartInstance", InstanceId=WEB)
    assert status(source)[0] == "Starting"
    wait(cloud)
    assert status(source) == ("Running", "Not-applicable")


@pytest.mark.parametrize(
    ("action", "changed", "refusal"),
    [
        ("StopInstance", {"InstanceId": ""}, (400, "MissingParameter")),
        ("StopInstance", {"InstanceId": "i-none"}, (404, "InvalidInstanceId.NotFound")),
        ("StopInstance", {"InstanceId": "i-bp1orchid00000000001"}, (404, "InvalidInstanceId.NotFound")),
        ("StopInstance", {"InstanceId": STOPPED}, (403, "IncorrectInstanceStatus")),
        ("StopInstance", {"InstanceId": "i-bp1security000000001"}, (403, "InstanceLockedForSecurity")),
        ("StopInstance", {"StoppedMode": "Hard"}, (400, "InvalidParameter")),
        ("StopInstance", {"DryRun": "true"}, (400, "DryRunOperation")),
        ("StartInstance", {}, (403, "IncorrectInstanceStatus")),
        ("StartInstance", {"InstanceId": "i-bp1expired0000000001"}, (403, "InstanceExpiredOrInArrears")),
        ("StartInstance", {"InstanceId": STOPPED, "DryRun": "true"}, (400, "DryRunOperation")),
        ("DeleteInstance", {}, (403, "IncorrectInstanceStatus")),
        ("DeleteInstance", {"InstanceId": DB, "Force": "true"}, (403, "ChargeTypeViolation")),
        ("DeleteInstance", {"InstanceId": PROTECTED, "Force": "true"}, (403, "InvalidOperation.DeletionProtection")),
        ("DeleteInstance", {"InstanceId": STOPPED, "DryRun": "true"}, (400, "DryRunOperation")),
    ],
)
def test_it_is_refused(source: Api, action: str, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    assert source.refused(action, {"InstanceId": WEB, **changed}) == refusal
    assert status(source)[0] == "Running"


def test_a_released_instance_is_gone_and_its_address_stays(source: Api, cloud: Sandbox) -> None:
    source.call("DeleteInstance", InstanceId=EIP_01, Force="true")
    assert source.call("DescribeInstances", InstanceIds=f'["{EIP_01}"]')["TotalCount"] == 0
    (eip,) = source.vpc("DescribeEipAddresses", AllocationId="eip-bp1acme000000001")["EipAddresses"]["EipAddress"]
    assert (eip["Status"], eip["InstanceId"]) == ("Available", "")


def test_one_in_a_transfer_is_not_released(source: Api) -> None:
    source.submit(WEB)
    assert source.refused("DeleteInstance", {"InstanceId": WEB, "Force": "true"}) == (403, "IncorrectInstanceStatus")


def test_a_new_one_is_released_only_once_it_is_there(copying: Copying) -> None:
    instance_id = copying.run(copying.shared())
    released = {"InstanceId": instance_id, "Force": "true"}
    refusal = copying.recipient.refused("DeleteInstance", released)
    assert refusal == (403, "IncorrectInstanceStatus.Initializing")
    copying.wait(1)
    copying.recipient.call("DeleteInstance", released)
    copying.wait(1)
    assert copying.recipient.call("DescribeInstances")["TotalCount"] == 0


def test_a_subscription_is_released_after_it_is_paid_for_as_it_goes(source: Api) -> None:
    source.call("ModifyInstanceChargeType", InstanceIds=f'["{DB}"]', InstanceChargeType="PostPaid", AutoPay="true")
    (found,) = source.call("DescribeInstances", InstanceIds=f'["{DB}"]')["Instances"]["Instance"]
    assert (found["InstanceChargeType"], found["ExpiredTime"]) == ("PostPaid", "2099-12-31T15:59Z")
    source.call("DeleteInstance", InstanceId=DB, Force="true")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"InstanceIds": ""}, (400, "MissingParameter")),
        ({"InstanceIds": '["i-none"]'}, (404, "InvalidInstanceId.NotFound")),
        ({"InstanceChargeType": "PrePaid"}, (400, "InvalidPeriod")),
        ({"InstanceIds": '["i-bp1starting000000001"]'}, (403, "IncorrectInstanceStatus")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
)
def test_another_way_of_paying_is_refused(source: Api, changed: dict[str, str], refusal: tuple[int, str]) -> None:
    asked = {"InstanceIds": f'["{DB}"]', "InstanceChargeType": "PostPaid", **changed}
    assert source.refused("ModifyInstanceChargeType", asked) == refusal
