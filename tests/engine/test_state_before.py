"""A stack whose state an earlier version wrote is kept by this one: see `state_before/README.md` for its content."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from sandbox.models.snapshots import Snapshot
from sandbox.models.transfers import Transfer
from sandbox.models.world import World, load
from sandbox.server.server import Sandbox
from tests.engine.project import SOURCE, Project, Run

BEFORE = Path(__file__).parent / "state_before"
STATE = BEFORE / "state.json"
TRANSFER = "pulumi-python:dynamic/transfer:InstanceTransfer"
RECEIPT = "pulumi-python:dynamic/receipt:InstanceReceipt"
# Known by their tags since: the next `up` adds them.
TAGGED = ("alicloud:ecs/securityGroup:SecurityGroup", "alicloud:ecs/eipAddress:EipAddress")
API_01 = "i-bp1api00000000000001"
RECIPIENT_EMAIL = "orchid@example.com"
# How this version words a status is its own; everything else of a transfer or receipt stays as it was written.
WORDING = {"status_message"}


@pytest.fixture
def world() -> World:
    """What the accounts held when the state was exported."""
    return load(BEFORE / "world.yaml")


@pytest.fixture
def stack(project: Project, cloud: Sandbox) -> Project:
    """The earlier version's stack: its cloud, its files, its imported state."""
    restore_transfers_and_snapshots(cloud)
    shutil.copytree(BEFORE / "stacks", project.folder / "stacks", dirs_exist_ok=True)
    project.stack = "orchid"
    succeeds(project.pulumi("stack", "select", "--create", project.stack, stacked=False))
    succeeds(project.pulumi("stack", "import", "--file", str(STATE)))
    return project


def restore_transfers_and_snapshots(cloud: Sandbox) -> None:
    """Put back what a world file has no words for. All that these tests know of the sandbox's insides is here."""
    saved = json.loads((BEFORE / "transfers-and-snapshots.json").read_text(encoding="utf-8"))
    for transfer in TypeAdapter(list[Transfer]).validate_python(saved["transfers"]):
        cloud.state.put_transfer(transfer)
    # The sandbox of then did not know a snapshot's size.
    snapshots = [{"disk_size_gib": 40} | snapshot for snapshot in saved["snapshots"]]
    for snapshot in TypeAdapter(list[Snapshot]).validate_python(snapshots):
        cloud.state.snapshot_store.add(SOURCE, snapshot)


def succeeds(run: Run) -> str:
    assert run.ok, run.text
    return run.text


def resources(exported: str) -> dict[str, dict[str, Any]]:
    """The resources of an exported state, by URN."""
    return {resource["urn"]: resource for resource in json.loads(exported)["deployment"]["resources"]}


def ids(state: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    return {urn: resource.get("id") for urn, resource in state.items()}


def facts(state: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The outputs of the transfers and receipts, but for their wording and for ciphertexts, which are always new."""
    return {
        urn: {name: value for name, value in resource["outputs"].items() if name not in WORDING | {"recipient_email"}}
        for urn, resource in state.items()
        if resource["type"] in (TRANSFER, RECEIPT)
    }


def statuses(state: Mapping[str, Mapping[str, Any]], kind: str) -> dict[str, str]:
    """The status of each transfer or receipt, by its handover."""
    return {
        urn.rsplit("::", 1)[1]: resource["outputs"]["status"]
        for urn, resource in state.items()
        if resource["type"] == kind
    }


def test_the_state_written_before_holds_every_kind_of_resource_and_status() -> None:
    before = resources(STATE.read_text(encoding="utf-8"))
    assert Counter(resource["type"] for resource in before.values()) == {
        "pulumi:pulumi:Stack": 1,
        "pulumi:providers:pulumi": 1,
        "pulumi:providers:pulumi-python": 1,
        "pulumi:providers:alicloud": 3,
        "instance-handover:index:Handover": 11,
        TRANSFER: 11,
        RECEIPT: 4,
        "alicloud:ecs/securityGroup:SecurityGroup": 3,
        "alicloud:ecs/securityGroupRule:SecurityGroupRule": 9,
        "alicloud:ecs/eipAddress:EipAddress": 5,
        "alicloud:ecs/eipAssociation:EipAssociation": 3,
        "alicloud:ecs/ecsSnapshot:EcsSnapshot": 4,
    }
    assert statuses(before, TRANSFER) == {
        "api-01": "UnderReview",
        "api-02": "Approved",
        "db-01": "Transferring",
        "desk-01": "AwaitingInitiation",
        "desk-02": "Completed",
        "job-01": "Rejected",
        "job-02": "Cancelled",
        "job-03": "Expired",
        "web-01": "Completed",
        "web-02": "Completed",
        "web-sh-01": "UnderReview",
    }
    assert statuses(before, RECEIPT) == {
        "db-01": "Transferring",
        "desk-02": "Completed",
        "web-01": "Completed",
        "web-02": "Completed",
    }
    secret = next(found for urn, found in before.items() if found["type"] == TRANSFER and urn.endswith("::api-01"))
    assert "ciphertext" in secret["inputs"]["recipient_email"]
    assert "ciphertext" in secret["outputs"]["recipient_email"]


def test_the_same_files_add_tags_and_change_nothing_else(stack: Project, cloud: Sandbox) -> None:
    before = resources(STATE.read_text(encoding="utf-8"))
    # Pulumi's summary leaves out the default providers, which no program declares.
    declared = [urn for urn in before if not urn.endswith("::default")]
    tagged = [urn for urn, resource in before.items() if resource["type"] in TAGGED]
    unchanged = len(declared) - len(tagged)
    planned = succeeds(stack.preview("--refresh"))
    assert f"    ~ {len(tagged)} to update\n    {unchanged} unchanged\n" in planned
    changed = set(re.findall(r"^ +[~+-] (\w+) *: ", planned, re.MULTILINE))
    # Of the stack's outputs, `handovers` has the wording too, and `applied_files` is new.
    assert changed - WORDING - {"handovers", "applied_files"} == {"tags"}, planned
    assert f"    ~ {len(tagged)} updated\n    {unchanged} unchanged\n" in succeeds(stack.up())
    assert f"Resources:\n    {len(declared)} unchanged\n" in succeeds(stack.up("--expect-no-changes"))

    after = resources(succeeds(stack.pulumi("stack", "export")))
    assert ids(after) == ids(before)
    assert facts(after) == facts(before)
    assert RECIPIENT_EMAIL not in stack.state_text()
    # Nothing was submitted, cancelled, accepted, allocated or made: both accounts were only read, but for the tags.
    actions = {str(entry.action) for entry in cloud.log.entries()}
    assert "DescribeInstanceTransfers" in actions
    assert {action for action in actions if not action.startswith(("Describe", "Get", "List"))} == {"TagResources"}


def test_a_transfer_submitted_before_goes_on(stack: Project, cloud: Sandbox) -> None:
    cloud.desk.approve(API_01)
    succeeds(stack.refresh())
    assert stack.transfers()["api-01"]["status"] == "Approved"

    preview = succeeds(stack.preview())
    assert f"+ {RECEIPT}: (create)" in preview
    assert "+ 1 to create" in preview
    assert "~ 8 to update" in preview
    assert "46 unchanged" in preview
    succeeds(stack.up())
    accepted = [entry.parameters["TransferId"] for entry in cloud.log.entries("AcceptInstanceTransfer")]
    assert accepted == [stack.transfers()["api-01"]["transfer_id"]]
    assert not cloud.log.entries("TransferInstance")
