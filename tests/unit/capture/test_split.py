"""Which stack an instance is captured into: the stack that has it, else the last, else a new one; and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.unit.capture.test_plan import DB, KNOWN, REGION, VPC, WEB, facts, group, tcp
from transfer_provider.capture.plan import Plan
from transfer_provider.capture.split import (
    groups_of_several,
    narrowed,
    part_number,
    plan_split,
    require_elsewhere_none,
    share_out,
)
from transfer_provider.inputs.yaml_file import Document, FilesRefused
from transfer_provider.model.inventory import Instance, Inventory

LOGS = "sg-bp1acme0000000logs"


@dataclass(frozen=True)
class Folder:
    """What a stack's folder has."""

    handovers: Sequence[Document] = ()
    groups: Document | None = None


def stacks(**held: str) -> dict[str, Folder]:
    """Stacks by name (`prod_1` for prod-1), each with the handovers of these letters."""
    return {
        (stack := name.replace("_", "-")): Folder(
            [
                Document(f"stacks/{stack}/{letter}.yaml", {"instance_id": f"i-{letter}"}, {("instance_id",): 2})
                for letter in letters
            ]
        )
        for name, letters in held.items()
    }


def shared(given: str, written: Mapping[str, Folder], most: int = 2) -> dict[str, str]:
    """Each stack's instances, by their letters."""
    found = share_out([f"i-{letter}" for letter in given], "prod", written, most)
    return {stack: "".join(instance_id.removeprefix("i-") for instance_id in ids) for stack, ids in found.items()}


class TestSharingOut:
    def test_instances_fill_one_stack_after_the_other_in_the_order_given(self) -> None:
        assert shared("ebacd", stacks(prod="")) == {"prod-1": "eb", "prod-2": "ac", "prod-3": "d"}

    def test_an_instance_given_twice_is_captured_once(self) -> None:
        assert shared("aab", stacks(prod="")) == {"prod-1": "ab"}

    def test_an_instance_stays_in_the_stack_that_has_it(self) -> None:
        written = stacks(prod="z", prod_1="ab", prod_2="cd")
        assert shared("dazcb", written) == {"prod-2": "dc", "prod-1": "ab", "prod": "z"}

    def test_new_instances_fill_up_the_last_stack_before_there_is_another(self) -> None:
        assert shared("acde", stacks(prod="", prod_1="ab", prod_2="c")) == {
            "prod-1": "a",
            "prod-2": "cd",
            "prod-3": "e",
        }

    def test_a_stack_before_the_last_is_not_filled_up(self) -> None:
        assert shared("e", stacks(prod="", prod_1="", prod_2="cd")) == {"prod-3": "e"}

    def test_a_number_that_was_used_is_never_used_again(self) -> None:
        assert shared("ef", stacks(prod="", prod_3="cd"), most=1) == {"prod-4": "e", "prod-5": "f"}

    def test_a_stack_with_more_than_the_most_is_left_as_it_is(self) -> None:
        assert shared("abcde", stacks(prod="", prod_1="abcd")) == {"prod-1": "abcd", "prod-2": "e"}

    def test_numbers_are_compared_as_numbers(self) -> None:
        assert shared("z", stacks(prod="", prod_2="", prod_10="ab")) == {"prod-11": "z"}

    def test_an_instance_of_two_stacks_is_refused_with_both_files(self) -> None:
        with pytest.raises(FilesRefused) as refused:
            shared("ab", stacks(prod="", prod_1="a", prod_2="a"))
        assert (
            "stacks/prod-2/a.yaml:2: instance_id: declares i-a, as stacks/prod-1/a.yaml does; keep the file of "
            in str(refused.value)
        )

    @pytest.mark.parametrize(
        ("stack", "number"),
        [
            ("prod-1", 1),
            ("prod-999", 999),
            ("prod", None),
            ("prod-01", None),
            ("prod-0", None),
            ("prod-2026", None),
            ("prod-1-2", None),
            ("production-1", None),
            ("prod-²", None),
        ],
    )
    def test_a_stack_is_a_part_by_its_number(self, stack: str, number: int | None) -> None:
        assert part_number(stack, "prod") == number


