"""Which file a `security-groups.yaml` names as its `base`, and both read as one.

    base: ../shared/security-groups.yaml

The path is relative to the file, as it is written there: `..` is the folder above by its name, not what a link leads
to. The base lies in the project's folder, and has no base of its own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from transfer_provider.inputs.fields import nearest
from transfer_provider.inputs.several_stacks.joined import joined
from transfer_provider.inputs.yaml_file import Document, FilesRefused, Problem, load, name_of

KEY = "base"
GIVE = "give the path, from this file, of the file with the shared groups, such as ../shared/security-groups.yaml"
NO_BASE_OF_ITS_OWN = "is not for a shared file, which has no base of its own; write its groups out, and remove this"


def with_base(own: Document, path: Path, root: Path) -> Document:
    """The groups of a `security-groups.yaml`, which is at this path in the project's folder, and those of its base.

    A mapping under `base` is a group of that name. Raises FilesRefused where the base is none, or can't be read.
    """
    if KEY not in own.values or isinstance(own.values[KEY], Mapping):
        return own
    line = own.line(KEY)
    found = _found(own.values[KEY], path, root)
    if isinstance(found, str):
        raise FilesRefused([Problem(own.file, line, KEY, found)])
    base = load(found, name_of(found, root))
    if KEY in base.values and not isinstance(base.values[KEY], Mapping):
        raise FilesRefused([Problem(base.file, base.line(KEY), KEY, NO_BASE_OF_ITS_OWN)])
    return joined(replace(own, values={key: value for key, value in own.values.items() if key != KEY}), base)


def _found(given: Any, path: Path, root: Path) -> Path | str:
    """The file that is named, or what is wrong with the name."""
    if not isinstance(given, str):
        return f"{'is empty' if given is None else 'has the wrong type'}; {GIVE}"
    if not given.isprintable() or given != given.strip() or "\\" in given or not given.endswith(".yaml"):
        return f"is no path of a .yaml file; {GIVE}"
    if PurePosixPath(given).is_absolute() or given.startswith("~"):
        return f"is a path from this machine's root or a home folder, where others have no such file; {GIVE}"
    file = Path(os.path.normpath(path.parent / given))
    if not file.is_relative_to(root):
        return f"leads out of the project's folder; {GIVE}"
    if file == path:
        return f"names the file itself; {GIVE}"
    if file.parent == path.parent:
        return (
            f"names a file in the stack's own folder, where each is a handover; put it in a folder beside, and {GIVE}"
        )
    named = name_of(file, root)
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(root)):
        return f"names {named}, a link that leads out of the project's folder; put the file itself there"
    if os.path.realpath(file) == os.path.realpath(path):
        return f"names {named}, which is this file itself by a link; {GIVE}"
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return _missing(file, named)
    except OSError:
        pass  # Whatever it is, the reading reports it.
    return file


def _missing(file: Path, named: str) -> str:
    """The problem of a base that does not exist, with what its folder has."""
    try:
        # Also one that was parked: security-groups.yaml.bak.
        beside = sorted(other.name for other in file.parent.glob("*.yaml*"))
    except OSError:
        beside = []
    there = f"There is {', '.join(beside)} in that folder" if beside else "There is no .yaml file in that folder"
    return f"names {named}, which does not exist; {nearest(file.name, beside)}{there}"
