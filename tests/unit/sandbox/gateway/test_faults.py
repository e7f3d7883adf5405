"""Faults as a real client meets them."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest
from alibabacloud_tea_openapi.exceptions import ThrottlingException
from darabonba.exceptions import UnretryableException
from pydantic import ValidationError

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, load
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import RECIPIENT, SOURCE, WEB, Api


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (Fault(kind="throttle"), (400, "Throttling.User")),
        (Fault(kind="error"), (503, "ServiceUnavailable")),
        (Fault(kind="error", status=500), (500, "InternalError")),
        (Fault(kind="not-offered"), (404, "InvalidAction.NotFound")),
    ],
)
def test_a_fault_refuses_calls_until_it_is_cleared(
    cloud: Sandbox, source: Api, fault: Fault, refusal: tuple[int, str]
) -> None:
    cloud.faults.add(fault)
    assert [source.refused("GetCallerIdentity") for _ in range(3)] == [refusal] * 3
    cloud.faults.clear()
    assert source.call("GetCallerIdentity")["AccountId"] == SOURCE


def test_throttling_states_when_to_come_back(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="throttle", retry_after_ms=1500))
    with pytest.raises(ThrottlingException) as raised:
        source.call("GetCallerIdentity")
    assert raised.value.retry_after == 1500


def test_a_connection_cut_before_changes_nothing(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="cut-before", action="TransferInstance"))
    with pytest.raises(UnretryableException, match="Connection aborted"):
        source.submit()
    assert cloud.desk.transfers() == []
    assert [entry.http_status for entry in cloud.log.entries()] == [None]


def test_a_connection_cut_after_has_changed_everything(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="cut-after", action="TransferInstance"))
    with pytest.raises(UnretryableException, match="Connection aborted"):
        source.submit()
    assert [transfer.instance_id for transfer in cloud.desk.transfers()] == [WEB]
    assert [entry.fault for entry in cloud.log.entries()] == ["cut-after"]


@pytest.mark.parametrize(
    "creation",
    [
        {"action": "CreateImage", "InstanceId": WEB},
        {
            "action": "RunInstances",
            "ImageId": "aliyun_3_x64_20G_alibase_20250117.vhd",
            "InstanceType": "ecs.g7.large",
            "VSwitchId": "vsw-bp1acme0000000001",
            "SecurityGroupIds.1": "sg-bp1acme00000000web",
        },
    ],
)
def test_after_a_cut_connection_the_same_token_gets_the_answer_and_makes_nothing_more(
    cloud: Sandbox, source: Api, creation: dict[str, str]
) -> None:
    action, before = creation["action"], len(cloud.state.holdings())
    asked = {name: value for name, value in creation.items() if name != "action"} | {"ClientToken": "once"}
    cloud.faults.add(Fault(kind="cut-after", action=action, times=1))
    with pytest.raises(UnretryableException, match="Connection aborted"):
        source.call(action, asked)
    first, again = (source.call(action, asked) for _ in range(2))
    assert first == again | {"RequestId": first["RequestId"]}
    assert len(cloud.state.holdings()) + len(cloud.state.images(SOURCE)) == before + 1


def test_a_cut_connection_states_nothing_on_the_servers_side(
    cloud: Sandbox, source: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    cloud.faults.add(Fault(kind="cut-after"))
    with pytest.raises(UnretryableException):
        source.submit()
    assert "Error" not in capfd.readouterr().err


def test_a_repeated_write_whose_answer_was_lost_gets_it(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="cut-after", times=1))
    with pytest.raises(UnretryableException):
        source.submit(ClientToken="once")
    assert source.submit(ClientToken="once")["TransferId"] == cloud.desk.transfers()[0].id


def test_a_delayed_answer_is_the_usual_one(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="delay", seconds=0.01, times=1))
    assert source.call("GetCallerIdentity")["AccountId"] == SOURCE
    assert cloud.log.entries()[0].fault == "delay"


def test_a_delayed_answer_is_of_a_call_that_took_effect(tmp_path: Path) -> None:
    """So that a caller who is killed meanwhile is one whose call took effect, and who does not know it."""

    def submit(api: Api) -> None:
        with contextlib.suppress(UnretryableException):
            api.submit()

    with Sandbox.running(load(DEMO), directory=tmp_path) as cloud:
        cloud.faults.add(Fault(kind="delay", seconds=3600, times=1))
        waiting = threading.Thread(target=submit, args=[Api(cloud)])
        waiting.start()
        while not cloud.log.entries("TransferInstance"):
            threading.Event().wait(0.01)
        assert waiting.is_alive()
        assert len(cloud.desk.transfers()) == 1
    waiting.join()


def test_a_fault_is_met_so_many_times(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="error", times=2))
    for left in (1, None):
        source.refused("GetCallerIdentity")
        assert [fault.times for fault in cloud.faults.in_force()] == ([left] if left else [])
    assert source.call("GetCallerIdentity")["AccountId"] == SOURCE


def test_a_fault_concerns_its_action_and_its_account(cloud: Sandbox, source: Api, recipient: Api) -> None:
    cloud.faults.add(Fault(kind="error", action="DescribeInstances", account=RECIPIENT))
    assert source.call("DescribeInstances")
    assert recipient.call("GetCallerIdentity")
    assert recipient.refused("DescribeInstances") == (503, "ServiceUnavailable")


def test_faults_are_met_one_after_the_other(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="error", times=1))
    cloud.faults.add(Fault(kind="throttle", times=1))
    assert [source.refused("GetCallerIdentity")[0] for _ in range(2)] == [503, 400]


def test_a_refused_call_that_is_cut_after_is_cut_too(cloud: Sandbox, source: Api) -> None:
    cloud.faults.add(Fault(kind="cut-after"))
    with pytest.raises(UnretryableException):
        source.call("DescribeInstances", Status="Gone")
    assert cloud.log.entries()[0].error_code == "InvalidParameter"


def test_stopping_does_not_wait_for_a_delayed_answer(tmp_path: Path) -> None:
    broken: list[Exception] = []

    def call(api: Api) -> None:
        try:
            api.call("GetCallerIdentity")
        except UnretryableException as error:
            broken.append(error)

    with Sandbox.running(load(DEMO), directory=tmp_path) as cloud:
        cloud.faults.add(Fault(kind="delay", seconds=3600, times=1))
        waiting = threading.Thread(target=call, args=[Api(cloud)])
        waiting.start()
        while cloud.faults.in_force():
            threading.Event().wait(0.01)
    waiting.join()
    assert len(broken) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fire"},
        {"kind": "error", "times": 0},
        {"kind": "error", "status": 404},
        {"kind": "delay", "seconds": -1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(wrong)
