"""Cached Go builds: built once, never half, and clear where they can't be done. A script plays the go command."""

from __future__ import annotations

import shutil
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from tools.toolchain import go_build
from tools.toolchain.go_build import CannotBuild, Copied, Program, Recipe, built

GO = """\
#!/bin/sh
echo "$@" >> {calls}
case "$1" in
  version) echo "go version go{version} linux/amd64" ;;
  env) echo {folder}; echo {folder} ;;
  list) echo {folder} ;;
  build) {build} ;;
esac
"""
WRITES = 'while [ "$1" != -o ]; do shift; done; echo built > "$2"'


class Machine:
    """A machine with a cache folder and a `go` of the test's making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        source = folder / "source"
        source.mkdir()
        (source / "go.mod").write_text("module example\n")
        (folder / "launcher").write_text("#!/bin/sh\n")
        self.recipe = Recipe(
            name="thing",
            programs=(Program("thing", "example/cmd/thing", source),),
            copied=(Copied(("launcher",), "example", source),),
            flags=("-trimpath",),
            gigabytes=0.001,
            takes="no time",
        )

    def install_go(self, version: str = "1.26.1", build: str = WRITES) -> None:
        go = self.folder / "bin" / "go"
        go.parent.mkdir(exist_ok=True)
        go.write_text(GO.format(calls=self.calls, version=version, folder=self.folder, build=build))
        go.chmod(0o755)

    def builds(self) -> int:
        return self.calls.read_text().count("build ") if self.calls.exists() else 0


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return Machine(tmp_path)


def kept(machine: Machine) -> list[str]:
    cache = machine.folder / "cache" / "instance-handover"
    return [path.name for path in cache.iterdir() if path.is_dir()] if cache.exists() else []


def test_it_is_built_once_and_then_found(machine: Machine) -> None:
    machine.install_go()
    place = built(machine.recipe)
    assert (place / "thing").read_text() == "built\n"
    assert (place / "launcher").stat().st_mode & stat.S_IXUSR
    assert built(machine.recipe) == place
    assert machine.builds() == 1


def test_a_changed_source_is_another_build(machine: Machine) -> None:
    machine.install_go()
    first = built(machine.recipe)
    (machine.recipe.programs[0].folder / "go.mod").write_text("module changed\n")
    assert built(machine.recipe) != first


def test_a_failed_build_shows_its_last_lines_and_leaves_nothing_to_be_used(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.install_go(build="echo example.go:1: does not compile >&2; exit 1")
    with pytest.raises(CannotBuild, match=r"example\.go:1: does not compile") as failed:
        built(machine.recipe)
    log = Path(str(failed.value).rsplit(": ", 1)[1])
    assert "does not compile" in log.read_text()
    assert kept(machine) == []
    machine.install_go()
    assert built(machine.recipe).is_dir()


def test_without_go_it_states_what_to_install(machine: Machine) -> None:
    with pytest.raises(CannotBuild, match=r"Go is not installed\. Install Go 1\.25\.11 or newer\."):
        built(machine.recipe)


@pytest.mark.parametrize("version", ["1.25.10", "1.24", "1.9.7"])
def test_an_old_go_is_named(machine: Machine, version: str) -> None:
    machine.install_go(version=version)
    with pytest.raises(CannotBuild, match=rf"is go{version}\. Install Go 1\.25\.11 or newer\."):
        built(machine.recipe)
    assert machine.builds() == 0


def test_a_full_disk_is_reported_before_anything_is_built(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.install_go()
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    with pytest.raises(CannotBuild, match=r"has 0\.0 GB free\. Make room"):
        built(machine.recipe)
    assert machine.builds() == 0


def test_progress_is_stated_while_it_builds(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(go_build, "SECONDS_BETWEEN_LINES", 0)
    machine.install_go(build="echo 'go: downloading a v1' >&2; echo b >&2; sleep 1.2; " + WRITES)
    built(machine.recipe)
    assert "thing: 1 modules fetched, 1 packages compiled, 0:0" in capsys.readouterr().out
