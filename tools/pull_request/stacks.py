"""Which stacks a change concerns, as JSON for a workflow's matrix.

    python -m tools.pull_request.stacks [--since REVISION] [--except STACK …]
    python -m tools.pull_request.stacks --planned FOLDER

A stack is concerned where its settings or a file in its folder changed since the revision that the change began at; all
are, where what they share changed (the program, the library, another file in `stacks/`), where no revision is named or
where the repository does not have it. Names are those of the `stacks/Pulumi.<stack>.yaml` that there are; of one that
was removed, a warning for the workflow is printed to standard error, since nothing is left that could be planned.

With `--planned`, the stacks whose plan has changes: FOLDER has a folder `handover-plan-<stack>` each, with `handover
plan`'s exit code in the file `exit-code`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

SETTINGS = re.compile(r"stacks/Pulumi\.([A-Za-z0-9][A-Za-z0-9_.-]*)\.yaml")
PLAN = "handover-plan-"
CHANGES = ("4", "5")  # exit codes of `handover plan`
SHARED = ("__main__.py", "Pulumi.yaml", "requirements.lock", "transfer_provider/", "stacks/")


def there(root: Path) -> list[str]:
    """The stacks that have settings, in the order of their names."""
    found = (SETTINGS.fullmatch(f"stacks/{file.name}") for file in (root / "stacks").glob("Pulumi.*.yaml"))
    return sorted(match.group(1) for match in found if match)


def changed(root: Path, since: str) -> list[str] | None:
    """The files that changed between where the revision and HEAD parted, and HEAD; None where that can't be known."""
    command = ["git", "diff", "--name-only", "-z", "--no-renames", "--end-of-options", f"{since}...HEAD"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, errors="surrogateescape", check=False)
    return None if done.returncode else [path for path in done.stdout.split("\0") if path]


def concerned(stacks: Sequence[str], files: Sequence[str]) -> tuple[list[str], list[str]]:
    """The stacks whose plan these files can change, and the stacks whose settings were removed."""
    own: set[str] = set()
    removed: set[str] = set()
    for file in files:
        settings = SETTINGS.fullmatch(file)
        name = settings.group(1) if settings else file.split("/")[1] if file.startswith("stacks/") else None
        if name is not None and name in stacks:
            own.add(name)
        elif settings:
            removed.add(settings.group(1))
        elif file.startswith(SHARED):
            return list(stacks), sorted(removed)
    return sorted(own), sorted(removed)


def planned(folder: Path) -> list[str]:
    """The stacks whose plan has changes; a plan that failed, or that has nothing to do, is not applied."""
    codes = {file.parent.name.removeprefix(PLAN): file.read_text() for file in folder.glob(f"{PLAN}*/exit-code")}
    return sorted(name for name, code in codes.items() if code.strip() in CHANGES)


def main(arguments: Sequence[str], root: Path) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.pull_request.stacks", description=__doc__.splitlines()[0])
    parser.add_argument("--since", default="", help="the revision that the change began at")
    parser.add_argument("--except", dest="left_out", action="append", default=[], help="a stack to leave out")
    parser.add_argument("--planned", type=Path, help="the folder of the plans: the stacks with changes")
    asked = parser.parse_args(arguments)
    if asked.planned:
        print(json.dumps(planned(asked.planned)))
        return 0
    stacks = there(root)
    files = changed(root, asked.since) if asked.since else None
    if files is not None:
        stacks, removed = concerned(stacks, files)
        for name in removed:
            print(
                f"::warning::stacks/Pulumi.{name}.yaml is removed, so the stack {name} is not planned. Its transfers "
                "and addresses stay as they are: `pulumi destroy` is what cancels and releases them.",
                file=sys.stderr,
            )
    print(json.dumps([name for name in stacks if name not in asked.left_out]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
