"""Rules of security groups: authorized, listed, modified, revoked, and what they may say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.actions.ecs import rule_parameters as written
from sandbox.actions.ecs.rule_parameters import Direction
from sandbox.models.errors import ApiError
from sandbox.models.security_group_rules import PROTOCOLS, ports_fit
from sandbox.server.server import Sandbox
from tests.unit.sandbox.api import Api

WEB_GROUP, DB_GROUP, OTHER_VPC = "sg-bp1orchid000000web", "sg-bp1orchid0000000db", "sg-bp1orchid0000other"
HTTPS = {"IpProtocol": "tcp", "PortRange": "443/443", "SourceCidrIp": "0.0.0.0/0"}


def ask(api: Api, action: str, rule: dict[str, str], group_id: str = WEB_GROUP) -> Any:
    return api.call(action, {"SecurityGroupId": group_id, **rule})


def refused(api: Api, action: str, rule: dict[str, str], group_id: str = WEB_GROUP) -> tuple[int, str]:
    return api.refused(action, {"SecurityGroupId": group_id, **rule})


def listed(api: Api, group_id: str = WEB_GROUP, direction: str = "all") -> list[dict[str, str]]:
    answer = api.call("DescribeSecurityGroupAttribute", SecurityGroupId=group_id, Direction=direction)
    return list(answer["Permissions"]["Permission"])


def permissions(*rules: dict[str, str]) -> dict[str, str]:
    return {f"Permissions.{n}.{name}": value for n, rule in enumerate(rules, 1) for name, value in rule.items()}


def test_a_rule_is_listed_as_it_was_requested(recipient: Api) -> None:
    ask(recipient, "AuthorizeSecurityGroup", {**HTTPS, "Priority": "7", "Policy": "DROP", "Description": "None of it"})
    (rule,) = listed(recipient)
    assert rule["SecurityGroupRuleId"].startswith("sgr-bp1")
    assert (rule["Direction"], rule["IpProtocol"], rule["PortRange"]) == ("ingress", "TCP", "443/443")
    assert (rule["SourceCidrIp"], rule["DestCidrIp"], rule["SourceGroupId"]) == ("0.0.0.0/0", "", "")
    assert (rule["Policy"], rule["Priority"], rule["NicType"]) == ("Drop", "7", "intranet")
    assert rule["Description"] == "None of it"


def test_many_rules_come_in_one_call_and_each_direction_is_listed(recipient: Api) -> None:
    ask(recipient, "AuthorizeSecurityGroup", permissions(HTTPS, {**HTTPS, "Priority": "2"}))
    out = {"IpProtocol": "all", "PortRange": "-1/-1", "DestCidrIp": "10.0.0.0/8"}
    ask(recipient, "AuthorizeSecurityGroupEgress", permissions(out))
    assert [rule["Priority"] for rule in listed(recipient, direction="ingress")] == ["1", "2"]
    assert [rule["DestCidrIp"] for rule in listed(recipient, direction="egress")] == ["10.0.0.0/8"]
    assert len(listed(recipient)) == 3


def test_the_same_rule_again_stays_one(recipient: Api, cloud: Sandbox) -> None:
    ask(recipient, "AuthorizeSecurityGroup", {**HTTPS, "Description": "first"})
    ask(recipient, "AuthorizeSecurityGroup", permissions({**HTTPS, "NicType": "intranet", "Description": "second"}))
    (rule,) = cloud.state.rules(WEB_GROUP)
    assert rule.description == "first"


def test_every_kind_of_other_end_is_listed(recipient: Api) -> None:
    common = {"IpProtocol": "all", "PortRange": "-1/-1"}
    ask(recipient, "AuthorizeSecurityGroup", {**common, "SourceGroupId": DB_GROUP})
    ask(recipient, "AuthorizeSecurityGroup", {**common, "Ipv6SourceCidrIp": "2001:db8:0:0::/32"})
    ask(recipient, "AuthorizeSecurityGroup", {**common, "SourcePrefixListId": "pl-bp1orchid000000001"})
    group, ipv6, prefix_list = listed(recipient)
    assert group["SourceGroupId"] == DB_GROUP
    assert ipv6["Ipv6SourceCidrIp"] == "2001:db8::/32"
    assert prefix_list["SourcePrefixListId"] == "pl-bp1orchid000000001"


def test_an_address_counts_before_a_group(recipient: Api) -> None:
    ask(recipient, "AuthorizeSecurityGroup", {**HTTPS, "SourceGroupId": DB_GROUP})
    (rule,) = listed(recipient)
    assert (rule["SourceCidrIp"], rule["SourceGroupId"]) == ("0.0.0.0/0", "")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"IpProtocol": ""}, (400, "MissingParameter")),
        ({"IpProtocol": "sctp"}, (400, "InvalidIpProtocol.ValueNotSupported")),
        ({"PortRange": ""}, (400, "InvalidPortRange.Malformed")),
        ({"PortRange": "443"}, (400, "InvalidParam.PortRange")),
        ({"PortRange": "-1/-1"}, (400, "OperationDenied")),
        ({"PortRange": "2/1"}, (400, "OperationDenied")),
        ({"PortRange": "0/1"}, (400, "OperationDenied")),
        ({"PortRange": "1/65536"}, (400, "OperationDenied")),
        ({"IpProtocol": "icmp"}, (400, "OperationDenied")),
        ({"SourceCidrIp": "10.0.0.0/33"}, (400, "InvalidSourceCidrIp.Malformed")),
        ({"SourceCidrIp": "2001:db8::/32"}, (400, "InvalidSourceCidrIp.Malformed")),
        ({"SourceCidrIp": "10.0.0.0/255.0.0.0"}, (400, "InvalidSourceCidrIp.Malformed")),
        ({"SourceCidrIp": ""}, (400, "MissingParameter.Source")),
        ({"SourceCidrIp": "", "Ipv6SourceCidrIp": "10.0.0.0/8"}, (400, "InvalidParam.Ipv6SourceCidrIp")),
        ({"SourceCidrIp": "", "Ipv6SourceCidrIp": "fe80::1%eth0"}, (400, "InvalidParam.Ipv6SourceCidrIp")),
        ({"Ipv6SourceCidrIp": "::/0"}, (400, "InvalidParam.SourceIp")),
        (
            {"IpProtocol": "icmpv6", "PortRange": "-1/-1"},
            (400, "InvalidParam.Ipv6ProtocolConflictWithIpv4Address"),
        ),
        (
            {"IpProtocol": "icmp", "PortRange": "-1/-1", "SourceCidrIp": "", "Ipv6SourceCidrIp": "::/0"},
            (400, "InvalidParam.Ipv4ProtocolConflictWithIpv6Address"),
        ),
        ({"Policy": "maybe"}, (400, "InvalidPolicy.Malformed")),
        ({"Priority": "0"}, (400, "InvalidPriority.ValueNotSupported")),
        ({"Priority": "101"}, (400, "InvalidPriority.ValueNotSupported")),
        ({"Priority": "high"}, (400, "InvalidPriority.Malformed")),
        ({"Priority": "--1"}, (400, "InvalidPriority.Malformed")),
        ({"NicType": "satellite"}, (400, "InvalidNicType.ValueNotSupported")),
        ({"Description": "x" * 513}, (400, "InvalidSecurityGroupDiscription.Malformed")),
        ({"SourceCidrIp": "", "SourceGroupId": OTHER_VPC}, (400, "InvalidSourceGroupId.Mismatch")),
        ({"SourceCidrIp": "", "SourceGroupId": "sg-bp1acme00000000web"}, (404, "InvalidSourceGroupId.NotFound")),
        ({"SourceCidrIp": "", "SourceGroupId": "sg-uf6orchid000000web"}, (404, "InvalidSourceGroupId.NotFound")),
        ({"SourceCidrIp": "", "SourcePrefixListId": "pl-none"}, (404, "InvalidPrefixListId.NotFound")),
        ({"SourcePortRange": "1/2"}, (400, "InvalidParameter.SourcePortRange")),
        (permissions(HTTPS), (400, "InvalidParam.Permissions")),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    recipient: Api, cloud: Sandbox, changed: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert refused(recipient, "AuthorizeSecurityGroup", {**HTTPS, **changed}) == refusal
    assert cloud.state.rules(WEB_GROUP) == ()


def test_refusals_of_the_other_direction_name_the_destination(recipient: Api) -> None:
    out = {"IpProtocol": "tcp", "PortRange": "1/2"}
    assert refused(recipient, "AuthorizeSecurityGroupEgress", out) == (400, "MissingParameter.Dest")
    wrong = {**out, "DestCidrIp": "everywhere"}
    assert refused(recipient, "AuthorizeSecurityGroupEgress", wrong) == (400, "InvalidDestCidrIp.Malformed")
    elsewhere = {**out, "DestGroupId": OTHER_VPC}
    assert refused(recipient, "AuthorizeSecurityGroupEgress", elsewhere) == (400, "InvalidDestGroupId.Mismatch")


def test_a_list_of_rules_comes_whole_or_not_at_all(recipient: Api, cloud: Sandbox) -> None:
    wrong = permissions(HTTPS, {**HTTPS, "Priority": "0"})
    assert refused(recipient, "AuthorizeSecurityGroup", wrong) == (400, "InvalidPriority.ValueNotSupported")
    twice = permissions(HTTPS, HTTPS)
    assert refused(recipient, "AuthorizeSecurityGroup", twice) == (400, "InvalidParam.DuplicatePermissions")
    assert cloud.state.rules(WEB_GROUP) == ()


def test_a_group_holds_two_hundred_rules(recipient: Api) -> None:
    def many(first: int) -> dict[str, str]:
        return permissions(*({**HTTPS, "PortRange": f"{port}/{port}"} for port in range(first, first + 100)))

    ask(recipient, "AuthorizeSecurityGroup", many(1))
    ask(recipient, "AuthorizeSecurityGroup", many(101))
    assert refused(recipient, "AuthorizeSecurityGroup", HTTPS) == (403, "AuthorizationLimitExceed")
    assert len(listed(recipient)) == 200


def test_groups_of_the_enterprise_type_take_no_group_and_drop_nothing(recipient: Api) -> None:
    answer = recipient.call("CreateSecurityGroup", VpcId="vpc-bp1orchid00000001", SecurityGroupType="enterprise")
    enterprise = str(answer["SecurityGroupId"])
    dropped = {**HTTPS, "Policy": "drop"}
    denied = (400, "InvalidGroupParameter.OperationDenied")
    assert refused(recipient, "AuthorizeSecurityGroup", dropped, enterprise) == denied
    to_group = {"IpProtocol": "tcp", "PortRange": "1/2", "SourceGroupId": WEB_GROUP}
    assert refused(recipient, "AuthorizeSecurityGroup", to_group, enterprise) == denied
    from_it = {**to_group, "SourceGroupId": enterprise}
    assert refused(recipient, "AuthorizeSecurityGroup", from_it) == (400, "InvalidGroupAuthParameter.OperationDenied")
    ask(recipient, "AuthorizeSecurityGroup", HTTPS, enterprise)


# --- revoking


def test_a_rule_is_revoked_by_what_it_states(recipient: Api, cloud: Sandbox) -> None:
    ask(recipient, "AuthorizeSecurityGroup", permissions(HTTPS, {**HTTPS, "Priority": "2"}))
    ask(recipient, "RevokeSecurityGroup", {**HTTPS, "Description": "whatever it was"})
    assert [rule.priority for rule in cloud.state.rules(WEB_GROUP)] == [2]
    ask(recipient, "RevokeSecurityGroup", permissions({**HTTPS, "Priority": "2"}))
    assert cloud.state.rules(WEB_GROUP) == ()


def test_revoking_what_is_not_there_succeeds(recipient: Api, cloud: Sandbox) -> None:
    ask(recipient, "AuthorizeSecurityGroup", HTTPS)
    ask(recipient, "RevokeSecurityGroup", {**HTTPS, "PortRange": "80/80"})
    ask(
        recipient, "RevokeSecurityGroupEgress", {"IpProtocol": "tcp", "PortRange": "443/443", "DestCidrIp": "0.0.0.0/0"}
    )
    ask(recipient, "RevokeSecurityGroup", {"IpProtocol": "tcp", "PortRange": "443/443", "SourceGroupId": "sg-gone"})
    assert len(cloud.state.rules(WEB_GROUP)) == 1


def test_a_rule_is_revoked_by_its_id(recipient: Api, cloud: Sandbox) -> None:
    ask(recipient, "AuthorizeSecurityGroup", permissions(HTTPS, {**HTTPS, "Priority": "2"}))
    first, second = listed(recipient)
    ask(recipient, "RevokeSecurityGroup", {"SecurityGroupRuleId.1": first["SecurityGroupRuleId"]})
    assert [rule.id for rule in cloud.state.rules(WEB_GROUP)] == [second["SecurityGroupRuleId"]]
    wrong = {"SecurityGroupRuleId.1": first["SecurityGroupRuleId"]}
    assert refused(recipient, "RevokeSecurityGroup", wrong) == (400, "InvalidParam.SecurityGroupRuleId")
    of_the_other_direction = {"SecurityGroupRuleId.1": second["SecurityGroupRuleId"]}
    assert refused(recipient, "RevokeSecurityGroupEgress", of_the_other_direction)[0] == 400


# --- modifying


def test_a_description_is_changed_and_taken_away(recipient: Api) -> None:
    ask(recipient, "AuthorizeSecurityGroup", {**HTTPS, "Description": "old"})
    (before,) = listed(recipient)
    for _ in range(2):  # the plugin sends it twice
        ask(recipient, "ModifySecurityGroupRule", {**HTTPS, "Description": "new"})
    (after,) = listed(recipient)
    assert after == before | {"Description": "new"}
    ask(recipient, "ModifySecurityGroupRule", HTTPS)
    assert listed(recipient)[0]["Description"] == "new"
    ask(recipient, "ModifySecurityGroupRule", {**HTTPS, "Description": ""})
    assert listed(recipient)[0]["Description"] == ""


def test_by_its_id_all_of_a_rule_is_changed(recipient: Api, cloud: Sandbox) -> None:
    ask(recipient, "AuthorizeSecurityGroup", {**HTTPS, "Description": "kept"})
    (before,) = cloud.state.rules(WEB_GROUP)
    by_id = {"SecurityGroupRuleId": str(before.id)}
    ask(recipient, "ModifySecurityGroupRule", {**by_id, "Priority": "9", "PortRange": "8443/8443"})
    ask(recipient, "ModifySecurityGroupRule", {**by_id, "SourceGroupId": DB_GROUP, "Policy": "drop"})
    (after,) = cloud.state.rules(WEB_GROUP)
    changes = {"priority": 9, "ports": "8443/8443", "cidr": None, "group": DB_GROUP, "policy": "drop"}
    assert after == before.model_copy(update=changes)


@pytest.mark.parametrize("action", ["ModifySecurityGroupRule", "ModifySecurityGroupEgressRule"])
def test_a_rule_that_is_not_there_can_not_be_modified(recipient: Api, action: str) -> None:
    side = "Dest" if "Egress" in action else "Source"
    rule = {"IpProtocol": "tcp", "PortRange": "443/443", f"{side}CidrIp": "0.0.0.0/0", "Description": "new"}
    assert refused(recipient, action, rule) == (404, "SecurityGroupRule.NotFound")
    assert refused(recipient, action, {"SecurityGroupRuleId": "sgr-none"}) == (404, "SecurityGroupRule.NotFound")


def test_no_rule_is_modified_into_another(recipient: Api) -> None:
    ask(recipient, "AuthorizeSecurityGroup", permissions(HTTPS, {**HTTPS, "Priority": "2"}))
    second = {"SecurityGroupRuleId": listed(recipient)[1]["SecurityGroupRuleId"], "Priority": "1"}
    assert refused(recipient, "ModifySecurityGroupRule", second) == (400, "InvalidParam.DuplicatePermissions")
    wrong = second | {"Priority": "101"}
    assert refused(recipient, "ModifySecurityGroupRule", wrong) == (400, "InvalidPriority.ValueNotSupported")


def test_the_world_brings_its_rules(source: Api) -> None:
    (postgresql, updates, nothing_else) = listed(source, "sg-bp1acme000000000db")
    assert (postgresql["SourceGroupId"], postgresql["PortRange"]) == ("sg-bp1acme00000000web", "5432/5432")
    assert (updates["Direction"], updates["DestCidrIp"]) == ("egress", "0.0.0.0/0")
    assert (nothing_else["Policy"], nothing_else["Priority"]) == ("Drop", "100")
    assert all(rule["SecurityGroupRuleId"] for rule in listed(source, "sg-bp1acme00000000web"))


@given(st.integers(-1, 70000), st.integers(-1, 70000))
def test_ports_rise_from_1_to_65535(first: int, last: int) -> None:
    assert ports_fit("tcp", f"{first}/{last}") == (1 <= first <= last <= 65535)
    assert ports_fit("gre", f"{first}/{last}") == (first == last == -1)


ANYTHING = st.text(st.characters(codec="utf-8"), max_size=12)
PORTS = st.one_of(ANYTHING, st.sampled_from(["-1/-1", "443/443", "0/0", "9/1", "99999/1", "1/65535"]))
ADDRESSES = st.one_of(
    ANYTHING, st.ip_addresses().map(str), st.sampled_from(["10.0.0.0/8", "::/0", "10.0.0.1/33", "::ffff:1.2.3.4/96"])
)


@given(
    direction=st.sampled_from(("ingress", "egress")),
    protocol=st.one_of(ANYTHING, st.sampled_from(PROTOCOLS)),
    ports=PORTS,
    priority=st.one_of(ANYTHING, st.integers(-1, 101).map(str)),
    description=ANYTHING,
    ends=st.lists(ADDRESSES, min_size=4, max_size=4),
)
def test_whatever_a_call_writes_is_a_rule_or_refused(
    direction: Direction, protocol: str, ports: str, priority: str, description: str, ends: list[str]
) -> None:
    fields = {"IpProtocol": protocol, "PortRange": ports, "Priority": priority, "Description": description}
    fields |= dict(zip(written.ends(direction), ends, strict=True))
    try:
        rule = written.rule(fields, direction)
    except ApiError:
        return
    assert written.rule(written.written(rule), direction) == rule


@pytest.mark.parametrize(("direction", "end"), [("", "SourceGroupId"), ("Egress", "DestGroupId")])
def test_a_rule_may_name_its_own_group_in_both_directions_and_be_changed(
    recipient: Api, direction: str, end: str
) -> None:
    group = recipient.call("CreateSecurityGroup", {"VpcId": "vpc-bp1orchid00000001"})["SecurityGroupId"]
    rule = {"SecurityGroupId": group, "IpProtocol": "tcp", "PortRange": "443/443"}
    other = {"SourceCidrIp" if end == "SourceGroupId" else "DestCidrIp": "192.0.2.0/24"}
    recipient.call(f"AuthorizeSecurityGroup{direction}", rule | other)

    def listed() -> dict[str, str]:
        (listed_rule,) = recipient.call("DescribeSecurityGroupAttribute", SecurityGroupId=group)["Permissions"][
            "Permission"
        ]
        return dict(listed_rule)

    by_id = {"SecurityGroupId": group, "SecurityGroupRuleId": listed()["SecurityGroupRuleId"], end: group}
    recipient.call(f"ModifySecurityGroup{direction}Rule", by_id)
    assert listed()[end] == group
    recipient.call(f"RevokeSecurityGroup{direction}", rule | {end: group})
    recipient.call(f"AuthorizeSecurityGroup{direction}", rule | {end: group})
    assert listed()[end] == group
    recipient.call("DeleteSecurityGroup", SecurityGroupId=group)
