"""The pull request's whole way, by the workflow's own steps: plan, comment, apply the saved plan, notify, watch."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.engine.project import ROOT, WEB_01, WEB_02, Project
from tests.github import GitHub
from tests.receivers import Webhook, running
from tests.workflow import JobRun, Workflow

RECREATE = {
    "vswitch_id": "vsw-bp1orchid00000001",
    "security_groups": ["sg-bp1orchid000000web"],
    "eip": {"bandwidth": 5},
}
REPOSITORY = {"full_name": "acme/handovers"}


class Pipeline:
    """The repository's workflow, for a project that is a git repository with the branch `main`."""

    def __init__(self, project: Project, github: GitHub, temporary: Path) -> None:
        self.project, self.github = project, github
        self._git("init", "--quiet", "--initial-branch", "main")
        (project.folder / ".gitignore").write_text(".*\nplan\nplans\nstate\n")
        # Of the repository: the workflow's own action and tools. `make` has nothing to set up here.
        (project.folder / ".github").symlink_to(ROOT / ".github")
        (project.folder / "Makefile").write_text("setup:\n")
        self.merged = self.commit()
        environment = project.environment | github.environment() | {"PYTHONPATH": str(ROOT)}
        self.workflow = Workflow(
            ROOT / ".github/workflows/handover.yml",
            project.folder,
            temporary,
            environment,
            {
                "actions/checkout": lambda _: {},
                "actions/setup-python": lambda _: {},
                "pulumi/actions": lambda _: {},
                "aliyun/configure-aliyun-credentials-action": self._assumed,
            },
        )

    def commit(self) -> str:
        self._git("add", "--all")
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
        self._git(*identity, "commit", "--quiet", "--allow-empty", "--message", "change")
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        return subprocess.check_output(["git", *arguments], cwd=self.project.folder, text=True).strip()

    def pull_request(self, *, head: str = "acme/handovers") -> dict[str, Any]:
        """What GitHub says of a pull request that would merge what is committed since the last merge."""
        request = {"number": 7, "base": {"sha": self.merged}, "head": {"repo": {"full_name": head}}}
        event = self.workflow.temporary / "event.json"
        event.write_text(json.dumps({"pull_request": request}))
        self.workflow.environment = {**self.workflow.environment, "GITHUB_EVENT_PATH": str(event)}
        return {"event_name": "pull_request", "event": {"pull_request": request}, "repository": "acme/handovers"}

    def push(self) -> dict[str, Any]:
        before, self.merged = self.merged, self.commit()
        return {"event_name": "push", "event": {"before": before}, "repository": "acme/handovers"}

    def stacks(self, github: dict[str, Any]) -> str:
        """The stacks that the event concerns; empty where the job is skipped."""
        run = self.workflow.run("stacks", github=github, vars=self._variables())
        if run is None:
            return ""
        assert run.ok, run.log
        return run.outputs["stacks"]

    def job(self, name: str, github: dict[str, Any], **needs: str) -> JobRun:
        """A job of the stack `sandbox`, with the outputs `stacks` of the jobs it needs."""
        for left in ("plan", "plans"):  # a job begins with a checkout of its own
            shutil.rmtree(self.project.folder / left, ignore_errors=True)
        run = self.workflow.run(
            name,
            github=github | {"token": self.github.token},
            matrix={"stack": self.project.stack},
            vars=self._variables(),
            secrets={"PULUMI_CONFIG_PASSPHRASE": "test"},
            needs={job: {"outputs": {"stacks": stacks}} for job, stacks in needs.items()},
        )
        assert run is not None, f"{name} was skipped"
        return run

    def _variables(self) -> dict[str, str]:
        return {
            "PULUMI_BACKEND_URL": self.project.environment["PULUMI_BACKEND_URL"],
            "SOURCE_ROLE": "acs:ram::1000000000000001:role/sandbox-source-sts",
            "SOURCE_PROFILE": "acme-source",
            "RECIPIENT_ROLE": "acs:ram::1000000000000002:role/sandbox-recipient-sts",
            "RECIPIENT_PROFILE": "orchid",
        }

    def _assumed(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """The temporary credentials of a role, which the sandbox has as a profile, where the action leaves them."""
        profiles = json.loads(Path(self.project.environment["ALICLOUD_SHARED_CREDENTIALS_FILE"]).read_text())[
            "profiles"
        ]
        (found,) = (profile for profile in profiles if given["role-to-assume"].endswith(f"/{profile['name']}"))
        key, secret, token = (found[name] for name in ("access_key_id", "access_key_secret", "sts_token"))
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": token,
            "ALICLOUD_ACCESS_KEY": key,
            "ALICLOUD_SECRET_KEY": secret,
            "ALICLOUD_SECURITY_TOKEN": token,
        }


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running(GitHub()) as server:
        yield server


