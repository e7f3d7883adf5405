"""A stack's settings: problems carry the line of the stack's file."""

from pathlib import Path

import pytest

from transfer_provider.settings import read
from transfer_provider.yaml_file import FilesRefused


def problems(root: Path, values: dict[str, str]) -> list[str]:
    stack_file = root / "Pulumi.prod.yaml"
    stack_file.write_text("config:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items()))
    with pytest.raises(FilesRefused) as refused:
        read(values, "instance-handover", stack_file, root)
    return [str(problem) for problem in refused.value.problems]


def test_settings_are_read_from_the_projects_namespace_only(tmp_path: Path) -> None:
    values = {"instance-handover:region": "cn-hangzhou", "alicloud:region": "cn-beijing"}
    chosen = read(values, "instance-handover", tmp_path / "none.yaml", tmp_path)
    assert (chosen.region, chosen.sourceProfile) == ("cn-hangzhou", "")


def test_a_misspelt_or_malformed_setting_is_told_with_its_line(tmp_path: Path) -> None:
    wrong = {"instance-handover:region": "Hangzhou", "instance-handover:sourceprofile": "acme"}
    assert problems(tmp_path, wrong) == [
        "Pulumi.prod.yaml:2: instance-handover:region: is malformed; "
        "give the id of the region the stack's instances are in, such as cn-hangzhou",
        "Pulumi.prod.yaml:3: instance-handover:sourceprofile: is not a key here; "
        "did you mean sourceProfile? Allowed: region, sourceProfile, recipientProfile, side, protect, handovers",
    ]


def test_a_missing_region_is_told(tmp_path: Path) -> None:
    assert "instance-handover:region: is missing" in problems(tmp_path, {})[0]
