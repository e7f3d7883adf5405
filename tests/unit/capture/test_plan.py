"""From facts to files: what is written reads back as what the account has, and what is there is never written anew."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transfer_provider.capture.plan import GROUPS_SCHEMA, Given, Plan, plan
from transfer_provider.inputs import security_groups_file as security_groups
from transfer_provider.inputs.manifest import load_folder
from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import Document, FilesRefused, load
from transfer_provider.model.inventory import Address, Instance, Inventory, PeerKind, SecurityGroup, SecurityGroupRule

REGION, VPC = "cn-hangzhou", "vpc-bp1acme0000000001"
WEB, DB, ELSEWHERE = "sg-bp1acme00000000web", "sg-bp1acme000000000db", "sg-bp1birch0000000web"
WEB_01 = "i-bp1web00000000000001"
SETTINGS = Settings(region=REGION, recipients=("1000000000000002",))
KNOWN = Given(REGION, "1000000000000002", "vsw-bp1orchid00000001", "vpc-bp1orchid00000001", "It moves")


def group(group_id: str = WEB, name: str = "web", *rules: SecurityGroupRule, **more: Any) -> SecurityGroup:
    return SecurityGroup(
        group_id,
        name,
        REGION,
        VPC,
        **{"type": "normal", "description": "", "inner_access_policy": "Accept", "rules": rules} | more,
    )


def tcp(port: str = "443/443", peer: str = "0.0.0.0/0", kind: PeerKind = "cidr", **more: Any) -> SecurityGroupRule:
    return SecurityGroupRule("ingress", "tcp", port, kind, peer, **more)


def facts(*groups: SecurityGroup, instances: list[Instance] | None = None, **more: Any) -> Inventory:
    held = (
        instances
        if instances is not None
        else [
            Instance(
                WEB_01,
                "web-01",
                REGION,
                "Running",
                vpc_id=VPC,
                vswitch_id="vsw-1",
                private_ips=["172.16.0.5"],
                security_group_ids=[held_group.group_id for held_group in groups[:1]],
            )
        ]
    )
    return Inventory(
        account_id="1000000000000001",
        region=REGION,
        observed_at=datetime(2026, 1, 1, tzinfo=UTC),
        instances={instance.instance_id: instance for instance in held},
        groups={held_group.group_id: held_group for held_group in groups},
        vpc_cidrs={VPC: ["172.16.0.0/16"]},
        **{"addresses": {}} | more,
    )


class Folder:
    """A stack's folder that plans are written to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "prod"
        self.path.mkdir(exist_ok=True)

    def plan(self, observed: Inventory, known: Given = KNOWN) -> Plan:
        handovers = [self.read(path) for path in sorted(self.path.glob("*.yaml")) if path.name != security_groups.FILE]
        groups = self.path / security_groups.FILE
        return plan([observed], handovers, self.read(groups) if groups.exists() else None, known)

    def read(self, path: Path) -> Document:
        return load(path, path.name, may_be_empty=True)

    def capture(self, observed: Inventory, known: Given = KNOWN) -> Plan:
        planned = self.plan(observed, known)
        for name, text in planned.handovers.items():
            (self.path / name).write_text(text, encoding="utf-8")
        if planned.groups:
            file = self.path / security_groups.FILE
            before = file.read_text(encoding="utf-8") if file.exists() else GROUPS_SCHEMA + "\n"
            file.write_text(before + "".join(f"\n{text}" for text in planned.groups.values()), encoding="utf-8")
        return planned

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text(encoding="utf-8")
        assert old in text
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8")

    def groups(self) -> dict[str, SecurityGroupInputs]:
        return security_groups.load(self.path / security_groups.FILE, self.root, REGION)

    def first_rule(self) -> SecurityGroupRuleInputs:
        return next(iter(self.groups()["web"].rules.values()))

    def text(self, name: str = security_groups.FILE) -> str:
        return (self.path / name).read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_handover_is_complete_but_for_what_a_person_has_to_accept(folder: Folder) -> None:
    folder.capture(facts(group()))
    with pytest.raises(FilesRefused) as refused:
        load_folder(folder.path, folder.root, SETTINGS)
    assert [problem.key for problem in refused.value.problems] == ["accept_terms"]
    folder.edit("web-01.yaml", "accept_terms:", "accept_terms: true")
    (declared,) = load_folder(folder.path, folder.root, SETTINGS).handovers
    assert declared.name == "web-01"
    assert declared.recreate is not None
    assert declared.recreate.security_groups == ["web"]


