"""How security groups and rules are declared for the recipient: the wiring, with Pulumi's mocks."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.unit.engine_mock import Engine
from transfer_provider.handover.recipient_network import RecipientNetwork
from transfer_provider.inputs.security_groups_file import DeclaredGroup, DeclaredRule, Peer

REGION, ELSEWHERE = "cn-hangzhou", "cn-shanghai"


def group(name: str, *rules: DeclaredRule, region: str = REGION) -> DeclaredGroup:
    return DeclaredGroup(
        name=name,
        region=region,
        vpc_id="vpc-bp1orchid00000001",
        type="normal",
        inner_access_policy="Accept",
        description=None,
        rules=rules,
    )


def rule(name: str, peer: Peer, direction: Literal["ingress", "egress"] = "ingress") -> DeclaredRule:
    return DeclaredRule(
        name=name,
        direction=direction,
        protocol="tcp",
        port_range="443/443",
        peer=peer,
        policy="accept",
        priority=7,
        description="why",
    )


def declare(engine: Engine, *groups: DeclaredGroup) -> RecipientNetwork:
    network = RecipientNetwork("recipient")
    engine.run(lambda: network.declare_groups({one.name: one for one in groups}))
    return network


@pytest.mark.parametrize(
    ("peer", "key", "value"),
    [
        (Peer("cidr", "10.0.0.0/8"), "cidrIp", "10.0.0.0/8"),
        (Peer("ipv6_cidr", "2001:db8::/32"), "ipv6CidrIp", "2001:db8::/32"),
        (Peer("prefix_list", "pl-bp1x"), "prefixListId", "pl-bp1x"),
        (Peer("group", "db"), "sourceSecurityGroupId", "db-id"),
        (Peer("group_id", "sg-bp1x"), "sourceSecurityGroupId", "sg-bp1x"),
    ],
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rules_other_end_is_given_in_its_own_way(
    engine: Engine, peer: Peer, key: str, value: str, direction: Literal["ingress", "egress"]
) -> None:
    declare(engine, group("web", rule("one", peer, direction)), group("db"))
    (inputs,) = engine.named("SecurityGroupRule").values()
    assert inputs[key] == value
    assert inputs["type"] == direction
    assert (inputs["portRange"], inputs["priority"], inputs["description"]) == ("443/443", 7, "why")


def test_a_rule_is_named_after_its_group_and_itself(engine: Engine) -> None:
    everywhere = Peer("cidr", "0.0.0.0/0")
    declare(engine, group("web", rule("a-b", everywhere)), group("web-a", rule("b", everywhere)))
    assert set(engine.named("SecurityGroupRule")) == {"web/a-b", "web-a/b"}


def test_groups_may_point_at_each_other(engine: Engine) -> None:
    declare(engine, group("web", rule("db", Peer("group", "db"))), group("db", rule("web", Peer("group", "web"))))
    assert {name: one["sourceSecurityGroupId"] for name, one in engine.named("SecurityGroupRule").items()} == {
        "web/db": "db-id",
        "db/web": "web-id",
    }


def test_each_region_has_one_provider_by_profile_and_without_addresses_or_keys(engine: Engine) -> None:
    declare(engine, group("web"), group("db"), group("elsewhere", region=ELSEWHERE))
    providers = {one.name: one.inputs for one in engine.declared if one.typ == "pulumi:providers:alicloud"}
    assert set(providers) == {f"recipient-{REGION}", f"recipient-{ELSEWHERE}"}
    for name, inputs in providers.items():
        assert inputs["profile"] == "recipient"
        assert name.endswith(str(inputs["region"]))
        assert not {"endpoints", "sharedCredentialsFile"} & inputs.keys()
        assert {inputs[key] for key in ("accessKey", "secretKey", "securityToken")} == {""}


def test_names_become_ids_and_ids_stay(engine: Engine) -> None:
    network = declare(engine, group("web"))
    assert network.group_ids(["sg-bp1x"]) == ["sg-bp1x"]
    assert network.group_ids(["web"]) != ["web"]
