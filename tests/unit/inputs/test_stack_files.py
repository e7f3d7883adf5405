"""Where a stack's files are, also where they lie outside of the project's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_provider.cli.stack import read_stack
from transfer_provider.inputs.stack_files import StackFiles
from transfer_provider.inputs.yaml_file import FilesRefused

CONFIG = """\
config:
  instance-handover:region: cn-hangzhou
  instance-handover:sourceAccount: "1000000000000001"
  instance-handover:recipients: ["1000000000000002"]
"""


def project(root: Path, config_folder: Path | str, config: str = CONFIG) -> StackFiles:
    """A project whose stack files are in that folder."""
    root.mkdir(exist_ok=True)
    (root / "Pulumi.yaml").write_text(f"name: instance-handover\nstackConfigDir: {config_folder}\n")
    (root / config_folder).mkdir(exist_ok=True)
    (root / config_folder / "Pulumi.prod.yaml").write_text(config)
    return StackFiles(root, "prod")


def test_a_file_inside_the_project_is_named_from_its_folder(tmp_path: Path) -> None:
    files = project(tmp_path, "stacks")
    assert files.name(files.settings_file) == "stacks/Pulumi.prod.yaml"


def test_a_file_outside_of_the_project_is_named_as_it_is(tmp_path: Path) -> None:
    files = project(tmp_path / "project", tmp_path / "config")
    assert files.name(files.settings_file) == f"{tmp_path}/config/Pulumi.prod.yaml"


def test_settings_outside_of_the_project_are_read_and_reported_with_their_line(tmp_path: Path) -> None:
    project(tmp_path / "project", tmp_path / "config")
    assert read_stack(tmp_path / "project", "prod")[0].region == "cn-hangzhou"
    project(tmp_path / "project", tmp_path / "config", CONFIG.replace("cn-hangzhou", "Hangzhou"))
    with pytest.raises(FilesRefused) as refused:
        read_stack(tmp_path / "project", "prod")
    (problem,) = refused.value.problems
    assert str(problem).startswith(f"{tmp_path}/config/Pulumi.prod.yaml:2: instance-handover:region: is malformed")


def test_a_stack_that_is_not_there_is_reported_wherever_it_should_be(tmp_path: Path) -> None:
    project(tmp_path / "project", tmp_path / "config")
    with pytest.raises(FilesRefused, match=r"config/Pulumi.none.yaml:1: does not exist; of stacks, there is prod"):
        read_stack(tmp_path / "project", "none")


def test_a_project_folder_that_is_a_link_is_read_as_what_it_links_to(tmp_path: Path) -> None:
    project(tmp_path / "project", "stacks")
    (tmp_path / "link").symlink_to(tmp_path / "project")
    assert read_stack(tmp_path / "link", "prod")[1] == tmp_path / "link" / "stacks" / "prod"


@pytest.mark.parametrize("folder", ['"a\\0b"', "[a]", '"' + "x" * 5000 + '"'])
def test_a_config_folder_that_can_not_be_is_reported(tmp_path: Path, folder: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: instance-handover\nstackConfigDir: {folder}\n")
    with pytest.raises(FilesRefused):
        read_stack(tmp_path, "prod")
