"""The settings of a further stack: the first's, comments included, and nothing that is secret or one stack's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_provider.capture.differences import misread
from transfer_provider.capture.settings_copy import Copied, copied
from transfer_provider.inputs.yaml_file import FilesRefused, load

SETTINGS = """\
# Our production.
secretsprovider: passphrase
config:
  # Where it is.
  instance-handover:region: cn-hangzhou  # Hangzhou
  instance-handover:recipients: ["1000000000000002"]
  instance-handover:handovers: production
  # The gateway's.
  other:token:
    secure: v1:abc:def

  # Several.
  other:nested:
  - name: it
    key: { secure: v1:ghi }
  # secure: v1:old
  other:plain: 1
# The salt.
encryptionsalt: v1:salt
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def copy(root: Path, text: str, **changed: str) -> Copied:
    file = root / "settings.yaml"
    file.write_bytes(text.encode())
    return copied(text, load(file, "settings.yaml"), {f"instance-handover:{key}": to for key, to in changed.items()})


def reads_back(root: Path, made: Copied) -> bool:
    file = root / "copy.yaml"
    file.write_bytes(made.text.encode())
    return not list(misread(load(file, "copy.yaml").values, made.meant))


def test_what_is_secret_or_one_stacks_own_is_left_out_and_named(root: Path) -> None:
    made = copy(root, SETTINGS)
    assert made.left_out == ["secretsprovider", "other:token", "other:nested", "encryptionsalt"]
    assert not [word for word in ("v1:", "passphrase", "secure:") if word in made.text]
    assert set(made.meant["config"]) == {
        "instance-handover:region",
        "instance-handover:recipients",
        "instance-handover:handovers",
        "other:plain",
    }
    assert reads_back(root, made)


def test_comments_and_the_rest_are_kept_letter_by_letter(root: Path) -> None:
    assert copy(root, SETTINGS, handovers="production-1").text == (
        "# Our production.\n"
        "config:\n"
        "  # Where it is.\n"
        "  instance-handover:region: cn-hangzhou  # Hangzhou\n"
        '  instance-handover:recipients: ["1000000000000002"]\n'
        "  instance-handover:handovers: production-1\n"
        "  # The gateway's.\n"
        "  # other:token is a secret, which is not copied; set it with `pulumi config set --secret`.\n"
        "\n"
        "  # Several.\n"
        "  # other:nested is a secret, which is not copied; set it with `pulumi config set --secret`.\n"
        "  other:plain: 1\n"
        "# The salt.\n"
    )


def test_a_setting_that_the_stack_does_not_have_is_not_added(root: Path) -> None:
    text = "config:\n  instance-handover:region: cn-hangzhou\n"
    assert copy(root, text, handovers="production-1").text == text


def test_line_ends_of_windows_and_a_missing_last_one_are_kept(root: Path) -> None:
    text = "config:\r\n  instance-handover:region: cn-hangzhou\r\n  other:token: { secure: v1 }"
    made = copy(root, text)
    assert made.text.startswith("config:\r\n  instance-handover:region: cn-hangzhou\r\n  # other:token is")
    assert reads_back(root, made)


@pytest.mark.parametrize(
    "text",
    [
        "config: { instance-handover:region: cn-hangzhou, other:token: { secure: v1:abc } }\n",
        "{ config: { instance-handover:region: cn-hangzhou }, encryptionsalt: v1:abc }\n",
        "config: { instance-handover:region: cn-hangzhou,\n  other:token: { secure: v1:abc } }\n",
    ],
)
def test_a_text_that_can_not_be_copied_by_lines_does_not_read_back_and_holds_no_secret(root: Path, text: str) -> None:
    made = copy(root, text)
    assert "v1:abc" not in made.text
    try:
        same = reads_back(root, made)
    except FilesRefused:
        same = False
    assert not same
