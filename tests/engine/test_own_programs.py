"""Somebody's own Pulumi program: from a wheel, in a fresh virtual environment, and without manifests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import venv
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import RECIPIENT, ROOT, SOURCE, WEB_01, Project
from transfer_provider.cloud.client import Cloud


@pytest.fixture(scope="module")
def fresh_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the project's wheel, its dependencies as locked here, and nothing of this checkout."""
    folder = tmp_path_factory.mktemp("fresh")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("instance_handover-*.whl")
    environment = folder / "venv"
    venv.create(environment, symlinks=True)
    python = str(environment / "bin/python")
    subprocess.run([*pip, "--python", python, "install", "--no-deps", str(wheel)], check=True)
    # A folder named in a .pth file is searched, but its own .pth files are not read: so not this checkout.
    (library,) = environment.glob("lib/python*/site-packages")
    (library / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    where = [python, "-I", "-c", "import transfer_provider; print(transfer_provider.__file__)"]
    found = subprocess.check_output(where, text=True)
    assert found.startswith(str(environment))
    return environment


def readme_program() -> str:
    """The program the README shows, as it stands there."""
    found = re.search(r"<!-- program: .*? -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    return found.group(1)


def test_the_readmes_program_runs_without_manifests_from_the_wheel(
    project: Project, cloud: Sandbox, recipient: Cloud, fresh_environment: Path
) -> None:
    program = project.folder / "__main__.py"
    program.write_text(readme_program())
    own = {
        "name": "own-program",
        "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}},
    }
    (project.folder / "Pulumi.yaml").write_text(yaml.safe_dump(own))
    (project.folder / ".venv").unlink()
    (project.folder / ".venv").symlink_to(fresh_environment)
    project.environment["PATH"] = f"{fresh_environment / 'bin'}:{project.environment['PATH']}"
    assert project.pulumi("stack", "init", "own", stacked=False).ok
    project.stack = "own"
    for side in ("source", "recipient"):
        assert project.pulumi("config", "set", f"{side}Profile", f"sandbox-{side}").ok
    assert project.pulumi("config", "set", "sourceAccount", SOURCE).ok
    assert project.pulumi("config", "set", "--path", "recipients[0]", RECIPIENT).ok

    done = project.up()
    assert done.ok, done.text
    assert [transfer.instance_id for transfer in cloud.desk.transfers()] == [WEB_01]
    cloud.desk.approve(WEB_01)
    # The project has no `options.refresh: always`, so each run refreshes explicitly.
    received = project.up("--refresh")
    assert received.ok, received.text
    cloud.clock.advance(timedelta(minutes=1))
    arrived = project.up("--refresh")
    assert arrived.ok, arrived.text
    (address,) = (address for address in accounts.addresses(recipient) if address.name == "web-01")
    assert address.instance_id == WEB_01
    found = accounts.instance(recipient, WEB_01)
    assert found is not None
    assert found.security_group_ids == (accounts.group_ids(recipient)["shop"],)
    assert json.loads(project.pulumi("stack", "output", "--json").text) == {
        "status": "Completed",
        "new address": address.ip,
    }


def test_many_handovers_of_an_own_program_are_queried_at_once(project: Project, cloud: Sandbox) -> None:
    (project.folder / "__main__.py").write_text(
        "from transfer_provider import Handover\n"
        "for name, instance in (('a', 'i-bp1web00000000000001'), ('b', 'i-bp1web00000000000002'),"
        " ('c', 'i-bp1db000000000000001')):\n"
        "    Handover(name, instance_id=instance, region='cn-hangzhou', recipient_account_id='1000000000000002',"
        " accept_terms=True, vswitch_id='vsw-bp1orchid00000001', security_group_ids=['sg-bp1orchid000000web'])\n"
    )
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    assert project.up().ok
    for transfer in cloud.desk.transfers():
        cloud.desk.approve(transfer.id)
    for calls in (
        # The transfers' refresh, one listing of what the recipient is offered, one of what nothing tracks; one of the
        # instances that are approved; both identities.
        ["DescribeInstanceTransfers"] * 3 + ["DescribeInstances"] + ["GetCallerIdentity"] * 2,
    ):
        cloud.log.clear()
        assert project.preview().ok
        assert sorted(str(entry.action) for entry in cloud.log.entries()) == calls
    assert project.up().ok
    cloud.clock.advance(timedelta(minutes=1))
    assert project.up().ok
    cloud.log.clear()
    assert project.preview("--expect-no-changes").ok
    assert (
        sorted(str(entry.action) for entry in cloud.log.entries())
        == ["DescribeInstanceTransfers", "DescribeInstances"] + ["GetCallerIdentity"] * 2
    )


def test_a_wrong_profile_ends_an_own_program_with_one_message(project: Project) -> None:
    (project.folder / "__main__.py").write_text(
        "from transfer_provider import Handover\n"
        "Handover('a', instance_id='i-bp1web00000000000001', region='cn-hangzhou',"
        " recipient_account_id='1000000000000002', accept_terms=True)\n"
    )
    project.use("sandbox", side="both", recipientProfile="nobody")
    refused = project.preview()
    assert not refused.ok
    assert "has no profile 'nobody'" in refused.text
    assert "Traceback" not in refused.text


def test_a_blocking_finding_stops_an_own_program_by_one_query_of_the_region(project: Project, cloud: Sandbox) -> None:
    declared = (
        "from transfer_provider import Backup, Handover\n"
        "for name, instance in (('a', 'i-bp1web00000000000001'), ('b', 'i-bp1db000000000000001'), ('c', '{}')):\n"
        "    Handover(name, instance_id=instance, region='cn-hangzhou', recipient_account_id='1000000000000002',"
        " accept_terms=True, backup=Backup(retention_days=1) if name == 'b' else None)\n"
    )
    program = project.folder / "__main__.py"
    program.write_text(declared.format("i-bp1expired0000000001"))
    refused = project.preview()
    assert not refused.ok
    assert "1 of 1 handover can't be submitted" in refused.text
    assert "Expired" in refused.text
    assert "Traceback" not in refused.text
    calls = [str(entry.action) for entry in cloud.log.entries()]
    assert calls.count("DescribeInstances") == 1
    # Of some instances it lists no disk, which is believed once a dry run has confirmed the permission.
    assert calls.count("DescribeDisks") == 2
    assert not project.transfers()

    program.write_text(declared.format("i-bp1web00000000000002"))
    assert project.up().ok
    assert len(cloud.desk.transfers()) == 3
    assert {snapshot.disk_id for snapshot in cloud.state.snapshots(SOURCE)} == {
        "d-bp1db000000000000001",
        "d-bp1db000000000000002",
    }


def test_a_setting_of_an_own_program_that_is_invalid_is_reported(project: Project) -> None:
    (project.folder / "__main__.py").write_text(
        "from transfer_provider import Handover\n"
        "Handover('a', instance_id='i-bp1web00000000000001', region='cn-hangzhou',"
        " recipient_account_id='1000000000000002', accept_terms=True)\n"
    )
    project.use("sandbox", warnOnly=["Expiredd"])
    refused = project.preview()
    assert not refused.ok
    assert "warnOnly: names no code of a blocking finding; did you mean Expired?" in refused.text
    assert "Traceback" not in refused.text
