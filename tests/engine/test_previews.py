"""What a reviewer lists before anything happens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, OTHER_RECIPIENT, RECIPIENT, WEB_01, Project

LOOKS = {
    "GetCallerIdentity",
    "DescribeInstances",
    "DescribeInstanceTransfers",
    "DescribeDisks",
    "DescribeImages",
    "DescribeInstancesFullStatus",
    "DescribeAccountAttributes",
}


@pytest.fixture
def submitted(project: Project) -> Project:
    """A stack whose web-01 is under review."""
    project.declare("web-01", WEB_01)
    assert project.up().ok
    return project


def test_a_new_handover_shows_each_of_its_inputs(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    shown = project.preview()
    assert shown.ok, shown.text
    assert "+ pulumi-python:dynamic/transfer:InstanceTransfer: (create)" in shown.text
    for line in (
        f'instance_id         : "{WEB_01}"',
        f'recipient_account_id: "{RECIPIENT}"',
        'reason              : "Project Orchid moves"',
        'region              : "cn-hangzhou"',
        "accept_terms        : true",
    ):
        assert line in shown.text
    assert {entry.action for entry in cloud.log.entries()} <= LOOKS


def test_each_changed_input_shows_as_the_replacement_it_causes_and_changes_nothing(
    submitted: Project, cloud: Sandbox
) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        (
            {"recipient_account_id": OTHER_RECIPIENT},
            f'~ recipient_account_id: "{RECIPIENT}" => "{OTHER_RECIPIENT}"',
        ),
        ({"reason": "It was sold"}, '~ reason: "Project Orchid moves" => "It was sold"'),
        ({"reason": None}, '- reason: "Project Orchid moves"'),
        # What is no part of the request itself only changes along with it.
        ({"reason": "It was sold", "region": "cn-shanghai"}, '~ region: "cn-hangzhou" => "cn-shanghai"'),
        ({"reason": "It was sold", "recipient_account_name": "orchid"}, '+ recipient_account_name: "orchid"'),
        (
            {"reason": "It was sold", "resource_group_id": "rg-acmeorchid00001"},
            '+ resource_group_id: "rg-acmeorchid00001"',
        ),
        ({"reason": "It was sold", "recipient_email": "cloud@orchid.example"}, "+ recipient_email: [secret]"),
    ]
    for changes, line in cases:
        submitted.declare("web-01", WEB_01, **changes)
        shown = submitted.preview()
        assert shown.ok, shown.text
        assert "+-1 to replace" in shown.text, changes
        assert line in re.sub(r" +:", ":", shown.text)
        assert "__provider" not in shown.text
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["UnderReview"]


def test_a_change_that_would_lose_the_request_is_refused_before_anything_is_cancelled(
    submitted: Project, cloud: Sandbox
) -> None:
    for changed, value in (
        ("region", "cn-shanghai"),
        ("recipient_account_name", "orchid"),
        ("resource_group_id", "rg-acmeorchid00001"),
        ("recipient_email", "cloud@orchid.example"),
    ):
        submitted.declare("web-01", WEB_01, **{changed: value})
        for refused in (submitted.preview(), submitted.up()):
            assert not refused.ok, changed
            assert f"Could not change only {changed}" in refused.text
            assert "Change the reason as well." in refused.text
        assert [transfer.status for transfer in cloud.desk.transfers()] == ["UnderReview"], changed


def test_a_preview_changes_nothing(submitted: Project, cloud: Sandbox) -> None:
    project = submitted
    before = len(cloud.desk.transfers())
    project.declare("web-01", WEB_01, reason="It was sold")
    project.declare("db-01", DB_01)
    assert project.preview().ok
    assert len(cloud.desk.transfers()) == before
    assert {entry.action for entry in cloud.log.entries()} <= LOOKS | {"TransferInstance"}
    assert len(cloud.log.entries(action="TransferInstance")) == 1


def test_every_problem_in_the_files_is_reported_and_nothing_is_declared(project: Project, cloud: Sandbox) -> None:
    project.declare("web-01", WEB_01)
    project.declare("web-02", WEB_01, reson="typo")
    (project.folder / "stacks/sandbox/db-01.yaml").write_text("")
    refused = project.up()
    assert not refused.ok
    assert "3 problems in the stack's files; nothing was declared." in refused.text
    assert "stacks/sandbox/db-01.yaml:1: is empty; fill it in, or delete the file" in refused.text
    assert "reson: is not a key here; did you mean reason?" in refused.text
    assert f"{WEB_01} is handed over by stacks/sandbox/web-01.yaml:" in refused.text
    assert "Traceback" not in refused.text
    assert not cloud.log.entries()


def test_a_wrong_setting_is_reported_with_the_stack_files_line(project: Project) -> None:
    project.use("sandbox", sourceprofile="typo")
    written = (project.folder / "stacks/Pulumi.sandbox.yaml").read_text().splitlines()
    (line,) = (number for number, text in enumerate(written, start=1) if "sourceprofile" in text)
    refused = project.preview()
    assert not refused.ok
    assert f"stacks/Pulumi.sandbox.yaml:{line}: instance-handover:sourceprofile: is not a key here" in refused.text
    assert "Traceback" not in refused.text


def test_bad_inputs_of_a_program_are_reported_on_their_properties(project: Project, cloud: Sandbox) -> None:
    (project.folder / "__main__.py").write_text(
        "from transfer_provider import InstanceTransfer\n"
        "InstanceTransfer('web', instance_id='web', region='cn-hangzhou', recipient_account_id='1', accept_terms=False,"
        " recipient_email='jane')\n"
    )
    refused = project.preview()
    assert not refused.ok
    for key in ("instance_id", "recipient_account_id", "accept_terms"):
        assert f"property {key}" in refused.text
    assert "recipient_email: is malformed; give the e-mail address" in refused.text
    assert "jane" not in refused.text
    assert not cloud.log.entries()
