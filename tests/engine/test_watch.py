"""`handover watch --up` beside the real engine: it takes what is due, and nothing else."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
import yaml

from sandbox.server.server import Sandbox
from tests import warm
from tests.engine.project import BIN, DB_01, WEB_01, WEB_02, Project, Run
from tests.receivers import Webhook

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
    # A look at what is under review: whose the credentials are, and one batch of each kind, at the source alone.
    cloud.log.clear()
    assert watch(stack, "--once").code == 3
    assert calls(cloud) == {"GetCallerIdentity": 1, "DescribeInstanceTransfers": 1, "DescribeInstances": 1}

    approve_all(cloud)
    accepted = watch(stack, "--once")
    assert accepted.code == 3, accepted.text
    assert calls(cloud)["AcceptInstanceTransfer"] == 3

    cloud.clock.advance(timedelta(minutes=1))
    ended = watch(stack)
    assert (ended.code, "All is settled" in ended.text) == (0, True), ended.text
    made = calls(cloud)
    assert (made["TransferInstance"], made["CancelInstanceTransfer"]) == (0, 0)
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


def test_a_person_accepts_outside_of_the_window(stack: Project, cloud: Sandbox) -> None:
    at = cloud.clock.now()
    days = [(at + timedelta(days=3)).strftime("%a").lower()]
    window = {"days": days, "from": "02:00", "to": "04:00", "time_zone": "UTC"}
    stack.configure(side="both", recipientProfile="sandbox-recipient", protect=False, window=window)
    assert stack.up().ok
    approve_all(cloud)
    held = watch(stack, "--once")
    assert (held.code, calls(cloud)["AcceptInstanceTransfer"]) == (3, 0), held.text
    assert "receive window" in held.text

    unsaid = stack.handover("accept", "web-01")
    assert unsaid.code == 2, unsaid.text
    unknown = stack.handover("accept", "web-1", "--now", "--yes")
    assert (unknown.code, "did you mean web-01?" in unknown.text) == (1, True), unknown.text
    unanswered = stack.handover("accept", "web-01", "--now")
    assert (unanswered.code, calls(cloud)["AcceptInstanceTransfer"]) == (1, 0), unanswered.text
    assert "can't be undone" in unanswered.text

    accepted = stack.handover("accept", "web-01", "--now", "--yes")
    assert (accepted.code, calls(cloud)["AcceptInstanceTransfer"]) == (0, 1), accepted.text
    again = stack.handover("accept", "web-01", "--now", "--yes")
    assert (again.code, "nothing to accept" in again.text) == (1, True), again.text


def test_two_watches_killed_at_random_lose_and_double_nothing(stack: Project, cloud: Sandbox, webhook: Webhook) -> None:
    """Seeded, so that a failure can be run again; where exactly a kill falls depends on the machine all the same."""
    target = f"json://127.0.0.1:{webhook.port}/"
    assert stack.pulumi("config", "set", "--secret", "--path", "notify[0]", target).ok
    assert stack.up().ok
    assert stack.handover("notify").code == 0  # What stands now is recorded; all else is news.
    cloud.log.clear()
    rolls = Random(15)
    watching: list[subprocess.Popen[bytes]] = []
    played: list[Callable[[], object]] = [
        lambda: cloud.desk.approve(WEB_01),
        lambda: cloud.desk.approve(WEB_02),
        lambda: cloud.clock.advance(timedelta(minutes=1)),
        lambda: cloud.desk.approve(DB_01),
        lambda: cloud.clock.advance(timedelta(minutes=1)),
    ]
    while played:
        watching = running_again(stack, watching)
        played.pop(0)()
        time.sleep(rolls.uniform(0.5, 5))
        watching[rolls.randrange(2)].kill()
    limit = time.monotonic() + 180
    while not all(done.poll() == 0 for done in watching):
        assert time.monotonic() < limit, "they are not settled"
        cloud.clock.advance(timedelta(seconds=20))
        watching = running_again(stack, watching)
        time.sleep(2)

    made = calls(cloud)
    assert (made["TransferInstance"], made["CancelInstanceTransfer"]) == (0, 0)
    assert (made["AcceptInstanceTransfer"], made["AllocateEipAddress"], made["AssociateEipAddress"]) == (3, 2, 2)
    assert {transfer.status for transfer in cloud.desk.transfers()} == {"Completed"}
    news = Counter(line for body in webhook.received for line in body["message"].splitlines() if " (was " in line)
    assert {line: times for line, times in news.items() if times > 1} == {}
    for name in INSTANCES:
        assert [line for line in news if line.startswith(name) and "Completed (was " in line], news
    assert stack.up("--expect-no-changes").ok


def running_again(stack: Project, watching: list[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    """Two watches, those that have ended started again; one that has seen all settled is left."""
    still = [each for each in watching if each.poll() in (None, 0)]
    return still + [started(stack) for _ in range(2 - len(still))]


def started(stack: Project) -> subprocess.Popen[bytes]:
    command = [str(warm.python()), str(BIN / "handover"), "watch", "--stack", stack.stack, "--up", "--interval", "0.5"]
    return subprocess.Popen(
        command, cwd=stack.folder, env=stack.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
