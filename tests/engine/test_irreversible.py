"""Everyday slips: none of them cancels a transfer, releases an address or begins what it can't finish."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import DB_01, OTHER_RECIPIENT, RECIPIENT, WEB_01, WEB_02, Project, Run
from transfer_provider.cloud.client import Cloud

READS = ("Describe", "List", "Get")
RECREATE: dict[str, Any] = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]}
WITH_ADDRESS: dict[str, Any] = RECREATE | {"eip": {"bandwidth": 5, "allocate": "now"}}


@pytest.fixture
def stack(project: Project) -> Project:
    """A stack of both sides, with the settings' defaults."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    return project


def refused(project: Project, cloud: Sandbox, *reasons: str) -> Run:
    """A run that is refused for these reasons, and changes nothing, neither at the cloud nor in the state."""
    cloud.log.clear()
    before = project.tracked()
    run = project.up()
    assert not run.ok, run.text
    for reason in reasons:
        assert reason in " ".join(run.text.split()), run.text
    assert "Traceback" not in run.text
    assert [entry.action for entry in cloud.log.entries() if not str(entry.action).startswith(READS)] == []
    assert project.tracked() == before
    return run


def succeeds(run: Run) -> str:
    assert run.ok, run.text
    return run.text


def statuses(cloud: Sandbox) -> set[str]:
    return {str(transfer.status) for transfer in cloud.desk.transfers()}


def rename(project: Project, **names: str) -> None:
    """Rename files at once, so that two may exchange their names."""
    folder = project.folder / "stacks" / project.stack
    texts = {after: (folder / f"{before.replace('_', '-')}.yaml").read_text() for before, after in names.items()}
    for before in names:
        (folder / f"{before.replace('_', '-')}.yaml").unlink()
    for after, text in texts.items():
        (folder / f"{after}.yaml").write_text(text)


def test_names_given_to_other_instances_cancel_nothing(stack: Project, cloud: Sandbox) -> None:
    stack.declare("web-02", WEB_02)
    stack.declare("db-01", DB_01)
    succeeds(stack.up())
    held = "a name belongs to its instance for as long as the state holds it"

    rename(stack, web_02="db-01", db_01="web-02")
    refused(stack, cloud, held, f"{WEB_02} is declared as db-01 now")
    rename(stack, web_02="db-01", db_01="web-02")

    rename(stack, web_02="web-03", db_01="web-02")
    refused(stack, cloud, held, f"{WEB_02} is declared as web-03 now")
    rename(stack, web_03="web-02", web_02="db-01")

    rename(stack, web_02="web-03")
    stack.declare("web-02", WEB_01)
    refused(stack, cloud, held, "rename in two runs")
    # The way that the message names.
    stack.remove("web-02")
    succeeds(stack.up())
    stack.declare("web-02", WEB_01)
    succeeds(stack.up())
    assert {name: held["instance_id"] for name, held in stack.transfers().items()} == {
        "web-03": WEB_02,
        "web-02": WEB_01,
        "db-01": DB_01,
    }
    assert statuses(cloud) == {"UnderReview"}
    assert len(cloud.desk.transfers()) == 3


def test_a_parked_file_and_a_misspelt_folder_cancel_nothing(stack: Project, cloud: Sandbox) -> None:
    files = [stack.declare("web-01", WEB_01), stack.declare("web-02", WEB_02)]
    succeeds(stack.up())
    names = ["web-01.yaml.bak", ".web-02.yaml"]
    parked = [file.rename(file.with_name(name)) for file, name in zip(files, names, strict=True)]
    refused(stack, cloud, *(f"{name}:2: declares an instance, but is not read" for name in names))
    for file, before in zip(parked, files, strict=True):
        file.rename(before)
    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", handovers="sandbx")
    refused(stack, cloud, "stacks/sandbx:1: does not exist, and the setting `handovers` names it; did you mean")
    assert statuses(cloud) == {"UnderReview"}


