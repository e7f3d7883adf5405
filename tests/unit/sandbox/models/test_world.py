"""World files: what is fine, and what is stated where one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sandbox.models.errors import SandboxError
from sandbox.models.world import DEMO, load, many_instances
from sandbox.state.clock import Clock
from sandbox.state.cloud import CloudState
from tests.unit.sandbox.api import SOURCE, WEB

SMALL = """
regions: [cn-hangzhou]
accounts:
  - id: "1000000000000001"
    name: acme
    email: platform@acme.example
    real_name: yes
    profiles: [{name: one}]
    vswitches: [{id: vsw-1, region: cn-hangzhou, zone: cn-hangzhou-h, vpc_id: vpc-1}]
    security_groups: [{id: sg-1, region: cn-hangzhou, vpc_id: vpc-1}]
    instances: [{id: i-1, name: web, region: cn-hangzhou}]
"""


RULE_PLACE = "{id: sg-1, region: cn-hangzhou, vpc_id: vpc-1"


def rule(rest: str) -> str:
    return f", rules: [{{direction: ingress, protocol: tcp, {rest}}}]"


def stated_of(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "world.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SandboxError) as raised:
        load(file)
    return str(raised.value).replace(str(file), "world.yaml")


def test_the_demo_world_holds_three_good_instances_and_four_accounts() -> None:
    world = load(DEMO)
    assert [account.name for account in world.accounts] == ["acme", "orchid", "birch", "clover"]
    assert {"web-01", "web-02", "db-01"} <= {instance.name for instance in world.account(SOURCE).instances}


def test_the_demo_worlds_web_01_has_an_eip_and_two_groups() -> None:
    state = CloudState(load(DEMO), Clock())
    holding, eip = state.holding(WEB), state.eip_of(WEB)
    assert holding is not None
    assert eip is not None
    names = {group.id: group.name for group in state.security_groups(SOURCE)}
    assert [names[group] for group in holding.instance.security_groups] == ["web", "db"]
    assert (eip.name, eip.ip_address, eip.bandwidth) == ("web-01", "203.0.113.12", 10)


def test_a_small_world_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(SMALL)
    state = CloudState(load(file), Clock())
    (holding,) = state.holdings()
    assert holding.instance.vswitch == "vsw-1"
    assert holding.instance.security_groups == ("sg-1",)
    assert holding.instance.private_ip == "172.16.0.10"


def test_an_unquoted_yes_is_a_yes(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(SMALL)
    assert load(file).accounts[0].real_name == "yes"


def test_keys_are_new_at_each_start() -> None:
    world = load(DEMO)
    first, second = (CloudState(world, Clock()).keys for _ in range(2))
    assert len(first) == len(second) == sum(len(account.profiles) for account in world.accounts)
    assert not first.keys() & second.keys()


def test_a_key_does_not_show_its_secret() -> None:
    for key in CloudState(load(DEMO), Clock()).keys.values():
        assert key.secret not in repr(key)
        assert key.token is None or key.token not in repr(key)


def test_many_more_good_instances_can_be_had() -> None:
    world = many_instances(load(DEMO), SOURCE, "cn-hangzhou", 1000)
    assert len(world.account(SOURCE).instances) == len(load(DEMO).account(SOURCE).instances) + 1000


@pytest.mark.parametrize(
    ("wrong", "right", "stated"),
    [
        ("name: web, ", "name: web, colour: red, ", "accounts[0].instances[0].colour: Extra inputs are not permitted"),
        ("region: cn-hangzhou}]\n", "region: cn-hangzhou, status: Gone}]\n", "accounts[0].instances[0].status: Input"),
        ('id: "1000000000000001"', "id: 1000000000000001", "accounts[0].id: Input should be a valid string"),
        ('id: "1000000000000001"', 'id: "1"', "accounts[0].id: String should match"),
        ("profiles: [{name: one}]", "profiles: []", "accounts[0].profiles: Tuple should have at least 1 item"),
        ("{name: one}]", "{name: one}, {name: one}]", "profiles: one is there more than once"),
        ("id: i-1, ", "id: i-1, vswitch: vsw-2, ", "instance i-1 names vSwitch vsw-2, not found in its region"),
        ("id: i-1, ", "id: i-1, security_groups: [sg-2], ", "instance i-1 names security group sg-2, not found"),
        ("id: i-1, ", "id: i-1, resource_group: rg-2, ", "instance i-1 names resource group rg-2, not found"),
        (
            "security_groups:",
            "eips: [{id: eip-1, region: cn-hangzhou, ip_address: 203.0.113.1, instance: i-2}]\n    security_groups:",
            "EIP eip-1 names instance i-2, not found",
        ),
        (
            "security_groups:",
            "eips: [{id: eip-1, region: cn-hangzhou, ip_address: 203.0.113.1, instance: i-1}, "
            "{id: eip-2, region: cn-hangzhou, ip_address: 203.0.113.2, instance: i-1}]\n    security_groups:",
            "EIPs' instances: i-1 is there more than once",
        ),
        (
            "name: web, region: cn-hangzhou}]\n",
            "name: web, region: cn-hangzhou, public_ip: 203.0.113.2}]\n"
            "    eips: [{id: eip-1, region: cn-hangzhou, ip_address: 203.0.113.1, instance: i-1}]\n",
            "EIP eip-1 names instance i-1, which has a fixed public address",
        ),
        (
            "vpc_id: vpc-1}]\n    instances: [{id: i-1, ",
            "vpc_id: vpc-1}, {id: sg-2, region: cn-hangzhou, vpc_id: vpc-1, type: enterprise}]\n"
            "    instances: [{id: i-1, security_groups: [sg-1, sg-2], ",
            "instance i-1 names security groups of both types",
        ),
        (RULE_PLACE, RULE_PLACE + ", rules: [{direction: ingress, protocol: tcp}]", "names one of cidr, ipv6_cidr"),
        (RULE_PLACE, RULE_PLACE + rule("cidr: 10.0.0.0/8, ports: 0/1"), "ports 0/1 do not fit the protocol tcp"),
        (RULE_PLACE, RULE_PLACE + rule("cidr: 10.0.0.0/33, ports: 1/1"), "cidr 10.0.0.0/33 is no IPv4 address"),
        (RULE_PLACE, RULE_PLACE + rule("ipv6_cidr: '0::/0', ports: 1/1"), "ipv6_cidr 0::/0 is no IPv6 address"),
        (RULE_PLACE, RULE_PLACE + rule("group: sg-2, ports: 1/1"), "a rule of sg-1 names sg-2, not found"),
        (RULE_PLACE, RULE_PLACE + rule("prefix_list: pl-1, ports: 1/1"), "a rule of sg-1 names prefix list pl-1, not"),
        (
            "region: cn-hangzhou, zone: cn-hangzhou-h, vpc_id: vpc-1}]",
            "region: cn-hangzhou, zone: h, vpc_id: v}, {id: vsw-1, region: cn-hangzhou, zone: h, vpc_id: v}]",
            "vswitches: vsw-1 is there more than once",
        ),
        (
            "regions: [cn-hangzhou]",
            "regions: [cn-shanghai]",
            "is in cn-hangzhou, which is not among the world's regions",
        ),
        ("vswitches:", "vswitches_:", "accounts[0].vswitches_: Extra inputs are not permitted"),
        (
            "{id: i-1, name: web, region: cn-hangzhou}",
            "{id: i-1, name: web, region: cn-shanghai}",
            "instance i-1 needs a vSwitch and a security group in cn-shanghai",
        ),
    ],
)
def test_what_is_wrong_is_reported_with_file_and_key(tmp_path: Path, wrong: str, right: str, stated: str) -> None:
    assert wrong in SMALL
    found = stated_of(tmp_path, SMALL.replace(wrong, right, 1))
    assert found.startswith("world.yaml: ")
    assert stated in found


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("", "world.yaml: has to be a mapping with the keys regions, accounts, times"),
        ("- 1", "world.yaml: has to be a mapping"),
        ("a: [", "world.yaml: is not YAML: "),
        ("a: 2025-13-45", "world.yaml: is not YAML: "),
        ("a: " + "[" * 3000, "world.yaml: is not YAML: "),
        (b"\xff\xfe\x00", "world.yaml: is not UTF-8 text"),
        ("{}", "world.yaml: regions: Field required\nworld.yaml: accounts: Field required"),
    ],
)
def test_a_file_that_is_no_world_is_refused(tmp_path: Path, text: str | bytes, stated: str) -> None:
    assert stated in stated_of(tmp_path, text)


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"nothing\.yaml: can't be read: No such file"):
        load(tmp_path / "nothing.yaml")


def test_the_demo_world_holds_no_key_and_only_example_addresses() -> None:
    text = DEMO.read_text()
    emails = [account["email"] for account in yaml.safe_load(text)["accounts"]]
    assert all(email.endswith(".example") for email in emails)
    assert "LTAI" not in text
