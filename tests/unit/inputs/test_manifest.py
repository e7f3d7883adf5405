"""Bad files: every problem at once, each with file, line and key, and nothing declared."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.provisional import urls

from tests.examples import examples
from transfer_provider.inputs.handover import Backup
from transfer_provider.inputs.manifest import Declared, load_folder
from transfer_provider.inputs.settings import Settings
from transfer_provider.inputs.yaml_file import FilesRefused

SETTINGS = Settings(region="cn-hangzhou", recipients=("1000000000000002",))
GOOD = """\
instance_id: i-bp1web00000000000001
recipient_account_id: "1000000000000002"
accept_terms: true
"""


class Stack:
    """A stack's folder that a test fills."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "prod"
        self.folder.mkdir()

    def write(self, name: str, text: str | bytes) -> None:
        (self.folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(self) -> list[Declared]:
        return load_folder(self.folder, self.root, SETTINGS).handovers

    def problems(self) -> list[str]:
        with pytest.raises(FilesRefused) as refused:
            self.load()
        return [str(problem) for problem in refused.value.problems]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def test_a_file_is_a_handover_named_after_it(stack: Stack) -> None:
    stack.write("web-01.yaml", GOOD)
    (declared,) = stack.load()
    assert declared.name == "web-01"
    assert declared.inputs.model_dump(exclude_none=True) == {
        "instance_id": "i-bp1web00000000000001",
        "region": "cn-hangzhou",
        "recipient_account_id": "1000000000000002",
        "accept_terms": True,
        "channel": "api",
    }


def test_a_files_own_region_wins_over_the_stacks(stack: Stack) -> None:
    stack.write("web-01.yaml", GOOD + "region: cn-shanghai\n")
    stack.write("web-02.yaml", GOOD.replace("01\n", "02\n", 1) + "region:\n")
    assert [handover.inputs.region for handover in stack.load()] == ["cn-shanghai", "cn-hangzhou"]


def test_an_unquoted_account_id_keeps_its_digits(stack: Stack) -> None:
    stack.write("web-01.yaml", GOOD.replace('"', ""))
    assert stack.load()[0].inputs.recipient_account_id == "1000000000000002"


@pytest.mark.parametrize(
    ("text", "days"), [("snapshots", 30), ("{ kind: snapshots }", 30), ("{ kind: snapshots, retention_days: 90 }", 90)]
)
def test_a_backup_is_a_word_or_a_mapping_with_its_retention(stack: Stack, text: str, days: int) -> None:
    stack.write("web-01.yaml", GOOD + f"backup: {text}\n")
    (declared,) = stack.load()
    assert declared.backup == Backup(retention_days=days)


@pytest.mark.parametrize(
    "text", ["", "images", "true", "[snapshots]", "{ retention_days: 0 }", "{ retention_days: 65537 }", "{ days: 3 }"]
)
def test_a_backup_that_is_invalid_is_reported_with_its_line(stack: Stack, text: str) -> None:
    stack.write("web-01.yaml", GOOD + f"backup: {text}\n")
    (problem,) = stack.problems()
    assert problem.startswith("prod/web-01.yaml:4: backup")


def test_a_stack_without_a_folder_declares_nothing(tmp_path: Path) -> None:
    declared = load_folder(tmp_path / "none", tmp_path, SETTINGS)
    assert (declared.handovers, declared.groups) == ([], {})


def test_what_is_no_folder_is_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link"):
        with pytest.raises(FilesRefused, match=f"{name}:1: can't be listed"):
            load_folder(tmp_path / name, tmp_path, SETTINGS)


def test_a_files_name_that_cannot_be_shown_is_written_out(stack: Stack) -> None:
    (stack.folder / os.fsdecode(b"caf\xe9.yaml")).write_text(GOOD)
    assert stack.problems()[0].startswith("prod/caf\\udce9.yaml:1: is not a handover's file name")


def test_hidden_files_and_other_kinds_of_files_are_left_alone(stack: Stack) -> None:
    stack.write(".draft.yaml", "nonsense: [")
    stack.write("README.md", "hello")
    assert stack.load() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "prod/a.yaml:1: is empty; fill it in, or delete the file"),
        ("# only a comment\n", "prod/a.yaml:1: is empty; fill it in, or delete the file"),
        ("- a\n", "prod/a.yaml:1: has no keys; write one `key: value` a line"),
        ("just words\n", "prod/a.yaml:1: has no keys; write one `key: value` a line"),
        (GOOD.encode() + b"reason: caf\xe9\n", "prod/a.yaml:4: is not UTF-8; save the file as UTF-8"),
        (GOOD.encode("utf-16"), "prod/a.yaml:1: is not UTF-8; save the file as UTF-8"),
        (GOOD + "reason:\n\tnone\n", "prod/a.yaml:5: has a tab where YAML wants blanks; indent with blanks"),
        (GOOD + "accept_terms: true\n", "prod/a.yaml:4: accept_terms: is given twice, first in line 3; keep one"),
        (GOOD + "reason: a\0b\n", "prod/a.yaml:4: holds a control character; remove it"),
        (GOOD + "# " + "x" * 1_100_000, "prod/a.yaml:1: is over 1024 KiB; such a file needs far less"),
        (GOOD + "reason: &r text\n", "prod/a.yaml:4: reason: uses an anchor or alias; write the value out"),
        (GOOD + "reason: *r\n", "prod/a.yaml:4: reason: uses an anchor or alias; write the value out"),
        (GOOD + "reason: !!str text\n", "prod/a.yaml:4: reason: has a YAML tag; write a plain value"),
        (GOOD + "reason: " + "[" * 60_000, "prod/a.yaml:4: reason: is nested too deeply"),
        (GOOD + '"\\ud800": 1\n', "prod/a.yaml:4: has a key that is not a plain word"),
        (GOOD + 'reason: "\\ud800"\n', "prod/a.yaml:4: reason: holds half of a character (a surrogate); write"),
        (GOOD + "reason: " + "[" * 1000 + "]" * 1000, "prod/a.yaml:4: reason: is nested too deeply"),
        (GOOD + "? " * 1000 + "a\n", "prod/a.yaml:4: ?: is nested too deeply"),
        (GOOD + "---\n" + GOOD, "prod/a.yaml:4: starts a second document; keep one"),
        (GOOD + "reason: it's: this\n", "prod/a.yaml:4: is not valid YAML: mapping values are not allowed here"),
    ],
)
def test_what_is_not_a_plain_yaml_file_is_reported_with_its_line(
    stack: Stack, text: str | bytes, expected: str
) -> None:
    stack.write("a.yaml", text)
    assert any(problem.startswith(expected) for problem in stack.problems())


