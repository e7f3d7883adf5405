"""Is what runs a stack there, and does it fit together: Python, Pulumi's engine, its language host, its plugin?"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from transfer_provider.cli.doctor.checkup import Check, Report, not_checked, ok, problem, warning
from transfer_provider.cli.engine.command import Engine, NotReady, fits, read_version, version_text
from transfer_provider.cli.examined_stack import ExaminedStack

PACKAGE = "instance-handover"
OLDEST_PYTHON = (3, 11)
HOSTS = ("pulumi-language-python", "pulumi-resource-pulumi-python")
PLUGIN = "alicloud"
INSTALL = "Run `make setup`, or install Pulumi (https://www.pulumi.com/docs/install/)"


def checks(stack: ExaminedStack, engine: Engine) -> list[Check]:
    """The checks, in their order."""
    return [
        Check("python", _python),
        Check("engine", partial(_engine, stack, engine)),
        Check("language host", partial(_language_host, stack, engine)),
        Check("plugin", _plugin),
    ]


def _python() -> Iterator[Report]:
    here = ".".join(map(str, sys.version_info[:3]))
    try:
        package = f"{PACKAGE} {version(PACKAGE)}"
    except PackageNotFoundError:
        package = f"{PACKAGE}, which is not installed as a package"
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield problem(f"Python {here}.", "Use Python 3.11 or newer.")
    else:
        yield ok(f"Python {here}, {package}.")


def _engine(stack: ExaminedStack, engine: Engine) -> Iterator[Report]:
    if engine.command is None:
        yield problem("There is no `pulumi` on PATH.", f"{INSTALL}, and put it on PATH.")
        return
    if engine.version is None:
        yield problem(f"{engine.command} does not print its version.", f"{INSTALL} anew.")
        return
    here = f"Pulumi {version_text(engine.version)}"
    wanted = _wanted(stack)
    fitting = fits(engine.version, wanted) if wanted else True
    if fitting is False:
        yield problem(f"{here}; the project requires {wanted}.", f"{INSTALL} in such a version.")
        return
    if fitting is None:
        yield not_checked(f"Whether {here} is {wanted}: Pulumi itself reports it at its next run.")
    sdk = read_version(version("pulumi"))
    if sdk is not None and (engine.version[0] != sdk[0] or engine.version[:2] < sdk[:2]):
        yield warning(
            f"{here} is older than the Python SDK {version_text(sdk)}, or of another generation.",
            f"Upgrade the engine to {version_text(sdk)} or newer.",
        )
    else:
        yield ok(f"{here}, Python SDK {version_text(sdk) if sdk else version('pulumi')}.")


def _wanted(stack: ExaminedStack) -> str:
    """The engines that the project allows; problems of its file are reported elsewhere."""
    try:
        return str(stack.project.get("requiredPulumiVersion") or "")
    except NotReady:
        return ""


def _language_host(stack: ExaminedStack, engine: Engine) -> Iterator[Report]:
    if engine.command is None:
        raise NotReady("engine")
    # Pulumi searches PATH, and beside what its link leads to.
    places = f"{engine.command.resolve().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    missing = [host for host in HOSTS if shutil.which(host, path=places) is None]
    if missing:
        yield problem(
            f"{' and '.join(missing)} can't be found, neither beside pulumi nor on PATH.", f"{INSTALL} whole."
        )
        return
    options = (stack.project.get("runtime") or {}) if isinstance(stack.project.get("runtime"), dict) else {}
    venv = (options.get("options") or {}).get("virtualenv")
    if (
        venv
        and not (stack.root / str(venv) / "bin" / "python").exists()
        and not (stack.root / str(venv) / "Scripts" / "python.exe").exists()
    ):
        yield problem(f"The virtual environment {venv} that Pulumi.yaml names is not there.", "Run `make setup`.")
        return
    yield ok(f"Found{f'; it runs the program in {venv}' if venv else ''}.")


def _plugin() -> Iterator[Report]:
    wanted = version("pulumi-alicloud")
    binary = f"pulumi-resource-{PLUGIN}"
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    folder = home / "plugins" / f"resource-{PLUGIN}-v{wanted}"
    here = f"resource-{PLUGIN} {wanted}"
    half_made = folder.with_name(f"{folder.name}.partial").exists()
    if not half_made and any((folder / name).exists() for name in (binary, f"{binary}.exe")):
        yield ok(f"{here}.")
    elif shutil.which(binary):
        yield ok(f"{binary} on PATH, in whichever version; pulumi-alicloud is {wanted}.")
    else:
        install = f"Run `make setup`, or `pulumi plugin install resource {PLUGIN} {wanted}`."
        observed = f"{here}, which the installed pulumi-alicloud needs, is not in {home / 'plugins'}"
        if os.environ.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "").lower() in ("1", "true"):
            yield problem(f"{observed}, and Pulumi may not fetch it.", install)
        else:
            yield warning(f"{observed}; Pulumi fetches it at its next run, where it can reach the internet.", install)
