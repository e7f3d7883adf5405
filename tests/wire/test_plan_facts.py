"""What a plan asks both accounts: in batches, and where they do not answer the plan goes on without."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.world import DEMO, load, many_instances
from sandbox.server.server import Sandbox
from transfer_provider.cli.plan.facts import query
from transfer_provider.inputs.settings import Settings

REGION = "cn-hangzhou"
WEB_01, DB_01 = "i-bp1web00000000000001", "i-bp1db000000000000001"


def settings(**other: str) -> Settings:
    values = {
        "region": REGION,
        "sourceProfile": "sandbox-source",
        "sourceAccount": "1000000000000001",
        "recipientProfile": "sandbox-recipient",
        "recipients": ["1000000000000002"],
    }
    return Settings.model_validate(values | other)


def quietly(_: str) -> None:
    """Nobody watches."""


def test_the_source_s_instances_are_listed_with_their_groups(sandbox: Sandbox) -> None:
    facts = query(settings(), [(REGION, WEB_01), (REGION, DB_01)], [], quietly)
    web = facts.at_source(REGION, WEB_01)
    assert web is not None
    assert (web.name, web.instance_type, web.eip) == ("web-01", "ecs.g7.large", "203.0.113.12")
    groups = facts.source[REGION].groups
    assert groups is not None
    assert sorted(groups[each].name for each in web.security_group_ids) == ["db", "web"]
    assert facts.failures == []


def test_what_moved_is_the_recipient_s_to_list(sandbox: Sandbox) -> None:
    facts = query(settings(), [], [(REGION, WEB_01)], quietly)
    assert facts.recipient == {}  # it is the source's still
    assert {entry.account_id for entry in sandbox.log.entries()} == {"1000000000000002"}


def test_the_half_that_the_stack_does_not_run_is_not_asked(sandbox: Sandbox) -> None:
    query(settings(side="recipient"), [(REGION, WEB_01)], [], quietly)
    query(settings(side="source"), [], [(REGION, WEB_01)], quietly)
    assert list(sandbox.log.entries()) == []


def test_no_answer_is_a_failure_to_show_and_no_error(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(action="DescribeInstances", kind="error", times=100))
    facts = query(settings(), [(REGION, WEB_01)], [(REGION, DB_01)], quietly)
    assert facts.source == {}
    assert len(facts.failures) == 2
    assert all("DescribeInstances" in failure or "look up instances" in failure for failure in facts.failures)


def test_a_hundred_are_asked_for_in_one_call_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = many_instances(load(DEMO), "1000000000000001", REGION, 150)
    with Sandbox.running(world, directory=tmp_path / "cloud") as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        ids = [f"i-bp1many{number:013d}" for number in range(1, 151)]
        facts = query(settings(), [(REGION, each) for each in ids], [], quietly)
        assert len(facts.source[REGION].instances) == 150
        calls = Counter(str(entry.action) for entry in sandbox.log.entries())
    assert calls["DescribeInstances"] == 2
    assert sum(calls.values()) < 30, calls
