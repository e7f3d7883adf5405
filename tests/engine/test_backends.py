"""A state that a team shares, in a real PostgreSQL and in a bucket: the whole way, two runs at once, a killed run."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.engine import bucket, postgresql
from tests.engine.project import DB_01, ROOT, WEB_01, WEB_02, Project
from tests.receivers import Webhook
from tools.toolchain.go_build import CannotBuild

VSWITCH = "vsw-bp1orchid00000001"
INSTANCES = {"web-01": WEB_01, "web-02": WEB_02, "db-01": DB_01}

WITH_THE_STATE = (("doctor",), ("status",), ("watch", "--up", "--once"), ("notify",))
BACKENDS = {"postgresql": postgresql.running, "bucket": bucket.running}


@pytest.fixture(scope="module", params=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Iterator[Mapping[str, str]]:
    """What a run's environment says of the backend."""
    server = BACKENDS[request.param]()
    try:
        environment = server.__enter__()
    except (FileNotFoundError, CannotBuild) as missing:
        pytest.skip(str(missing))
    try:
        yield environment
    finally:
        server.__exit__(None, None, None)


@pytest.fixture
def shared(tmp_path: Path, cloud: Sandbox, backend: Mapping[str, str]) -> Iterator[Project]:
    """A stack of the test's own name, for the server is shared."""
    made = Project.made(
        tmp_path / "project",
        cloud,
        program=ROOT / "__main__.py",
        stack=re.sub(r"\W|_", "-", tmp_path.name).rstrip("0-"),
        environment=backend,
    )
    made.configure(side="both", recipientProfile="sandbox-recipient")
    for name, instance in INSTANCES.items():
        recreate = {"vswitch_id": VSWITCH, "security_groups": ["sg-bp1orchid000000web"], "eip": {"bandwidth": 5}}
        made.declare(name, instance, recreate=recreate)
    yield made
    made.end_strays()


def test_three_handovers_go_the_whole_way(shared: Project, cloud: Sandbox, webhook: Webhook) -> None:
    target = f"json://127.0.0.1:{webhook.port}/"
    assert shared.pulumi("config", "set", "--secret", "--path", "notify[0]", target).ok
    assert shared.up().ok
    for instance in INSTANCES.values():
        cloud.desk.approve(instance)
    assert shared.up().ok
    cloud.clock.advance(timedelta(minutes=1))
    watched = shared.handover("watch", "--up", "--interval", "0.2")
    assert (watched.code, "All is settled." in watched.text) == (0, True), watched.text
    # What was announced is recorded beside the state, so that it is announced once.
    announced = len(webhook.received)
    assert announced
    assert shared.handover("notify").code == 0
    assert len(webhook.received) == announced
    assert shared.up("--expect-no-changes").ok
    assert len(cloud.desk.transfers()) == 3
    assert not list((shared.folder / ".state").rglob("*.json"))
    healthy = shared.handover("doctor")
    assert healthy.code == 0, healthy.text


def test_of_two_runs_at_once_one_is_refused_and_nothing_is_doubled(shared: Project, cloud: Sandbox) -> None:
    cloud.faults.add(Fault(action="TransferInstance", kind="delay", seconds=3))
    runs = [shared.started_up() for _ in range(2)]
    ended = sorted((run.communicate(timeout=120)[0], run.returncode) for run in runs)
    refused = [text for text, code in ended if code]
    # Each looks for the other's lock after it has written its own, so both may be refused.
    assert refused, ended
    assert [text for text in refused if "the stack is currently locked by" not in text] == []
    assert len(cloud.desk.transfers()) == (0 if len(refused) == 2 else 3)
    cloud.faults.clear()
    assert shared.up().ok
    assert len(cloud.desk.transfers()) == 3
    assert shared.up("--expect-no-changes").ok


def test_a_killed_run_loses_nothing(shared: Project, cloud: Sandbox) -> None:
    cloud.faults.add(Fault(action="TransferInstance", kind="delay", seconds=3))
    killed = shared.broken_off(signal.SIGKILL, when=lambda: bool(cloud.desk.transfers()))
    assert killed.code == -signal.SIGKILL
    shared.end_strays()
    assert "the stack is currently locked by" in shared.up().text
    watched = shared.handover("watch", "--up", "--once")
    assert "Traceback" not in watched.text
    assert shared.pulumi("cancel", "--yes").ok

    cloud.faults.clear()
    assert shared.up().ok
    assert len(cloud.desk.transfers()) == 3
    assert len(shared.tracked()) == 3


def test_a_wrong_password_is_said_and_no_password_is_shown(shared: Project) -> None:
    if "AWS_SECRET_ACCESS_KEY" not in shared.environment:
        pytest.skip("the PostgreSQL of the tests asks for no password")
    shared.environment["AWS_SECRET_ACCESS_KEY"] = "of/somebody+else"  # noqa: S105
    for run in (shared.up(), *(shared.handover(*command) for command in WITH_THE_STATE)):
        assert not run.ok, run.text
        assert "SignatureDoesNotMatch" in run.text
        assert "Traceback" not in run.text
        assert [secret for secret in ("of/somebody+else", bucket.SECRET, "endpoint=") if secret in run.text] == []
