"""A handover's `recreate:`: its formats, and how it goes with the stack's security groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from transfer_provider import Eip
from transfer_provider.inputs.handover import Recreate
from transfer_provider.inputs.manifest import Stack, load_folder
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

SETTINGS = Settings(region="cn-hangzhou", recipients=("1000000000000002",))
TRANSFER = {
    "instance_id": "i-bp1web00000000000001",
    "recipient_account_id": "1000000000000002",
    "accept_terms": True,
}
GROUPS: dict[str, Any] = {
    "web": {"vpc_id": "vpc-bp1orchid"},
    "db": {"vpc_id": "vpc-bp1orchid"},
    "other": {"vpc_id": "vpc-bp1other"},
    "far": {"vpc_id": "vpc-uf6orchid", "region": "cn-shanghai"},
    "large": {"vpc_id": "vpc-bp1orchid", "type": "enterprise"},
}
PLACE: dict[str, Any] = {"vswitch_id": "vsw-bp1orchid", "security_groups": ["web"]}


def read(root: Path, recreate: Any, groups: dict[str, Any] | None = None) -> Stack:
    folder = root / "prod"
    folder.mkdir(exist_ok=True)
    (folder / "security-groups.yaml").write_text(yaml.safe_dump(GROUPS if groups is None else groups))
    (folder / "web-01.yaml").write_text(yaml.safe_dump(TRANSFER | {"recreate": recreate}, sort_keys=False))
    return load_folder(folder, root, SETTINGS)


def problems(root: Path, recreate: Any) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        read(root, recreate)
    return [str(problem).removeprefix("prod/web-01.yaml:") for problem in refused.value.problems]


def test_a_place_and_an_address_are_read_with_what_is_left_out_filled_in(tmp_path: Path) -> None:
    (declared,) = read(tmp_path, PLACE | {"eip": {}}).handovers
    assert declared.recreate == Recreate(vswitch_id="vsw-bp1orchid", security_groups=["web"], eip=Eip())
    assert Eip() == Eip(bandwidth=5, internet_charge_type="PayByTraffic", isp="BGP", name=None, allocate="on-arrival")


def test_the_transfers_inputs_stay_what_they_were(tmp_path: Path) -> None:
    (declared,) = read(tmp_path, PLACE).handovers
    assert declared.inputs.model_dump(exclude_none=True) == TRANSFER | {"region": "cn-hangzhou", "channel": "api"}


def test_security_groups_are_no_handover(tmp_path: Path) -> None:
    stack = read(tmp_path, PLACE)
    assert [declared.name for declared in stack.handovers] == ["web-01"]
    assert set(stack.groups) == set(GROUPS)


def test_groups_may_be_named_or_given_by_id(tmp_path: Path) -> None:
    (declared,) = read(tmp_path, PLACE | {"security_groups": ["web", "sg-bp1theirs"]}).handovers
    assert declared.recreate is not None
    assert declared.recreate.security_groups == ["web", "sg-bp1theirs"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"vswitch_id": None}, "4: recreate.vswitch_id: is missing; give the id of the recipient's vSwitch"),
        ({"vswitch_id": "sw-1"}, "5: recreate.vswitch_id: is malformed"),
        ({"security_groups": []}, "6: recreate.security_groups: is malformed; give a list of 1 to 5 security groups"),
        ({"security_groups": ["web", "web"]}, "6: recreate.security_groups: names a security group twice"),
        ({"security_groups": [f"sg-bp1number{n}" for n in range(6)]}, "6: recreate.security_groups: is malformed"),
        ({"security_groups": "web"}, "6: recreate.security_groups: has the wrong type"),
        ({"security_groups": ["wep"]}, "7: recreate.security_groups: names the group 'wep', which"),
        ({"security_groups": ["web", "other"]}, "8: recreate.security_groups: other is in vpc-bp1other, and web in"),
        ({"security_groups": ["web", "large"]}, "8: recreate.security_groups: large is enterprise, and web is normal"),
        ({"security_groups": ["far"]}, "7: recreate.security_groups: far is in cn-shanghai, and the instance in"),
        ({"resource_group_id": "production"}, "8: recreate.resource_group_id: is malformed"),
        ({"eip": {"bandwidth": 0}}, "9: recreate.eip.bandwidth: is malformed; give the address's bandwidth in Mbit/s"),
        ({"eip": {"bandwidth": "5"}}, "9: recreate.eip.bandwidth: has the wrong type"),
        ({"eip": {"bandwidth": 501}}, "9: recreate.eip.bandwidth: is malformed"),
        ({"eip": {"bandwidth": 201}}, "9: recreate.eip.bandwidth: is above the 200 Mbit/s of PayByTraffic"),
        ({"security_groups": ["LTAI/secret"]}, "7: recreate.security_groups: names a group, which"),
        ({"eip": {"allocate": "later"}}, "9: recreate.eip.allocate: is malformed; give when the address is made"),
        ({"eip": {"isp": "Telecom"}}, "9: recreate.eip.isp: is malformed"),
        ({"eip": {"name": "http://x"}}, "9: recreate.eip.name: is malformed"),
        ({"eip": {"bandwith": 5}}, "9: recreate.eip.bandwith: is not a key here; did you mean bandwidth?"),
        ({"eip": True}, "8: recreate.eip: has the wrong type; give the new elastic IP address"),
        ({"vpc": "x"}, "8: recreate.vpc: is not a key here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_line_and_what_to_do(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    given = {key: value for key, value in (PLACE | changes).items() if value is not None}
    found = problems(tmp_path, given)
    assert [problem for problem in found if problem.startswith(expected)], found


@pytest.mark.parametrize("value", [[], "web", 5, True])
def test_recreate_has_to_be_a_mapping(tmp_path: Path, value: Any) -> None:
    (found,) = problems(tmp_path, value)
    assert found.startswith("4: recreate: has the wrong type; give what the recipient gets re-created")


def test_a_key_with_nothing_after_it_is_not_taken_for_left_out(tmp_path: Path) -> None:
    assert problems(tmp_path, PLACE | {"eip": None}) == [
        "8: recreate.eip: is empty; give the new elastic IP address, at least `{}`; without it none is allocated"
    ]
    (found,) = problems(tmp_path, None)
    assert found.startswith("4: recreate: is empty; give what the recipient gets re-created")


def test_an_address_named_like_its_handover_needs_a_name_that_begins_with_a_letter(tmp_path: Path) -> None:
    folder = tmp_path / "prod"
    read(tmp_path, PLACE | {"eip": {}})
    (folder / "web-01.yaml").rename(folder / "01-web.yaml")
    with pytest.raises(FilesRefused, match=r"prod/01-web.yaml:8: recreate.eip.name: is missing; an address's name"):
        load_folder(folder, tmp_path, SETTINGS)


def test_an_unknown_group_is_reported_beside_what_is_wrong_in_the_groups_file(tmp_path: Path) -> None:
    groups = {"web": {"vpc_id": "x"}, "db": {"vpc_id": "vpc-bp1orchid", "type": "basic"}}
    with pytest.raises(FilesRefused) as refused:
        read(tmp_path, PLACE | {"security_groups": ["web", "db", "dc"]}, groups)
    assert [(problem.file, problem.key) for problem in refused.value.problems] == [
        ("prod/security-groups.yaml", "db.type"),
        ("prod/security-groups.yaml", "web.vpc_id"),
        ("prod/web-01.yaml", "recreate.security_groups"),
    ]


def test_problems_of_both_files_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(FilesRefused) as refused:
        read(tmp_path, PLACE | {"vswitch_id": "x"}, {"web": {"vpc_id": "x"}})
    assert {problem.file for problem in refused.value.problems} == {"prod/web-01.yaml", "prod/security-groups.yaml"}


def test_an_eip_in_a_program_is_checked_as_in_a_file() -> None:
    with pytest.raises(ValidationError):
        Eip(bandwidth=0)


def test_an_eip_paid_by_its_bandwidth_may_be_faster() -> None:
    assert Eip(bandwidth=500, internet_charge_type="PayByBandwidth").bandwidth == 500