def test_after_an_arrival_its_name_its_address_and_its_file_stay_together(
    stack: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    stack.declare("web-01", WEB_01, recreate=WITH_ADDRESS)
    stack.declare("db-01", DB_01)
    succeeds(stack.up())
    before = accounts.addresses(recipient)

    # While it is reserved.
    stack.declare("web-01", WEB_01, recreate=RECREATE | {"eip": {"bandwidth": 5}})
    refused(stack, cloud, "Could not remove the EIP of web-01", "its file no longer declares it")
    stack.remove("web-01")
    refused(stack, cloud, "Could not remove the EIP of web-01", "its file was removed")

    stack.declare("web-01", WEB_01, recreate=WITH_ADDRESS)
    cloud.desk.approve(WEB_01)
    succeeds(stack.up())
    cloud.clock.advance(timedelta(minutes=1))
    succeeds(stack.up())
    bound = {address.id: address for address in accounts.addresses(recipient)}

    stack.declare("web-01", WEB_02, recreate=WITH_ADDRESS)
    refused(stack, cloud, "what the recipient got stays with this name")
    stack.remove("web-01")
    refused(stack, cloud, "Could not remove the receipt of web-01", "pulumi state delete --force")
    stack.declare("web-01", WEB_01, recreate=WITH_ADDRESS)
    succeeds(stack.up("--expect-no-changes"))
    assert {address.id: address for address in accounts.addresses(recipient)} == bound
    assert [address.id for address in before] == list(bound)


def test_a_run_cancels_no_more_than_the_stack_allows(stack: Project, cloud: Sandbox) -> None:
    for name, instance_id in (("web-01", WEB_01), ("web-02", WEB_02), ("db-01", DB_01)):
        stack.declare(name, instance_id)
    succeeds(stack.up())
    stack.remove("web-02")
    stack.declare("db-01", DB_01, reason="A new reason")
    refused(stack, cloud, "Could not cancel 2 transfers in one run: the stack allows 1", "`maxCancellations`")

    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", handovers="production")
    refused(stack, cloud, "production")
    stack.use("sandbox", recipientProfile="sandbox-recipient", side="recipient")
    refused(stack, cloud, "Could not run with side: recipient: the stack's state holds the transfers of")
    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient")

    folder = stack.folder / "stacks/sandbox"
    folder.rename(stack.folder / "parked")
    refused(stack, cloud, "does not exist, and the stack's state holds db-01, web-01, web-02")
    folder.mkdir()
    refused(stack, cloud, "holds no handovers, and the stack's state holds db-01, web-01, web-02")
    folder.rmdir()
    (stack.folder / "parked").rename(folder)

    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", maxCancellations=2)
    succeeds(stack.up())
    assert sorted(str(transfer.status) for transfer in cloud.desk.transfers()) == [
        "Cancelled",
        "Cancelled",
        "UnderReview",
        "UnderReview",
    ]

    # One file may be removed.
    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    stack.declare("web-02", WEB_02, reason="A new reason")
    succeeds(stack.up())
    stack.remove("web-02")
    succeeds(stack.up())
    assert set(stack.tracked()) == {"web-01", "db-01"}
    assert {transfer.status for transfer in cloud.desk.transfers() if transfer.instance_id == WEB_02} == {"Cancelled"}

    # The explicit way to cancel all.
    succeeds(stack.destroy())
    assert statuses(cloud) == {"Cancelled"}


def test_a_wrong_handover_among_many_is_found_before_the_first_is_declared(stack: Project, cloud: Sandbox) -> None:
    for name, instance_id in (("web-01", WEB_01), ("web-02", WEB_02)):
        stack.declare(name, instance_id, recreate=WITH_ADDRESS)
    stack.declare("db-01", DB_01, recipient_account_id=OTHER_RECIPIENT, recreate=RECREATE)
    refused(stack, cloud, f"its recipient_account_id is {OTHER_RECIPIENT}")

    wrong = WITH_ADDRESS | {"eip": {"adopt": "eip-bp1nobody00000000000", "allocate": "now"}}
    stack.declare("db-01", DB_01, recreate=wrong)
    refused(stack, cloud, "Could not take over eip-bp1nobody00000000000: the recipient's account has no such address")


class TestAProgramOfOnesOwn:
    PROGRAM = (
        "from transfer_provider import declare_handovers\n"
        "declare_handovers({name: {'instance_id': instance, 'region': 'cn-hangzhou',"
        " 'recipient_account_id': recipient, 'reason': 'moves', 'accept_terms': True}"
        " for name, instance, recipient in HANDOVERS})\n"
    )

    def write(self, project: Project, *handovers: tuple[str, str, str]) -> None:
        (project.folder / "__main__.py").write_text(f"HANDOVERS = {handovers!r}\n{self.PROGRAM}")

    def test_a_list_is_checked_whole_before_its_first_is_declared(self, project: Project, cloud: Sandbox) -> None:
        project.use("sandbox")
        self.write(project, ("a", WEB_01, RECIPIENT), ("b", WEB_02, RECIPIENT), ("c", DB_01, "1000000000000009"))
        refused(project, cloud, "c: account 1000000000000009 is not on the stack's allowlist")

        self.write(project, ("a", WEB_01, RECIPIENT), ("b", WEB_02, RECIPIENT), ("c", DB_01, RECIPIENT))
        succeeds(project.up())
        self.write(project, ("a", WEB_01, RECIPIENT))
        refused(project, cloud, "Could not cancel 2 transfers in one run: the stack allows 1")

    def test_a_name_given_to_another_instance_is_refused_in_a_single_handover_too(
        self, project: Project, cloud: Sandbox
    ) -> None:
        program = (
            "from transfer_provider import Handover\n"
            "Handover('a', instance_id='{}', region='cn-hangzhou', recipient_account_id='1000000000000002',"
            " accept_terms=True)\n"
        )
        (project.folder / "__main__.py").write_text(program.format(WEB_01))
        succeeds(project.up())
        (project.folder / "__main__.py").write_text(program.format(WEB_02))
        refused(project, cloud, "a name belongs to its instance")
