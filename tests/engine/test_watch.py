"""`handover watch --up` beside the real engine: it takes what is due, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import yaml

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, WEB_01, WEB_02, Project, Run

VSWITCH = "vsw-bp1orchid00000001"
GROUP = {
    "web": {
        "vpc_id": "vpc-bp1orchid00000001",
        "rules": {"https": {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"}},
    }
}
INSTANCES = {"web-01": WEB_01, "web-02": WEB_02, "db-01": DB_01}


@pytest.fixture
def stack(project: Project) -> Project:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", protect=False)
    for name, instance in INSTANCES.items():
        eip = {"eip": {"bandwidth": 5}} if name != "db-01" else {}
        project.declare(name, instance, recreate={"vswitch_id": VSWITCH, "security_groups": ["web"], **eip})
    (project.folder / "stacks/sandbox/security-groups.yaml").write_text(yaml.safe_dump(GROUP))
    return project


def watch(project: Project, *options: str) -> Run:
    return project.handover("watch", "--up", "--interval", "0.2", *options)


def approve_all(cloud: Sandbox) -> None:
    for instance in INSTANCES.values():
        cloud.desk.approve(instance)


def calls(cloud: Sandbox) -> Counter[str]:
    return Counter(str(entry.action) for entry in cloud.log.entries())


def test_it_takes_what_is_due_and_leaves_the_rest_to_a_person(stack: Project, cloud: Sandbox) -> None:
    nothing = watch(stack)
    assert (nothing.code, "Nothing goes on without a person" in nothing.text) == (3, True), nothing.text
    assert calls(cloud)["TransferInstance"] == 0

    assert stack.up().ok
    approve_all(cloud)
    accepted = watch(stack, "--once")
    assert accepted.code == 3, accepted.text
    assert calls(cloud)["AcceptInstanceTransfer"] == 3

    cloud.clock.advance(timedelta(minutes=1))
    ended = watch(stack)
    assert (ended.code, "All is settled" in ended.text) == (0, True), ended.text
    made = calls(cloud)
    assert (made["TransferInstance"], made["CancelInstanceTransfer"]) == (3, 0)
    assert (made["AcceptInstanceTransfer"], made["AllocateEipAddress"]) == (3, 2)
    assert stack.up("--expect-no-changes").ok

    # A look at what is settled.
    cloud.log.clear()
    assert watch(stack).code == 0
    assert sum(calls(cloud).values()) <= 2


def test_files_that_nobody_applied_are_not_run(stack: Project, cloud: Sandbox) -> None:
    assert stack.up().ok
    approve_all(cloud)
    file = stack.folder / "stacks/sandbox/web-01.yaml"
    applied = file.read_text()
    file.write_text(applied.replace("bandwidth: 5", "bandwidth: 50"))

    refused = watch(stack, "--once")
    assert refused.code == 1, refused.text
    assert "the stack's files or settings have changed since a person's last `pulumi up`" in refused.text
    stack.remove("web-02")
    assert watch(stack, "--once").code == 1
    assert calls(cloud)["AcceptInstanceTransfer"] == calls(cloud)["CancelInstanceTransfer"] == 0
