"""The file that `--save` keeps the engine's update plan in, by which `pulumi up --plan` does nothing else.

It is there only where a plan that can be applied was made: an earlier one is removed before, and nothing else ever is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from transfer_provider.cloud.errors import Refused


@contextmanager
def kept_at(file: Path | None) -> Iterator[Path | None]:
    """Where the engine is to write its plan, which is beside `file`, until `keep` puts it there.

    Raises Refused where there is something else than an earlier plan, or no folder for it.
    """
    if file is None:
        yield None
        return
    _remove_earlier(file)
    try:
        with TemporaryDirectory(prefix=".handover-plan-", dir=file.parent) as folder:
            yield Path(folder) / "plan.json"
    except FileNotFoundError:
        raise Refused(f"Could not save the plan to {file}: its folder does not exist. Create it.") from None


def keep(written: Path, file: Path) -> None:
    """Put the engine's plan where it was asked for, readable by its owner alone. Raises Refused where there is none."""
    if not written.is_file() or not is_plan(written):
        raise Refused(
            f"Could not save the plan to {file}: the engine wrote none. Check that it is Pulumi 3.259 or newer."
        )
    written.chmod(0o600)
    written.replace(file)


def is_plan(file: Path) -> bool:
    """Whether it is an update plan of the engine's."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"manifest", "resourcePlans"} <= content.keys()


def _remove_earlier(file: Path) -> None:
    if not file.exists() and not file.is_symlink():
        return
    if file.is_symlink() or not file.is_file() or not is_plan(file):
        raise Refused(
            f"Could not save the plan to {file}: there is something else than an earlier plan, which is kept. Give the "
            "name of a new file."
        )
    file.unlink()