def test_an_alias_that_would_explode_is_refused_before_it_does(stack: Stack) -> None:
    layers = [f"l{n}: &l{n} [" + ", ".join([f"*l{n - 1}"] * 9) + "]" for n in range(1, 30)]
    stack.write("a.yaml", "\n".join(["l0: &l0 lol", *layers]))
    assert any("l29: uses an anchor or alias" in problem for problem in stack.problems())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("reson: x", "reson: is not a key here; did you mean reason? Allowed: instance_id, "),
        ("reason: [a]", "reason: has the wrong type; give why the instance changes owner"),
        ("reason: 5", "reason: has the wrong type; give why the instance changes owner"),
        ("recipient_email: true", "recipient_email: has the wrong type; give the e-mail address"),
        ("region: Hangzhou", "region: is malformed; give the id of the instance's region, such as cn-hangzhou"),
        ("channel: telephone", "channel: is malformed; give the way the transfer is submitted: api"),
    ],
)
def test_a_wrong_key_or_value_is_reported_with_its_line(stack: Stack, line: str, expected: str) -> None:
    stack.write("a.yaml", GOOD + line + "\n")
    (problem,) = stack.problems()
    assert problem.startswith(f"prod/a.yaml:4: {expected}")


@pytest.mark.parametrize("word", ["yes", "on", '"true"', "1", "false", "null"])
def test_only_a_plain_true_accepts_the_terms(stack: Stack, word: str) -> None:
    stack.write("a.yaml", GOOD.replace("true", word))
    (problem,) = stack.problems()
    assert problem.startswith("prod/a.yaml:3: accept_terms: ")


def test_every_problem_of_every_file_is_reported_at_once(stack: Stack) -> None:
    stack.write("a.yaml", "instance_id: x\nreson: y\n")
    stack.write("b.yaml", "")
    stack.write("c.yml", GOOD)
    stack.write("D d.yaml", GOOD)
    stack.write("e.YAML", GOOD)
    (stack.folder / "more").mkdir()
    reported = stack.problems()
    assert [problem.split(": ")[0] for problem in reported] == [
        "prod/D d.yaml:1",
        "prod/a.yaml:1",
        "prod/a.yaml:1",
        "prod/a.yaml:1",
        "prod/a.yaml:2",
        "prod/b.yaml:1",
        "prod/c.yml:1",
        "prod/e.YAML:1",
        "prod/more:1",
    ]


