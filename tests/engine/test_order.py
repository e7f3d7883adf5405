"""Handovers that wait for their turn: for others of their stack, for another stack, for the next wave."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, RECIPIENT, WEB_01, WEB_02, Project
from tests.engine.test_life_cycle import accept
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest

RECREATE = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}


def submissions(cloud: Sandbox) -> int:
    return len([entry for entry in cloud.log.entries() if str(entry.action) == "TransferInstance"])


def cancellations(cloud: Sandbox) -> int:
    return len([entry for entry in cloud.log.entries() if str(entry.action).startswith("Cancel")])


def outputs(project: Project) -> dict[str, Any]:
    shown: dict[str, Any] = project.outputs()["handovers"]
    return shown


def status(project: Project) -> str:
    return project.handover("status", "--json").text


def complete(cloud: Sandbox, recipient: Cloud, instance_id: str) -> None:
    """The review passes, the recipient accepts, and the instance has moved."""
    accept(recipient, cloud.desk.approve(instance_id).id)
    cloud.clock.advance(timedelta(minutes=1))


def test_a_handover_is_submitted_once_those_before_it_have_arrived(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    project.declare("db-01", DB_01, recreate=RECREATE)
    project.declare("web-01", WEB_01, recreate=RECREATE, after=["db-01"], backup="snapshots")
    project.declare("web-02", WEB_02, recreate=RECREATE, after=["web-01", "db-01"])

    preview = project.preview()
    assert "2 handovers wait for others of the stack: web-01 for db-01 (not submitted)" in preview.text

    assert project.up().ok
    assert set(project.transfers()) == {"db-01"}
    assert [transfer.instance_id for transfer in cloud.desk.transfers()] == [DB_01]
    assert not [entry for entry in cloud.log.entries() if entry.action == "CreateSnapshot"]
    waiting = outputs(project)["web-01"]
    assert waiting["status"] is None
    assert waiting["status_message"] == "web-01 waits for db-01, which has not arrived (not submitted)."

    assert "web-01 waits for db-01, which has not arrived (UnderReview)." in status(project)

    cloud.desk.approve(DB_01)
    run = project.up()
    assert "web-01 for db-01 (" in run.text
    assert len(cloud.desk.transfers()) == 1

    # It has arrived; without a person all that is due is done, and nothing is submitted.
    cloud.clock.advance(timedelta(minutes=1))
    alone = project.pulumi("up", "--yes", "--skip-preview", environment={"HANDOVER_UNATTENDED": "1"})
    assert alone.ok
    assert "1 handover waits for a person's `pulumi up`: web-01." in alone.text
    assert set(project.transfers()) == {"db-01"}
    arrived = project.up()
    assert "1 handover waits for others of the stack: web-02 for web-01 (not submitted)." in arrived.text
    assert set(project.transfers()) == {"db-01", "web-01"}

    # What is under way goes on, whatever it is declared to come after.
    project.declare("db-01", DB_01, recreate=RECREATE)
    project.declare("web-01", WEB_01, recreate=RECREATE)
    project.declare("web-02", WEB_02, recreate=RECREATE, after=["db-01"])
    assert project.up().ok
    project.declare("web-02", WEB_02, recreate=RECREATE, after=["web-01"])
    unchanged = project.up()
    assert "Not submitted in this run" not in unchanged.text
    assert (submissions(cloud), cancellations(cloud)) == (3, 0)
    # A changed request would be submitted out of its turn, for a cancellation: refused, and nothing is changed.
    project.declare("web-02", WEB_02, recreate=RECREATE, after=["web-01"], reason="Another")
    refused = project.up()
    assert not refused.ok
    assert f"Could not change the request of web-02 ({WEB_02})" in refused.text
    assert "web-02 waits for web-01, which has not arrived (UnderReview)." in refused.text
    assert cancellations(cloud) == 0


def test_waves_submit_so_many_a_run_and_what_was_submitted_stays(
    project: Project, cloud: Sandbox, source: Cloud
) -> None:
    project.use("sandbox", maxSubmissions=1)
    for name, instance in (("db-01", DB_01), ("web-01", WEB_01), ("web-02", WEB_02)):
        project.declare(name, instance)
    assert "the stack allows 1" in project.preview().text
    project.use("sandbox", maxSubmissions=1, waves=True)
    assert "2 more wait for the next wave: maxSubmissions is 1." in project.preview().text

    # As a killed run leaves it: submitted, and not in the state. It is adopted, and none of the wave.
    request = TransferRequest(WEB_02, "cn-hangzhou", RECIPIENT, reason="Project Orchid moves")
    operations.submit(source, request, request.client_token())
    assert "1 more wait for the next wave" in project.up().text
    held = project.transfers()
    assert {name: outputs["origin"] for name, outputs in held.items()} == {"db-01": "submitted", "web-02": "adopted"}
    # Rejected, and declared with another reason: a new submission, the second by name, so its resource stays as it is.
    cloud.desk.reject(DB_01, reason="Arrears.")
    assert project.refresh().ok
    project.declare("a-web-01", WEB_01)
    project.remove("web-01")
    project.declare("db-01", DB_01, reason="Settled")
    run = project.up()
    assert run.ok
    assert "1 more wait for the next wave" in run.text
    held = project.transfers()
    assert {name: outputs["status"] for name, outputs in held.items()} == {
        "a-web-01": "UnderReview",
        "db-01": "Rejected",
        "web-02": "UnderReview",
    }
    assert held["db-01"]["reason"] == "Project Orchid moves"
    assert project.up().ok
    assert project.transfers()["db-01"]["reason"] == "Settled"
    assert project.transfers()["db-01"]["status"] == "UnderReview"
    assert (submissions(cloud), cancellations(cloud)) == (4, 0)


def test_a_stack_submits_nothing_before_the_stacks_ahead_are_settled(
    project: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    project.use("production", after=["staging"])
    project.declare("web-01", WEB_01)
    missing = project.up()
    assert not missing.ok
    assert "Could not read the state of the stack staging, which the setting `after` names" in missing.text
    assert "Traceback" not in missing.text
    assert "There is no stack staging at " in status(project)

    # There is the stack now, which never ran, and then its file, which it has not submitted.
    project.use("staging")
    project.use("production", after=["staging"])
    assert "the stack staging, as its last run left it (it holds no handover yet): web-01." in project.preview().text
    project.stack = "staging"
    project.declare("db-01", DB_01)
    project.stack = "production"
    held_back = project.up()
    assert held_back.ok
    assert "(unsettled there: db-01 (not submitted)): web-01." in held_back.text
    assert submissions(cloud) == 0

    project.stack = "staging"
    assert project.up().ok
    complete(cloud, recipient, DB_01)
    project.stack = "production"
    assert "(unsettled there: db-01 (UnderReview)): web-01." in project.up().text
    assert "waits for the stack staging, as its last run left it" in str(json.loads(status(project)))
    project.stack = "staging"
    assert project.up().ok
    project.stack = "production"
    go = project.up()
    assert go.ok
    assert "Not submitted in this run" not in go.text
    assert submissions(cloud) == 2

    # Staging goes on: what production has submitted stays, and what was rejected is not submitted again meanwhile.
    project.stack = "staging"
    project.declare("web-02", WEB_02)
    project.stack = "production"
    cloud.desk.reject(WEB_01, reason="Arrears.")
    assert project.up().ok
    project.declare("web-01", WEB_01, reason="Settled")
    kept = project.up()
    assert kept.ok
    assert "1 handover waits for the stack staging" in kept.text
    assert project.transfers()["web-01"]["status"] == "Rejected"
    assert (submissions(cloud), cancellations(cloud)) == (2, 0)

    project.stack = "staging"
    project.configure(after=["production"])
    project.stack = "production"
    refused = project.up()
    assert "instance-handover:after: goes in a circle: production after staging after production" in refused.text


def test_a_program_of_its_own_has_the_same_order(project: Project, cloud: Sandbox) -> None:
    program = (
        "from transfer_provider import declare_handovers\n"
        "def one(instance, **more):\n"
        f"    return {{'instance_id': instance, 'region': 'cn-hangzhou', 'recipient_account_id': '{RECIPIENT}',"
        " 'accept_terms': True} | more\n"
        f"declare_handovers({{'web-01': one('{WEB_01}', after=['AFTER']), 'db-01': one('{DB_01}')}})\n"
    )
    (project.folder / "__main__.py").write_text(program.replace("AFTER", "bd-01"))
    refused = project.up()
    assert "web-01: `after` names bd-01, which is not declared. Correct it, or remove it." in refused.text
    assert not cloud.desk.transfers()
    (project.folder / "__main__.py").write_text(program.replace("AFTER", "db-01"))
    run = project.up()
    assert run.ok
    assert "1 handover waits for others of the stack: web-01 for db-01 (not submitted)." in run.text
    assert [transfer.instance_id for transfer in cloud.desk.transfers()] == [DB_01]
