"""ExclusiveRules' process against the sandbox: what was seen is revoked, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.world import SecurityGroup
from sandbox.server.server import Sandbox
from tests.wire.provider_process import UNKNOWN, ProviderProcess, running
from transfer_provider.cloud import security_groups
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.handover.recipient.exclusive_rules import ExclusiveRulesProvider
from transfer_provider.model.inventory import SecurityGroupRule

REGION, RECIPIENT, GROUP = "cn-hangzhou", "1000000000000002", "sg-bp1made0000000web"


@pytest.fixture
def recipient(sandbox: Sandbox) -> Cloud:
    """The account, with a group that has an ingress and an egress rule."""
    made = SecurityGroup(id=GROUP, region=REGION, vpc_id="vpc-bp1orchid00000001", name="web")
    sandbox.state.group_store.add(RECIPIENT, made)
    cloud = Cloud("sandbox-recipient", REGION)
    change(cloud, "AuthorizeSecurityGroup", IpProtocol="tcp", PortRange="22/22", SourceCidrIp="0.0.0.0/0")
    change(cloud, "AuthorizeSecurityGroupEgress", IpProtocol="tcp", PortRange="25/25", DestCidrIp="0.0.0.0/0")
    sandbox.log.clear()
    return cloud


@pytest.fixture
def process(sandbox: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | sandbox.environment()
    with running(environment, {"recipientProfile": "sandbox-recipient"}, tmp_path, ExclusiveRulesProvider) as started:
        yield started


def change(cloud: Cloud, action: str, **parameters: str) -> None:
    query = {"RegionId": REGION, "SecurityGroupId": GROUP} | parameters
    cloud.ask(Action(action, repeatable=False), query, doing=action)


def rules(cloud: Cloud) -> list[SecurityGroupRule]:
    (group,) = security_groups.by_id(cloud, [GROUP])
    return list(security_groups.with_rules(cloud, group).rules)


def inputs(*remove: SecurityGroupRule) -> dict[str, Any]:
    named = {rule.rule_id: rule.in_words for rule in remove}
    return {"security_group_id": GROUP, "region": REGION, "remove": named}


def test_where_nothing_is_to_be_revoked_no_call_is_made(
    process: ProviderProcess, recipient: Cloud, sandbox: Sandbox
) -> None:
    assert process.create(inputs()) == (GROUP, inputs())
    assert sandbox.log.entries() == ()


def test_what_was_seen_is_revoked_in_both_directions_and_once(process: ProviderProcess, recipient: Cloud) -> None:
    seen = inputs(*rules(recipient))
    assert process.create(seen) == (GROUP, seen)
    assert rules(recipient) == []
    assert process.update(GROUP, inputs(), seen) == seen


def test_what_nobody_named_stays(process: ProviderProcess, recipient: Cloud) -> None:
    ssh, mail = rules(recipient)
    process.create(inputs(ssh))
    assert rules(recipient) == [mail]


def test_a_rule_that_changed_since_it_was_seen_is_kept_and_not_counted_as_revoked(
    process: ProviderProcess, recipient: Cloud
) -> None:
    ssh, mail = rules(recipient)
    change(recipient, "ModifySecurityGroupRule", SecurityGroupRuleId=ssh.rule_id, Priority="7")
    assert process.update(GROUP, inputs(), inputs(ssh, mail))["remove"] == inputs(mail)["remove"]
    assert [rule.priority for rule in rules(recipient)] == [7]


def test_a_revocation_whose_answer_is_lost_has_taken_effect(
    process: ProviderProcess, recipient: Cloud, sandbox: Sandbox
) -> None:
    ssh, mail = rules(recipient)
    sandbox.faults.add(Fault(kind="cut-after", action="RevokeSecurityGroup", times=1))
    process.create(inputs(ssh))
    assert rules(recipient) == [mail]


def test_a_group_that_is_gone_has_nothing_to_revoke(process: ProviderProcess, recipient: Cloud) -> None:
    ssh, _ = rules(recipient)
    change(recipient, "DeleteSecurityGroup")
    assert process.update(GROUP, inputs(), inputs(ssh)) == inputs(ssh)


def test_only_a_rule_that_was_not_revoked_yet_is_a_change(process: ProviderProcess, recipient: Cloud) -> None:
    ssh, mail = rules(recipient)

    def changes(olds: dict[str, Any], news: dict[str, Any]) -> bool:
        return bool(process.diff(GROUP, olds, news).changes == 2)  # DIFF_SOME

    assert changes(inputs(), inputs(ssh))
    assert changes(inputs(ssh), inputs(ssh, mail))
    assert not changes(inputs(ssh), inputs(ssh))
    assert not changes(inputs(ssh), inputs())
    assert changes(inputs(ssh), inputs() | {"security_group_id": UNKNOWN})