def test_what_is_not_known_of_the_recipient_is_left_open_and_reported_with_its_line(folder: Folder) -> None:
    folder.capture(facts(group()), Given(REGION))
    with pytest.raises(FilesRefused) as refused:
        load_folder(folder.path, folder.root, SETTINGS)
    reported = {problem.key: problem.message for problem in refused.value.problems}
    assert reported.keys() == {"recipient_account_id", "reason", "accept_terms", "recreate.vswitch_id", "web.vpc_id"}
    assert reported["recipient_account_id"].startswith("is empty; give the 16 digits")
    assert reported["reason"].startswith("is empty; give why the instance changes owner")


POLICIES = st.sampled_from(["accept", "drop"])
LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)
ENDS: st.SearchStrategy[tuple[PeerKind, str]] = st.one_of(
    st.ip_addresses(v=4).map(lambda one: ("cidr", f"{one}/32")),
    st.integers(0, 32).map(lambda length: ("cidr", f"0.0.0.0/{length}")),
    st.integers(2**64, 2**128 - 1).map(lambda number: ("ipv6_cidr", f"{IPv6Address(number)}/128")),
    st.sampled_from([("group_id", WEB), ("group_id", DB)]),
)
PROTOCOLS = st.one_of(
    st.tuples(
        st.sampled_from(["tcp", "udp"]),
        st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(lambda two: f"{min(two)}/{max(two)}"),
    ),
    st.tuples(st.sampled_from(["icmp", "icmpv6", "gre", "all"]), st.just("-1/-1")),
)
RULES = st.builds(
    lambda direction, protocol, end, policy, priority, description: SecurityGroupRule(
        direction, protocol[0], protocol[1], end[0], end[1], policy, priority, description
    ),
    st.sampled_from(["ingress", "egress"]),
    PROTOCOLS,
    ENDS,
    POLICIES,
    st.integers(1, 100),
    LINES,
)


def unique(rules: list[SecurityGroupRule]) -> list[SecurityGroupRule]:
    """As the API has them: no two that agree in all but their description, and ICMP with addresses of its family."""
    return list(
        {
            (rule.direction, rule.protocol, rule.port_range, rule.peer, rule.policy, rule.priority): rule
            for rule in rules
            if (rule.protocol, rule.peer_kind) not in {("icmp", "ipv6_cidr"), ("icmpv6", "cidr")}
        }.values()
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(RULES, max_size=12).map(unique), LINES)
def test_every_rule_reads_back_as_what_it_was(
    tmp_path_factory: pytest.TempPathFactory, rules: list[SecurityGroupRule], description: str
) -> None:
    folder = Folder(tmp_path_factory.mktemp("round"))
    folder.capture(facts(group(WEB, "web", *rules, description=description), group(DB, "db")))
    written = list(folder.groups()["web"].rules.values())

    names = {WEB: "web", DB: "db"}
    assert sorted(
        (rule.direction, rule.protocol, rule.port_range, rule.peer, rule.policy, rule.priority) for rule in written
    ) == sorted(
        (rule.direction, rule.protocol, rule.port_range, names.get(rule.peer, rule.peer), rule.policy, rule.priority)
        for rule in rules
    )
    again = folder.plan(facts(group(WEB, "web", *reversed(rules), description=description), group(DB, "db")))
    assert (again.handovers, again.groups, again.differences) == ({}, {}, [])


def test_descriptions_are_kept_as_they_are(folder: Folder) -> None:
    awkward = "a: 'quoted' \"text\" # and — 内网"
    folder.capture(facts(group(WEB, "web", tcp(description=awkward))))
    assert folder.first_rule().description == awkward


