"""docs/previews.md: what a reviewer sees in each stage of a handover, made by running it: `make previews`.

    python -m tools.previews [--check]

What differs from run to run (ids, addresses, times) is shortened to `…`. `--check` fails where the page differs.
"""

from __future__ import annotations

import re
import sys

from tools.story import ROOT, Failed, Story, console

PAGE = ROOT / "docs/previews.md"
WEB_01, WEB_02, DB_01 = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001"

OPENING = """\
# What does a reviewer see?

`pulumi preview -s sandbox --diff` in each stage of the three handovers in [stacks/sandbox](../stacks/sandbox). Written
by `make previews`, which runs them against the local Alibaba Cloud; what differs from run to run is shortened to `…`.
"""

UP = "pulumi up -s sandbox --yes --skip-preview"
APPROVE = [f"alicloud-sandbox review approve {instance_id}" for instance_id in (WEB_01, WEB_02, DB_01)]
STAGES = {
    "Before: nothing is declared yet": [],
    "Reviewing: submitted, and nothing to decide": [UP],
    "Approved: the instances can be received": APPROVE,
    "Arrived: the new addresses can be bound": [UP, "alicloud-sandbox clock +1m"],
    "Settled: nothing is left to do": [UP],
}

VARIES = (
    (r"\b(it|sg|eip|sgr|eipassoc)-[0-9a-z]{12,}(?![0-9a-z])", r"\1-…"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z", "…"),
    (r"\b203\.0\.113\.\d+|\b198\.18\.\d+\.\d+", "…"),
    (r"(?<=::)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…"),
    (r"\(\d+(\.\d+)?s\)", ""),
    (r"Duration: .*\n", ""),
)


def main(arguments: list[str]) -> int:
    try:
        text = page()
    except Failed as failed:
        console.print(f"[red]{failed}[/]", soft_wrap=True)
        return 1
    if "--check" not in arguments:
        PAGE.write_text(text)
        return 0
    if PAGE.read_text() != text:
        print(f"{PAGE.relative_to(ROOT)} is not what the previews show now; run `make previews`.", file=sys.stderr)
        return 1
    return 0


def page() -> str:
    """The page, by running the handovers through their stages."""
    parts = [OPENING]
    with Story("previews", shows=False) as story:
        story.start()
        for title, commands in STAGES.items():
            for command in commands:
                story.run(command)
            shown = steady(story.run("pulumi preview -s sandbox --diff --parallel 1"))
            parts.append(f"\n## {title}\n\n```text\n{shown}```\n")
    return "".join(parts)


def steady(text: str) -> str:
    """A preview's text without what differs from run to run, its resources in an order of their own."""
    for pattern, instead in VARIES:
        text = re.sub(pattern, instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
