"""The file of a saved plan: there only where a plan was made, and never in the place of something else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from transfer_provider.cli.plan.saved import keep, kept_at
from transfer_provider.cloud.errors import Refused

PLAN = '{"manifest": {}, "resourcePlans": {}}'


def save(file: Path, content: str | None) -> None:
    with kept_at(file) as written:
        assert written is not None
        if content is not None:
            written.write_text(content)
            keep(written, file)


def test_it_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save(file, PLAN)
    assert file.read_text() == PLAN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_an_earlier_plan_does_not_outlive_a_plan_that_was_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save(file, PLAN)
    save(file, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["recreate: {}", "{}", '{"manifest": {}}', "", "[]"])
def test_nothing_else_is_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "web-01.yaml"
    file.write_text(content)
    with pytest.raises(Refused, match="something else than an earlier plan"):
        save(file, PLAN)
    assert file.read_text() == content


def test_no_link_is_followed(tmp_path: Path) -> None:
    there, file = tmp_path / "there.json", tmp_path / "plan.json"
    there.write_text(PLAN)
    file.symlink_to(there)
    with pytest.raises(Refused, match="something else"):
        save(file, PLAN)
    assert there.read_text() == PLAN


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="its folder does not exist"):
        save(tmp_path / "none" / "plan.json", PLAN)


@pytest.mark.parametrize("content", ["", "{}"])
def test_what_the_engine_did_not_write_is_not_kept(tmp_path: Path, content: str) -> None:
    file = tmp_path / "plan.json"
    with pytest.raises(Refused, match="the engine wrote none"):
        save(file, content)
    assert not file.exists()


def test_without_a_file_nothing_is_saved() -> None:
    with kept_at(None) as written:
        assert written is None
