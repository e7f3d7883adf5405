"""An operator in a cluster runs `pulumi refresh` and `pulumi up` by itself, in the environment of its manifest.

There is no cluster here: what is run is what the operator runs in its workspace, with what deploy/kubernetes sets.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import yaml

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, ROOT, WEB_01, WEB_02, Project, Run

RECREATE = {
    "vswitch_id": "vsw-bp1orchid00000001",
    "security_groups": ["sg-bp1orchid000000web"],
    "eip": {"bandwidth": 5, "allocate": "now"},
}


def workspace() -> dict[str, str]:
    """What the manifest of production sets as it stands there: all but the secrets."""
    objects = yaml.safe_load_all((ROOT / "deploy/kubernetes/operator-stacks.yaml").read_text())
    (stack,) = (each for each in objects if each["kind"] == "Stack" and each["metadata"]["name"] == "production")
    assert stack["spec"]["refresh"]
    literals = {name: ref["literal"]["value"] for name, ref in stack["spec"]["envRefs"].items() if "literal" in ref}
    # Here the profiles are the sandbox's.
    del literals["ALICLOUD_SHARED_CREDENTIALS_FILE"]
    return literals


def operator(project: Project, *command: str, **more: str) -> Run:
    return project.pulumi(*command, "--yes", "--suppress-progress", environment=workspace() | more)


def reconciled(project: Project, **more: str) -> Run:
    """What the operator does each time."""
    refreshed = operator(project, "refresh", "--skip-preview", **more)
    return operator(project, "up", "--skip-preview", **more) if refreshed.ok else refreshed


def changes(cloud: Sandbox) -> Counter[str]:
    """What was called since the last time that is no look-up."""
    actions = Counter(str(entry.action) for entry in cloud.log.entries())
    cloud.log.clear()
    return Counter({name: made for name, made in actions.items() if not re.match("Describe|GetCallerIdentity", name)})


def window_of(cloud: Sandbox, *, days: int) -> dict[str, object]:
    """A whole day, so many from now."""
    day = (cloud.clock.now() + timedelta(days=days)).strftime("%a").lower()
    return {"days": [day], "from": "00:00", "to": "00:00", "time_zone": "UTC"}


def use(project: Project, window: dict[str, object]) -> None:
    project.configure(side="both", recipientProfile="sandbox-recipient", protect=False, window=window)


def test_an_operator_follows_reviews_and_leaves_all_else_to_a_reviewed_change(project: Project, cloud: Sandbox) -> None:
    use(project, window_of(cloud, days=2))
    file = project.declare("web-01", WEB_01, recreate=RECREATE)
    project.declare("web-02", WEB_02)

    # A file that no person's run applied.
    refused = reconciled(project)
    assert (refused.ok, "no `pulumi up` of a person has recorded" in refused.text) == (False, True), refused.text
    assert changes(cloud) == {}
    # The pipeline of the merge.
    assert project.up().ok
    assert changes(cloud)["TransferInstance"] == 2
    assert reconciled(project).ok
    assert changes(cloud) == {}

    # The next merge, before its pipeline: an address of another bandwidth, one handover more and one less.
    applied = file.read_text()
    file.write_text(applied.replace("bandwidth: 5", "bandwidth: 50"))
    project.declare("db-01", DB_01)
    project.remove("web-02")
    for run in (reconciled(project), operator(project, "destroy", "--skip-preview")):
        assert not run.ok, run.text
        assert "Traceback" not in run.text
    assert changes(cloud) & Counter(["TransferInstance", "CancelInstanceTransfer", "AcceptInstanceTransfer"] * 9) == {}
    assert project.up().ok
    made = changes(cloud)
    assert (made["TransferInstance"], made["CancelInstanceTransfer"]) == (1, 1)

    # Approved, and accepted in its window alone.
    cloud.desk.approve(WEB_01)
    assert reconciled(project).ok
    forced = reconciled(project, HANDOVER_ACCEPT_NOW="web-01")
    assert (forced.ok, "HANDOVER_ACCEPT_NOW is set" in forced.text) == (False, True), forced.text
    assert changes(cloud) == {}
    use(project, window_of(cloud, days=0))
    assert not reconciled(project).ok  # A window that nobody applied.
    assert changes(cloud) == {}
    use(project, window_of(cloud, days=2))
    cloud.clock.advance(timedelta(days=2))
    cloud.desk.approve(DB_01)
    assert reconciled(project).ok
    assert changes(cloud) == {}  # The time to accept is over: nothing is submitted anew.


def test_an_operator_accepts_in_the_window_and_destroys_nothing(project: Project, cloud: Sandbox) -> None:
    use(project, window_of(cloud, days=0))
    project.declare("web-01", WEB_01, recreate=RECREATE)
    assert project.up().ok
    cloud.desk.approve(WEB_01)
    changes(cloud)
    assert reconciled(project).ok
    assert changes(cloud) == {"AcceptInstanceTransfer": 1}
    cloud.clock.advance(timedelta(minutes=1))
    assert reconciled(project).ok
    assert changes(cloud) == {"AssociateEipAddress": 1}

    finalized = operator(project, "destroy", "--skip-preview")
    assert (finalized.ok, "Could not destroy the stack" in finalized.text) == (False, True), finalized.text
    assert changes(cloud) == {}
    assert reconciled(project).ok
    assert project.up("--expect-no-changes").ok


def test_the_flags_of_pulumi_deployments_that_are_documented_exist(project: Project) -> None:
    page = (ROOT / "docs/automation.md").read_text()
    (command,) = re.findall(r"^    pulumi deployment settings edit((?:.*\\\n)*.*)$", page, re.MULTILINE)
    known = project.pulumi("deployment", "settings", "edit", "--help", stacked=False).text
    flags = re.findall(r"--[\w-]+", command)
    assert len(flags) >= 5
    assert [flag for flag in flags if not re.search(rf"{flag}\b(?!-)", known)] == []
