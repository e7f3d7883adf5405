"""A GitHub workflow's jobs, run here: their `run` steps by a real bash, what GitHub itself does by a stand-in.

Known are the parts that .github/workflows/handover.yml uses: expressions with paths, strings, `==`, `!=`, `&&`, `||`,
`!` and `fromJSON`; the files that steps write outputs, variables, folders and their summary to; local composite
actions; artifacts. An action of somebody else does what `actions` has for it. Anything unknown is an error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<path>[A-Za-z_][\w.-]*)|(?P<sign>&&|\|\||==|!=|[!()]))")
_SIGNS = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", "(": "(", ")": ")"}
Action = Callable[[Mapping[str, str]], Mapping[str, str]]
"""From an action's inputs to the environment variables that it sets."""

_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")


@dataclass
class JobRun:
    """One job's run: its environment so far, what its steps printed, and how it ended."""

    folder: Path
    context: dict[str, Any]
    environment: dict[str, str]
    log: str = ""
    ok: bool = True
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    """The commands that were run, first to last."""


@dataclass
class Workflow:
    """A workflow of the repository; `checkout` is the folder that its jobs work in, `temporary` the runner's."""

    file: Path
    checkout: Path
    temporary: Path
    environment: Mapping[str, str]
    actions: Mapping[str, Action]
    artifacts: dict[str, Path] = field(default_factory=dict)

    def jobs(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.file.read_text("utf-8"))["jobs"]
        return found

    def run(self, name: str, **context: Any) -> JobRun | None:
        """Run a job in this context (`github`, `vars`, `secrets`, `matrix`, `needs`); None where its `if` skips it."""
        job = self.jobs()[name]
        if not _holds(job.get("if", "true"), context, failed=False):
            return None
        scratch = self.temporary / f"run-{len(list(self.temporary.glob('run-*')))}"
        scratch.mkdir(parents=True)
        run = JobRun(scratch, dict(context) | {"steps": {}}, dict(self.environment) | {"RUNNER_TEMP": str(scratch)})
        run.environment |= _filled(job.get("env", {}), run.context)
        self._steps(job["steps"], run)
        for key, value in job.get("outputs", {}).items():
            run.outputs[key] = _text(value, run.context)
        return run

    def _steps(self, steps: Sequence[Mapping[str, Any]], run: JobRun) -> None:
        for step in steps:
            if not _holds(step.get("if", "success()"), run.context, failed=not run.ok):
                continue
            given = _filled(step.get("with", {}), run.context)
            match step.get("uses"):
                case None:
                    self._command(step, run)
                case str() as local if local.startswith("./"):
                    self._composite(self.checkout / local / "action.yml", given, run)
                case str() as action if action.startswith("actions/upload-artifact@"):
                    kept = self.temporary / "artifacts" / given["name"]
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(self.checkout / given["path"], kept)
                    self.artifacts[given["name"]] = kept
                case str() as action if action.startswith("actions/download-artifact@"):
                    self._download(given)
                case str() as action:
                    run.environment |= self.actions[action.partition("@")[0]](given)

    def _composite(self, file: Path, given: Mapping[str, str], run: JobRun) -> None:
        action = yaml.safe_load(file.read_text("utf-8"))
        assert set(given) <= set(action["inputs"]), f"{file} has no inputs {set(given) - set(action['inputs'])}"
        defaults = {name: declared.get("default", "") for name, declared in action["inputs"].items()}
        outer, run.context = run.context, run.context | {"inputs": defaults | dict(given)}
        self._steps(action["runs"]["steps"], run)
        run.context = outer

    def _download(self, given: Mapping[str, str]) -> None:
        target = self.checkout / given["path"]
        if "name" in given:
            shutil.copytree(self.artifacts[given["name"]], target, dirs_exist_ok=True)
            return
        for name, kept in self.artifacts.items():
            if Path(name).match(given["pattern"]):
                shutil.copytree(kept, target / name, dirs_exist_ok=True)

    def _command(self, step: Mapping[str, Any], run: JobRun) -> None:
        files = {
            name: run.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for file in files.values():
            file.write_text("")
        environment = run.environment | _filled(step.get("env", {}), run.context)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.checkout,
            env=environment | {name: str(file) for name, file in files.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        run.steps.append(step["run"])
        run.log += done.stdout
        run.ok = run.ok and done.returncode == 0
        run.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        run.environment |= _pairs(files["GITHUB_ENV"])
        for folder in files["GITHUB_PATH"].read_text().splitlines():
            run.environment["PATH"] = f"{folder}{os.pathsep}{run.environment['PATH']}"
        if "id" in step:
            run.context["steps"][step["id"]] = {"outputs": _pairs(files["GITHUB_OUTPUT"])}


def _pairs(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def _filled(values: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value, context) for name, value in values.items()}


def _text(value: Any, context: Mapping[str, Any]) -> str:
    def found(match: re.Match[str]) -> str:
        known = _value(match.group(1), context)
        return json.dumps(known) if isinstance(known, (list, dict, bool)) else str(known)

    return re.sub(r"\$\{\{(.*?)\}\}", found, str(value))


def _holds(condition: str, context: Mapping[str, Any], *, failed: bool) -> bool:
    """Whether a job or step is run: without `always()` and the like, not after a failure."""
    bare = re.sub(r"^\$\{\{|\}\}$", "", condition.strip())
    known = {"always": True, "success": not failed, "failure": failed, "cancelled": False}
    if not any(f"{name}()" in bare for name in known):
        bare = f"success() && ({bare})"
    for name, value in known.items():
        bare = bare.replace(f"{name}()", str(value).lower())
    return bool(_value(bare, context))


def _value(expression: str, context: Mapping[str, Any]) -> Any:
    """An expression's value; a path that leads nowhere is empty, as GitHub has it."""
    text, parts, place = expression.strip(), [], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        assert token is not None, f"an expression of another form: {expression}"
        place = token.end()
        if token["sign"]:
            parts.append(_SIGNS[token["sign"]])
        elif token["path"] in ("true", "false"):
            parts.append(token["path"].capitalize())
        elif token["path"] == "fromJSON":
            parts.append("json.loads")
        else:
            parts.append(token["text"] or repr(_found(token["path"], context)))
    return eval("".join(parts), {"json": json, "__builtins__": {}})


def _found(path: str, context: Mapping[str, Any]) -> Any:
    found: Any = context
    for part in path.split("."):
        found = found.get(part, "") if isinstance(found, Mapping) else ""
    return found
