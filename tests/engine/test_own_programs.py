"""Somebody's own Pulumi program that imports InstanceTransfer: from a wheel, in a fresh virtual environment."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml

from sandbox.server import Sandbox
from tests.engine.project import ROOT, WEB_01, Project


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
    project: Project, cloud: Sandbox, fresh_environment: Path
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
    for arguments in (("stack", "init", "own"), ("config", "set", "sourceProfile", "sandbox-source", "--stack", "own")):
        assert project.pulumi(*arguments, stacked=False).ok
    project.stack = "own"

    done = project.up()
    assert done.ok, done.text
    assert [transfer.instance_id for transfer in cloud.desk.transfers()] == [WEB_01]
    cloud.desk.approve(WEB_01)
    assert "UnderReview → Approved" in project.refresh().text
    assert project.destroy().ok
    assert [transfer.status for transfer in cloud.desk.transfers()] == ["Cancelled"]
