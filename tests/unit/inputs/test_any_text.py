"""Whatever stands in a stack's files and settings: it is read, or refused with a place, and nothing else is raised."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from transfer_provider.inputs import manifest
from transfer_provider.inputs import settings as stack_settings
from transfer_provider.inputs.handover import Eip, Recreate
from transfer_provider.inputs.manifest import Manifest
from transfer_provider.inputs.security_groups import SecurityGroupInputs, SecurityGroupRuleInputs
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

MODELS = (Manifest, Recreate, Eip, SecurityGroupInputs, SecurityGroupRuleInputs)
KEYS = sorted({key for model in MODELS for key in model.model_fields} | {"kind", "retention_days", "web", "https"})
PIECES = [
    *("\n", "\n  ", "\n    ", ": ", ":", "- ", "? ", ", ", ">-", " #"),
    *"[]{}\"'|#",
    *("&a ", "*a", "!!str ", "!x ", "---\n", "...\n", "%YAML 1.1\n", "<<: ", "\t", "\r\n", "\0"),
    *("\x85", "\u2028", "\ufeff", "\\"),
    *("~", "null", "true", "no", "0", "0123", "1e400", ".nan", "-1", "1_0", "12:30", "9" * 40, "2026-11-25"),
    *("i-bp1web00000000000001", '"1000000000000002"', "cn-hangzhou", "10.0.0.0/8", '"::/0"', "ingress", "tcp", "443"),
    *('"\\ud800"', '"\\e[2J"', "世", "\U0001f600"),
]
YAML_LIKE = st.lists(
    st.one_of(st.sampled_from(KEYS).map(lambda key: f"{key}: "), st.sampled_from(PIECES), st.text(max_size=4)),
    max_size=40,
).map("".join)
JSON_LIKE = st.one_of(
    st.text(st.characters(), max_size=20),
    st.lists(st.sampled_from([*'"[]{},:1e-', "NaN", "null", "\\ud800"])).map("".join),
    st.integers().map(str),
)
OF_THE_STACK = {
    "instance-handover:region": "cn-hangzhou",
    "instance-handover:sourceAccount": "1000000000000001",
    "instance-handover:recipients": '["1000000000000002"]',
}


def only_refused(problems: FilesRefused) -> None:
    """That every problem has a place, and can be printed as it is."""
    assert problems.problems
    assert all(problem.file and problem.line >= 1 and str(problem).isprintable() for problem in problems.problems)


@settings(max_examples=examples(200), deadline=None)
@given(manifest_text=YAML_LIKE, groups_text=YAML_LIKE, other_text=YAML_LIKE)
@example(manifest_text="? " * 40 + "a", groups_text="*a : x", other_text="instance_id:")
def test_files_of_any_text_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, manifest_text: str, groups_text: str, other_text: str
) -> None:
    root = tmp_path_factory.mktemp("any")
    folder = root / "prod"
    folder.mkdir()
    texts = {"web-01.yaml": manifest_text, "security-groups.yaml": groups_text, "db-01.yaml.bak": other_text}
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    try:
        manifest.load_folder(folder, root, Settings(region="cn-hangzhou", recipients=("1000000000000002",)))
    except FilesRefused as refused:
        only_refused(refused)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(sorted(Settings.model_fields)) | st.text(st.characters(), max_size=8), text=JSON_LIKE)
@example(key="recipients", text="[" * 100_000)
@example(key="recipients", text="[" + "9" * 400 + "]")
@example(key="recipients", text="[" + "9" * 5000 + "]")
@example(key="maxSubmissions", text="9" * 400)
@example(key="expiryDays", text="1e400")
@example(key="\ud800", text="\udfff")
def test_settings_of_any_text_are_read_or_refused(tmp_path: Path, key: str, text: str) -> None:
    values = OF_THE_STACK | {f"instance-handover:{key}": text}
    try:
        stack_settings.read(values, "instance-handover", tmp_path / "Pulumi.prod.yaml", tmp_path)
    except FilesRefused as refused:
        only_refused(refused)
