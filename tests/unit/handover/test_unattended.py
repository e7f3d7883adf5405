"""Which files an unattended run takes for those that a person applied."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from transfer_provider.channels.unattended import ASKED, VARIABLE
from transfer_provider.handover.state import StackState
from transfer_provider.handover.unattended import accepted_outside_of_windows, files_digest, refusal
from transfer_provider.inputs import manifest
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.windows import ACCEPT_NOW

SETTINGS = Settings(region="cn-hangzhou", sourceAccount="1000000000000001", recipients=("1000000000000002",))
FILE = """\
instance_id: i-bp1web00000000000001
recipient_account_id: "1000000000000002"
reason: Orchid
accept_terms: true
recreate:
  vswitch_id: vsw-bp1orchid00000001
  security_groups: [web]
"""
GROUPS = """\
web:
  vpc_id: vpc-bp1orchid00000001
  rules:
    https: { direction: ingress, protocol: tcp, ports: 443, source: 0.0.0.0/0 }
"""


def digest(folder: Path, file: str = FILE, groups: str = GROUPS, name: str = "web-01", **settings: object) -> str:
    stack = folder / "stack"
    stack.mkdir(exist_ok=True)
    for old in stack.iterdir():
        old.unlink()
    (stack / f"{name}.yaml").write_text(file)
    (stack / "security-groups.yaml").write_text(groups)
    chosen = SETTINGS.model_copy(update=settings)
    return files_digest(chosen, manifest.load_folder(stack, folder, chosen))


def test_comments_and_the_order_of_keys_do_not_count(tmp_path: Path) -> None:
    turned = "".join(reversed(FILE.splitlines(keepends=True)[:4])) + "".join(FILE.splitlines(keepends=True)[4:])
    assert digest(tmp_path, f"# Reviewed by nobody\n{turned}") == digest(tmp_path)


def test_what_is_as_it_comes_does_not_count(tmp_path: Path) -> None:
    said = FILE.replace("recreate:", "protect: false\nafter: []\nrecreate:")
    assert digest(tmp_path, said, expiryDays=7) == digest(tmp_path)


def test_how_it_is_announced_does_not_count(tmp_path: Path) -> None:
    assert digest(tmp_path, language="zh") == digest(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"file": FILE.replace("Orchid", "Lotus")},
        {"file": FILE.replace("00000001\n  security", "00000002\n  security")},
        {"file": FILE + "  eip: {}\n"},
        {"file": FILE + "  window: always\n"},
        {"file": FILE + "protect: true\n"},
        {"groups": GROUPS.replace("443", "80")},
        {"groups": GROUPS.replace("0.0.0.0/0", "198.51.100.0/24")},
        {"name": "web-02"},
        {"protect": False},
        {"maxSubmissions": 21},
    ],
    ids=str,
)
def test_whatever_may_change_a_plan_counts(tmp_path: Path, change: dict[str, object]) -> None:
    assert digest(tmp_path, **change) != digest(tmp_path)  # type: ignore[arg-type]


def test_a_change_of_the_groups_that_stacks_share_counts(tmp_path: Path) -> None:
    shared = tmp_path / "shared.yaml"
    shared.write_text(GROUPS)
    based = digest(tmp_path, groups="base: ../shared.yaml\n")
    assert based == digest(tmp_path)  # It is what the files mean that counts.
    shared.write_text(GROUPS.replace("443", "80"))
    assert digest(tmp_path, groups="base: ../shared.yaml\n") != based


def test_other_files_are_refused_and_a_person_s_run_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = StackState(applied_files=digest(tmp_path))
    stack = manifest.load_folder(tmp_path / "stack", tmp_path, SETTINGS)
    other = StackState(applied_files="sha256:0")
    assert refusal(SETTINGS, stack, other) is None

    monkeypatch.setenv(VARIABLE, "1")
    assert refusal(SETTINGS, stack, applied) is None
    assert "have changed since a person's last `pulumi up`" in str(refusal(SETTINGS, stack, other))
    assert "no `pulumi up` of a person has recorded" in str(refusal(SETTINGS, stack, StackState()))


@pytest.mark.parametrize("who", ["", ASKED])
def test_outside_of_windows_a_person_has_accepted(who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, who)
    monkeypatch.setenv(ACCEPT_NOW, "web-01")
    assert accepted_outside_of_windows() == {"web-01"}


def test_outside_of_windows_nobody_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    assert accepted_outside_of_windows() == frozenset()
    monkeypatch.setenv(ACCEPT_NOW, "web-01")
    with pytest.raises(pulumi.RunError, match="HANDOVER_ACCEPT_NOW is set"):
        accepted_outside_of_windows()