def test_a_groups_file_of_another_ending_is_reported_with_the_right_name(stack: Stack) -> None:
    stack.write("security-groups.yml", "")
    assert stack.problems() == [
        "prod/security-groups.yml:1: is not a handover's file name; name it security-groups.yaml"
    ]


def test_a_folder_with_the_groups_files_name_is_reported_once(stack: Stack) -> None:
    (stack.folder / "security-groups.yaml").mkdir()
    assert stack.problems() == ["prod/security-groups.yaml:1: is not a regular file; remove it or replace it by a file"]


def test_two_files_for_one_instance_name_each_other(stack: Stack) -> None:
    stack.write("a.yaml", GOOD)
    stack.write("b.yaml", "# again\n" + GOOD)
    assert stack.problems() == [
        "prod/b.yaml:2: instance_id: i-bp1web00000000000001 is handed over by prod/a.yaml:1 too; keep one"
    ]


def test_a_folder_or_a_pipe_with_a_manifests_name_is_reported_and_not_waited_for(stack: Stack) -> None:
    (stack.folder / "a.yaml").mkdir()
    os.mkfifo(stack.folder / "b.yaml")
    (stack.folder / "c.yaml").symlink_to("nowhere")
    assert len(stack.problems()) == 3


@settings(max_examples=examples(200))
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode), urls().map(str.encode)))
def test_no_content_whatever_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.mktemp("any")
    stack = Stack(root)
    stack.write("a.yaml", content)
    assert stack.problems()


class TestAfter:
    def test_names_handovers_of_the_stack_in_the_order_given(self, stack: Stack) -> None:
        stack.write("web-01.yaml", GOOD + "after: [db-02, db-01]\n")
        for name in ("db-01", "db-02"):
            stack.write(f"{name}.yaml", GOOD.replace("web00000000000001", f"{name.replace('-', '')}0000000001"))
        assert [declared.after for declared in stack.load()] == [(), (), ("db-02", "db-01")]

    def test_an_unknown_name_itself_and_a_name_given_twice_are_reported_each_at_its_line(self, stack: Stack) -> None:
        stack.write("web-01.yaml", GOOD + "after:\n- web-01\n- bd-01\n")
        stack.write("db-01.yaml", GOOD.replace("web", "db") + "after: [web-01, web-01]\n")
        assert stack.problems() == [
            "prod/db-01.yaml:4: after: names a handover twice; name each once",
            "prod/web-01.yaml:5: after: names the handover itself; remove it",
            "prod/web-01.yaml:6: after: names no handover of this stack: bd-01; did you mean db-01? name another "
            "file's, or remove it",
        ]

    def test_a_circle_is_one_problem_at_one_of_its_files_and_names_them_all(self, stack: Stack) -> None:
        for name, after in (("web-01", "[db-01]"), ("db-01", "[job-01,\n  app-01]"), ("app-01", "[web-01]")):
            stack.write(f"{name}.yaml", GOOD.replace("web", name[:-3]) + f"after: {after}\n")
        stack.write("job-01.yaml", GOOD.replace("web", "job"))
        assert stack.problems() == [
            "prod/app-01.yaml:4: after: goes in a circle: app-01 after web-01 after db-01 after app-01, so that none "
            "is ever submitted; remove one of these"
        ]

    @pytest.mark.parametrize("value", ["db-01", "{db-01: true}", "[1]", "", "[~]"])
    def test_anything_but_a_list_of_names_is_reported(self, stack: Stack, value: str) -> None:
        stack.write("web-01.yaml", GOOD + f"after: {value}\n")
        assert "give a list of handovers of this stack, by name" in stack.problems()[0]

    def test_a_file_that_cant_be_read_is_known_by_its_name(self, stack: Stack) -> None:
        stack.write("web-01.yaml", GOOD + "after: [db-01]\n")
        stack.write("db-01.yaml", "")
        assert stack.problems() == ["prod/db-01.yaml:1: is empty; fill it in, or delete the file"]

    def test_of_hundreds_of_files_that_name_a_file_that_was_renamed_each_is_reported(self, stack: Stack) -> None:
        for number in range(300):
            text = GOOD.replace("web00000000000001", f"web{number:014}")
            stack.write(f"web-{number:03}.yaml", text + "after: [db-01]\n")
        assert len(stack.problems()) == 300
