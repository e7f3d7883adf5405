"""The rules of a plan: once for all handovers that share their groups, and what is not known is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.unit.cli.plan.given import preview
from transfer_provider.cli.follow.observed.case import Case as Held
from transfer_provider.cli.follow.overview import Followed
from transfer_provider.cli.plan.cases import Case, cases
from transfer_provider.cli.plan.facts import Facts
from transfer_provider.cli.plan.reviewed import Rules
from transfer_provider.cli.plan.rules import rules_of
from transfer_provider.inputs.handover import Recreate
from transfer_provider.inputs.manifest import Declared
from transfer_provider.inputs.security_groups import SecurityGroupInputs
from transfer_provider.inputs.transfer import HandoverInputs
from transfer_provider.model.inventory import Instance, Inventory, SecurityGroup, SecurityGroupRule
from transfer_provider.model.rule_comparison import Compared

REGION = "cn-hangzhou"
SSH = SecurityGroupRule("ingress", "tcp", "22/22", "group_id", "sg-bp1web")
WEB = SecurityGroup("sg-bp1web", "web", REGION, "vpc-a", "normal", "", "Drop", (SSH,))


def declared(**other: Any) -> dict[str, SecurityGroupInputs]:
    rule = {"direction": "ingress", "protocol": "tcp", "ports": 22, "source": "orchid-web"}
    group = {"vpc_id": "vpc-bp1orchid00000001", "captured_from": "sg-bp1web", "rules": {"ssh": rule}}
    return {"orchid-web": SecurityGroupInputs.model_validate(group | other)}


def handovers(groups: list[str]) -> list[Case]:
    """Those of a real preview, with a file that names these groups."""
    found = []
    for case in cases(preview("submit"), None):
        inputs = HandoverInputs(
            instance_id=case.instance_id,
            region=REGION,
            recipient_account_id="1000000000000002",
            accept_terms=True,
        )
        recreate = Recreate(vswitch_id="vsw-bp1orchid00000001", security_groups=groups)
        file = Declared(name=case.name, inputs=inputs, recreate=recreate)
        held = Held(case.name, file, by_file=True, held=False, submitted={}, received={}, bound=False)
        found.append(replace(case, followed=Followed(held, None, None)))  # type: ignore[arg-type]
    return found


def compared(
    groups: dict[str, SecurityGroupInputs], source: dict[str, SecurityGroup] | None, *names: str
) -> list[Rules]:
    some = handovers(list(names) or ["orchid-web"])
    instances = {
        case.instance_id: Instance(case.instance_id, case.name, REGION, "Running", security_group_ids=("sg-bp1web",))
        for case in some
    }
    inventory = Inventory("1", REGION, datetime(2026, 1, 1, tzinfo=UTC), instances, groups=source)
    return list(rules_of(some, groups, Facts({REGION: inventory})))


def test_handovers_that_share_their_groups_share_a_comparison() -> None:
    [some] = compared(declared(), {"sg-bp1web": WEB})
    assert some.handovers == ["db-01", "web-01", "web-02"]
    assert (some.source_groups, some.groups) == (["web (sg-bp1web)"], ("orchid-web",))


def test_a_group_is_known_as_the_one_made_of_it() -> None:
    [some] = compared(declared(), {"sg-bp1web": WEB})
    assert [row.kind for row in some.rows] == [Compared.SAME]
    [some] = compared(declared(captured_from=None), {"sg-bp1web": WEB})
    [row] = some.rows
    assert row.kind is Compared.CHANGED
    assert row.source is not None
    assert row.source.peer == "web (sg-bp1web)"


def test_instances_that_newly_reach_each_other_are_said() -> None:
    [some] = compared(declared(), {"sg-bp1web": WEB})
    assert len(some.notes) == 1
    [some] = compared(declared(inner_access_policy="Drop"), {"sg-bp1web": WEB})
    assert some.notes == ()
    [some] = compared(declared(), {"sg-bp1web": replace(WEB, inner_access_policy="Accept")})
    assert some.notes == ()


def test_of_what_is_not_known_nothing_is_concluded() -> None:
    nothing: dict[str, SecurityGroup] = {}
    for unknown in (None, nothing):
        [some] = compared(declared(), unknown)
        assert (some.rows, some.not_compared) == ((), ["sg-bp1web"])
    [some] = compared(declared(), {"sg-bp1web": WEB}, "orchid-web", "sg-bp1orchid000000web")
    assert some.not_compared == ["sg-bp1orchid000000web"]
