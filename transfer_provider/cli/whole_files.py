"""Writing files whole: all of them or none, through symbolic links, with the mode and the owner they have."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from transfer_provider.cloud.errors import Refused

NEW_FILE_MODE = 0o644


def write_all(texts: Mapping[Path, str]) -> None:
    """Write each text to its file, as UTF-8. Raises Refused, with nothing written, where a file can't be.

    Each is written beside its place and then takes it, so that what is broken off leaves the old file.
    """
    prepared: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            # A link stays a link: the file it leads to is written.
            target = path.resolve()
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                prepared[target] = _beside(target, text)
            except OSError as error:
                raise Refused(
                    f"Could not write {path}: {error.strerror or type(error).__name__}. Nothing was written; make the "
                    "folder and the file writable for this user, with the file's owner, and run the command again."
                ) from None
        for target, scratch in prepared.items():
            scratch.replace(target)
    finally:
        for scratch in prepared.values():
            scratch.unlink(missing_ok=True)


def _beside(target: Path, text: str) -> Path:
    """The text in a file beside the target, with the target's owner and mode where it exists."""
    there = target.stat() if target.exists() else None
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            made = os.fstat(stream.fileno())
        if there and (there.st_uid, there.st_gid) != (made.st_uid, made.st_gid):
            os.chown(scratch, there.st_uid, there.st_gid)
        scratch.chmod(stat.S_IMODE(there.st_mode) if there else NEW_FILE_MODE)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    return scratch
