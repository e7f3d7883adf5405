"""docs/previews.md and docs/plans.md: what a reviewer sees in each stage of a handover, made by running it.

    python -m tools.previews [--check]      or `make previews`

What differs from run to run (ids, addresses, times) is shortened to `…`. `--check` fails where a page differs.
"""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path

from tools.story import ROOT, Failed, Story, console

PREVIEWS, PLANS = ROOT / "docs/previews.md", ROOT / "docs/plans.md"
WEB_01, WEB_02, DB_01 = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001"

OPENINGS = {
    PREVIEWS: """\
# What does a reviewer see?

`pulumi preview -s sandbox --diff` in each stage of the three handovers in [stacks/sandbox](../stacks/sandbox). Written
by `make previews`, which runs them against the local Alibaba Cloud. What differs from run to run is shortened to `…`,
and the resources are put in order.
""",
    PLANS: """\
# What does a reviewer decide on?

`handover plan --stack sandbox` in each stage of the three handovers in [stacks/sandbox](../stacks/sandbox), which
[plan.md](plan.md) explains. Written by `make previews`, which runs it against the local Alibaba Cloud. What differs
from run to run is shortened to `…`.
""",
}

UP = "pulumi up -s sandbox --yes --skip-preview"
APPROVE = [f"alicloud-sandbox review approve {instance_id}" for instance_id in (WEB_01, WEB_02, DB_01)]
STAGES = {
    "Before: nothing is declared yet": [],
    "Reviewing: submitted, and nothing to decide": [UP],
    "Approved: the instances can be received": APPROVE,
    "Arrived: the new addresses can be bound": [UP, "alicloud-sandbox clock +1m"],
    "Settled: nothing is left to do": [UP],
}

AS_COMMENT = "Approved: the instances can be received"
PLAN = "handover plan --stack sandbox"
HAS_CHANGES = "test $? -ge 4"  # the exit codes of a plan with changes

ADDRESSES = (r"\b203\.0\.113\.\d+|\b198\.18\.\d+\.\d+", "…")
VARIES = (
    (r"\b(it|sg|eip|sgr|eipassoc)-[0-9a-z]{12,}(?![0-9a-z])", r"\1-…"),
    (r"\bsha256:[0-9a-f]{32}\b", "sha256:…"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z", "…"),
    ADDRESSES,
    (r"(?<=::)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…"),
    (r"\(\d+(\.\d+)?s\)", ""),
    (r"Duration: .*\n", ""),
    # On a busy machine the engine may report that a plugin it stops itself has stopped; its exit code stays 0.
    (r"error: Detected that .* exited prematurely\.\n(       .*\n)*", ""),
)
# In a plan the source's own addresses, which never vary, are part of what is decided.
PLAN_VARIES = (
    *(pair for pair in VARIES if pair != ADDRESSES),
    (r"\b198\.18\.\d+\.\d+", "…"),
    (r"\d{4}-\d\d-\d\d\s+\d\d:\d\d\s+UTC", "…"),
)
MESSAGE = re.compile(r"(\* )?(info|warning): ")
# The parts beside resources, each with its place; resources have place 1. The engine prints a message whenever it
# arrives, between any two resources.
PLACES = {"info:": 0, "warning:": 0, "    --outputs:--": 2, "Resources:": 3}
RESOURCE = re.compile(r"\s*(\+|-|~|\+-|-\+)? ?[\w-]+:[\w/:-]+: \(\w+\)")
STACK = re.compile(r"\s*([+~-] )?pulumi:pulumi:Stack: ")


def main(arguments: list[str]) -> int:
    try:
        texts = pages()
    except Failed as failed:
        console.print(f"[red]{failed}[/]", soft_wrap=True)
        return 1
    if "--check" not in arguments:
        for page, text in texts.items():
            page.write_text(text)
        return 0
    return max(_check(page, text) for page, text in texts.items())


def _check(page: Path, text: str) -> int:
    """1 where the page is not this text, with the difference on standard error."""
    written = page.read_text() if page.exists() else ""
    if written == text:
        return 0
    name = str(page.relative_to(ROOT))
    changed = difflib.unified_diff(written.splitlines(), text.splitlines(), name, "now", n=1, lineterm="")
    print("\n".join(changed), file=sys.stderr)
    print(f"{name} is not what is shown now; run `make previews`.", file=sys.stderr)
    return 1


def pages() -> dict[Path, str]:
    """The pages, by running the handovers through their stages once."""
    texts = dict(OPENINGS)
    comment = ""
    with Story("previews", shows=False) as story:
        story.start()
        for title, commands in STAGES.items():
            for command in commands:
                story.run(command)
            shown = steady(story.run("pulumi preview -s sandbox --diff --parallel 1"))
            texts[PREVIEWS] += f"\n## {title}\n\n```text\n{shown}```\n"
            plan = steady_plan(story.run(f"{PLAN} || {HAS_CHANGES}"))
            texts[PLANS] += f"\n## {title}\n\n```text\n{plan}```\n"
            if title == AS_COMMENT:
                comment = steady_plan(story.run(f"{PLAN} --format markdown || {HAS_CHANGES}"))
    texts[PLANS] += (
        f"\n## As a comment in a pull request\n\nThe stage *{AS_COMMENT}*, by `--format markdown`.\n\n{comment}"
    )
    return texts


def steady_plan(text: str) -> str:
    """A plan's text without what differs from run to run; the messages, which begin with an id, in order."""
    for pattern, instead in PLAN_VARIES:
        text = re.sub(pattern, instead, text)
    blocks: list[str] = []
    for line in text.splitlines(keepends=True):
        if blocks and line.startswith("  ") and MESSAGE.match(blocks[-1]):
            blocks[-1] += line
        else:
            blocks.append(line)
    messages = iter(sorted(block for block in blocks if MESSAGE.match(block)))
    return "".join(next(messages) if MESSAGE.match(block) else block for block in blocks)


def steady(text: str) -> str:
    """A preview's text without what differs from run to run: shortened, and each handover's resources together."""
    for pattern, instead in VARIES:
        text = re.sub(pattern, instead, text)
    lines = [line.rstrip() for line in text.strip().splitlines() if line.strip()]
    phases: list[list[list[str]]] = [[[]]]
    for line in lines:
        if STACK.match(line):
            phases.append([[line]])
        elif RESOURCE.match(line) or line.startswith(tuple(PLACES)):
            phases[-1].append([line])
        else:
            phases[-1][-1].append(line)
    ordered = (block for phase in phases for block in [phase[0], *sorted(phase[1:], key=_place)])
    return "\n".join(line for block in ordered for line in block) + "\n"


def _place(block: list[str]) -> tuple[int, str, int, str]:
    """Where a part of a preview comes: messages, resources by handover or group, outputs, the sum."""
    first = block[0]
    kind = next((place for start, place in PLACES.items() if first.startswith(start)), 1)
    urn = next((found.group(1) for line in block if (found := re.search(r"\[urn=(.*)\]", line))), first)
    name = urn.rsplit("::", 1)[-1]
    return kind, name.split("/")[0], urn.count("$"), urn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
