"""From instances to a settled stack: capture, fill in the recipient, `pulumi up`; the rules are the source's again."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from sandbox.models.world import World, load, shipped
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import RECIPIENT, SOURCE, Project, Run
from transfer_provider.cloud.client import Cloud

INSTANCES = (
    "i-bp1web00000000000001",
    "i-bp1web00000000000002",
    "i-bp1db000000000000001",
    "i-bp1db000000000000002",
    "i-bp1large000000000001",
)
OWN_LIST = "pl-bp1orchid000000001"


@pytest.fixture
def world() -> World:
    """A world whose groups have rules of every kind."""
    return load(shipped("every-rule"))


@pytest.fixture
def stack(project: Project) -> Project:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    return project


def capture(project: Project, *arguments: str) -> Run:
    """`handover capture` as a person runs it, in the project's folder."""
    return project.handover("capture", *INSTANCES, *arguments)


def files(project: Project) -> list[Path]:
    return sorted((project.folder / "stacks" / project.stack).glob("*.yaml"))


def fill_in(project: Project) -> None:
    """What a person writes where the files ask for it."""
    answers = {
        r"recipient_account_id:  # .*": 'recipient_account_id: "1000000000000002"',
        r"reason:  # .*": "reason: Project Orchid moves",
        r"accept_terms:  # .*": "accept_terms: true",
        r"vswitch_id:  # .*": "vswitch_id: vsw-bp1orchid00000001",
        r"vpc_id:  # .*": "vpc_id: vpc-bp1orchid00000001",
        r"(source|destination):  # decide: was pl-.*": rf"\1: {OWN_LIST}",
    }
    for file in files(project):
        text = file.read_text(encoding="utf-8")
        for requested, answer in answers.items():
            text = re.sub(requested, answer, text)
        file.write_text(text, encoding="utf-8")


def test_captured_and_filled_in_the_recipients_rules_are_the_sources(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    done = capture(stack)
    assert done.ok, done.text
    assert len(files(stack)) == len(INSTANCES) + 1
    # Nothing is declared while something is open.
    open_still = stack.preview()
    assert not open_still.ok
    assert "recipient_account_id: is empty; give the 16 digits" in open_still.text
    assert not cloud.desk.transfers()

    fill_in(stack)
    submitted = stack.up()
    assert submitted.ok, submitted.text
    for instance_id in INSTANCES:
        cloud.desk.approve(instance_id)
    received = stack.up()
    assert received.ok, received.text
    cloud.clock.advance(timedelta(minutes=1))
    arrived = stack.up()
    assert arrived.ok, arrived.text
    settled = stack.preview("--expect-no-changes")
    assert settled.ok, settled.text

    written = yaml.safe_load((stack.folder / "stacks" / stack.stack / "security-groups.yaml").read_text())
    captured = {str(entry["captured_from"]): name for name, entry in written.items()}
    at_recipient = accounts.group_ids(recipient)
    compared = 0
    for group_id, name in captured.items():
        expected = accounts.rules(source, group_id, captured | {"pl-bp1acme0000000001": OWN_LIST})
        assert accounts.rules(recipient, at_recipient[name]) == expected
        compared += len(expected)
    assert compared == sum(len(group.rules) for group in cloud.state.world.account(SOURCE).security_groups)
    for instance_id in INSTANCES:
        instance = accounts.instance(recipient, instance_id)
        assert instance is not None
        before = next(
            instance for instance in cloud.state.world.account(SOURCE).instances if instance.id == instance_id
        )
        assert {captured[group] for group in before.security_groups} == {
            name for name, id_ in at_recipient.items() if id_ in instance.security_group_ids
        }
    assert {address.instance_id for address in accounts.addresses(recipient)} == set(INSTANCES[:2])


def test_running_it_again_changes_nothing_before_and_after_it_is_filled_in(stack: Project) -> None:
    assert capture(stack).ok
    for filled_in in (False, True):
        if filled_in:
            fill_in(stack)
        before = {file: file.read_bytes() for file in files(stack)}
        again = capture(stack)
        assert again.ok, again.text
        assert "Nothing to write." in again.text
        assert {file: file.read_bytes() for file in files(stack)} == before


def test_what_a_person_edited_is_shown_and_left(stack: Project) -> None:
    assert capture(stack).ok
    fill_in(stack)
    file = stack.folder / "stacks" / stack.stack / "web-01.yaml"
    file.write_text(file.read_text().replace("bandwidth: 20", "bandwidth: 50"))
    before = file.read_bytes()
    again = capture(stack, "--json")
    assert again.ok, again.text
    reported = json.loads(again.text)
    assert reported["written"] == []
    (difference,) = reported["differences"]
    assert (difference["file"], difference["key"], difference["in_file"], difference["in_account"]) == (
        "stacks/sandbox/web-01.yaml",
        "recreate.eip.bandwidth",
        "50",
        "20",
    )
    assert file.read_bytes() == before


def test_stacks_of_a_split_migration_are_made_and_run_each_with_its_own_groups(stack: Project, cloud: Sandbox) -> None:
    done = stack.handover("capture", *INSTANCES[2:4], "--split", "1")
    assert done.ok, done.text
    parts = [f"{stack.stack}-1", f"{stack.stack}-2"]
    assert f"New stacks, each to be made with `pulumi stack init <stack>`: {', '.join(parts)}." in done.text
    for part in parts:
        stack.stack = part
        assert stack.pulumi("stack", "init", part, stacked=False).ok
        fill_in(stack)
        submitted = stack.up()
        assert submitted.ok, submitted.text
    assert {transfer.instance_id for transfer in cloud.desk.transfers()} == set(INSTANCES[2:4])
    made = [group for group in cloud.state.group_store.of(RECIPIENT, "cn-hangzhou") if group.tags]
    assert sorted(group.tags["instance-handover:stack"] for group in made if group.name == "db") == parts
    # The other stack's groups and transfer are neither this one's to take nor to change.
    for part in parts:
        stack.stack = part
        settled = stack.preview("--expect-no-changes")
        assert settled.ok, settled.text
