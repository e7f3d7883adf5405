"""Four handovers to their new owner, the last by a copy, against the local Alibaba Cloud: `make demo`.

The commands shown are the ones that are run; of what each `pulumi up` prints, a summary is shown (`--verbose`: all).
"""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from tools.signals import heed_interrupts
from tools.story import ROOT, Failed, Story, console

SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
HANDOVERS = {
    "web-01": "i-bp1web00000000000001",
    "web-02": "i-bp1web00000000000002",
    "db-01": "i-bp1db000000000000001",
}
COPIED = "batch-01"
COPY = """\
instance_id: i-bp1batch0000000000001
recipient_account_id: "1000000000000002"
accept_terms: true
channel: image
recreate:
  vswitch_id: vsw-bp1orchid00000001
  security_groups: [orchid-web]
copy:
  kms_key_id: key-orchid0000001
"""


# Where it stays when all else is cleared away.
REPORT = ROOT / ".sandbox/demo-report.html"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="Four handovers, all the way to their new owner.")
    parser.add_argument("--verbose", action="store_true", help="show all that Pulumi prints")
    given = parser.parse_args()
    heed_interrupts()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Story("demo", shows=True, verbose=given.verbose) as story:
            play(story)
    except Failed as failed:
        console.print(f"[red]{failed}[/]", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    return 0


def play(story: Story) -> None:
    """The whole way of three handovers that share a security group, and of one by a copy."""
    missing = [name for name in HANDOVERS if not (story.project / f"stacks/sandbox/{name}.yaml").is_file()]
    if missing:
        raise Failed(f"the demo needs {', '.join(missing)} in stacks/sandbox, as they come with the project.")

    story.step("A local Alibaba Cloud")
    story.start()
    before = _owned(story, SOURCE)
    console.print(_table("The source's instances", before))

    story.step("Three handovers are files in stacks/sandbox; a preview shows what is due (docs/previews.md: in detail)")
    story.run("pulumi preview -s sandbox")

    story.step("Submitted, and the recipient's groups made; the review goes on at Alibaba Cloud")
    story.run("pulumi up -s sandbox --yes --skip-preview")

    story.step("The review approves; the next `up` receives the instances into the re-created groups")
    for instance_id in HANDOVERS.values():
        story.run(f"alicloud-sandbox review approve {instance_id}")
    story.run("pulumi up -s sandbox --yes --skip-preview")

    story.step("A fourth is a spot instance with encrypted disks, which only a copy takes (docs/channels.md)")
    (story.project / f"stacks/sandbox/{COPIED}.yaml").write_text(COPY)
    story.run(f"cat stacks/sandbox/{COPIED}.yaml")

    story.step("The three arrive; the next `up` binds the new addresses, and begins the copy")
    story.run("alicloud-sandbox clock +1m")
    story.run("pulumi up -s sandbox --yes --skip-preview")

    copy(story)

    story.step("Nothing is left to do")
    story.run("pulumi up -s sandbox --yes --skip-preview --expect-no-changes")
    story.run("pulumi stack output addresses -s sandbox --json")

    story.step("What Alibaba Cloud shows now")
    after = _owned(story, RECIPIENT)
    console.print(_table("The recipient's instances", after))
    _require_same(before, after)

    story.step("Where each handover stands")
    story.run("handover status --stack sandbox")

    story.step("What became of them, for the ticket and the auditor")
    REPORT.parent.mkdir(exist_ok=True)
    story.run(f"handover report --stack sandbox --format html --output {shlex.quote(str(REPORT))} --overwrite")
    console.print(f"The report: {REPORT.as_uri()}", soft_wrap=True)


def copy(story: Story) -> None:
    """The rest of the way of the handover by a copy."""
    story.step("Its image is made, shared, and copied; later runs go on, and none waits")
    story.run("alicloud-sandbox clock +3m")
    story.run("handover status --stack sandbox")
    story.run("alicloud-sandbox clock +3m")
    story.run("pulumi up -s sandbox --yes --skip-preview")
    story.run("alicloud-sandbox clock +6m")

    story.step("The recipient's instance is made from the image, and verified by the next `up`")
    story.run("pulumi up -s sandbox --yes --skip-preview")
    story.run("pulumi up -s sandbox --yes --skip-preview")


@dataclass(frozen=True)
class Owned:
    """What an account has of one instance: its security groups with their rules, and its address."""

    groups: dict[str, list[str]]
    address: str


def _owned(story: Story, account_id: str) -> dict[str, Owned]:
    """The demo's instances that the account owns, by name."""
    listed = json.loads(story.read("alicloud-sandbox instances --json"))
    owners = {instance["id"]: instance["account_id"] for instance in listed}
    networks = json.loads(story.read("alicloud-sandbox network --json"))
    (account,) = (network for network in networks if network["account_id"] == account_id)
    names = {group["id"]: group["name"] for group in account["security_groups"]}
    return {
        name: Owned(
            groups={
                group["name"]: sorted(_rule(rule, names) for rule in group["rules"])
                for group in account["security_groups"]
                if instance_id in group["instances"]
            },
            address=next((eip["ip_address"] for eip in account["eips"] if eip["instance"] == instance_id), ""),
        )
        for name, instance_id in HANDOVERS.items()
        if owners[instance_id] == account_id
    }


def _rule(rule: dict[str, Any], names: dict[str, str]) -> str:
    """A rule in one line, which is the same in another account: a group is known by its name in the project."""
    group = names.get(rule["group"] or "", "").removeprefix("orchid-")
    other_end = group or rule["cidr"] or rule["ipv6_cidr"] or rule["prefix_list"]
    how = f"{rule['direction']} {rule['protocol']} {rule['ports']} {other_end} {rule['policy']} {rule['priority']}"
    return f"{how} {rule['description']}".rstrip()


def _table(title: str, owned: dict[str, Owned]) -> Table:
    table = Table(
        "instance", "EIP", "security group", "rules", title=title, title_justify="left", box=None, pad_edge=False
    )
    for name, instance in owned.items():
        for position, (group, rules) in enumerate(instance.groups.items()):
            first = position == 0
            table.add_row(name if first else "", instance.address if first else "", group, "\n".join(rules))
    return table


def _require_same(before: dict[str, Owned], after: dict[str, Owned]) -> None:
    """The end is what the demo promises: every instance moved, same rules, new addresses where one is declared."""
    web = "web-01"
    rules = [sorted(owned[web].groups.values()) for owned in (before, after)]
    if after.keys() != HANDOVERS.keys() or rules[0] != rules[1] or after[web].address in ("", before[web].address):
        raise Failed("the recipient's side is not what the source's was; please report this.")
    console.print("[green]The recipient owns all three, web-01 in groups with the same rules and with a new EIP.[/]")


if __name__ == "__main__":
    sys.exit(main())