@pytest.mark.parametrize(
    ("rule", "comment"),
    [
        (
            tcp(peer="pl-bp1acme0000000001", kind="prefix_list"),
            "decide: was pl-bp1acme0000000001, a prefix list of the",
        ),
        (
            tcp(peer=ELSEWHERE, kind="group_id", peer_owner="1000000000000003"),
            f"decide: was {ELSEWHERE}, a security group of account 1000000000000003",
        ),
        (
            tcp(peer=ELSEWHERE, kind="group_id"),
            f"decide: was {ELSEWHERE}, a security group that the source account does not",
        ),
    ],
)
def test_an_end_the_recipient_can_not_have_is_left_open(folder: Folder, rule: SecurityGroupRule, comment: str) -> None:
    folder.capture(facts(group(WEB, "web", rule)))
    assert f"source:  # {comment}" in folder.text()
    with pytest.raises(FilesRefused, match="is empty; give where from, for ingress"):
        folder.groups()


@pytest.mark.parametrize(
    ("peer", "comment"),
    [
        ("172.16.0.5/32", "# decide: 172.16.0.5 is web-01's private address at the source"),
        ("172.16.0.6/32", f"# decide: 172.16.0.6/32 lies in the source's VPC {VPC} (172.16.0.0/16)"),
        ("172.16.0.0/16", f"# decide: 172.16.0.0/16 lies in the source's VPC {VPC}"),
        ("172.16.4.0/24", f"# decide: 172.16.4.0/24 lies in the source's VPC {VPC}"),
    ],
)
def test_a_rule_that_names_the_sources_own_addresses_is_kept_and_marked(
    folder: Folder, peer: str, comment: str
) -> None:
    folder.capture(facts(group(WEB, "web", tcp(peer=peer))))
    assert comment in folder.text()
    assert folder.first_rule().peer == peer


@pytest.mark.parametrize("peer", ["0.0.0.0/0", "172.17.0.0/16", "10.0.0.0/8"])
def test_what_lies_elsewhere_is_not_marked(folder: Folder, peer: str) -> None:
    folder.capture(facts(group(WEB, "web", tcp(peer=peer))))
    assert "decide" not in folder.text()


def test_what_a_file_can_not_say_is_marked_and_not_dropped(folder: Folder) -> None:
    folder.capture(facts(group(WEB, "web", tcp(beyond=["source ports 1024/2048"]))))
    assert "# decide: at the source it has source ports 1024/2048 too, which this file can't" in folder.text()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("web", "web"),
        ("Web Servers", "web-servers"),
        ("sg-extra", "group-sg-extra"),
        ("", "group-00000web"),
        ("数据库", "group-00000web"),
        ("1st", "group-1st"),
        ("x" * 128, "x" * 60),
    ],
)
def test_a_group_gets_a_name_that_a_file_takes(folder: Folder, name: str, slug: str) -> None:
    folder.capture(facts(group(WEB, name)))
    assert list(folder.groups()) == [slug]


def test_groups_and_instances_of_one_name_get_two(folder: Folder) -> None:
    twins = [
        Instance(f"i-bp1web0000000000000{n}", "Web", REGION, "Running", security_group_ids=[WEB, DB]) for n in (1, 2)
    ]
    folder.capture(facts(group(WEB, "web"), group(DB, "WEB"), instances=twins))
    assert sorted(folder.groups()) == ["web", "web-2"]
    assert sorted(path.name for path in folder.path.iterdir()) == ["security-groups.yaml", "web-2.yaml", "web.yaml"]


