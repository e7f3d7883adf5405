"""security-groups.yaml: what is read from it, and what is reported with file and line where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.inputs.security_groups_file import load, schema
from transfer_provider.inputs.yaml_file import FilesRefused

GROUP = "web:\n  vpc_id: vpc-bp1orchid00000001\n  rules:\n    one:\n"
RULE = {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"}


def read(folder: Path, text: str) -> dict[str, SecurityGroupInputs]:
    (folder / "security-groups.yaml").write_text(text, encoding="utf-8")
    return load(folder / "security-groups.yaml", folder, "cn-hangzhou")


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        read(folder, text)
    return [str(problem).removeprefix("security-groups.yaml:") for problem in refused.value.problems]


def rule(**changes: Any) -> str:
    """A file with one group whose one rule is changed like this; None leaves a key out."""
    keys = {key: value for key, value in (RULE | changes).items() if value is not None}
    return GROUP + "".join(f"      {key}: {value}\n" for key, value in keys.items())


def test_a_file_that_is_not_there_holds_no_groups(tmp_path: Path) -> None:
    assert load(tmp_path / "security-groups.yaml", tmp_path, "cn-hangzhou") == {}


@pytest.mark.parametrize("text", ["", "# web: not yet\n", "---\n", "null\n"])
def test_a_file_with_nothing_in_it_holds_no_groups(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {}


def test_a_group_and_its_rules_are_read_with_what_is_left_out_filled_in(tmp_path: Path) -> None:
    group = read(tmp_path, rule())["web"]
    assert (group.type, group.effective_inner_access_policy) == ("normal", "Accept")
    https = group.rules["one"]
    assert (https.port_range, https.policy, https.priority, https.description) == ("443/443", "accept", 1, None)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("10.0.0.0/8", "cidr"),
        ("203.0.113.7/32", "cidr"),
        ("2001:db8::/32", "ipv6_cidr"),
        ("::/0", "ipv6_cidr"),
        ("pl-bp1abcdefgh", "prefix_list"),
        ("sg-bp1abcdefgh", "group_id"),
        ("db", "group"),
    ],
)
def test_the_kind_of_the_other_end_follows_from_its_format(tmp_path: Path, source: str, kind: str) -> None:
    text = rule(source=f'"{source}"') + "db: { vpc_id: vpc-bp1orchid00000001 }\n"
    found = read(tmp_path, text)["web"].rules["one"]
    assert (found.peer, found.peer_kind) == (source, kind)


@pytest.mark.parametrize(
    ("protocol", "ports", "port_range"),
    [
        ("tcp", 22, "22/22"),
        ("tcp", '"22"', "22/22"),
        ("udp", "8000/8080", "8000/8080"),
        ("tcp", "1/65535", "1/65535"),
        ("icmp", None, "-1/-1"),
        ("gre", None, "-1/-1"),
        ("all", None, "-1/-1"),
    ],
)
def test_ports_are_written_as_alibaba_cloud_writes_them(
    tmp_path: Path, protocol: str, ports: Any, port_range: str
) -> None:
    assert read(tmp_path, rule(protocol=protocol, ports=ports))["web"].rules["one"].port_range == port_range


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        (rule(source="wep"), "8: web.rules.one.source: names the group 'wep', which security-groups.yaml does not"),
        (rule(source="10.0.0.0/33"), "8: web.rules.one.source: is no CIDR, prefix list, group id or name of a group"),
        (rule(source="300.1.1.1/8"), "8: web.rules.one.source: is no CIDR"),
        (rule(source="10.0.0.1/8"), "8: web.rules.one.source: has host bits set; write 10.0.0.0/8"),
        (rule(source='"2001:db8::1/32"'), "8: web.rules.one.source: has host bits set; write 2001:db8::/32"),
        (rule(source="10.0.0.1"), "8: web.rules.one.source: has no prefix length; for this one address write"),
        (rule(source="10.0.0.0/255.0.0.0"), "8: web.rules.one.source: is no CIDR"),
        (rule(source='"fe80::%eth0/64"'), "8: web.rules.one.source: is no CIDR"),
        (rule(source='""'), "8: web.rules.one.source: is no CIDR"),
        (rule(source="10.0"), "8: web.rules.one.source: has the wrong type; give where from, for ingress"),
        (rule(source=None), "4: web.rules.one.source: is missing; an ingress rule needs it"),
        (rule(direction="egress"), "8: web.rules.one.source: does not go with egress; give destination instead"),
        (rule(destination="0.0.0.0/0"), "9: web.rules.one.destination: does not go with ingress; give source instead"),
        (rule(direction="inbound"), "5: web.rules.one.direction: is malformed; give the direction: ingress or egress"),
        (rule(protocol="http"), "6: web.rules.one.protocol: is malformed; give the protocol: tcp, udp"),
        (rule(protocol="icmp"), "7: web.rules.one.ports: do not go with icmp, which has none; leave them out"),
        (rule(protocol="all"), "7: web.rules.one.ports: do not go with all"),
        (rule(ports=None), "4: web.rules.one.ports: is missing; tcp needs a port such as 443 or a range such as"),
        (rule(ports=0), "7: web.rules.one.ports: is no port or range"),
        (rule(ports=65536), "7: web.rules.one.ports: is no port or range"),
        (rule(ports="8080/8000"), "7: web.rules.one.ports: has its first port above its last; write the lower one"),
        (rule(ports="8000-8080"), "7: web.rules.one.ports: is no port or range; give 443, or 8000/8080, within 1"),
        (rule(ports="80:90"), "7: web.rules.one.ports: is no port or range"),
        (rule(ports="080/090"), "7: web.rules.one.ports: is no port or range"),
        (rule(ports="true"), "7: web.rules.one.ports: is no port or range"),
        (rule(ports="-1/-1"), "7: web.rules.one.ports: is no port or range"),
        (rule(priority=0), "9: web.rules.one.priority: is malformed; give the priority, a whole number from 1"),
        (rule(priority=1.5), "9: web.rules.one.priority: has the wrong type"),
        (rule(priority="yes"), "9: web.rules.one.priority: has the wrong type"),
        (rule(policy="deny"), "9: web.rules.one.policy: is malformed; give the policy: accept or drop"),
        (rule(description='""'), "9: web.rules.one.description: is malformed; give what the rule is for"),
        (rule(prioritty=5), "9: web.rules.one.prioritty: is not a key here; did you mean priority?"),
        ("web:\n  rules: {}\n", "1: web.vpc_id: is missing; give the id of the recipient's VPC"),
        ("web:\n  vpc_id: vsw-bp1orchid\n", "2: web.vpc_id: is malformed"),
        ("web:\n", "1: web: is empty; give a mapping with at least vpc_id"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  rules: [1]\n", "3: web.rules: has the wrong type; give rules by name"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  rules: []\n", "3: web.rules: has the wrong type; give rules by name"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  rules: false\n", "3: web.rules: has the wrong type; give rules by name"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  description: http://wiki.acme.example\n", "3: web.description: begins with http://"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  rules:\n    one: tcp\n", "4: web.rules.one: has to be a mapping"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  type: basic\n", "3: web.type: is malformed; give the type: normal or"),
        ("Web:\n  vpc_id: vpc-bp1orchid\n", "1: Web: is no name for a group"),
        ("sg-web:\n  vpc_id: vpc-bp1orchid\n", "1: sg-web: is no name for a group"),
        ("80:\n  vpc_id: vpc-bp1orchid\n", "1: 80: is no name for a group"),
        ("web:\n  vpc_id: vpc-bp1orchid\nweb:\n  vpc_id: vpc-bp1orchid\n", "3: web: is given twice, first in line 1"),
        ("- web\n", "1: has no keys; write one `key: value` a line"),
        ("web:\n  vpc_id: vpc-bp1orchid\n  type: enterprise\n  inner_access_policy: Accept\n", "4:"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_line_and_what_to_do(tmp_path: Path, text: str, reported: str) -> None:
    assert [problem for problem in problems(tmp_path, text) if problem.startswith(reported)], problems(tmp_path, text)


def test_every_problem_of_every_group_is_reported_at_once(tmp_path: Path) -> None:
    text = yaml.safe_dump(
        {
            "web": {"vpc_id": "x", "rules": {"a": RULE | {"ports": 0}, "b": RULE | {"source": "nobody"}}},
            "db": {"vpc_id": "vpc-bp1orchid", "rules": {"c": RULE | {"source": "10.0.0.1/8"}, "d": {}}},
        },
        sort_keys=False,
    )
    keys = {problem.split(": ")[1] for problem in problems(tmp_path, text)}
    assert {
        "web.vpc_id",
        "web.rules.a.ports",
        "web.rules.b.source",
        "db.rules.c.source",
        "db.rules.d.direction",
        "db.rules.d.protocol",
    } <= keys


def test_one_thing_wrong_in_a_rule_does_not_hide_another(tmp_path: Path) -> None:
    text = rule(ports=None, source="10.0.0.1/8", priority=101, policy="deny")
    assert [problem.split(": ")[1].rpartition(".")[2] for problem in problems(tmp_path, text)] == [
        "ports",
        "source",
        "priority",
        "policy",
    ]


def test_what_does_not_look_like_a_groups_name_is_not_repeated(tmp_path: Path) -> None:
    assert "LTAIsecret" not in str(problems(tmp_path, rule(source="LTAIsecret")))


def test_two_rules_that_say_the_same_are_reported(tmp_path: Path) -> None:
    text = rule() + "    two: { direction: ingress, protocol: tcp, ports: 443/443, source: 0.0.0.0/0 }\n"
    assert problems(tmp_path, text) == ["9: web.rules.two: is the same as rule one in line 4; keep one"]


def test_rules_that_differ_in_priority_only_are_two_rules(tmp_path: Path) -> None:
    text = rule() + "    two: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0, priority: 2 }\n"
    assert len(read(tmp_path, text)["web"].rules) == 2


@pytest.mark.parametrize(
    ("other", "reported"),
    [
        ("vpc_id: vpc-bp1other", "points at db, which is in another VPC or region; give a CIDR"),
        ("vpc_id: vpc-bp1orchid00000001\n  region: cn-shanghai", "points at db, which is in another VPC or region"),
        ("vpc_id: vpc-bp1orchid00000001\n  type: enterprise", "points at a group, which an enterprise group neither"),
    ],
)
def test_a_rule_reaches_groups_of_its_own_vpc_and_kind_only(tmp_path: Path, other: str, reported: str) -> None:
    (found,) = problems(tmp_path, rule(source="db") + f"db:\n  {other}\n")
    assert found.startswith(f"8: web.rules.one.source: {reported}")


def test_a_rule_may_point_at_its_own_group(tmp_path: Path) -> None:
    """One error code of the API speaks against it; where an account has such a rule, it is captured and re-created."""
    found = read(tmp_path, rule(source="web"))["web"].rules["one"]
    assert (found.peer, found.peer_kind) == ("web", "group")


def test_a_group_may_say_what_it_was_captured_from(tmp_path: Path) -> None:
    captured = rule().replace("  rules:", "  captured_from: sg-bp1acme00000000web\n  rules:")
    assert read(tmp_path, captured).keys() == {"web"}
    (reported,) = problems(tmp_path, captured.replace("sg-bp1acme00000000web", "web"))
    assert reported.startswith("3: web.captured_from: is malformed; give the id of the source's group")


def test_an_enterprise_group_drops_by_itself(tmp_path: Path) -> None:
    text = rule(policy="drop").replace("  rules:", "  type: enterprise\n  rules:")
    assert problems(tmp_path, text) == [
        "10: web.rules.one.policy: is not offered in an enterprise group, which drops what no rule accepts"
    ]


def test_an_enterprise_groups_rules_name_no_groups(tmp_path: Path) -> None:
    text = rule(source="sg-bp1abcdefgh").replace("  rules:", "  type: enterprise\n  rules:")
    assert "points at a group" in problems(tmp_path, text)[0]


def test_an_enterprise_group_leaves_its_inner_access_to_alibaba_cloud(tmp_path: Path) -> None:
    (group,) = read(tmp_path, "web:\n  vpc_id: vpc-bp1orchid\n  type: enterprise\n").values()
    assert group.inner_access_policy is None


def test_more_rules_than_a_group_holds_are_refused(tmp_path: Path) -> None:
    rules = {f"r{number}": RULE | {"ports": number + 1} for number in range(201)}
    text = yaml.safe_dump({"web": {"vpc_id": "vpc-bp1orchid", "rules": rules}})
    assert "are more than 200, the most a group has" in problems(tmp_path, text)[0]


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.sampled_from(["group", "vpc_id", "rules", "rule", *RULE, "priority"]), value=ANYTHING)
def test_whatever_stands_anywhere_is_read_or_reported_and_never_a_crash(tmp_path: Path, place: str, value: Any) -> None:
    keys: dict[str, Any] = dict(RULE)
    group: dict[str, Any] = {"vpc_id": "vpc-bp1orchid", "rules": {"one": keys}}
    whole: dict[str, Any] = {"web": group}
    target = {"group": whole, "vpc_id": group, "rules": group, "rule": group["rules"]}.get(place, keys)
    target[{"group": "web", "rule": "one"}.get(place, place)] = value
    try:
        read(tmp_path, yaml.safe_dump(whole, allow_unicode=True))
    except FilesRefused as refused:
        assert refused.problems  # noqa: PT017  either way is fine, a crash is not


PEERS = {
    "203.0.113.0/24": "cidr",
    "2001:db8::/32": "ipv6_cidr",
    "pl-bp1orchid": "prefix_list",
    "sg-bp1theirs": "group_id",
    "db": "group",
}
OF_OTHER_FAMILIES = {("icmp", "ipv6_cidr"), ("icmpv6", "cidr")}
LINES = st.text("abc xyz-äß世", min_size=2, max_size=40).filter(lambda text: text == text.strip())
RULES = st.fixed_dictionaries(
    {
        "direction": st.sampled_from(["ingress", "egress"]),
        "protocol": st.sampled_from(["tcp", "udp", "icmp", "icmpv6", "gre", "all"]),
        "policy": st.sampled_from(["accept", "drop"]),
        "priority": st.integers(1, 100),
    },
    optional={"description": LINES},
)
RANGES = st.tuples(st.integers(1, 65535), st.integers(1, 65535)).map(sorted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    written=st.dictionaries(
        st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,8}[a-z0-9])?", fullmatch=True),
        st.tuples(RULES, RANGES, st.sampled_from(sorted(PEERS))).filter(
            lambda drawn: (drawn[0]["protocol"], PEERS[drawn[2]]) not in OF_OTHER_FAMILIES
        ),
        max_size=4,
    )
)
def test_what_is_written_is_what_is_read(tmp_path: Path, written: dict[str, Any]) -> None:
    rules: dict[str, Any] = {}
    expected: dict[str, SecurityGroupRuleInputs] = {}
    for name, (keys, (first, last), other_end) in written.items():
        # By a priority of its own, no rule states the same as another.
        given = keys | {"priority": len(rules) + 1}
        given |= {"source" if given["direction"] == "ingress" else "destination": other_end}
        given |= {"ports": f"{first}/{last}"} if given["protocol"] in ("tcp", "udp") else {}
        expected[name] = SecurityGroupRuleInputs(**given)
        rules[name] = given
    groups = {"web": {"vpc_id": "vpc-bp1orchid", "rules": rules}, "db": {"vpc_id": "vpc-bp1orchid"}}
    text = yaml.safe_dump(groups, allow_unicode=True, sort_keys=False)
    found = read(tmp_path, text)["web"].rules
    assert found == expected
    assert [rule.peer_kind for rule in found.values()] == [PEERS[end] for _, _, end in written.values()]


def test_the_schema_knows_every_key(tmp_path: Path) -> None:
    made = schema()
    assert set(made["$defs"]["SecurityGroupRuleInputs"]["properties"]) >= {
        *RULE,
        "destination",
        "policy",
        "priority",
        "description",
    }
    assert made["additionalProperties"] == {"$ref": "#/$defs/SecurityGroupInputs"}
