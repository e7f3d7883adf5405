"""What is taken over instead of making another: by tags and by the instance, and never by a name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from transfer_provider.cloud.errors import Refused
from transfer_provider.handover.recipient import adoption, orphans
from transfer_provider.inputs.handover import Eip
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.model.inventory import Address, SecurityGroup
from transfer_provider.model.ownership import Owner

WEB_01, WEB_02 = "i-bp1web00000000000001", "i-bp1web00000000000002"
OURS, THEIRS = Owner.of("instance-handover", "production"), Owner.of("instance-handover", "staging")
VPC = "vpc-bp1orchid00000001"
GROUPS = {"web": SecurityGroupInputs(vpc_id=VPC)}
ADDRESS = Address(
    "eip-1",
    "198.18.0.1",
    None,
    "web-01",
    5,
    "PostPaid",
    "PayByTraffic",
    "BGP",
    tags=OURS.tags_of_address("web-01", WEB_01),
)
GROUP = SecurityGroup("sg-1", "web", "cn-hangzhou", VPC, "normal", "", None, tags=OURS.tags_of_group("web"))


NEW = "i-bp1new00000000000001"  # a copy of WEB_01


def made_before(
    *own: Address, held: Any = (), instance_id: str = WEB_01, used_by: str | None = WEB_01
) -> Address | None:
    return adoption.address_made_before(instance_id, Eip(), own, held, "production", used_by=used_by)


class TestAnAddressMadeBefore:
    def test_is_the_instances(self) -> None:
        assert made_before(ADDRESS) == ADDRESS
        assert made_before(ADDRESS, instance_id=WEB_02) is None

    def test_is_known_by_its_description_until_it_has_tags(self) -> None:
        untagged = replace(ADDRESS, tags={}, description=OURS.description_of_address("shop", WEB_01))
        assert made_before(untagged) == untagged

    def test_is_not_known_by_its_name(self) -> None:
        assert made_before(replace(ADDRESS, tags={})) is None

    def test_is_not_what_the_state_holds(self) -> None:
        assert made_before(ADDRESS, held={"eip-1"}) is None

    def test_may_be_bound_to_the_instance_already_and_that_one_is_preferred(self) -> None:
        bound = replace(ADDRESS, allocation_id="eip-2", instance_id=WEB_01)
        assert made_before(ADDRESS, bound) == bound

    def test_may_not_be_bound_elsewhere(self) -> None:
        with pytest.raises(Refused, match=f"it is bound to {WEB_02}"):
            made_before(replace(ADDRESS, instance_id=WEB_02))

    def test_of_a_copy_may_be_bound_to_that_whether_it_is_known_yet_or_not(self) -> None:
        bound = replace(ADDRESS, instance_id=NEW)
        assert made_before(bound, used_by=NEW) == made_before(bound, used_by=None) == bound
        with pytest.raises(Refused, match=f"it is bound to {WEB_02}"):
            made_before(replace(ADDRESS, instance_id=WEB_02), used_by=NEW)

    def test_is_not_guessed_among_several(self) -> None:
        with pytest.raises(Refused, match="eip-1, eip-2 were all made for it by this stack"):
            made_before(ADDRESS, replace(ADDRESS, allocation_id="eip-2"))

    @pytest.mark.parametrize(("key", "value"), [("internet_charge_type", "PayByBandwidth"), ("isp", "BGP_PRO")])
    def test_has_what_can_not_be_changed(self, key: str, value: str) -> None:
        changed: dict[str, Any] = {key: value}
        with pytest.raises(Refused, match=f"its {key} is {value}, which can't be changed"):
            made_before(replace(ADDRESS, **changed))


class TestAnAddressAskedFor:
    def asked_for(self, found: Address | None, held: Any = ()) -> Address:
        return adoption.address_asked_for("eip-1", WEB_01, Eip(), found, held, OURS, used_by=WEB_01)

    def test_needs_no_tags(self) -> None:
        assert self.asked_for(replace(ADDRESS, tags={})).allocation_id == "eip-1"

    def test_may_have_been_made_for_another_instance(self) -> None:
        assert self.asked_for(replace(ADDRESS, tags=OURS.tags_of_address("db-01", WEB_02))).allocation_id == "eip-1"

    def test_is_there(self) -> None:
        with pytest.raises(Refused, match="has no such address"):
            self.asked_for(None)

    def test_is_not_another_stacks(self) -> None:
        with pytest.raises(Refused, match="belongs to stack staging of project instance-handover"):
            self.asked_for(replace(ADDRESS, tags=THEIRS.tags_of_address("web-01", WEB_01)))

    def test_is_not_another_handovers(self) -> None:
        with pytest.raises(Refused, match="the state holds it for another handover"):
            self.asked_for(ADDRESS, held={"eip-1"})

    def test_is_not_in_use(self) -> None:
        with pytest.raises(Refused, match=f"it is bound to {WEB_02}"):
            self.asked_for(replace(ADDRESS, instance_id=WEB_02))

    def test_is_not_paid_in_advance(self) -> None:
        with pytest.raises(Refused, match="it is paid in advance"):
            self.asked_for(replace(ADDRESS, charge_type="PrePaid"))


class TestABindingMadeBefore:
    def test_is_imported(self) -> None:
        assert adoption.binding_made_before(replace(ADDRESS, instance_id=WEB_01), WEB_01) == f"eip-1:{WEB_01}"
        assert adoption.binding_made_before(ADDRESS, WEB_01) is None
        assert adoption.binding_made_before(None, WEB_01) is None

    def test_to_something_else_is_refused_at_once(self) -> None:
        with pytest.raises(Refused, match=f"Could not bind eip-1 to {WEB_01}: it is bound to {WEB_02}"):
            adoption.binding_made_before(replace(ADDRESS, instance_id=WEB_02), WEB_01)


class TestAGroupMadeBefore:
    def made_before(self, *own: SecurityGroup, held: dict[str, str] | None = None) -> list[str]:
        found = adoption.groups_made_before(GROUPS, own, held or {}, "cn-hangzhou")
        return [group.group_id for group in found.values()]

    def test_is_the_stacks_by_its_tag(self) -> None:
        assert self.made_before(GROUP) == ["sg-1"]
        assert self.made_before(replace(GROUP, tags={})) == []
        assert self.made_before(replace(GROUP, name="renamed by hand")) == ["sg-1"]

    def test_is_not_taken_over_where_the_state_holds_one(self) -> None:
        assert self.made_before(GROUP, held={"web": "sg-2"}) == []

    @pytest.mark.parametrize("change", [{"vpc_id": "vpc-2"}, {"type": "enterprise"}, {"region": "cn-shanghai"}])
    def test_is_what_is_declared(self, change: dict[str, Any]) -> None:
        assert self.made_before(replace(GROUP, **change)) == []

    def test_is_not_guessed_among_several(self) -> None:
        with pytest.raises(Refused, match="sg-1, sg-2 were all made for it"):
            self.made_before(GROUP, replace(GROUP, group_id="sg-2"))


class TestOrphans:
    def test_are_neither_held_nor_awaited(self) -> None:
        assert [orphan.object_id for orphan in orphans.addresses([ADDRESS], (), (), "production")] == ["eip-1"]
        assert orphans.addresses([ADDRESS], {"eip-1"}, (), "production") == []
        assert orphans.addresses([ADDRESS], (), {WEB_01}, "production") == []
        assert [orphan.object_id for orphan in orphans.groups([GROUP], (), {})] == ["sg-1"]
        assert orphans.groups([GROUP], {"sg-1"}, {}) == []

    def test_name_the_way_out(self) -> None:
        (address,) = orphans.addresses([ADDRESS], (), (), "production")
        assert "handover release-address eip-1 --stack production" in address.remedy
        (group,) = orphans.groups([GROUP], (), {})
        assert "aliyun ecs DeleteSecurityGroup --RegionId cn-hangzhou --SecurityGroupId sg-1" in group.remedy


class TestARelease:
    def refusal(self, address: Address | None, held: Any = (), awaited: Any = (), asked_for: Any = ()) -> str | None:
        return orphans.refusal_to_release(address, OURS, held, awaited, asked_for)

    def test_is_for_what_this_stack_made_and_nobody_owns(self) -> None:
        assert self.refusal(ADDRESS) is None

    @pytest.mark.parametrize(
        ("address", "why"),
        [
            (None, "has no such address"),
            (replace(ADDRESS, tags={}), "somebody else made it"),
            (replace(ADDRESS, tags=THEIRS.tags_of_address("web-01", WEB_01)), "belongs to stack staging"),
            (replace(ADDRESS, instance_id=WEB_01), f"it is bound to {WEB_01}"),
        ],
    )
    def test_of_anything_else_is_refused(self, address: Address | None, why: str) -> None:
        assert why in str(self.refusal(address))

    def test_of_what_is_held_or_declared_is_refused(self) -> None:
        assert "the stack's state holds it" in str(self.refusal(ADDRESS, held={"eip-1"}))
        assert "is declared" in str(self.refusal(ADDRESS, awaited={WEB_01}))
        assert "is declared" in str(self.refusal(ADDRESS, asked_for={"eip-1"}))
