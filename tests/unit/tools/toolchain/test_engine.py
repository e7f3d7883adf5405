"""Which Pulumi is used: a full one on PATH, else the one built here. Scripts play the commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.toolchain import engine
from tools.toolchain.engine import find_installed, main
from tools.toolchain.go_build import cache_folder

PARTS = ("pulumi-language-python", "pulumi-resource-pulumi-python")


def install(folder: Path, version: str, parts: tuple[str, ...] = PARTS) -> None:
    """A Pulumi of this version in a folder."""
    folder.mkdir(exist_ok=True)
    for name, text in (("pulumi", f"#!/bin/sh\necho {version}\n"), *((part, "#!/bin/sh\n") for part in parts)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """The folder of a virtual environment's commands."""
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    return folder


def put_link(ours: Path) -> Path:
    target = cache_folder() / "engine-0" / "pulumi"
    target.parent.mkdir(parents=True)
    target.touch()
    (ours / "pulumi").symlink_to(target)
    return ours / "pulumi"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("version", "used"),
    [
        ("v3.259.0", True),
        ("v3.300.1", True),
        ("3.260.0-alpha.1", True),
        ("v3.258.9", False),
        ("v2.25.0", False),
        ("v4.0.0", False),
        ("nonsense", False),
    ],
)
def test_an_installed_pulumi_is_used_when_its_version_fits(
    tmp_path: Path, ours: Path, version: str, used: bool
) -> None:
    install(tmp_path / "a", version)
    assert bool(find_installed(str(tmp_path / "a"), ours)) is used


@pytest.mark.parametrize("missing", PARTS)
def test_a_pulumi_without_its_python_parts_is_not_full(tmp_path: Path, ours: Path, missing: str) -> None:
    install(tmp_path / "a", "v3.259.0", tuple(part for part in PARTS if part != missing))
    assert find_installed(str(tmp_path / "a"), ours) is None


def test_an_old_pulumi_does_not_hide_a_good_one_behind_it(tmp_path: Path, ours: Path) -> None:
    install(tmp_path / "old", "v3.100.0")
    install(tmp_path / "new", "v3.272.0")
    found = find_installed(f"{tmp_path / 'old'}{os.pathsep}{tmp_path / 'new'}", ours)
    assert found is not None
    assert (found.version, found.command.parent) == ("3.272.0", tmp_path / "new")


def test_our_own_link_is_not_taken_for_an_installed_pulumi(ours: Path) -> None:
    install(ours, "v3.259.0")
    assert find_installed(str(ours), ours) is None


def test_a_link_to_an_engine_built_before_goes_where_pulumi_is_installed(
    tmp_path: Path, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = put_link(ours)
    install(tmp_path / "a", "v3.272.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}:/usr/bin:/bin")
    assert main([str(ours.parent)]) == 0
    assert not link.is_symlink()


def test_a_pulumi_of_the_users_own_in_the_virtual_environment_is_left_alone(
    tmp_path: Path, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ours / "pulumi").symlink_to(tmp_path / "elsewhere")
    install(tmp_path / "a", "v3.272.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}:/usr/bin:/bin")
    assert main([str(ours.parent)]) == 0
    assert (ours / "pulumi").is_symlink()


def test_a_built_engine_is_linked_in_place_of_an_older_one(
    tmp_path: Path, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = put_link(ours)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    place = cache_folder() / f"engine-{engine.ENGINE.key()}"
    place.mkdir(parents=True)
    assert main([str(ours.parent)]) == 0
    assert link.readlink() == place / "pulumi"


def test_with_neither_pulumi_nor_go_one_message_states_what_to_install(
    ours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main([str(ours.parent)]) == 1
    stated = capsys.readouterr().err
    assert stated.startswith("No Pulumi 3.259 or newer was found on PATH, and it can't be built here.\n")
    assert "Install Go 1.25.11 or newer." in stated
    assert "Or install Pulumi 3.259 or newer" in stated
    assert "Traceback" not in stated
