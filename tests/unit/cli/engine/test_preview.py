"""What `pulumi preview --json` prints, read: whole, refused, cut off, or something else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.unit.cli.plan.given import answer, preview
from transfer_provider.cli.engine.command import EngineFailed, NotReady
from transfer_provider.cli.engine.preview import PlannedStep, read_preview, run_preview

TRANSFER = "pulumi-python:dynamic/transfer:InstanceTransfer"


def test_every_step_is_read_with_its_type_and_name() -> None:
    steps = preview("submit").steps
    assert len(steps) == 18
    assert sorted(step.name for step in steps if step.type == TRANSFER) == ["db-01", "web-01", "web-02"]
    assert all(step.changes for step in steps)


def test_what_is_refreshed_changes_nothing() -> None:
    assert not any(step.changes for step in preview("settled").steps)


def test_a_message_is_read_with_its_severity_and_its_resource() -> None:
    [message] = preview("submit").messages
    assert (message.severity, message.urn.rsplit("::", 1)[-1]) == ("warning", "web-01")
    assert message.text.startswith("EipBound: ")


def test_a_refused_preview_has_the_reasons() -> None:
    refused = preview("refused")
    assert refused.refused
    [error] = refused.errors
    assert error.text.startswith("Could not use the name db-01")


def test_a_provider_s_line_is_no_error_whatever_it_says() -> None:
    read = read_preview(json.dumps({"diagnostics": [{"message": "error: no", "severity": "info#err"}]}), "", 0)
    assert not read.refused


def test_a_plugin_s_lines_that_ran_together_are_messages_of_their_own() -> None:
    together = "info: it-1 of a: Approved.info: it-2 of b: Approved.\n\nwarning: it-3 of c: Rejected.\n"
    read = read_preview(json.dumps({"diagnostics": [{"message": together, "severity": "info#err"}]}), "", 0)
    assert [(message.severity, message.text) for message in read.messages] == [
        ("info", "it-1 of a: Approved."),
        ("info", "it-2 of b: Approved."),
        ("warning", "it-3 of c: Rejected."),
    ]
    table = "error: 1 of 2 handovers can't be submitted:\n  handover  code\n"
    [error] = read_preview(json.dumps({"diagnostics": [{"message": table, "severity": "error"}]}), "", 1).errors
    assert error.text == "1 of 2 handovers can't be submitted:\n  handover  code"


@pytest.mark.parametrize(
    ("output", "errors", "code", "why"),
    [
        ("", "error: no stack named 'nowhere' found\n", 6, "no stack named 'nowhere' found"),
        ("", "", 0, "it printed nothing"),
        ("", "", -9, "it printed nothing"),
        (answer("submit")[:2000], "", 0, "no JSON, or was cut off"),
        (answer("submit")[:2000], "error: killed", 255, "killed"),
        ("Previewing update (sandbox)", "", 0, "no JSON, or was cut off"),
        ("[]", "", 0, "no preview"),
        ('{"result": "ok"}', "", 0, "no preview"),
        ('{"steps": {"op": "create"}}', "", 0, "a form that this version does not know"),
        ('{"steps": [{"op": "create"}]}', "", 0, "a form that this version does not know"),
        ('{"steps": [null]}', "", 0, "a form that this version does not know"),
        (answer("submit"), "error: the backend went away", 255, "the backend went away"),
    ],
)
def test_what_is_no_whole_preview_is_an_error_with_the_engine_s_reason(
    output: str, errors: str, code: int, why: str
) -> None:
    with pytest.raises(EngineFailed, match=why):
        read_preview(output, errors, code)


def test_a_resource_s_name_can_not_pass_for_another_type_or_parent() -> None:
    urn = f"urn:pulumi:s::p::random:index:Pet::x::a$instance-handover:index:Handover${TRANSFER}::web-01"
    step = PlannedStep("create", urn, {}, {})
    assert (step.type, list(step.parents)) == ("random:index:Pet", [])
    assert step.name.startswith("x::a")


@pytest.mark.parametrize("urn", ["", "urn", "a::b", "a::b::c"])
def test_a_urn_of_another_form_has_no_type_that_is_known(urn: str) -> None:
    assert PlannedStep("create", urn, {}, {}).type in ("", "c")


def engine(folder: Path, script: str) -> Path:
    made = folder / "pulumi"
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(made.stat().st_mode | stat.S_IXUSR)
    return made


def test_it_is_run_once_and_asked_for_its_plan(tmp_path: Path) -> None:
    command = engine(tmp_path, f"echo \"$@\" >> calls; cat '{Path(__file__).parents[1]}/plan/answers/accept.json'")
    read = run_preview(command, "sandbox", folder=tmp_path, plan_file=tmp_path / "plan.json")
    assert [step.op for step in read.steps if step.changes] == ["create"] * 3
    [call] = (tmp_path / "calls").read_text().splitlines()
    assert call == (
        f"preview --stack sandbox --json --non-interactive --color never --save-plan {tmp_path / 'plan.json'}"
    )


def test_without_an_engine_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        run_preview(None, "sandbox", folder=tmp_path)
    with pytest.raises(EngineFailed, match="can't be started"):
        run_preview(tmp_path / "none", "sandbox", folder=tmp_path)
