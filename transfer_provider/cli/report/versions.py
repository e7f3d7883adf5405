"""By what a stack's handovers were carried out, and the report written."""

from __future__ import annotations

import hashlib
from importlib.metadata import version

from transfer_provider.cli.engine.command import Engine, EngineFailed, NotReady, version_text
from transfer_provider.cli.follow.observed.stack_state import Exported
from transfer_provider.cli.report.facts import Versions
from transfer_provider.handover.unattended import files_digest
from transfer_provider.inputs.manifest import Stack
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import StackFiles

PROGRAM = "__main__.py"


def versions(files: StackFiles, settings: Settings, declared: Stack, exported: Exported, engine: Engine) -> Versions:
    """Of this machine, of the state, and of the stack's program and files."""
    return Versions(
        library=version("instance-handover"),
        sdk=version("pulumi"),
        engine=_engine(engine),
        plugin=version("pulumi-alicloud"),
        state_engine=exported.written.engine,
        state_plugins=exported.written.plugins,
        state_written_at=exported.written.at,
        program=_digest(files),
        files=files_digest(settings, declared),
        applied_files=exported.state.applied_files,
    )


def _engine(engine: Engine) -> str | None:
    try:
        return version_text(engine.version) if engine.version else None
    except (NotReady, EngineFailed):
        return None


def _digest(files: StackFiles) -> str | None:
    """Of the program's first file; None where it can't be read."""
    try:
        content = (files.root / PROGRAM).read_bytes()
    except OSError:
        return None
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