def test_an_instance_called_like_the_groups_file_gets_another_name(folder: Folder) -> None:
    instance = Instance(WEB_01, "security-groups", REGION, "Running", security_group_ids=[WEB])
    folder.capture(facts(group(), instances=[instance]))
    assert "security-groups-2.yaml" in {path.name for path in folder.path.iterdir()}


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ({"bandwidth": 20}, "eip: { bandwidth: 20 }"),
        (
            {"bandwidth": 300, "internet_charge_type": "PayByBandwidth"},
            "eip: { bandwidth: 300, internet_charge_type: PayByBandwidth }",
        ),
        ({"isp": "BGP_PRO"}, "eip: { bandwidth: 5, isp: BGP_PRO }"),
        ({"bandwidth": 1000}, "# decide: at the source it has 1000 Mbit/s; 200 are the most here"),
        ({"charge_type": "PrePaid"}, "# decide: at the source it is paid in advance; this one is pay-as-you-go"),
        ({"isp": "Carrier"}, "# decide: at the source its line is Carrier"),
        ({"bandwidth_package": "cbwp-1"}, "# decide: at the source it is in the bandwidth package cbwp-1"),
    ],
)
def test_an_address_is_taken_over_as_far_as_a_file_can_say(
    folder: Folder, address: dict[str, Any], written: str
) -> None:
    reported: dict[str, Any] = {
        "charge_type": "PostPaid",
        "internet_charge_type": "PayByTraffic",
        "isp": "BGP",
        "bandwidth": 5,
    } | address
    bound = Address("eip-1", "203.0.113.9", WEB_01, "any", **reported)
    instance = Instance(
        WEB_01, "web-01", REGION, "Running", security_group_ids=[WEB], eip="203.0.113.9", eip_allocation_id="eip-1"
    )
    folder.capture(facts(group(), instances=[instance], addresses={"eip-1": bound}))
    assert written in folder.text("web-01.yaml")
    folder.edit("web-01.yaml", "accept_terms:", "accept_terms: true")
    assert load_folder(folder.path, folder.root, SETTINGS).handovers


def test_a_fixed_public_address_gets_no_new_one_beside_it(folder: Folder) -> None:
    fixed = Instance(
        WEB_01, "web-01", REGION, "Running", security_group_ids=[WEB], fixed_public_ip="203.0.113.9", vpc_id="vpc-1"
    )
    planned = folder.capture(facts(group(), instances=[fixed], addresses={}))
    assert "eip" not in planned.meant["web-01.yaml"]["recreate"]
    assert "# Its fixed public address 203.0.113.9 moves with it." in folder.text("web-01.yaml")


class TestAgain:
    def test_nothing_is_written_twice_even_while_it_is_still_open(self, folder: Folder) -> None:
        observed = facts(group(WEB, "web", tcp(), tcp("22/22", "pl-bp1acme0000000001", "prefix_list")))
        folder.capture(observed, Given(REGION))
        again = folder.plan(observed, Given(REGION))
        assert (again.handovers, again.groups, again.differences) == ({}, {}, [])
        assert sorted(again.unchanged) == ["security-groups.yaml: web", "web-01.yaml"]

    def test_what_a_person_filled_in_renamed_and_added_is_no_difference(self, folder: Folder) -> None:
        observed = facts(group(WEB, "web", tcp(), tcp("22/22", "pl-bp1acme0000000001", "prefix_list")))
        folder.capture(observed, Given(REGION))
        folder.edit("security-groups.yaml", "\nweb:", "\nfront:")
        folder.edit("security-groups.yaml", "in-tcp-443:", "https:")
        folder.edit("security-groups.yaml", "source:  # decide", "source: pl-bp1orchid000000001 # decide")
        folder.edit("web-01.yaml", "security_groups: [web]", "security_groups: [front]")
        folder.edit("web-01.yaml", "recipient_account_id:", 'recipient_account_id: "1000000000000002"')
        (folder.path / "web-01.yaml").rename(folder.path / "shop.yaml")
        again = folder.plan(observed, Given(REGION))
        assert (again.handovers, again.groups, again.differences) == ({}, {}, [])

    def test_what_differs_is_shown_with_its_line_and_not_written(self, folder: Folder) -> None:
        folder.capture(facts(group(WEB, "web", tcp(), tcp("22/22", "198.51.100.0/24"))))
        before = folder.text()
        changed = group(
            WEB, "web", tcp(), tcp("23/23", "198.51.100.0/24"), description="The front", inner_access_policy="Drop"
        )
        again = folder.plan(facts(changed))
        assert folder.text() == before
        assert (again.handovers, again.groups) == ({}, {})
        reported = {(difference.key, difference.in_file, difference.in_account) for difference in again.differences}
        assert reported == {
            ("web.inner_access_policy", "Accept", "Drop"),
            ("web.description", "nothing", "The front"),
            ("web.rules.in-tcp-22", "ingress tcp 22/22 from 198.51.100.0/24, accept, priority 1", "no such rule"),
            ("web.rules", "no such rule", "ingress tcp 23/23 from 198.51.100.0/24, accept, priority 1"),
        }
        (line,) = [difference.line for difference in again.differences if difference.key == "web.rules.in-tcp-22"]
        assert line is not None
        assert "in-tcp-22" in before.splitlines()[line - 1]

    def test_a_group_that_was_closed_by_hand_shows_as_such(self, folder: Folder) -> None:
        folder.capture(facts(group()))
        folder.edit("security-groups.yaml", "  vpc_id:", "  inner_access_policy: Drop\n  vpc_id:")
        (instance,) = folder.plan(facts(group())).differences
        assert (instance.key, instance.in_file, instance.in_account) == ("web.inner_access_policy", "Drop", "Accept")

    def test_new_groups_are_added_beside_the_others_under_names_that_are_free(self, folder: Folder) -> None:
        (folder.path / security_groups.FILE).write_text("# ours\nweb: { vpc_id: vpc-bp1orchid00000001 }\n")
        folder.capture(facts(group(WEB, "web", tcp(peer=DB, kind="group_id")), group(DB, "db")))
        assert folder.text().startswith("# ours\nweb: { vpc_id: vpc-bp1orchid00000001 }\n")
        assert sorted(folder.groups()) == ["db", "web", "web-2"]

    def test_rules_of_new_groups_name_earlier_ones_as_they_are_called_now(self, folder: Folder) -> None:
        folder.capture(facts(group(DB, "db"), instances=[]))
        folder.edit("security-groups.yaml", "\ndb:", "\nstorage:")
        folder.capture(facts(group(WEB, "web", tcp(peer=DB, kind="group_id")), group(DB, "db")))
        assert folder.first_rule().peer == "storage"


