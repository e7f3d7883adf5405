"""The Alibaba CLI's command survives a shell, whatever its values hold, and is no command to anything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from transfer_provider.cli.follow.cli_command import command, quoted
from transfer_provider.cloud.operations import TRANSFER_INSTANCE
from transfer_provider.model.text import printable, visible

# A word of a process holds no NUL, and a command substitution drops line breaks at its end.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(
    lambda text: not text.endswith("\n")
)
HOSTILE = (
    "it's",
    'say "no"',
    "$(touch broken)",
    "`touch broken`",
    "a; touch broken",
    "--force",
    "-x",
    "\\n",
    "a\\",
    "!!",
    "##vso[task.complete]",
    "::error file=x::no",
    "::error::'::warning::",
    "first\nsecond",
    "\x1b[31mred",
    "\u202egnp",
    "\u3164",
    "过户 😀",
    "",
    "*",
    "~",
    "%s %b",
)


def by_shell(words: str) -> list[str]:
    """What `sh` makes of them."""
    show = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    done = subprocess.run(
        ["sh", "-eu", "-c", f'"$0" -c "$1" {words}', sys.executable, show],
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    return done.stdout.decode().split("\0")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_word_is_itself_to_a_shell(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert by_shell(quoted(text)) == [text]
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_any_words_are_themselves_to_a_shell(texts: list[str]) -> None:
    assert by_shell(" ".join(map(quoted, texts))) == texts


@given(TEXTS)
def test_what_is_printed_is_visible_and_no_command_to_a_ci_system(text: str) -> None:
    assert visible(quoted(text))
    assert printable(quoted(text)) == quoted(text)


def test_a_value_that_begins_with_a_dash_is_joined_to_its_name() -> None:
    made = command(TRANSFER_INSTANCE, {"InstanceId": "i-1", "Reason": "-x y"}, profile="acme", region="cn-hangzhou")
    assert made == (
        "aliyun ecs TransferInstance --InstanceId i-1 '--Reason=-x y' --version 2014-05-26 --force "
        "--region cn-hangzhou --profile acme"
    )


def test_without_a_profile_the_default_credentials_are_used() -> None:
    assert "--profile" not in command(TRANSFER_INSTANCE, {}, profile=None, region="cn-hangzhou")
