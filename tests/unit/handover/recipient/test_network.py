"""How security groups and rules are declared for the recipient: the wiring, with Pulumi's mocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pulumi
import pytest

from tests.unit.engine_mock import Engine
from transfer_provider.handover.recipient.network import RecipientNetwork, declare_eip
from transfer_provider.handover.recipient.undeclared_rules import UndeclaredRule
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.model.inventory import SecurityGroupRule

REGION, ELSEWHERE = "cn-hangzhou", "cn-shanghai"


def group(rules: Mapping[str, SecurityGroupRuleInputs] | None = None, region: str | None = None) -> SecurityGroupInputs:
    return SecurityGroupInputs(vpc_id="vpc-bp1orchid00000001", region=region, rules=dict(rules or {}))


def rule(peer: str, direction: Literal["ingress", "egress"] = "ingress") -> SecurityGroupRuleInputs:
    end = {"source" if direction == "ingress" else "destination": peer}
    return SecurityGroupRuleInputs(
        direction=direction, protocol="tcp", ports="443/443", priority=7, description="why", **end
    )


def declare(engine: Engine, **groups: SecurityGroupInputs) -> RecipientNetwork:
    network = RecipientNetwork("recipient")
    engine.run(lambda: network.declare_groups(groups, REGION))
    return network


@pytest.mark.parametrize(
    ("peer", "key", "value"),
    [
        ("10.0.0.0/8", "cidrIp", "10.0.0.0/8"),
        ("2001:db8::/32", "ipv6CidrIp", "2001:db8::/32"),
        ("pl-bp1x", "prefixListId", "pl-bp1x"),
        ("db", "sourceSecurityGroupId", "db-id"),
        ("sg-bp1x", "sourceSecurityGroupId", "sg-bp1x"),
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rules_other_end_is_given_in_its_own_way(
    engine: Engine, peer: str, key: str, value: str, direction: Literal["ingress", "egress"]
) -> None:
    declare(engine, web=group({"https": rule(peer, direction)}), db=group())
    (inputs,) = engine.named("SecurityGroupRule").values()
    assert inputs[key] == value
    assert inputs["type"] == direction
    assert (inputs["portRange"], inputs["priority"], inputs["description"]) == ("443/443", 7, "why")


def test_a_rule_is_named_after_its_group_and_itself(engine: Engine) -> None:
    everywhere = rule("0.0.0.0/0")
    declare(engine, **{"web": group({"a-b": everywhere}), "web-a": group({"b": everywhere})})
    assert set(engine.named("SecurityGroupRule")) == {"web/a-b", "web-a/b"}


def test_groups_may_point_at_each_other(engine: Engine) -> None:
    declare(engine, web=group({"db": rule("db")}), db=group({"web": rule("web")}))
    assert {name: inputs["sourceSecurityGroupId"] for name, inputs in engine.named("SecurityGroupRule").items()} == {
        "web/db": "db-id",
        "db/web": "web-id",
    }


def test_each_region_has_one_provider_by_profile_and_without_addresses_or_keys(engine: Engine) -> None:
    declare(engine, web=group(), db=group(), elsewhere=group(region=ELSEWHERE))
    providers = {made.name: made.inputs for made in engine.declared if made.typ == "pulumi:providers:alicloud"}
    assert set(providers) == {f"recipient-{REGION}", f"recipient-{ELSEWHERE}"}
    for name, inputs in providers.items():
        assert inputs["profile"] == "recipient"
        assert name.endswith(str(inputs["region"]))
        assert not {"endpoints", "sharedCredentialsFile"} & inputs.keys()
        assert {inputs[key] for key in ("accessKey", "secretKey", "securityToken")} == {""}


def test_names_become_ids_and_ids_stay(engine: Engine) -> None:
    network = declare(engine, web=group())
    assert network.group_ids(["sg-bp1x"]) == ["sg-bp1x"]
    assert network.group_ids(["web"]) != ["web"]


def test_groups_carry_the_tags_of_their_project_and_stack(engine: Engine) -> None:
    declare(engine, web=group(), db=group())
    assert {name: inputs["tags"] for name, inputs in engine.named("SecurityGroup").items()} == {
        name: {
            "instance-handover:project": pulumi.get_project(),
            "instance-handover:stack": pulumi.get_stack(),
            "instance-handover:group": name,
        }
        for name in ("web", "db")
    }


def test_an_address_carries_its_handover_and_instance_in_tags_and_description(engine: Engine) -> None:
    engine.run(lambda: declare_eip("web-01", "i-bp1web00000000000001", Eip(), pulumi.ResourceOptions()))
    (inputs,) = engine.named("EipAddress").values()
    assert inputs["tags"]["instance-handover:handover"] == "web-01"
    assert inputs["tags"]["instance-handover:instance"] == "i-bp1web00000000000001"
    assert inputs["description"].endswith("handover=web-01 instance=i-bp1web00000000000001")


def test_each_group_keeps_none_of_its_own_undeclared_rules(engine: Engine) -> None:
    def undeclared(group: str, rule_id: str, *, removed: bool) -> UndeclaredRule:
        found = SecurityGroupRule("ingress", "tcp", "22/22", "cidr", "0.0.0.0/0", rule_id=rule_id)
        return UndeclaredRule(group, found, removed, "", "")

    network = RecipientNetwork("recipient")
    seen = [undeclared("web", "sgr-1", removed=True), undeclared("web", "sgr-2", removed=False)]

    def program() -> None:
        network.declare_groups({"web": group(), "db": group(region=ELSEWHERE)}, REGION)
        network.declare_exclusive_rules(seen)

    engine.run(program)
    declared = engine.named("ExclusiveRules")
    assert declared["web"]["remove"] == {"sgr-1": "ingress tcp port 22 from 0.0.0.0/0, accept, priority 1"}
    assert (declared["db"]["remove"], declared["db"]["region"]) == ({}, ELSEWHERE)
    assert declared["db"]["security_group_id"] == "db-id"
