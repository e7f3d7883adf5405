"""What `deploy/` holds for services is valid where its checker is at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from pydantic import ValidationError
from typer.testing import CliRunner

from tests.unit.operator_fields import Stack
from transfer_provider.channels.unattended import ASKED, VARIABLE
from transfer_provider.cli.app import app
from transfer_provider.cli.engine.backend_address import shown
from transfer_provider.model.windows import ACCEPT_NOW

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
UNIT = ROOT / "deploy/systemd/handover-watch@.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    # The project is not installed where the unit expects it.
    there = UNIT.read_text().replace("/opt/instance-handover/.venv/bin/handover", "/bin/true")
    (tmp_path / UNIT.name).write_text(there)
    instance = tmp_path / "handover-watch@production.service"

    done = subprocess.run(["systemd-analyze", "verify", str(instance)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_runs_a_command_that_there_is() -> None:
    (command,) = re.findall(r"^ExecStart=\S+/handover (\w+)", UNIT.read_text(), re.MULTILINE)
    assert (ROOT / f"transfer_provider/cli/follow/{command}.py").exists()


def objects(file: str) -> list[dict[str, Any]]:
    return [dict(each) for each in yaml.safe_load_all((KUBERNETES / file).read_text())]


def stacks() -> list[Stack]:
    return [Stack.model_validate(each) for each in objects("operator-stacks.yaml") if each["kind"] == "Stack"]


@pytest.mark.parametrize("stack", stacks(), ids=lambda stack: stack.metadata.name)
def test_the_operator_takes_due_steps_alone(stack: Stack) -> None:
    spec = stack.spec
    assert spec.envRefs is not None
    said = {name: value.literal.value for name, value in spec.envRefs.items() if value.literal}
    assert said[VARIABLE] not in ("", "0", ASKED)
    assert ACCEPT_NOW not in spec.envRefs
    # A deleted object cancels nothing, a run begins with a refresh, and follows reviews where no commit comes.
    assert (spec.destroyOnFinalize, spec.refresh, spec.continueResyncOnCommitMatch) == (False, True, True)
    # Settings are reviewed files: what the object said would be no file that a person applied.
    assert (spec.config, spec.configRef, spec.secretsRef, spec.secretsProvider, spec.targets) == (None,) * 5


@pytest.mark.parametrize("stack", stacks(), ids=lambda stack: stack.metadata.name)
def test_what_is_secret_is_a_reference(stack: Stack) -> None:
    spec = stack.spec
    assert spec.envRefs is not None
    literal = {name for name, value in spec.envRefs.items() if value.type == "Literal"}
    assert {name for name in literal if re.search("KEY|SECRET|PASS|TOKEN", name)} == set()
    assert all(value.secret is not None for name, value in spec.envRefs.items() if name not in literal)
    assert spec.gitAuth is not None
    assert spec.gitAuth.accessToken is not None
    assert spec.gitAuth.accessToken.type == "Secret"
    assert shown(str(spec.backend)) == "s3://handover-state"
    assert set(parse_qs(urlsplit(str(spec.backend)).query)) == {"endpoint", "region"}


def test_what_a_stack_waits_for_is_a_stack_of_the_file() -> None:
    before: list[str] = []
    for stack in stacks():
        assert [each.name for each in stack.spec.prerequisites or ()] == before
        before = [stack.metadata.name]
    assert before == ["production"]


def test_a_workspace_runs_as_an_account_of_the_file() -> None:
    accounts = {
        each["metadata"]["name"] for each in objects("operator-stacks.yaml") if each["kind"] == "ServiceAccount"
    }
    assert {stack.spec.serviceAccountName for stack in stacks()} == accounts


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"refreshh": True}, ("spec", "refreshh")),
        ({"refresh": "yes"}, ("spec", "refresh")),
        ({"resyncFrequencySeconds": 30}, ("spec", "resyncFrequencySeconds")),
        ({"prerequisites": [{"name": "staging", "succeededWithinDuration": "1h"}]}, ("spec", "prerequisites", 0)),
        ({"envRefs": {"A": {"type": "Literal", "literal": {"value": True}}}}, ("spec", "envRefs", "A")),
    ],
    ids=str,
)
def test_a_key_or_a_type_that_the_operator_does_not_have_is_found(
    change: dict[str, Any], where: tuple[str | int, ...]
) -> None:
    changed = objects("operator-stacks.yaml")[-1]
    changed["spec"] |= change
    with pytest.raises(ValidationError) as refused:
        Stack.model_validate(changed)
    assert where in [problem["loc"][: len(where)] for problem in refused.value.errors()]


def test_the_cron_job_runs_a_watch_that_ends() -> None:
    (job,) = objects("watch-cronjob.yaml")
    assert (job["kind"], job["spec"]["concurrencyPolicy"]) == ("CronJob", "Forbid")
    template = job["spec"]["jobTemplate"]["spec"]
    assert template["backoffLimit"] == 0
    (container,) = template["template"]["spec"]["containers"]
    command = container["command"][1:]
    assert "--up" in command
    assert "--once" in command
    assert CliRunner().invoke(app, [*command, "--help"]).exit_code == 0
    assert CliRunner().invoke(app, [*command, "--upp", "--help"]).exit_code == 2
