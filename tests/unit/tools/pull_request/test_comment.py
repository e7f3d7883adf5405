"""One comment a stack, against a stand-in for GitHub's endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.github import GitHub
from tests.receivers import running
from tools.pull_request import comment


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running(GitHub()) as server:
        yield server


@pytest.fixture
def write(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)

    def run(text: str, stack: str = "production", **environment: str) -> int:
        file = tmp_path / "plan.md"
        file.write_text(text)
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 7}}))
        given = github.environment() | {"GITHUB_EVENT_PATH": str(event)} | environment
        return comment.main(["--stack", stack, str(file)], given)

    return run


def test_a_stack_has_one_comment_that_later_runs_update(github: GitHub, write: Callable[..., int]) -> None:
    for text in ("first", "second"):
        assert write(text) == 0
    assert write("of staging", stack="staging") == 0
    assert [found["body"].split("\n", 1)[1] for found in github.comments] == ["second", "of staging"]


def test_it_is_found_among_many(github: GitHub, write: Callable[..., int]) -> None:
    for number in range(250):
        github.add("somebody", f"comment {number}")
    assert write("first") == 0
    for number in range(80):
        github.add("somebody", f"later {number}")
    assert write("second") == 0
    assert sum("handover plan" in found["body"] for found in github.comments) == 1


def test_a_comment_of_somebody_else_with_the_same_marker_is_never_touched(
    github: GitHub, write: Callable[..., int]
) -> None:
    github.add("mallory", "<!-- handover plan: production -->\napproved")
    assert write("the plan") == 0
    assert [found["user"]["login"] for found in github.comments] == ["mallory", "github-actions[bot]"]
    assert github.comments[0]["body"].endswith("approved")


def test_a_stack_whose_name_begins_as_anothers_has_its_own(github: GitHub, write: Callable[..., int]) -> None:
    assert write("one", stack="production-eu") == 0
    assert write("two", stack="production") == 0
    assert len(github.comments) == 2


def test_an_answer_that_is_cut_off_makes_no_second_comment(github: GitHub, write: Callable[..., int]) -> None:
    github.cut_off_next("POST")
    assert write("first") == 0
    assert len(github.comments) == 1


def test_a_busy_moment_is_waited_for(github: GitHub, write: Callable[..., int]) -> None:
    github.answers = [503, 429]
    assert write("first") == 0
    assert len(github.comments) == 1


def test_a_missing_permission_says_which(
    github: GitHub, write: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    github.answers = [403]
    assert write("first") == 1
    printed = capsys.readouterr().err
    assert "pull-requests: write" in printed
    assert github.token not in printed
    assert github.calls == 1


def test_no_answer_at_all_is_an_error_without_a_traceback(
    write: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert write("first", GITHUB_API_URL="http://127.0.0.1:9") == 1
    assert capsys.readouterr().err.startswith("Could not write the comment: GET issues/7/comments had no answer")


def test_what_is_too_long_for_a_comment_is_refused(
    github: GitHub, write: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert write("x" * 65_536) == 1
    assert "65,536" in capsys.readouterr().err
    assert github.calls == 0


def test_outside_of_a_pull_request_it_says_so(
    write: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "push.json").write_text("{}")
    assert write("x", GITHUB_EVENT_PATH=str(tmp_path / "push.json")) == 1
    assert "'pull_request' is missing" in capsys.readouterr().err
