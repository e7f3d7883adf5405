"""What the documentation shows is run as it stands there: every `sh` block, page by page, in a shell.

The Chinese pages are not run again: tests/unit/test_translations.py shows that they have the same blocks.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import aliyun_cli, warm
from tests.engine.project import BIN, LESS_GARBAGE_COLLECTION, PULUMI_HOME, ROOT

PAGES = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
    if path.name != "README.zh-CN.md"
)


def commands(page: Path) -> str:
    return "".join(re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=str)
def test_every_command_of_a_page_works_in_the_order_shown(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if page.name == "README.md":
        request.getfixturevalue("cold_python")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    (tmp_path / ".venv").symlink_to(warm.environment())
    aliyun = Path(aliyun_cli.installed(tmp_path / "bin")).parent
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(warm.environment() / "bin"), os.environ["PATH"], str(aliyun)]),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        **LESS_GARBAGE_COLLECTION,
        "PULUMI_HOME": str(PULUMI_HOME),  # for its plugins
    }
    # Any free port, so that it does not matter what runs on this machine.
    script = commands(page).replace("alicloud-sandbox up", "alicloud-sandbox up --port 0")
    try:
        done = subprocess.run(
            ["sh", "-eux", "-c", script],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    finally:
        subprocess.run([str(BIN / "alicloud-sandbox"), "down"], cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.skipif(not (BIN / "pulumi").exists(), reason="the page shows what the engine that is built here states")
def test_the_previews_page_is_what_the_previews_show_now() -> None:
    done = subprocess.run(
        [warm.python(), "-m", "tools.previews", "--check"],
        cwd=ROOT,
        env=os.environ | LESS_GARBAGE_COLLECTION,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []
