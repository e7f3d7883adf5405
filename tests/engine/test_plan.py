"""`handover plan` with the real engine: what a reviewer decides on, and that an apply of it does nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, WEB_01, Project

READS = ("Describe", "List", "Get")
RECREATE: dict[str, Any] = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["wide"]}
GROUPS = """
wide:
  vpc_id: vpc-bp1orchid00000001
  rules:
    ssh: { direction: ingress, protocol: tcp, ports: 22, source: 0.0.0.0/0, description: "</details> @octocat | x" }
"""
NOTHING, BLOCKED, CHANGES, IRREVERSIBLE = 0, 3, 4, 5


@pytest.fixture
def stack(project: Project) -> Project:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    project.declare("web-01", WEB_01, recreate=RECREATE)
    project.declare("db-01", DB_01, recreate=RECREATE)
    (project.folder / "stacks" / "sandbox" / "security-groups.yaml").write_text(GROUPS)
    return project


def planned(stack: Project, code: int, *options: str) -> dict[str, Any]:
    """The plan for scripts, which ends with this exit code."""
    run = stack.handover("plan", "--json", *options)
    assert run.code == code, run.text
    plan: dict[str, Any] = json.loads(run.text)
    assert plan["exit_code"] == code
    return plan


def decisions(plan: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["decision"] for row in plan["handovers"]}


def statuses(cloud: Sandbox) -> dict[str, str]:
    return {transfer.instance_id: str(transfer.status) for transfer in cloud.desk.transfers()}


def apply(stack: Project, plan: Path) -> str | None:
    """Apply a saved plan; why the engine refused it, None where it did not."""
    run = stack.up("--plan", str(plan))
    return None if run.ok else run.text


def test_what_is_applied_is_what_was_reviewed_and_nothing_else(stack: Project, cloud: Sandbox) -> None:
    saved = stack.folder / "plan.json"

    # Submitting changes something, and can be undone.
    plan = planned(stack, CHANGES, "--save", str(saved))
    assert decisions(plan) == {"db-01": "submit", "web-01": "submit"}
    web = next(row for row in plan["handovers"] if row["name"] == "web-01")
    assert (web["instance_name"], web["instance_type"]) == ("web-01", "ecs.g7.large")
    assert (web["source_account"], web["recipient_account"]) == ("1000000000000001", "1000000000000002")
    assert web["old_address"] == "203.0.113.12"
    assert "EipBound" in {finding["code"] for finding in web["findings"]}
    newly = [rule for rules in plan["rules"] for rule in rules["rules"] if rule["open_to_the_world"]]
    assert {rule["recreated"] for rule in newly} == {"in tcp 22 from 0.0.0.0/0"}
    assert plan["complete"], plan["failures"]
    assert [entry.action for entry in cloud.log.entries() if not str(entry.action).startswith(READS)] == []
    assert apply(stack, saved) is None
    assert set(statuses(cloud).values()) == {"UnderReview"}

    # Nothing was to be done when this was reviewed; what comes up since is refused.
    assert decisions(planned(stack, NOTHING, "--save", str(saved))) == {"db-01": "nothing", "web-01": "nothing"}
    db_file = stack.folder / "stacks" / "sandbox" / "db-01.yaml"
    declared = db_file.read_text()
    db_file.unlink()
    assert "not allowed by the plan" in (apply(stack, saved) or "")
    assert set(statuses(cloud).values()) == {"UnderReview"}
    db_file.write_text(declared.replace("Project Orchid moves", "Another reason"))
    assert "violates plan" in (apply(stack, saved) or "")
    assert set(statuses(cloud).values()) == {"UnderReview"}
    db_file.write_text(declared)
    cloud.desk.approve(WEB_01)
    assert "not allowed by the plan" in (apply(stack, saved) or "")
    assert statuses(cloud) == {WEB_01: "Approved", DB_01: "UnderReview"}

    # What can't be undone is first, in a comment as well, and then it is applied.
    db_file.unlink()
    comment = stack.handover("plan", "--format", "markdown", "--save", str(saved))
    assert comment.code == IRREVERSIBLE, comment.text
    assert "**IRREVERSIBLE: 1 cancel, 1 accept.**" in comment.text
    assert "| 🛑 **accept** | `web-01` |" in comment.text
    assert apply(stack, saved) is None
    assert statuses(cloud)[DB_01] == "Cancelled"
    assert statuses(cloud)[WEB_01] in ("Transferring", "Completed")

    # A plan that is refused leaves none behind that could be applied.
    stack.declare("again", "i-bp1nowhere0000000001")
    refused = stack.handover("plan", "--save", str(saved))
    assert refused.code == BLOCKED, refused.text
    assert "NotFound" in refused.text
    assert not saved.exists()


def test_a_stack_that_the_backend_does_not_have_is_an_error(stack: Project) -> None:
    stack.environment["PULUMI_BACKEND_URL"] = f"file://{stack.folder / '.state-of-others'}"
    (stack.folder / ".state-of-others").mkdir()
    run = stack.handover("plan")
    assert run.code == 1
    assert run.text.startswith("Error: Could not plan stack sandbox: no stack named 'sandbox' found.")
    assert "Traceback" not in run.text
