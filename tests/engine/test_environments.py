"""Dev, staging and production: three stacks that share groups, come after one another, and never share an instance."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.server.server import Sandbox
from tests.engine.project import DB_01, WEB_01, WEB_02, Project, Run
from tests.engine.test_order import cancellations, submissions

SHARED = """\
web:
  description: Web servers
  rules:
    https: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }
"""
GROUPS = "base: ../shared/security-groups.yaml\nweb: { vpc_id: vpc-bp1orchid00000001 }\n"
FILE = f"""\
# The shop's web server: its instance differs in each environment.
instance_id: {WEB_01}
recipient_account_id: "1000000000000002"
reason: The shop moves
accept_terms: true
recreate:
  vswitch_id: vsw-bp1orchid00000001   # the shop's
  security_groups: [web]
  window: always
"""


def write(project: Project, stack: str, name: str, text: str) -> Path:
    path = project.folder / f"stacks/{stack}/{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def use(project: Project, stack: str, **config: Any) -> None:
    project.use(stack, side="both", recipientProfile="sandbox-recipient", recipients=["1000000000000002"], **config)
    write(project, stack, "security-groups", GROUPS)


def promote(project: Project, origin: str, to: str) -> Run:
    return project.handover("promote", "web-01", "--from", origin, "--to", to, stacked=False)


def fill_in(project: Project, stack: str, instance: str) -> None:
    path = project.folder / f"stacks/{stack}/web-01.yaml"
    values = {
        "instance_id": instance,
        "accept_terms": "true",
        "vswitch_id": "vsw-bp1orchid00000001",
        "window": "always",
    }
    lines = []
    for line in path.read_text().splitlines():
        key = line.split(":")[0].strip()
        lines.append(f"{line.partition(':')[0]}: {values[key]}" if f"{key}:  # " in line else line)
    path.write_text("\n".join(lines) + "\n")


def arrived(project: Project, cloud: Sandbox, instance: str) -> Run:
    """The review passes, the recipient's half accepts, and the instance has moved."""
    cloud.desk.approve(instance)
    assert project.up().ok
    cloud.clock.advance(timedelta(minutes=1))
    return project.up()


def test_a_handover_goes_from_dev_to_production_by_files(project: Project, cloud: Sandbox) -> None:
    shared = write(project, "shared", "security-groups", SHARED)
    use(project, "dev")
    write(project, "dev", "web-01", FILE)
    assert project.up().ok

    # Promoted, and left open: nothing is declared until it is filled in.
    use(project, "staging", after=["dev"])
    done = promote(project, "dev", "staging")
    assert done.ok, done.text
    assert WEB_01 not in (project.folder / "stacks/staging/web-01.yaml").read_text()
    refused = project.up()
    assert not refused.ok
    assert "stacks/staging/web-01.yaml:2: instance_id: is empty; give the id of the instance" in refused.text
    for key in ("accept_terms", "recreate.vswitch_id", "recreate.window"):
        assert f": {key}: is empty" in refused.text

    # With dev's instance it would adopt dev's transfer, which is the same request.
    open_file = project.folder / "stacks/staging/web-01.yaml"
    left_open = open_file.read_text()
    fill_in(project, "staging", WEB_01)
    same = project.preview()
    assert not same.ok
    assert f"instance_id: {WEB_01} is handed over by stacks/dev/web-01.yaml:2 of stack dev, which this" in same.text
    open_file.write_text(left_open)

    fill_in(project, "staging", WEB_02)
    assert submissions(cloud) == 1
    project.stack = "dev"
    assert arrived(project, cloud, WEB_01).ok
    project.stack = "staging"
    assert project.up().ok
    assert {transfer.instance_id for transfer in cloud.desk.transfers()} == {WEB_01, WEB_02}

    # A change of the shared groups is one that no person has applied in either stack.
    shared.write_text(SHARED.replace("443", "8443") + "spare: { vpc_id: vpc-bp1orchid00000001 }\n")
    alone = project.pulumi("up", "--yes", "--skip-preview", environment={"HANDOVER_UNATTENDED": "1"})
    assert not alone.ok
    assert "the stack's files or settings have changed since a person's last `pulumi up`" in alone.text
    preview = project.preview()
    assert "8443/8443" in preview.text
    assert "1 to create" in preview.text

    # Production waits for staging, and has the shared groups in the form of now.
    use(project, "production", after=["staging"])
    assert promote(project, "staging", "production").ok
    fill_in(project, "production", DB_01)
    waits = project.up()
    assert waits.ok, waits.text
    assert "(unsettled there: web-01 (UnderReview)): web-01." in waits.text
    project.stack = "staging"
    assert arrived(project, cloud, WEB_02).ok
    project.stack = "production"
    assert project.up().ok
    assert {transfer.instance_id for transfer in cloud.desk.transfers()} == {WEB_01, WEB_02, DB_01}
    assert (submissions(cloud), cancellations(cloud)) == (3, 0)

    # What is dropped from the shared file is dropped from each stack that had it, and refused.
    shared.write_text(SHARED)
    dropped = project.preview()
    assert not dropped.ok
    assert "Could not remove the security group spare: it is protected" in dropped.text
    assert cancellations(cloud) == 0
