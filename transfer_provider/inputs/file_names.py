"""Which files of a stack's folder are handovers, and which only look like one.

A handover whose file is not read is a handover taken back: the next run would cancel its transfer. So a file that
declares an instance under another kind of name (`web-01.yaml.bak`, `.web-01.yaml`, `web-01.json`) is a problem. A copy
beside the file itself (`web-01.yaml~`) is harmless, and so is whatever declares no instance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from transfer_provider.inputs.security_groups_file import FILE as GROUPS
from transfer_provider.inputs.yaml_file import LARGEST_BYTES, FilesRefused, Problem, name_of

HANDOVER = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.yaml")
HANDOVER_FILE = "<handover>.yaml, with up to 63 of a-z, 0-9 and -"
# Text about handovers, which may show a file's keys.
DOCUMENTS = (".md", ".rst", ".adoc")
# The file that a copy's name begins with, after what hides or marks it: .web-01.yaml.swp, web-01.yaml~, web-01.json.
_COPY_OF = re.compile(r"[._#~]*([a-z0-9-]+)(?:\.|~|#|$)")
_INSTANCE = re.compile(rb"""(?:^|[{,])[ \t]*["']?instance_id["']?[ \t]*:""", re.MULTILINE)


@dataclass(frozen=True)
class Entries:
    """A stack's folder: the handovers' files in the order of their names, and what else may not be in it."""

    handovers: Sequence[Path] = ()
    problems: Sequence[Problem] = ()
    folder_missing: bool = False


def entries(folder: Path, root: Path) -> Entries:
    """What is in a stack's folder. A folder that can't be listed is never taken for an empty folder."""
    try:
        if not folder.exists() and not folder.is_symlink():
            return Entries(folder_missing=True)
        found = sorted(folder.iterdir())
        names = {path.name for path in found}
        handovers = [path for path in found if HANDOVER.fullmatch(path.name) and path.name != GROUPS]
        others = [path for path in found if path.name != GROUPS and path not in handovers]
        problems = [_problem(path, names, name_of(path, root)) for path in others]
    except OSError as error:
        what = f"can't be listed: {error.strerror}; it has to be the folder of the stack's handovers"
        raise FilesRefused([Problem(name_of(folder, root), 1, "", what)]) from None
    folders = [Problem(name_of(path, root), 1, "", _FOLDER) for path in handovers if path.is_dir()]
    return Entries(
        [path for path in handovers if not path.is_dir()],
        [problem for problem in (*problems, *folders) if problem is not None],
    )


_FOLDER = "is a folder; put handovers right into the stack's own"


def _problem(path: Path, names: Collection[str], file: str) -> Problem | None:
    """What is wrong with an entry that is no handover; None where it is harmless."""
    hidden = path.name.startswith(".")
    if path.is_dir():
        return None if hidden else Problem(file, 1, "", _FOLDER)
    if hidden or path.suffix.lower() not in (".yaml", ".yml"):
        return _parked(path, names, file)
    groups_meant = path.stem.lower() == Path(GROUPS).stem
    hint = f"name it {GROUPS if groups_meant else HANDOVER_FILE}"
    return Problem(file, 1, "", f"is not a handover's file name; {hint}")


def _parked(path: Path, names: Collection[str], file: str) -> Problem | None:
    """The problem of a file that declares something, but is not read and is no copy of a file that is."""
    document = path.suffix.lower() in DOCUMENTS and not re.search(r"\.ya?ml", path.name)
    copied = _COPY_OF.match(path.name)
    original = f"{copied[1]}.yaml" if copied else ""
    # A pipe would be waited for.
    if document or original in names or not path.is_file():
        return None
    if original == GROUPS:
        what = "is not read, so its groups are left out"
        return Problem(file, 1, "", f"{what}; name it {GROUPS}, or move it out of the folder")
    line = _instance_line(path)
    if line is None:
        return None
    what = "declares an instance, but is not read, so the run would cancel its transfer"
    return Problem(file, line, "", f"{what}; name it {HANDOVER_FILE}, or move it out of the folder")


def _instance_line(path: Path) -> int | None:
    """The line in which a file declares an instance; None where it declares none."""
    try:
        with path.open("rb") as stream:
            text = stream.read(LARGEST_BYTES)
    except OSError:
        return None
    found = _INSTANCE.search(text)
    return text.count(b"\n", 0, found.end()) + 1 if found else None
