"""A rule changed by hand: the declared one is created again, and the changed one stays until somebody decides."""

from __future__ import annotations

from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import Project
from tests.engine.test_recipient_side import EVERYWHERE, GROUPS, declare_groups, succeeds
from transfer_provider.cloud import security_groups
from transfer_provider.cloud.client import Cloud

CHANGED = f"ingress tcp port 443 from {EVERYWHERE}, accept, priority 50"
DRIFTED = 4


def test_a_priority_changed_by_hand_is_drift_until_the_stack_is_set_to_remove_it(
    project: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    both = {"side": "both", "recipientProfile": "sandbox-recipient"}
    project.use("sandbox", **both)
    (project.folder / "stacks/sandbox").mkdir(exist_ok=True)
    declare_groups(project, {"front": GROUPS["front"]})
    succeeds(project.up())
    front = accounts.group_ids(recipient)["front"]
    declared = accounts.rules(recipient, front)
    (group,) = security_groups.by_id(recipient, [front])
    https = next(rule for rule in security_groups.with_rules(recipient, group).rules if rule.port_range == "443/443")
    accounts.change(
        recipient, "ModifySecurityGroupRule", SecurityGroupId=front, SecurityGroupRuleId=https.rule_id, Priority="50"
    )

    reported = f"OPEN TO THE WORLD: security group front ({front}) has a rule that no file declares: {CHANGED}"
    assert reported in succeeds(project.preview())
    assert reported in succeeds(project.up())
    assert reported in succeeds(project.preview("--expect-no-changes"))
    examined = project.handover("doctor")
    assert examined.code == DRIFTED, examined.text
    assert len(accounts.rules(recipient, front)) == len(declared) + 1

    project.use("sandbox", **both, undeclaredRules="remove")
    shown = succeeds(project.preview())
    assert f'{https.rule_id}: "{CHANGED}"' in " ".join(shown.split())
    assert len(accounts.rules(recipient, front)) == len(declared) + 1
    assert f"Revoked {https.rule_id} of {front}: {CHANGED}." in succeeds(project.up())
    assert accounts.rules(recipient, front) == declared
    assert "no file declares" not in succeeds(project.preview("--expect-no-changes"))
    assert project.handover("doctor").code == 0

    project.use("sandbox", **both)
    succeeds(project.up())
    assert accounts.rules(recipient, front) == declared
