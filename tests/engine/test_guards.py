"""Guards against handing over the wrong thing: each guard stops `pulumi up` before anything is changed, and names the
setting that a reviewer would have to change."""

from __future__ import annotations

import pytest

from sandbox.server.server import Sandbox
from tests.engine.project import OTHER_RECIPIENT, RECIPIENT, SOURCE, WEB_01, WEB_02, Project, Run

RECREATE = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}
READS = ("Describe", "List", "Get")


@pytest.fixture
def stack(project: Project) -> Project:
    """A stack of both sides that names its accounts as a team would."""
    guarded(project)
    project.declare("web-01", WEB_01, recreate=RECREATE)
    return project


def guarded(project: Project, **changes: object) -> None:
    named = {
        "sourceAccount": SOURCE,
        "recipients": [RECIPIENT],
        "recipientProfile": "sandbox-recipient",
        "side": "both",
        "maxSubmissions": 20,
    }
    project.use("sandbox", **named | changes)


def stopped(project: Project, cloud: Sandbox) -> Run:
    """A run that changed nothing, neither at the cloud nor in the state."""
    before = project.tracked()
    run = project.up()
    assert not run.ok
    assert "Traceback" not in run.text
    changes = [entry.action for entry in cloud.log.entries() if not str(entry.action).startswith(READS)]
    assert not changes
    assert project.tracked() == before
    return run


def test_a_stack_whose_accounts_are_the_named_ones_goes_on(stack: Project, cloud: Sandbox) -> None:
    assert stack.up().ok
    assert len(cloud.desk.transfers()) == 1


def test_credentials_of_another_source_are_refused(stack: Project, cloud: Sandbox) -> None:
    guarded(stack, sourceProfile="sandbox-other")
    run = stopped(stack, cloud)
    assert f"belongs to account {OTHER_RECIPIENT}, and the stack's sourceAccount is {SOURCE}" in run.text
    assert "change `sourceAccount`, reviewed" in run.text


def test_credentials_of_another_recipient_are_refused(stack: Project, cloud: Sandbox) -> None:
    guarded(stack, recipientProfile="sandbox-other")
    run = stopped(stack, cloud)
    assert f"belongs to account {OTHER_RECIPIENT}, and the stack's allowlist of recipients is" in run.text
    assert "change `recipients`, reviewed" in run.text


def test_wrong_credentials_are_refused_even_where_there_is_no_handover(project: Project, cloud: Sandbox) -> None:
    guarded(project, recipientProfile="sandbox-other")
    folder = project.folder / "stacks/sandbox"
    folder.mkdir()
    (folder / "security-groups.yaml").write_text("web: { vpc_id: vpc-bp1birch000000001 }\n")
    assert "belongs to account" in stopped(project, cloud).text


def test_a_recipient_that_is_not_on_the_allowlist_is_reported_with_file_and_line(
    stack: Project, cloud: Sandbox
) -> None:
    stack.declare("web-02", WEB_02, recipient_account_id=OTHER_RECIPIENT)
    run = stopped(stack, cloud)
    assert (
        f"stacks/sandbox/web-02.yaml:4: recipient_account_id: account {OTHER_RECIPIENT} is not on the stack's allowlist"
        in run.text
    )
    assert "change `recipients` in the stack's settings in a reviewed commit" in run.text
    assert not cloud.log.entries()


def test_an_own_programs_recipient_has_to_be_on_the_allowlist_too(stack: Project, cloud: Sandbox) -> None:
    (stack.folder / "__main__.py").write_text(
        "from transfer_provider import Handover\n"
        f"Handover('a', instance_id='{WEB_01}', region='cn-hangzhou', recipient_account_id='{OTHER_RECIPIENT}',"
        " accept_terms=True)\n"
    )
    run = stopped(stack, cloud)
    assert f"a: account {OTHER_RECIPIENT} is not on the stack's allowlist of recipients ({RECIPIENT})" in run.text


def test_a_stack_that_names_no_accounts_is_refused(stack: Project, cloud: Sandbox) -> None:
    guarded(stack, sourceAccount="", recipients=[])
    run = stopped(stack, cloud)
    assert "instance-handover:sourceAccount: is missing; give the 16 digits" in run.text
    assert "instance-handover:recipients: is missing; give a list of the account ids" in run.text


def test_source_and_recipient_are_two(stack: Project, cloud: Sandbox) -> None:
    guarded(stack, recipients=[RECIPIENT, SOURCE])
    assert f"instance-handover:recipients: names {SOURCE}, which is the source account" in stopped(stack, cloud).text
    guarded(stack, recipientProfile="sandbox-source")
    assert f"belongs to account {SOURCE}" in stopped(stack, cloud).text


class TestTheNumberOfSubmissions:
    def test_more_than_the_stack_allows_are_refused(self, stack: Project, cloud: Sandbox) -> None:
        guarded(stack, maxSubmissions=1)
        stack.declare("web-02", WEB_02)
        run = stopped(stack, cloud)
        assert "Could not submit 2 transfers in one run: the stack allows 1" in run.text
        assert "change `maxSubmissions` in the stack's settings in a reviewed commit" in run.text

    def test_what_is_under_way_does_not_count(self, stack: Project, cloud: Sandbox) -> None:
        guarded(stack, maxSubmissions=1)
        assert stack.up().ok
        stack.declare("web-02", WEB_02)
        assert stack.up().ok
        assert len(cloud.desk.transfers()) == 2

    def test_what_is_cancelled_and_submitted_anew_counts(self, stack: Project, cloud: Sandbox) -> None:
        assert stack.up().ok
        guarded(stack, maxSubmissions=0)
        stack.declare("web-01", WEB_01, reason="Another project", recreate=RECREATE)
        cloud.log.clear()
        assert "Could not submit 1 transfers in one run: the stack allows 0" in stopped(stack, cloud).text

    def test_an_own_programs_are_counted_too(self, stack: Project, cloud: Sandbox) -> None:
        guarded(stack, maxSubmissions=1)
        (stack.folder / "__main__.py").write_text(
            "from transfer_provider import Handover\n"
            f"for name, instance in (('a', '{WEB_01}'), ('b', '{WEB_02}')):\n"
            f"    Handover(name, instance_id=instance, region='cn-hangzhou', recipient_account_id='{RECIPIENT}',"
            " accept_terms=True)\n"
        )
        run = stack.preview()
        assert not run.ok
        assert "the stack allows 1" in run.text
        assert not cloud.desk.transfers()


class TestProtect:
    def test_a_protected_transfer_is_not_cancelled_with_its_file(self, stack: Project, cloud: Sandbox) -> None:
        stack.declare("web-01", WEB_01, protect=True, recreate=RECREATE)
        stack.declare("web-02", WEB_02)
        assert stack.up().ok
        cloud.log.clear()
        stack.remove("web-01")
        assert "protect" in stopped(stack, cloud).text
        assert {transfer.status for transfer in cloud.desk.transfers()} == {"UnderReview"}

    def test_once_the_protection_is_taken_away_it_is(self, stack: Project, cloud: Sandbox) -> None:
        stack.declare("web-01", WEB_01, protect=True, recreate=RECREATE)
        stack.declare("web-02", WEB_02)
        assert stack.up().ok
        stack.declare("web-01", WEB_01, recreate=RECREATE)
        assert stack.up().ok
        stack.remove("web-01")
        assert stack.up().ok
        cancelled = {transfer.instance_id for transfer in cloud.desk.transfers() if transfer.status == "Cancelled"}
        assert cancelled == {WEB_01}