def test_every_kind_of_end_is_written_somehow(folder: Folder) -> None:
    ends: dict[PeerKind, str] = {
        "cidr": "10.0.0.0/8",
        "ipv6_cidr": "2001:db8::/32",
        "prefix_list": "pl-bp1acme0001",
        "group_id": WEB,
    }
    assert set(ends) == set(get_args(PeerKind))
    folder.capture(facts(group(WEB, "web", *(tcp(peer=peer, kind=kind) for kind, peer in ends.items()))))
    assert folder.text().count("direction: ingress") == len(ends)


def test_the_second_of_a_port_and_a_range_that_would_be_called_alike_are_both_kept(folder: Folder) -> None:
    rules = [tcp("1/1", peer="10.0.0.0/8"), tcp("1/1", peer="11.0.0.0/8"), tcp("1/2", peer="12.0.0.0/8")]
    folder.capture(facts(group(WEB, "web", *rules)))
    assert sorted(rule.peer for rule in folder.groups()["web"].rules.values()) == [rule.peer for rule in rules]


ANY_TEXT = st.text(max_size=30) | st.sampled_from(
    ["web\n  evil: { direction: ingress, protocol: all, source: 0.0.0.0/0 }", "x\u2028accept_terms: true", "\x85a: b"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, st.text(st.characters(exclude_categories=["Cs"])), ANY_TEXT)
def test_no_name_description_reason_or_tag_adds_a_rule_or_a_value(
    tmp_path_factory: pytest.TempPathFactory, instance: str, name: str, description: str, reason: str, tag: str
) -> None:
    folder = Folder(tmp_path_factory.mktemp("hostile"))
    named = Instance(
        WEB_01,
        instance,
        REGION,
        "Running",
        private_ips=["172.16.0.5"],
        security_group_ids=[WEB],
        fixed_public_ip="203.0.113.1",
        tags={tag: tag},
    )
    rules = (tcp(peer="172.16.0.5/32", description=description), tcp("22/22", beyond=[description]))
    observed = facts(group(WEB, name, *rules, description=f"http://{description}"), instances=[named])

    planned = folder.capture(observed, Given(REGION, reason=reason))

    (group_name,) = planned.groups
    groups = folder.read(folder.path / security_groups.FILE).values
    assert groups == {group_name: planned.meant[group_name]}
    assert len(groups[group_name]["rules"]) == len(rules)
    (file,) = planned.handovers
    assert folder.read(folder.path / file).values == planned.meant[file]
    assert planned.meant[file].get("reason") == (reason or None)
    for text in (*planned.handovers.values(), *planned.groups.values()):
        assert all(line.isprintable() for line in text.split("\n"))
