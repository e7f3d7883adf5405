"""Write the JSON Schemas of the stacks' files for editors, or check that the written ones are current.

python -m tools.schema           writes stacks/*.schema.json
python -m tools.schema --check   exit status 1 where a file is not what the models define
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from transfer_provider.inputs import manifest
from transfer_provider.inputs import security_groups_file as security_groups

STACKS = Path(__file__).parents[1] / "stacks"
SCHEMAS = {"handover.schema.json": manifest.schema, "security-groups.schema.json": security_groups.schema}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    outdated = False
    for name, schema in SCHEMAS.items():
        file = STACKS / name
        text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
        if not arguments:
            file.write_text(text, "utf-8")
        elif file.is_file() and file.read_text("utf-8") == text:
            print(f"{name} is current.")
        else:
            print(f"{name} is out of date: run `make schema`.")
            outdated = True
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
