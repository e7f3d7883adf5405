"""A process of the warm Python is like one that the interpreter starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.examples import left_to_the_whole_suite

pytestmark = left_to_the_whole_suite("it is about the tests' own Python, which starts cold for each of these")

SHOW = """
import json, os, signal, sys
print(json.dumps([
    sys.argv, sys.path[:1], os.getcwd(), __name__, sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors,
    sys.stdin.errors, sys.stdout.line_buffering, sys.stdout.write_through, sys.prefix, sys.flags.utf8_mode,
    signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGCHLD),
    sorted(os.environ.items()), sorted(os.listdir("/proc/self/fd")), sys.stdin.read(),
]))
"""


def ended(python: Path, *arguments: str, cwd: Path, **more: Any) -> tuple[int, str, str]:
    options = {"env": {"PATH": os.environ["PATH"], "HOME": str(cwd)}, "input": "given"} | more
    done = subprocess.run([python, *arguments], cwd=cwd, capture_output=True, text=True, check=False, **options)
    return done.returncode, done.stdout, done.stderr


def alike(*arguments: str, cwd: Path, **more: Any) -> tuple[int, str, str]:
    """How both end, which is the same."""
    cold = ended(warm.BIN / "python", *arguments, cwd=cwd, **more)
    assert ended(warm.python(), *arguments, cwd=cwd, **more) == cold
    return cold


@pytest.mark.parametrize("options", [[], ["-u"], ["-P"], ["-u", "-P"]])
def test_it_is_given_what_a_process_is_given(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "show.py").write_text(SHOW)
    alike(*options, "show.py", "an", "argument", cwd=tmp_path)
    alike(*options, str(tmp_path / "show.py"), cwd=Path("/"))
    module = ended(warm.python(), *options, "-m", "show", "an", "argument", cwd=tmp_path)
    if "-P" in options:  # which finds no module in the folder
        assert (module[0], "No module named show" in module[2]) == (1, True)
    else:
        assert module == ended(warm.BIN / "python", *options, "-m", "show", "an", "argument", cwd=tmp_path)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("print('done')", 0),
        ("import sys; sys.exit(3)", 3),
        ("import sys; sys.exit('a reason')", 1),
        ("import sys; sys.exit(None)", 0),
        ("import os; os._exit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("import atexit; atexit.register(print, 'at the end')", 0),
        ("import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()", 0),
        ("import sys; sys.stdout.write('no line break')", 0),
    ],
)
def test_it_ends_as_a_process_ends(tmp_path: Path, program: str, code: int) -> None:
    (tmp_path / "end.py").write_text(program)
    assert alike("end.py", cwd=tmp_path)[0] == code


def test_an_error_is_shown(tmp_path: Path) -> None:
    (tmp_path / "error.py").write_text("raise ValueError('wrong')\n")
    code, _, shown = ended(warm.python(), "error.py", cwd=tmp_path)
    assert (code, shown.splitlines()[-1]) == (1, "ValueError: wrong")


def test_what_changes_how_python_starts_is_left_to_the_interpreter(tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text("import sys; print('pulumi' in sys.modules, sys.flags.utf8_mode)")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert ended(warm.python(), "loaded.py", cwd=tmp_path)[1].startswith("True")
    for more in ({"PYTHONUTF8": "0"}, {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0"}, {"TZ": "Asia/Shanghai"}):
        assert ended(warm.python(), "loaded.py", cwd=tmp_path, env=environment | more)[1].startswith("False")
    assert alike("-c", "print(1)", cwd=tmp_path)[1] == "1\n"
    assert alike("--version", cwd=tmp_path)[0] == 0


def test_the_repository_may_be_named_as_a_folder_of_modules(tmp_path: Path) -> None:
    (tmp_path / "path.py").write_text("import sys; print('pulumi' in sys.modules, sys.path[:2])")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    named = environment | {"PYTHONPATH": str(Path(__file__).parents[2])}
    for options in ([], ["-P"]):
        cold = ended(warm.BIN / "python", *options, "path.py", cwd=tmp_path, env=named)[1]
        assert ended(warm.python(), *options, "path.py", cwd=tmp_path, env=named)[1] == cold.replace("False", "True")
    another = environment | {"PYTHONPATH": str(tmp_path)}
    assert ended(warm.python(), "path.py", cwd=tmp_path, env=another)[1].startswith("False")


def test_the_credentials_chain_reads_the_process_own_environment(tmp_path: Path) -> None:
    (tmp_path / "key.py").write_text(
        "from alibabacloud_credentials.utils import auth_constant, auth_util\n"
        "print(auth_util.environment_access_key_id, auth_constant.HOME)\n"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "ALIBABA_CLOUD_ACCESS_KEY_ID": "of-the-test"}
    assert alike("key.py", cwd=tmp_path, env=environment)[1] == "of-the-test /nowhere\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_reaches_it(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "wait.py").write_text("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    for python in (warm.BIN / "python", warm.python()):
        process = subprocess.Popen(
            [python, "wait.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(timeout=30) == -number
        process.stdout.close()
        limit = time.monotonic() + 30
        while Path(f"/proc/{child}").exists():
            assert time.monotonic() < limit, "it outlives what stands for it"
            time.sleep(0.01)


def test_its_children_are_of_the_warm_python_too(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text("import sys; print(sys.executable)")
    assert ended(warm.python(), "child.py", cwd=tmp_path)[1].strip() == str(warm.python())
    assert sys.executable != str(warm.python())
