"""Whether a stack ahead is settled, by its state and its files; a stack that can't be read is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.unit.handover.test_guards import APP, DB, WEB, address_of, component, receipt_of, state, transfer_of
from transfer_provider.handover import state as stack_state
from transfer_provider.handover.order.stacks import OVER, stack_ahead, unsettled_stacks
from transfer_provider.handover.order.turns import Ahead, StackAhead
from transfer_provider.handover.state import StackState, of_resources
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.model.lifecycle import Status

SETTLED = state(web_01=[transfer_of(WEB, Status.COMPLETED), receipt_of(WEB)])


def settings(**more: Any) -> Settings:
    given = {"region": "cn-hangzhou", "sourceAccount": "1000000000000001", "recipients": ("1000000000000002",)}
    return Settings(**given | {"after": ("staging",)} | more)


class TestByTheState:
    def test_whole_halves_that_are_over_are_settled(self) -> None:
        assert stack_ahead("staging", SETTLED, {"web-01"}) is None
        assert stack_ahead("staging", state(web_01=[transfer_of(WEB, Status.COMPLETED)]), ()) is None
        assert stack_ahead("staging", state(web_01=[receipt_of(WEB)]), ()) is None

    @pytest.mark.parametrize("status", [status for status in Status if status not in OVER])
    def test_any_other_status_is_not_also_where_nothing_is_under_way(self, status: Status) -> None:
        held = state(web_01=[transfer_of(WEB, status), component()])
        assert stack_ahead("staging", held, ()) == StackAhead("staging", [Ahead("web-01", status)])

    def test_an_instance_that_has_not_arrived_is_not_settled(self) -> None:
        held = state(web_01=[transfer_of(WEB, Status.COMPLETED), receipt_of(WEB, Status.TRANSFERRING)])
        assert stack_ahead("staging", held, ()) == StackAhead("staging", [Ahead("web-01", Status.COMPLETED)])

    def test_a_handover_without_a_transfer_is_not_settled(self) -> None:
        held = state(web_01=[component()], db_01=[address_of(DB)])
        assert stack_ahead("staging", held, ()) == StackAhead("staging", [Ahead("db-01"), Ahead("web-01")])

    def test_resources_of_a_program_without_handovers_count_as_well(self) -> None:
        urn = "urn:pulumi:dev::project::"
        kinds = [transfer_of(WEB), receipt_of(APP, Status.TRANSFERRING), transfer_of(DB, Status.COMPLETED)]
        held = of_resources({f"{urn}{kind}::{n}": {"type": kind, "outputs": o} for n, (kind, o) in enumerate(kinds)})
        found = stack_ahead("staging", held, ())
        assert found == StackAhead("staging", [Ahead(APP), Ahead(WEB, Status.UNDER_REVIEW)])

    def test_a_stack_that_holds_and_declares_nothing_has_not_begun(self) -> None:
        assert stack_ahead("staging", StackState(), ()) == StackAhead("staging")

    def test_what_is_declared_there_and_not_held_is_not_settled(self) -> None:
        assert stack_ahead("staging", SETTLED, {"web-01", "db-01"}) == StackAhead("staging", [Ahead("db-01")])


class TestByTheFiles:
    @pytest.fixture
    def files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StackFiles:
        (tmp_path / "Pulumi.yaml").write_text("name: instance-handover\nstackConfigDir: stacks\n")
        (tmp_path / "stacks/staging").mkdir(parents=True)
        monkeypatch.setattr("transfer_provider.handover.order.stacks.read_state_of", lambda _: SETTLED)
        return StackFiles(tmp_path, "production")

    def test_of_the_folder_each_file_counts_and_one_that_is_not_read_too(self, files: StackFiles) -> None:
        folder = files.root / "stacks/staging"
        (folder / "web-01.yaml").write_text("instance_id: i-bp1web00000000000001\n")
        assert unsettled_stacks(settings(), files) == []
        (folder / "db-01.yaml").touch()
        (folder / "Web 02.yaml").touch()
        (found,) = unsettled_stacks(settings(), files)
        assert found.unsettled == [Ahead("Web 02.yaml"), Ahead("db-01")]

    def test_the_folder_is_the_one_that_its_settings_name(self, files: StackFiles) -> None:
        (files.root / "stacks/Pulumi.staging.yaml").write_text("config:\n  instance-handover:handovers: first\n")
        (files.root / "stacks/first").mkdir()
        (files.root / "stacks/first/app-01.yaml").touch()
        (found,) = unsettled_stacks(settings(), files)
        assert found.unsettled == [Ahead("app-01")]

    @pytest.mark.parametrize("text", ["config:\n  instance-handover:handovers: ..\n", "config: [\n", ""])
    def test_settings_that_cant_be_read_are_an_error(self, files: StackFiles, text: str) -> None:
        (files.root / "stacks/Pulumi.staging.yaml").write_text(text)
        with pytest.raises(pulumi.RunError, match=r"(?s)files of the stack staging: .*stacks/Pulumi.staging.yaml:"):
            unsettled_stacks(settings(), files)

    def test_a_folder_that_cant_be_listed_is_an_error(self, files: StackFiles) -> None:
        (files.root / "stacks/staging").rmdir()
        (files.root / "stacks/staging").touch()
        with pytest.raises(pulumi.RunError, match="can't be listed"):
            unsettled_stacks(settings(), files)

    def test_the_recipients_half_reads_none(self, files: StackFiles, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("transfer_provider.handover.order.stacks.read_state_of", pytest.fail)
        assert unsettled_stacks(settings(side="recipient"), files) == []


def test_a_state_that_cant_be_read_is_an_error_with_what_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> Any:
        raise RuntimeError('unknown stack "staging"\n::error::')

    monkeypatch.setattr(stack_state, "_read", refuse)
    with pytest.raises(pulumi.RunError) as refused:
        unsettled_stacks(settings(), None)
    text = str(refused.value)
    assert text.startswith("Could not read the state of the stack staging, which the setting `after` names")
    assert "\n" not in text
    assert "::error::" not in text
