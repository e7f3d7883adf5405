"""Programs that are had by building them with Go: once per machine, shared by every checkout.

What a build makes lands in `${XDG_CACHE_HOME:-~/.cache}/instance-handover/<name>-<hash of its recipe>`, put in place
in one step at the end, so a build that was broken off leaves nothing that could be used. Standard library only: this
runs before the virtual environment has its packages.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GO_AT_LEAST = (1, 25, 11)
LINES_OF_A_FAILURE = 20
SECONDS_BETWEEN_LINES = 15


class CannotBuild(Exception):
    """The build can't be done here; the message has the reason and what to do."""


@dataclass(frozen=True)
class Program:
    """A main package, built in the folder that holds its go.mod and go.sum."""

    output: str
    package: str
    folder: Path


@dataclass(frozen=True)
class Copied:
    """Files of a module that `folder`'s go.mod requires, copied beside the programs and made runnable."""

    files: tuple[str, ...]
    module: str
    folder: Path


@dataclass(frozen=True)
class Recipe:
    """What to build under which name, with which flags, and what it takes."""

    name: str
    programs: tuple[Program, ...]
    copied: tuple[Copied, ...]
    flags: tuple[str, ...]
    gigabytes: float
    takes: str

    def key(self) -> str:
        """A hash of all that decides what comes out."""
        folders = sorted({part.folder for part in self.programs} | {part.folder for part in self.copied})
        sources = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        recipe = repr((self.name, [(part.output, part.package) for part in self.programs], self.flags))
        recipe += repr([(part.files, part.module) for part in self.copied])
        digest = hashlib.sha256(recipe.encode())
        for path in sources:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:16]


def one_program(name: str, output: str, package: str, *, gigabytes: float, takes: str) -> Recipe:
    """The recipe of a single program that `go/<name>` here has the go.mod of."""
    programs = (Program(output, package, Path(__file__).parent / "go" / name),)
    return Recipe(name, programs, (), ("-trimpath", "-ldflags=-s -w"), gigabytes, takes)


def cache_folder() -> Path:
    """Where this user's built programs are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "instance-handover"


def built(recipe: Recipe) -> Path:
    """The folder with the recipe's programs, built first where they are not there yet.

    Raises CannotBuild, with a message for the user.
    """
    place = cache_folder() / f"{recipe.name}-{recipe.key()}"
    if place.is_dir():
        return place
    go = _go()
    place.parent.mkdir(parents=True, exist_ok=True)
    with _alone(place.with_suffix(".lock")):
        if not place.is_dir():
            try:
                _require_space(recipe, go, place.parent)
                _build(recipe, go, place)
            except (OSError, subprocess.SubprocessError) as error:
                raise CannotBuild(f"Building {recipe.name} failed: {error}") from None
    return place


def _build(recipe: Recipe, go: str, place: Path) -> None:
    log = place.with_suffix(".log")
    print(f"Building {recipe.name} with Go, once for this machine: {recipe.takes}.", flush=True)
    with tempfile.TemporaryDirectory(prefix=f".{recipe.name}-", dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        log.write_text("")
        for program in recipe.programs:
            command = [go, "build", "-v", "-o", str(made / program.output), *recipe.flags, program.package]
            _run(command, program, log)
        for copied in recipe.copied:
            _copy(copied, go, made)
        made.rename(place)
    log.unlink()
    print(f"Built {recipe.name} in {place}", flush=True)


def _run(command: list[str], program: Program, log: Path) -> None:
    """One `go build`, its output in the log and its progress shown."""
    environment = os.environ | {"CGO_ENABLED": "0", "GOWORK": "off"}
    began = len(log.read_text())
    with log.open("a") as written:
        process = subprocess.Popen(command, cwd=program.folder, env=environment, stdout=written, stderr=written)
        try:
            _show_progress(process, program.output, log, began)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode:
        last = "\n".join(f"  {line}" for line in log.read_text()[began:].splitlines()[-LINES_OF_A_FAILURE:])
        raise CannotBuild(f"Building {program.output} failed; its last lines were:\n{last}\nAll of them: {log}")


def _show_progress(process: subprocess.Popen[bytes], output: str, log: Path, began: int) -> None:
    """A line that moves on a terminal, else a line every so often, until the process has ended."""
    moves = sys.stdout.isatty()
    started = shown = time.monotonic()
    while process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        now = time.monotonic()
        if moves or now - shown >= SECONDS_BETWEEN_LINES:
            shown = now
            done = log.read_text()[began:].splitlines()
            fetched = sum(line.startswith("go: downloading") for line in done)
            line = f"  {output}: {fetched} modules fetched, {len(done) - fetched} packages compiled"
            line += f", {int(now - started) // 60}:{int(now - started) % 60:02} min"
            print(f"\r\033[K{line}" if moves else line, end="" if moves else "\n", flush=True)
    if moves:
        print("\r\033[K", end="", flush=True)


def _copy(copied: Copied, go: str, made: Path) -> None:
    command = [go, "list", "-m", "-f", "{{.Dir}}", copied.module]
    module = Path(subprocess.check_output(command, cwd=copied.folder, text=True).strip())
    for file in copied.files:
        target = made / Path(file).name
        shutil.copyfile(module / file, target)
        target.chmod(0o755)


def _go() -> str:
    """The go command. Raises CannotBuild where there is none, or it is too old."""
    wanted = ".".join(map(str, GO_AT_LEAST))
    go = shutil.which("go")
    if go is None:
        raise CannotBuild(f"Go is not installed. Install Go {wanted} or newer.")
    printed = subprocess.run([go, "version"], capture_output=True, text=True, check=False, cwd=Path(go).parent).stdout
    found = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", printed)
    version = tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if version < GO_AT_LEAST:
        shown = found.group(0) if found else "of an unknown version"
        raise CannotBuild(f"{go} is {shown}. Install Go {wanted} or newer.")
    return go


def _require_space(recipe: Recipe, go: str, place: Path) -> None:
    """Go's caches and the result need room; each disk they are on is checked."""
    caches = subprocess.check_output([go, "env", "GOMODCACHE", "GOCACHE"], text=True, cwd=place).split()
    for folder in (place, *map(Path, caches)):
        while not folder.exists():
            folder = folder.parent
        free = shutil.disk_usage(folder).free / 1e9
        if free < recipe.gigabytes:
            raise CannotBuild(
                f"Building {recipe.name} needs up to {recipe.gigabytes:.0f} GB for Go's caches, and the disk of "
                f"{folder} has {free:.1f} GB free. Make room, or move the caches (GOMODCACHE, GOCACHE, XDG_CACHE_HOME)."
            )


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One build at a time on this machine; another waits for its end and then uses what it made."""
    try:
        import fcntl
    except ImportError:  # Windows has no flock; two builds there only do the work twice
        yield
        return
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another build is under way; waiting for its end.", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