@pytest.fixture
def pipeline(project: Project, github: GitHub, tmp_path: Path, webhook: Webhook) -> Pipeline:
    project.use("production", side="both", sourceProfile="acme-source", recipientProfile="orchid")
    target = f"json://127.0.0.1:{webhook.port}/handovers"
    assert project.pulumi("config", "set", "--secret", "--path", "notify[0]", target).ok
    (tmp_path / "runner").mkdir()
    return Pipeline(project, github, tmp_path / "runner")


def submitted(cloud: Sandbox) -> int:
    return sum(entry.action == "TransferInstance" for entry in cloud.log.entries())


def test_planned_in_a_comment_applied_as_planned_and_followed(
    pipeline: Pipeline, project: Project, cloud: Sandbox, github: GitHub, webhook: Webhook
) -> None:
    project.declare("web-01", WEB_01, recreate=RECREATE)
    pipeline.commit()
    opened = pipeline.pull_request()
    assert pipeline.stacks(opened) == '["production"]'
    assert pipeline.stacks(pipeline.pull_request(head="mallory/handovers")) == ""  # a fork gets no credentials

    # Each push to the pull request updates the one comment, and nothing is submitted by it.
    planned = pipeline.job("plan", opened, stacks='["production"]')
    assert planned.ok, planned.log
    project.declare("web-01", WEB_01, recreate=RECREATE, reason="Project Orchid becomes a company")
    assert pipeline.job("plan", opened, stacks='["production"]').ok
    (comment,) = github.comments
    assert "web-01" in comment["body"]
    assert "Project Orchid becomes a company" in comment["body"]
    assert submitted(cloud) == 0

    # Merged: planned again, and that plan is applied once somebody has approved it.
    merged = pipeline.push()
    stacks = pipeline.stacks(merged)
    planned = pipeline.job("plan", merged, stacks=stacks)
    assert planned.ok, planned.log
    assert "web-01" in planned.summary
    chosen = pipeline.job("to-apply", merged, plan=stacks)
    assert chosen.outputs["stacks"] == '["production"]'
    applied = pipeline.job("apply", merged, **{"to-apply": chosen.outputs["stacks"]})
    assert applied.ok, applied.log
    assert submitted(cloud) == 1
    assert "announced" in applied.log

    # On a schedule: the review is followed, and the instance received, by runs that submit nothing.
    scheduled = {"event_name": "schedule", "event": {}, "repository": "acme/handovers"}
    assert "production" in pipeline.stacks(scheduled)
    cloud.desk.approve(WEB_01)
    for _ in range(2):
        watched = pipeline.job("watch", scheduled, stacks='["production"]')
        assert watched.ok, watched.log
        cloud.clock.advance(timedelta(minutes=1))
    assert pipeline.job("watch", scheduled, stacks='["production"]').ok
    (web,) = project.transfers().values()
    assert web["status"] == "Completed"
    assert submitted(cloud) == 1
    assert [message["title"] for message in webhook.received] == ["production: news of handovers (1)"] * 3
    assert all("web-01" in message["message"] for message in webhook.received)

    # Nothing is left to plan, so nobody is asked to approve anything.
    assert pipeline.job("plan", merged, stacks=stacks).ok
    assert pipeline.job("to-apply", merged, plan=stacks).outputs["stacks"] == "[]"


def test_what_came_between_the_plan_and_its_approval_is_not_applied(
    pipeline: Pipeline, project: Project, cloud: Sandbox
) -> None:
    project.declare("web-01", WEB_01)
    merged = pipeline.push()
    assert pipeline.job("plan", merged, stacks='["production"]').ok
    # Not what was approved: a further handover.
    project.declare("web-02", WEB_02)
    applied = pipeline.job("apply", merged, **{"to-apply": '["production"]'})
    assert not applied.ok
    assert not [
        entry
        for entry in cloud.log.entries()
        if entry.parameters.get("InstanceId") == WEB_02 and entry.action == "TransferInstance"
    ]


def test_a_refused_change_fails_its_check_says_why_and_is_not_applied(
    pipeline: Pipeline, project: Project, cloud: Sandbox, github: GitHub
) -> None:
    project.declare("web-01", WEB_01, accept_terms=False)
    opened = pipeline.pull_request()
    planned = pipeline.job("plan", opened, stacks='["production"]')
    assert not planned.ok
    (comment,) = github.comments
    assert "accept_terms" in comment["body"]
    merged = pipeline.push()
    assert not pipeline.job("plan", merged, stacks='["production"]').ok
    assert pipeline.job("to-apply", merged, plan='["production"]').outputs["stacks"] == "[]"
    assert submitted(cloud) == 0
