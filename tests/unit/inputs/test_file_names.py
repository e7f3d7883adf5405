"""A handover's file under a name that is not read would be a handover taken back: it is reported instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.inputs.test_manifest import GOOD
from transfer_provider.inputs.manifest import Stack, load_folder
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

SETTINGS = Settings(region="cn-hangzhou", recipients=("1000000000000002",))


def load(root: Path, files: dict[str, str], settings: Settings = SETTINGS) -> Stack:
    folder = root / "prod"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return load_folder(folder, root, settings)


def problems(root: Path, files: dict[str, str]) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        load(root, files)
    return [str(problem) for problem in refused.value.problems]


PARKED = [
    "web-01.yaml.bak",
    ".web-01.yaml",
    "web-01.yaml.txt",
    "web-01.json",
    "web-01",
    "web-01.yaml.disabled",
    "web-01.yaml.orig",
    "_web-01.yaml",
    "web-01.yaml~",
    "#web-01.yaml#",
    "web-01.yaml.md",
    "notes.txt",
]


@pytest.mark.parametrize("name", PARKED)
def test_a_handover_under_a_name_that_is_not_read_is_reported(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, {name: GOOD})
    assert found.startswith(f"prod/{name}:1: ")
    assert "name it <handover>.yaml" in found


def test_all_such_files_are_reported_at_once_and_in_their_own_line(tmp_path: Path) -> None:
    found = problems(tmp_path, dict.fromkeys(PARKED, "# later\n" + GOOD) | {"db-01.yaml": GOOD + "reson: x\n"})
    assert len(found) == len(PARKED) + 1
    assert (
        "prod/web-01.yaml.bak:2: declares an instance, but is not read, so the run would cancel its transfer; "
        "name it <handover>.yaml, with up to 63 of a-z, 0-9 and -, or move it out of the folder"
    ) in found


def test_json_on_one_line_declares_an_instance_as_well(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, {"web-01.json": '{"accept_terms": true, "instance_id": "i-bp1web00000000000001"}'})
    assert found.startswith("prod/web-01.json:1: declares an instance")


@pytest.mark.parametrize(
    "name", ["web-01.yaml~", ".web-01.yaml.swp", "web-01.yaml.bak", ".#web-01.yaml", "#web-01.yaml#", "web-01.json"]
)
def test_a_copy_beside_the_file_itself_is_harmless(tmp_path: Path, name: str) -> None:
    assert [declared.name for declared in load(tmp_path, {"web-01.yaml": GOOD, name: GOOD}).handovers] == ["web-01"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", f"# How\n```yaml\n{GOOD}```\n"),
        (".gitkeep", ""),
        ("notes.txt", "the instance_id is in the ticket"),
        ("CODEOWNERS", "* @acme/platform"),
        ("web-01.yaml.bak", "# instance_id: i-bp1web00000000000001\n"),
        (".draft.yaml", "nonsense: ["),
    ],
)
def test_what_declares_no_instance_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    assert load(tmp_path, {name: text}).handovers == []


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / ".#web-01.yaml").symlink_to("engineer@host.4711")
    (tmp_path / "prod" / ".more").mkdir()
    assert load(tmp_path, {}).handovers == []


def test_security_groups_under_a_name_that_is_not_read_are_reported(tmp_path: Path) -> None:
    assert problems(tmp_path, {"security-groups.yaml.bak": "web: { vpc_id: vpc-bp1orchid }\n"}) == [
        "prod/security-groups.yaml.bak:1: is not read, so its groups are left out; "
        "name it security-groups.yaml, or move it out of the folder"
    ]
    files = {"security-groups.yaml": "", "security-groups.yaml~": "", "security-groups.md": ""}
    (tmp_path / "prod" / "security-groups.yaml.bak").unlink()
    assert load(tmp_path, files).groups == {}


def test_a_missing_folder_is_not_an_empty_one(tmp_path: Path) -> None:
    assert load_folder(tmp_path / "none", tmp_path, SETTINGS).folder_missing
    assert not load(tmp_path, {}).folder_missing


def test_a_missing_folder_that_the_settings_name_is_an_error_with_the_folder_that_is_meant(tmp_path: Path) -> None:
    for name in ("production", "sandbox"):
        (tmp_path / "stacks" / name).mkdir(parents=True)
    named = SETTINGS.model_copy(update={"handovers": "prodution"})
    with pytest.raises(FilesRefused) as refused:
        load_folder(tmp_path / "stacks" / "prodution", tmp_path, named)
    assert [str(problem) for problem in refused.value.problems] == [
        "stacks/prodution:1: does not exist, and the setting `handovers` names it; "
        "did you mean production? There is production, sandbox"
    ]


def test_a_folder_that_is_a_link_to_elsewhere_is_read_under_its_own_name(tmp_path: Path) -> None:
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "project"
    (elsewhere / "handovers").mkdir(parents=True)
    (elsewhere / "handovers" / "web-01.yaml").write_text(GOOD + "reson: x\n")
    root.mkdir()
    (root / "prod").symlink_to(elsewhere / "handovers")
    (tmp_path / "link").symlink_to(root)
    for project in (root, tmp_path / "link"):
        with pytest.raises(FilesRefused, match=r"  prod/web-01.yaml:4: reson: is not a key here"):
            load_folder(project / "prod", project, SETTINGS)
