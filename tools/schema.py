"""Write the JSON Schema of manifests for editors, or check that the written one is current.

python -m tools.schema           writes stacks/handover.schema.json
python -m tools.schema --check   exit status 1 where it is not what the model says
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from transfer_provider.manifest import schema

FILE = Path(__file__).parents[1] / "stacks" / "handover.schema.json"


def main(arguments: list[str]) -> int:
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    if arguments == ["--check"]:
        current = FILE.is_file() and FILE.read_text("utf-8") == text
        print(f"{FILE.name} is current." if current else f"{FILE.name} is out of date: run `make schema`.")
        return 0 if current else 1
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    FILE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
