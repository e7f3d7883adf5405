"""What an account's owner does by hand in the console, and what the console refuses."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sandbox.models.errors import SandboxError
from sandbox.models.security_group_rules import Rule
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import DB, RECIPIENT, SOURCE, WEB, Api

OWN_WEB, OWN_DB, EMPTY = "sg-bp1acme00000000web", "sg-bp1acme000000000db", "sg-bp1orchid0000000db"
RDP = Rule(direction="ingress", protocol="tcp", ports="3389/3389", cidr="0.0.0.0/0")


def ports(cloud: Sandbox, group_id: str) -> list[str]:
    return [rule.ports for rule in cloud.state.rules(group_id)]


def test_quotas_are_moved_and_hold_from_then_on(cloud: Sandbox, source: Api) -> None:
    cloud.owner.set_quotas(SOURCE, {"image_quota": 0})
    made = {"InstanceId": WEB}
    assert source.refused("CreateImage", made) == (403, "QuotaExceed.Image")
    cloud.owner.set_quotas(SOURCE, {"vcpu_quota": 1})
    assert source.refused("CreateImage", made) == (403, "QuotaExceed.Image")
    changed = cloud.owner.set_quotas(SOURCE, {"image_quota": 1})
    assert (changed.image_quota, changed.vcpu_quota) == (1, 1)
    assert source.call("CreateImage", made)["ImageId"]


def test_nobodys_quotas_are_not_moved(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="There is no account 1"):
        cloud.owner.set_quotas("1", {"image_quota": 0})


def test_an_empty_group_is_deleted(cloud: Sandbox, recipient: Api) -> None:
    cloud.owner.delete_group(EMPTY)
    refused = recipient.refused("DescribeSecurityGroupAttribute", {"SecurityGroupId": EMPTY})
    assert refused == (404, "InvalidSecurityGroupId.NotFound")


def test_a_group_that_holds_instances_is_not_deleted(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match=f"still holds {WEB}"):
        cloud.owner.delete_group(OWN_WEB)


def test_a_group_that_another_groups_rule_names_is_not_deleted(cloud: Sandbox) -> None:
    cloud.owner.add_rule("sg-bp1orchid000000web", Rule(direction="ingress", protocol="tcp", ports="22/22", group=EMPTY))
    with pytest.raises(SandboxError, match="A rule of sg-bp1orchid000000web names security group"):
        cloud.owner.delete_group(EMPTY)


def test_a_rule_is_added_changed_and_removed(cloud: Sandbox) -> None:
    added = cloud.owner.add_rule(EMPTY, RDP)
    assert added.id is not None
    assert ports(cloud, EMPTY) == ["3389/3389"]
    cloud.owner.change_rule(added.id, ports="3390/3390", cidr="198.51.100.0/24")
    assert [(rule.ports, rule.cidr) for rule in cloud.state.rules(EMPTY)] == [("3390/3390", "198.51.100.0/24")]
    cloud.owner.remove_rule(added.id)
    assert ports(cloud, EMPTY) == []


def test_a_rule_is_neither_added_twice_nor_changed_into_nonsense(cloud: Sandbox) -> None:
    added = cloud.owner.add_rule(EMPTY, RDP)
    with pytest.raises(SandboxError, match="has this rule already"):
        cloud.owner.add_rule(EMPTY, RDP)
    with pytest.raises(SandboxError, match="can't become that: ports 1 do not fit"):
        cloud.owner.change_rule(str(added.id), ports="1")
    assert ports(cloud, EMPTY) == ["3389/3389"]


def test_an_instance_joins_and_leaves_groups_but_never_its_last(cloud: Sandbox) -> None:
    assert cloud.owner.leave(WEB, OWN_DB).security_groups == (OWN_WEB,)
    with pytest.raises(SandboxError, match="is in no other group than"):
        cloud.owner.leave(WEB, OWN_WEB)
    assert cloud.owner.join(WEB, OWN_DB).security_groups == (OWN_WEB, OWN_DB)
    with pytest.raises(SandboxError, match="not in the same VPC"):
        cloud.owner.join(WEB, EMPTY)


def test_an_instance_joins_no_group_of_the_other_type(cloud: Sandbox, source: Api) -> None:
    made = source.call("CreateSecurityGroup", VpcId="vpc-bp1acme0000000001", SecurityGroupType="enterprise")
    with pytest.raises(SandboxError, match=r"is enterprise, and instance .* of the other type"):
        cloud.owner.join(WEB, made["SecurityGroupId"])


def test_a_bound_address_is_unbound_before_it_is_released(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match=f"is bound to {WEB}; unbind it first"):
        cloud.owner.release_address("203.0.113.12")
    cloud.owner.unbind_address("eip-bp1acme000000003")
    cloud.owner.release_address("203.0.113.12")
    assert "203.0.113.12" not in [eip.ip_address for eip in cloud.state.eips(SOURCE)]


def test_an_address_is_bound_to_one_of_its_accounts_instances(cloud: Sandbox) -> None:
    with pytest.raises(SandboxError, match="have to be of one account and region, and both unbound"):
        cloud.owner.bind_address("203.0.113.11", WEB)
    with pytest.raises(SandboxError, match=r"has the fixed public address 203\.0\.113\.20, so no EIP can be bound"):
        cloud.owner.bind_address("203.0.113.11", "i-bp1publicip000000001")
    assert cloud.owner.bind_address("203.0.113.11", DB).instance == DB


def test_an_instance_is_stopped_and_started(cloud: Sandbox, source: Api) -> None:
    cloud.owner.stop(WEB)
    with pytest.raises(SandboxError, match="is Stopped, not Running"):
        cloud.owner.stop(WEB)
    (listed,) = source.call("DescribeInstances", InstanceIds=json.dumps([WEB]))["Instances"]["Instance"]
    assert listed["Status"] == "Stopped"
    assert cloud.owner.start(WEB).status == "Running"


def test_an_expired_instance_is_no_longer_transferable(cloud: Sandbox, source: Api) -> None:
    cloud.owner.expire(WEB)
    request = {"InstanceId": WEB, "RecipientAccountId": RECIPIENT, "AgreementAccepted": "true"}
    assert source.refused("TransferInstance", request) == (403, "InstanceExpired")


def test_a_released_instance_is_gone_for_good(cloud: Sandbox) -> None:
    cloud.owner.release(WEB)
    assert cloud.state.holding(WEB) is None
    with pytest.raises(SandboxError, match="deletion protection"):
        cloud.owner.release("i-bp1protected00000001")


def test_a_transfer_is_cancelled_at_the_source_while_its_window_is_open(cloud: Sandbox, source: Api) -> None:
    source.submit()
    cloud.clock.advance(timedelta(hours=2))
    with pytest.raises(SandboxError, match="the time in which it could be cancelled is over"):
        cloud.owner.cancel_transfer(WEB)
    source.submit(InstanceId=DB)
    assert cloud.owner.cancel_transfer(DB).status == "Cancelled"
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["Cancelled", "UnderReview"]
    with pytest.raises(SandboxError, match="no unfinished transfer"):
        cloud.owner.cancel_transfer(DB)


def test_what_nobody_has_is_reported(cloud: Sandbox) -> None:
    for attempt in (cloud.owner.stop, cloud.owner.release_address, cloud.owner.delete_group, cloud.owner.remove_rule):
        with pytest.raises(SandboxError, match=r"alicloud-sandbox (instances|network)"):
            attempt("nothing")
