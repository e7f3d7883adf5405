"""What the stack made at the recipient, found by its tags, in few calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from sandbox.models.world import Eip as EipOfTheWorld
from sandbox.models.world import SecurityGroup
from sandbox.server.server import Sandbox
from transfer_provider.cloud import addresses
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused
from transfer_provider.handover.plan import Wanted
from transfer_provider.handover.recipient.objects import RecipientObjects
from transfer_provider.handover.recipient.state import RecipientState
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.ownership import Owner
from transfer_provider.model.transfer import TransferRequest

RECIPIENT, REGION, VPC = "1000000000000002", "cn-hangzhou", "vpc-bp1orchid00000001"
WEB_01, WEB_02 = "i-bp1web00000000000001", "i-bp1web00000000000002"
OURS, THEIRS = Owner.of("instance-handover", "sandbox"), Owner.of("instance-handover", "other")
COUNT = 120


def objects(state: RecipientState | None = None) -> RecipientObjects:
    return RecipientObjects("sandbox-recipient", OURS, "sandbox", state or RecipientState())


def put_address(sandbox: Sandbox, allocation_id: str, **more: Any) -> None:
    given = {"id": allocation_id, "region": REGION, "ip_address": f"198.19.0.{len(allocation_id)}", "name": "web-01"}
    sandbox.state.eip_store.add(RECIPIENT, EipOfTheWorld.model_validate(given | more))


def put_group(sandbox: Sandbox, group_id: str, name: str, owner: Owner = OURS) -> None:
    group = SecurityGroup(id=group_id, region=REGION, vpc_id=VPC, name=name, tags=dict(owner.tags_of_group(name)))
    sandbox.state.group_store.add(RECIPIENT, group)


def wanted(instance_id: str = WEB_01, eip: Eip | None = None) -> Wanted:
    return Wanted("web-01", TransferRequest(instance_id, REGION, RECIPIENT), destination=True, eip=eip)


def calls(sandbox: Sandbox) -> Counter[str]:
    return Counter(str(entry.action) for entry in sandbox.log.entries())


def in_groups(*groups: str) -> Wanted:
    return replace(wanted(), groups=groups)


def test_groups_named_by_id_are_of_one_vpc_and_type_with_each_other_and_with_those_declared(sandbox: Sandbox) -> None:
    store = sandbox.state.group_store
    store.add(RECIPIENT, SecurityGroup(id="sg-large", region=REGION, vpc_id=VPC, type="enterprise"))
    declared = {"front": SecurityGroupInputs(vpc_id=VPC)}

    assert objects().misfits([in_groups("front", "sg-bp1orchid000000web", "sg-bp1orchid0000000db")], declared) == []
    for first in ("front", "sg-bp1orchid000000web"):
        (misfit,) = objects().misfits([in_groups(first, "sg-large")], declared)
        assert misfit.startswith(f"web-01: its security group sg-large is enterprise, and {first} is normal; ")
        (misfit,) = objects().misfits([in_groups(first, "sg-bp1orchid0000other")], declared)
        assert f"is in vpc-bp1orchid00000002, and {first} in {VPC}; an instance's groups are of one VPC" in misfit
    assert objects().misfits([in_groups("front", "sg-notlisted")], declared) == []


def test_groups_are_looked_up_by_id_in_one_call_and_only_where_several_are_named(sandbox: Sandbox) -> None:
    declared = {"front": SecurityGroupInputs(vpc_id=VPC), "data": SecurityGroupInputs(vpc_id=VPC)}
    assert objects().misfits([in_groups("front", "data"), in_groups("sg-bp1orchid000000web")], declared) == []
    assert calls(sandbox) == {}
    objects().misfits([in_groups("front", f"sg-{number}") for number in range(90)], declared)
    # The second is the dry run, for none of them is listed.
    assert calls(sandbox) == {"DescribeSecurityGroups": 1 + 1}


def test_every_handovers_address_is_found_with_the_same_two_calls(sandbox: Sandbox) -> None:
    for number in range(COUNT):
        instance_id = f"i-bp1many{number:013d}"
        tags = dict(OURS.tags_of_address("any", instance_id))
        put_address(sandbox, f"eip-{number:03d}", tags=tags, instance=instance_id, ip_address=f"198.19.1.{number}")
    known = objects()
    found = [
        known.adopt_address(REGION, f"i-bp1many{number:013d}", Eip(), used_by=f"i-bp1many{number:013d}")
        for number in range(COUNT)
    ]
    assert found == [f"eip-{number:03d}" for number in range(COUNT)]
    # 120 of them are two pages.
    assert calls(sandbox) == {"DescribeEipAddresses": 3}


def test_neither_another_stacks_address_nor_one_of_its_name_is_taken(sandbox: Sandbox) -> None:
    put_address(sandbox, "eip-theirs", tags=dict(THEIRS.tags_of_address("web-01", WEB_01)))
    put_address(sandbox, "eip-nobodys")
    assert objects().adopt_address(REGION, WEB_01, Eip(), used_by=WEB_01) is None
    assert objects().adopt_address(REGION, WEB_01, Eip(adopt="eip-nobodys"), used_by=WEB_01) == "eip-nobodys"
    with pytest.raises(Refused, match="belongs to stack other"):
        objects().adopt_address(REGION, WEB_01, Eip(adopt="eip-theirs"), used_by=WEB_01)


def test_two_handovers_do_not_get_one_address(sandbox: Sandbox) -> None:
    put_address(sandbox, "eip-reserved")
    known = objects()
    assert known.adopt_address(REGION, WEB_01, Eip(adopt="eip-reserved"), used_by=WEB_01) == "eip-reserved"
    with pytest.raises(Refused, match="for another handover"):
        known.adopt_address(REGION, WEB_02, Eip(adopt="eip-reserved"), used_by=WEB_02)


def test_a_binding_is_found_of_an_address_that_has_no_tags_yet(sandbox: Sandbox) -> None:
    put_address(sandbox, "eip-before", instance=WEB_01)
    known = objects(RecipientState(addresses={"web-01": "eip-before"}))
    assert known.adopt_binding(REGION, WEB_01, "web-01", None) == f"eip-before:{WEB_01}"
    held = objects(RecipientState(addresses={"web-01": "eip-before"}, bound={"web-01"}))
    assert held.adopt_binding(REGION, WEB_01, "web-01", None) is None


def test_rules_take_a_call_for_each_group_and_groups_one_for_all(sandbox: Sandbox) -> None:
    declared = {f"group-{number}": SecurityGroupInputs(vpc_id=VPC) for number in range(3)}
    for name in declared:
        put_group(sandbox, f"sg-{name}", name)
    known = objects(RecipientState(groups={name: f"sg-{name}" for name in declared}))
    assert known.rule_differences(declared, REGION) == []
    known.rule_differences({}, REGION)
    assert calls(sandbox) == {"DescribeSecurityGroups": 1, "DescribeSecurityGroupAttribute": 3}


def test_undeclared_rules_are_asked_for_once_a_run_and_only_those_of_the_stacks_own_groups_are_removed(
    sandbox: Sandbox,
) -> None:
    ours, theirs = SecurityGroupInputs(vpc_id=VPC), SecurityGroupInputs(vpc_id=VPC)
    put_group(sandbox, "sg-ours", "ours")
    put_group(sandbox, "sg-theirs", "theirs", THEIRS)
    recipient = Cloud("sandbox-recipient", REGION)
    for group_id in ("sg-ours", "sg-theirs"):
        query = {"RegionId": REGION, "SecurityGroupId": group_id, "IpProtocol": "tcp", "PortRange": "22/22"}
        query |= {"SourceCidrIp": "198.51.100.7"}
        recipient.ask(Action("AuthorizeSecurityGroup", repeatable=False), query, doing="authorize a rule")
    sandbox.log.clear()
    state = RecipientState(groups={"ours": "sg-ours", "theirs": "sg-theirs"})
    known = RecipientObjects("sandbox-recipient", OURS, "sandbox", state, removes_rules=True)
    declared = {"ours": ours, "theirs": theirs}
    assert len([text for text in known.warnings([], declared, REGION) if "no file declares" in text]) == 2
    removed = {found.group: found.removed for found in known.undeclared_rules(declared, REGION)}
    assert removed == {"ours": True, "theirs": False}
    assert calls(sandbox)["DescribeSecurityGroupAttribute"] == 2


def test_a_group_that_has_no_tags_yet_is_looked_up_and_read_once_a_run(sandbox: Sandbox) -> None:
    untagged = SecurityGroup(id="sg-untagged", region=REGION, vpc_id=VPC, name="web")
    sandbox.state.group_store.add(RECIPIENT, untagged)
    known = objects(RecipientState(groups={"web": "sg-untagged"}))
    for _ in range(2):
        assert known.undeclared_rules({"web": SecurityGroupInputs(vpc_id=VPC)}, REGION) == []
    # Those with tags, and this by its id.
    assert calls(sandbox) == {"DescribeSecurityGroups": 2, "DescribeSecurityGroupAttribute": 1}


def test_a_group_that_is_gone_has_no_rules_and_is_no_error(sandbox: Sandbox) -> None:
    gone = objects(RecipientState(groups={"web": "sg-gone"}))
    assert gone.rule_differences({"web": SecurityGroupInputs(vpc_id=VPC)}, REGION) == []


def test_what_nobody_owns_is_reported_of_this_stack_only(sandbox: Sandbox) -> None:
    put_group(sandbox, "sg-ours", "web")
    put_group(sandbox, "sg-theirs", "web", THEIRS)
    put_address(sandbox, "eip-ours", tags={}, description=OURS.description_of_address("web-01", WEB_01))
    put_address(sandbox, "eip-theirs", tags=dict(THEIRS.tags_of_address("web-01", WEB_01)))
    reported = "\n".join(objects().warnings([], {}, REGION))
    assert "sg-ours" in reported
    assert "eip-ours" in reported
    assert "theirs" not in reported
    # Declared again, they are taken over and not reported.
    assert objects().warnings([wanted(eip=Eip())], {"web": SecurityGroupInputs(vpc_id=VPC)}, REGION) == []


def test_without_the_permission_a_run_that_needs_none_goes_on(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> None:
        raise NotAllowed("Could not look up EIPs (Forbidden.RAM). Grant the permission.", code="Forbidden.RAM")

    monkeypatch.setattr(addresses, "unbound", denied)
    (warning,) = objects().warnings([], {}, REGION)
    assert "was not checked. Could not look up EIPs (Forbidden.RAM)" in warning
    with pytest.raises(NotAllowed):
        objects().warnings([wanted(eip=Eip())], {}, REGION)


def test_a_release_may_be_repeated_and_never_takes_a_bound_address(sandbox: Sandbox) -> None:
    put_address(sandbox, "eip-free")
    put_address(sandbox, "eip-in-use", instance=WEB_01)
    recipient = Cloud("sandbox-recipient", REGION)
    for _ in range(2):
        addresses.release(recipient, "eip-free")
    with pytest.raises(Refused, match="IncorrectEipStatus"):
        addresses.release(recipient, "eip-in-use")
    assert [eip.id for eip in sandbox.state.eip_store.of(RECIPIENT, REGION) if eip.id.startswith("eip-in")]


def test_authorizing_a_rule_that_a_group_has_doubles_nothing(sandbox: Sandbox) -> None:
    put_group(sandbox, "sg-web", "web")
    recipient = Cloud("sandbox-recipient", REGION)
    rule = {"IpProtocol": "tcp", "PortRange": "443/443", "SourceCidrIp": "0.0.0.0/0"}
    for _ in range(2):
        query = {"RegionId": REGION, "SecurityGroupId": "sg-web"} | rule
        recipient.ask(Action("AuthorizeSecurityGroup", repeatable=False), query, doing="authorize a rule")
    group = sandbox.state.group_store.get("sg-web", RECIPIENT, REGION)
    assert group is not None
    assert len(group.rules) == 1