class TestWithoutSplitting:
    def test_an_instance_that_a_part_has_is_refused_and_the_part_named(self) -> None:
        with pytest.raises(FilesRefused, match=r"prod-1/a.yaml:2: instance_id: declares i-a already") as refused:
            require_elsewhere_none(["i-a", "i-z"], "prod", stacks(prod="z", prod_1="a"))
        assert "--stack prod-1" in str(refused.value)

    def test_an_instance_of_a_half_that_reads_the_same_folder_is_no_other(self) -> None:
        written = stacks(prod="a")
        require_elsewhere_none(["i-a"], "prod", {**written, "prod-1": written["prod"]})

    def test_others_are_captured_into_the_stack_itself(self) -> None:
        require_elsewhere_none(["i-b", "i-z"], "prod", stacks(prod="z", prod_1="a"))


def instance(letter: str, *groups: str, name: str = "") -> Instance:
    return Instance(f"i-{letter}", name or letter, REGION, "Running", vpc_id=VPC, security_group_ids=groups)


def observed(*instances: Instance) -> Inventory:
    """WEB's rules refer to LOGS, LOGS' to itself; DB is referred to by none."""
    logs = group(LOGS, "logs", tcp("514/514", LOGS, "group_id"))
    web = group(WEB, "web", tcp("80/80", LOGS, "group_id"), tcp("90/90", "sg-of-nobody", "group_id"))
    return facts(web, group(DB, "db"), logs, instances=list(instances))


class TestGroups:
    def test_a_stack_gets_its_instances_groups_with_everything_that_these_refer_to(self) -> None:
        whole = observed(instance("a", WEB), instance("b", DB))
        assert set(narrowed(whole, ["i-a"]).groups or {}) == {WEB, LOGS}
        assert set(narrowed(whole, ["i-b"]).groups or {}) == {DB}

    def test_a_group_of_two_stacks_is_written_for_each(self) -> None:
        planned = plan_of(observed(instance("a", DB), instance("b", DB, WEB)), stacks(prod=""))
        assert {stack: sorted(plan.groups) for stack, plan in planned.items()} == {
            "prod-1": ["db"],
            "prod-2": ["db", "logs", "web"],
        }

    def test_groups_of_several_stacks_are_known_also_from_files_that_are_there(self) -> None:
        there = Document("stacks/prod-1/security-groups.yaml", {"web": {"captured_from": WEB}, "odd": 1}, {})
        written = {"prod": Folder(), "prod-1": Folder(groups=there)}
        inventory = observed(instance("a", DB), instance("b", WEB))
        shared = {"prod-2": ["i-a"], "prod-3": ["i-b"]}
        assert groups_of_several(inventory, shared, written) == {f"web ({WEB})": ["prod-3", "prod-1"]}


def plan_of(inventory: Inventory, written: Mapping[str, Folder]) -> dict[str, Plan]:
    return plan_split(inventory, share_out(sorted(inventory.instances), "prod", written, 1), written, KNOWN)


class TestNames:
    def test_a_handovers_name_is_used_once_in_all_stacks(self) -> None:
        inventory = observed(*(instance(letter, DB, name="web") for letter in "abc"))
        planned = plan_of(inventory, stacks(prod=""))
        assert [list(plan.handovers) for plan in planned.values()] == [["web.yaml"], ["web-2.yaml"], ["web-3.yaml"]]

    def test_a_name_that_any_of_the_stacks_has_is_taken(self) -> None:
        # Folders with a handover z, one of them the last stack's, which is full.
        planned = plan_of(observed(instance("a", DB, name="z")), stacks(prod="z", prod_1="y"))
        assert {stack: list(plan.handovers) for stack, plan in planned.items()} == {"prod-2": ["z-2.yaml"]}
