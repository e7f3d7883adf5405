"""The console's resource transfer: who may do what, when it expires, and what both accounts list meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from sandbox.models.errors import SandboxError
from sandbox.models.orders import OrderStatus
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import DB, OTHER, RECIPIENT, SOURCE, UNVERIFIED, WEB, WEB_2, Api

VSWITCH, GROUP, OTHER_VPC = "vsw-bp1orchid00000001", "sg-bp1orchid000000web", "sg-bp1orchid0000other"
MINUTES = timedelta(minutes=1)


def listed(api: Api, instance_id: str = WEB) -> bool:
    answer = api.call("DescribeInstances", InstanceIds=json.dumps([instance_id]))
    return bool(answer["Instances"]["Instance"])


def confirm(cloud: Sandbox, instance_id: str = WEB) -> None:
    cloud.console.confirm(instance_id, vswitch=VSWITCH, groups=[GROUP])


def test_the_whole_way_is_observed_from_outside_by_who_lists_the_instance(
    cloud: Sandbox, source: Api, recipient: Api
) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    assert (listed(source), listed(recipient)) == (True, False)
    confirm(cloud)
    assert (listed(source), listed(recipient)) == (False, False)
    cloud.clock.advance(29 * MINUTES)
    assert (listed(source), listed(recipient)) == (False, False)
    cloud.clock.advance(MINUTES)
    assert (listed(source), listed(recipient)) == (False, True)
    assert cloud.console.orders()[0].status is OrderStatus.COMPLETED
    (moved,) = recipient.call("DescribeInstances", InstanceIds=json.dumps([WEB]))["Instances"]["Instance"]
    assert moved["SecurityGroupIds"]["SecurityGroupId"] == [GROUP]
    assert moved["VpcAttributes"]["VSwitchId"] == VSWITCH
    # Its EIP stays with the source, bound to nothing.
    assert [eip.instance for eip in cloud.state.eips(SOURCE) if eip.name == "web-01"] == [None]


@pytest.mark.parametrize(("hours", "status"), [(23.99, "PendingConfirmation"), (24, "Expired")])
def test_an_offer_expires_after_24_hours(cloud: Sandbox, hours: float, status: str) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    cloud.clock.advance(timedelta(hours=hours))
    assert cloud.console.orders()[0].status == status


def test_what_has_expired_can_not_be_confirmed_but_offered_anew(cloud: Sandbox) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    cloud.clock.advance(timedelta(hours=24))
    with pytest.raises(SandboxError, match="is Expired"):
        confirm(cloud)
    cloud.console.initiate(WEB, RECIPIENT)
    confirm(cloud)


def test_the_source_may_take_it_back_until_it_is_confirmed(cloud: Sandbox, source: Api) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    assert cloud.console.cancel(WEB).status is OrderStatus.CANCELLED
    assert listed(source)
    cloud.console.initiate(WEB_2, RECIPIENT)
    confirm(cloud, WEB_2)
    with pytest.raises(SandboxError, match="is Processing"):
        cloud.console.cancel(WEB_2)


@pytest.mark.parametrize("profile", ["sandbox-source-ram", "sandbox-source-sts", "sandbox-source-denied"])
def test_only_main_accounts_may(cloud: Sandbox, profile: str) -> None:
    with pytest.raises(SandboxError, match="main accounts only"):
        cloud.console.initiate(WEB, RECIPIENT, profile=profile)
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="main accounts only"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP], profile="sandbox-recipient-sts")


@pytest.mark.parametrize(
    ("instance_id", "recipient", "why"),
    [
        (WEB, SOURCE, "no other account"),
        (WEB, "1999999999999999", "no other account"),
        (WEB, UNVERIFIED, "not real-name verified"),
        ("i-bp1clover00000000001", RECIPIENT, "not real-name verified"),
        ("i-bp1expired0000000001", RECIPIENT, "it has expired"),
        ("i-bp1starting000000001", RECIPIENT, "it is Starting"),
        ("i-bp1arrears0000000001", RECIPIENT, "it is locked"),
        ("i-bp1recycling00000001", RECIPIENT, "it is a spot instance"),
        ("i-bp1detaching00000001", RECIPIENT, "a disk of it is encrypted, shared or not attached"),
        ("i-bp1nosuchinstance001", RECIPIENT, "No account has an instance"),
    ],
)
def test_what_can_not_be_moved_is_refused(cloud: Sandbox, instance_id: str, recipient: str, why: str) -> None:
    with pytest.raises(SandboxError, match=why):
        cloud.console.initiate(instance_id, recipient)


def test_terms_have_to_be_accepted_by_both(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="terms"):
        cloud.console.initiate(WEB, RECIPIENT, accept_terms=False)
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="terms"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP], accept_terms=False)


def test_somebody_else_can_neither_confirm_nor_cancel(cloud: Sandbox) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="not offered to account"):
        cloud.console.confirm(WEB, vswitch=VSWITCH, groups=[GROUP], profile="sandbox-other")
    with pytest.raises(SandboxError, match="another account's"):
        cloud.console.cancel(WEB, profile="sandbox-recipient")
    with pytest.raises(SandboxError, match="not among the resources"):
        cloud.console.initiate(WEB_2, OTHER, profile="sandbox-recipient")


@pytest.mark.parametrize(
    ("vswitch", "groups"),
    [
        (VSWITCH, []),
        (VSWITCH, [OTHER_VPC]),
        (VSWITCH, ["sg-bp1acme00000000web"]),
        ("vsw-uf6orchid00000001", ["sg-uf6orchid000000web"]),
        ("vsw-bp1acme0000000001", [GROUP]),
        (VSWITCH, [GROUP] * 6),
    ],
)
def test_the_recipient_chooses_what_fits_together_of_its_own(cloud: Sandbox, vswitch: str, groups: list[str]) -> None:
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="has to choose a vSwitch of its own"):
        cloud.console.confirm(WEB, vswitch=vswitch, groups=groups)


def test_an_instance_is_in_one_transfer_at_a_time(cloud: Sandbox, source: Api) -> None:
    requested = {"InstanceId": WEB, "RecipientAccountId": RECIPIENT, "AgreementAccepted": "true"}
    cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(SandboxError, match="in a transfer that is not finished"):
        cloud.console.initiate(WEB, RECIPIENT)
    with pytest.raises(AlibabaCloudException, match="not finished"):
        source.call("TransferInstance", requested)
    source.call("TransferInstance", requested | {"InstanceId": DB})
    with pytest.raises(SandboxError, match="in a transfer that is not finished"):
        cloud.console.initiate(DB, RECIPIENT)


def test_an_instance_that_is_lost_is_nobodys(cloud: Sandbox, source: Api, recipient: Api) -> None:
    cloud.console.lose(WEB)
    assert (listed(source), listed(recipient)) == (False, False)


def test_an_order_nobody_made_is_reported(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="There is no order"):
        cloud.console.cancel(WEB)
