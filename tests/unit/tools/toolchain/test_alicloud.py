"""The alicloud plugin that is built here: its version, its resources, and where it is put."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.toolchain import alicloud
from tools.toolchain.go_build import CannotBuild, Recipe

ROOT = Path(__file__).parents[4]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "plugins" / f"resource-alicloud-v{alicloud.VERSION}"


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recipe:
    """A plugin that needs no building."""
    made = tmp_path / "built"
    made.mkdir()
    (made / alicloud.BINARY).write_text("plugin")
    monkeypatch.setattr(alicloud, "built", lambda recipe: made)
    return Recipe("alicloud", (), (), (), 0, "")


def pulumi(folder: Path, script: str) -> Path:
    """A stand-in for the command, which notes how it was called."""
    command = folder / "pulumi"
    command.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n{script}\n')
    command.chmod(0o755)
    return command


INSTALLS = f'mkdir -p "$PULUMI_HOME/plugins/resource-alicloud-v{alicloud.VERSION}"'


def test_the_plugins_version_is_the_python_packages() -> None:
    pinned = re.search(r"^pulumi-alicloud==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert pinned
    assert pinned.group(1) == alicloud.VERSION
    main = (ROOT / "tools/toolchain/go/alicloud/main.go").read_text()
    assert f'const version = "{alicloud.VERSION}"' in main


def test_every_resource_that_is_declared_is_one_the_plugin_has() -> None:
    main = (ROOT / "tools/toolchain/go/alicloud/main.go").read_text()
    network = (ROOT / "transfer_provider/handover/recipient/network.py").read_text()
    used = set(re.findall(r"alicloud\.ecs\.(\w+)\(", network))
    assert used
    assert [name for name in used if f':{name}"' not in main] == []


def test_it_is_installed_once_by_pulumi_itself(home: Path, recipe: Recipe, tmp_path: Path) -> None:
    command = pulumi(tmp_path, INSTALLS)
    assert alicloud.install(command, recipe) == home
    assert alicloud.install(command, recipe) == home
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.startswith(f"plugin install resource alicloud {alicloud.VERSION} --file ")


def test_one_built_by_another_recipe_is_replaced(home: Path, recipe: Recipe, tmp_path: Path) -> None:
    command = pulumi(tmp_path, INSTALLS)
    alicloud.install(command, recipe)
    (home / "built-from").write_text("an older recipe")
    alicloud.install(command, recipe)
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


def test_one_that_was_not_built_here_is_left_alone(home: Path, recipe: Recipe, tmp_path: Path) -> None:
    home.mkdir(parents=True)
    (home / alicloud.BINARY).write_text("the published one")
    alicloud.install(pulumi(tmp_path, INSTALLS), recipe)
    assert not (tmp_path / "calls").exists()
    assert [path.name for path in home.iterdir()] == [alicloud.BINARY]


def test_a_failed_installation_states_what_pulumi_stated(home: Path, recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CannotBuild, match="failed: no space"):
        alicloud.install(pulumi(tmp_path, "echo no space >&2; exit 1"), recipe)
