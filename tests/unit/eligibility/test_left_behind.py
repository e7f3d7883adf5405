"""What follows an instance, what stays, and what nobody can see: only what it really has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from transfer_provider.eligibility.left_behind import UNSEEN, left_behind
from transfer_provider.model.inventory import Disk, Instance, Inventory, SecurityGroup

WEB = "i-bp1web00000000000001"
PLAIN = Instance(WEB, "web-01", "cn-hangzhou", "Running")
FULL = Instance(
    WEB,
    "web-01",
    "cn-hangzhou",
    "Running",
    charge_type="PrePaid",
    expires=datetime(2027, 1, 1, tzinfo=UTC),
    vpc_id="vpc-1",
    vswitch_id="vsw-1",
    private_ips=["172.16.0.5"],
    fixed_public_ip="203.0.113.20",
    eip="203.0.113.9",
    security_group_ids=["sg-1", "sg-2"],
    secondary_interfaces=["eni-1"],
    key_pair="acme",
    dedicated_host="dh-1",
    deployment_set="ds-1",
    hpc_cluster="hpc-1",
    capacity_reservation="crp-1",
    resource_group_id="rg-1",
    tags={"project": "orchid"},
)


def facts(instance: Instance) -> Inventory:
    return Inventory(
        "1000000000000001",
        "cn-hangzhou",
        datetime(2026, 6, 1, tzinfo=UTC),
        {WEB: instance},
        disks={WEB: [Disk("d-1", WEB, "system", size_gib=40, snapshot_policy="sp-1"), Disk("d-2", WEB, size_gib=500)]},
        groups={"sg-1": SecurityGroup("sg-1", "web", "cn-hangzhou", "vpc-1", "normal", "", None)},
        ram_roles={WEB: "acme-web"},
    )


def test_disks_a_fixed_address_and_the_paid_time_follow() -> None:
    follows = left_behind(facts(FULL), WEB).follows
    assert [(item.what, item.detail) for item in follows] == [
        ("system disk", "d-1, 40 GiB, with its data"),
        ("data disk", "d-2, 500 GiB, with its data"),
        ("fixed public address", "203.0.113.20"),
        ("remaining paid time", "until 2027-01-01 00:00 UTC"),
    ]
    assert {item.certainty for item in follows} == {"documented"}


def test_what_is_the_source_accounts_stays() -> None:
    stays = {item.what: item.detail for item in left_behind(facts(FULL), WEB).stays if item.what != "security group"}
    assert stays == {
        "EIP": "203.0.113.9, unbound",
        "the right to a refund": "",
        "VPC and vSwitch": "vpc-1 vsw-1",
        "private address": "172.16.0.5",
        "secondary network interfaces": "eni-1",
        "key pair": "acme",
        "RAM role": "acme-web",
        "deployment set": "ds-1",
        "dedicated host": "dh-1",
        "HPC cluster": "hpc-1",
        "capacity reservation": "crp-1",
        "snapshot policies": "sp-1",
        "resource group": "rg-1",
        "tags": "project=orchid",
    }


def test_security_groups_are_named_as_far_as_they_are_known() -> None:
    stays = left_behind(facts(FULL), WEB).stays
    assert [item.detail for item in stays if item.what == "security group"] == ["web (sg-1)", "sg-2"]


def test_nothing_is_stated_of_what_an_instance_has_not() -> None:
    behind = left_behind(facts(PLAIN), WEB)
    assert [item.what for item in behind.follows] == ["system disk", "data disk"]
    assert [item.what for item in behind.stays] == ["RAM role", "snapshot policies"]


def test_what_nobody_can_see_is_the_same_for_all() -> None:
    assert left_behind(facts(PLAIN), WEB).unseen == UNSEEN
    assert len({item.what for item in UNSEEN}) == len(UNSEEN)


def test_an_instance_that_was_not_observed_is_an_error() -> None:
    with pytest.raises(KeyError):
        left_behind(facts(PLAIN), "i-bp1other000000000001")
