"""The command `alicloud-sandbox`, run as a person runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from sandbox.cli import control
from sandbox.server.home import Home
from tests import warm
from tests.examples import QUICK, left_to_the_whole_suite
from tests.unit.sandbox.api import WEB
from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Action, Cloud
from transfer_provider.cloud.errors import NotAllowed

ITS_OWN = "a sandbox of its own takes long to start and to stop"
PROGRAM = Path(sys.executable).parent / "alicloud-sandbox"


@dataclass(frozen=True)
class Command:
    """The command in a folder of its own."""

    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """A shell's, with a home of the test's own."""
        variables = {"ALICLOUD_SANDBOX_DIR": str(self.directory), "HOME": str(self.directory.parent)}
        return variables | {"PATH": os.environ["PATH"]}

    def run(self, *arguments: str, code: int = 0) -> str:
        """What it prints; on standard error where it is expected to fail."""
        done = subprocess.run(
            [warm.python(), PROGRAM, *arguments],
            cwd=self.directory.parent,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if code else done.stdout

    def json(self, *arguments: str) -> Any:
        """What it prints for scripts."""
        return json.loads(self.run(*arguments, "--json"))

    @property
    def pid(self) -> int:
        """The process of the running sandbox."""
        facts = Home(self.directory).facts()
        assert facts is not None
        return facts.pid


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "a folder")
    yield command
    command.run("down")


@pytest.fixture
def up(command: Command) -> Command:
    """A running sandbox of the test's own."""
    if QUICK:
        pytest.skip(f"{ITS_OWN}; make test runs it")
    command.run("up", "--port", "0")
    return command


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A running sandbox for the tests that leave it as it was."""
    command = Command(tmp_path_factory.mktemp("shared") / "a folder")
    command.run("up", "--port", "0")
    yield command
    command.run("down")


def test_up_reports_where_it_answers_and_what_is_next(command: Command) -> None:
    stated = command.run("up", "--port", "0")
    assert re.search(r"The sandbox is running at 127\.0\.0\.1:\d+; its folder is .*a folder\.", stated)
    # By its whole path only where it is not on PATH, as in an activated environment.
    on_path = Path(shutil.which("alicloud-sandbox") or "/").resolve() == Path(PROGRAM).resolve()
    assert f'Next: eval "$({"alicloud-sandbox" if on_path else PROGRAM} env)"' in stated


@left_to_the_whole_suite(ITS_OWN)
def test_up_may_forbid_denied_listings(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.run("up", "--port", "0", "--denied-reads", "forbidden")
    facts = Home(command.directory).facts()
    assert facts is not None
    for name, value in Home(command.directory).environment(facts.port).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NotAllowed, match=r"Forbidden\.RAM"):
        instances.list_page(Cloud("sandbox-recipient-denied", "cn-hangzhou"))


def test_a_second_up_states_that_it_runs_already(shared: Command) -> None:
    pid = shared.pid
    assert f"(process {pid})" in shared.run("up")
    assert shared.pid == pid


def test_the_sandbox_survives_its_terminal(shared: Command) -> None:
    assert os.getsid(shared.pid) == shared.pid


def test_a_port_that_is_taken_is_an_error(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        stated = command.run("up", "--port", port, code=1)
    assert stated == f"Error: Could not listen on port {port}: another program uses it. Specify another with --port.\n"
    assert "is not running" in command.run("status")


def test_a_killed_sandbox_is_started_anew(up: Command) -> None:
    up.run("env")
    os.kill(up.pid, signal.SIGKILL)
    assert "is not running" in up.run("status")
    assert "Removed the Pulumi state in" in up.run("up", "--port", "0")
    assert "The sandbox is running at" in up.run("status")


def test_a_terminated_sandbox_tidies_up(up: Command) -> None:
    os.kill(up.pid, signal.SIGTERM)
    home = Home(up.directory)
    for _ in range(100):
        if home.facts() is None:
            break
        signal.sigtimedwait([], 0.05)
    assert not home.authority.exists()
    assert not home.credentials.exists()
    assert "Traceback" not in home.log.read_text()


def test_down_stops_it_frees_its_port_at_once_and_removes_what_it_made(up: Command) -> None:
    up.run("env")
    facts = Home(up.directory).facts()
    assert facts is not None
    stated = up.run("down")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", facts.port))
    assert "Stopped the sandbox and deleted its instances and transfers." in stated
    assert "Removed the Pulumi state in" in stated
    assert not up.directory.exists()


def test_down_without_a_sandbox_is_fine(command: Command) -> None:
    assert command.run("down") == "The sandbox is not running.\n"


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    command = Command(tmp_path / "file")
    command.directory.write_text("")
    assert command.run("up", "--port", "0", code=1).startswith("Error: Could not create the sandbox's folder ")
    assert command.run("down", code=1).startswith("Error: ")


def test_down_leaves_what_it_did_not_make(up: Command) -> None:
    (up.directory / "pulumi").mkdir()
    up.run("down")
    assert [file.name for file in up.directory.iterdir()] == ["pulumi"]


@left_to_the_whole_suite(ITS_OWN)
def test_status_is_for_people_and_for_scripts(command: Command) -> None:
    assert command.json("status") == {"running": False}
    command.run("up", "--port", "0")
    status = command.json("status")
    assert (status["running"], status["pid"]) == (True, command.pid)
    assert "sandbox-source, sandbox-source-ram" in command.run("status")


def test_env_is_for_a_shell_to_evaluate(shared: Command) -> None:
    script = 'eval "$("$0" env)"; printf "%s\\n" "$PULUMI_BACKEND_URL" "$SSL_CERT_FILE" "$PATH" "$ALICLOUD_SANDBOX_DIR"'
    done = subprocess.run(
        ["sh", "-c", script, PROGRAM],
        cwd=shared.directory.parent,
        env=shared.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    backend, authority, path, directory = done.stdout.splitlines()
    assert backend == (shared.directory / "state").as_uri()
    assert (shared.directory / "state").is_dir()
    assert authority == str(shared.directory / "ca.pem")
    assert path.startswith(f"{PROGRAM.parent}{os.pathsep}")
    assert directory == str(shared.directory)


def test_what_needs_a_running_sandbox_reports_it(command: Command) -> None:
    for arguments in (["env"], ["clock"], ["log"], ["instances"], ["network"], ["review", "list"], ["fault", "list"]):
        stated = command.run(*arguments, code=1)
        assert stated == "Error: The sandbox is not running. Start it with `alicloud-sandbox up`.\n"


def test_the_clock_is_shown_moved_and_reset(shared: Command) -> None:
    assert "real time" in shared.run("clock")
    assert "2:00:00 ahead of real time" in shared.run("clock", "+2h")
    assert "1 day, 2:30:00 ahead" in (shared.run("clock", "+30m") and shared.run("clock", "+1d"))
    facts = shared.json("clock")
    assert facts["ahead_seconds"] == 95400
    assert "ahead" not in shared.run("clock", "reset")


@pytest.mark.parametrize("wrong", ["soon", "2 h", "+", "9999999h"])
def test_a_step_that_is_none_is_a_wrong_use(command: Command, wrong: str) -> None:
    assert "specify a step ahead such as" in command.run("clock", wrong, code=2)


def test_a_transfer_nobody_knows_is_an_error(shared: Command) -> None:
    stated = shared.run("review", "approve", WEB, code=1)
    assert stated == f"Error: There is no transfer {WEB}. `alicloud-sandbox review list` shows all of them.\n"


def test_faults_are_added_listed_and_cleared(shared: Command) -> None:
    added = shared.run("fault", "add", "throttle", "--action", "TransferInstance", "--times", "2")
    assert added == "throttle: TransferInstance, for 2 more call(s).\n"
    assert shared.run("fault", "list") == added
    (fault,) = shared.json("fault", "list")
    assert fault["times"] == 2
    shared.run("fault", "clear")
    assert "No faults" in shared.run("fault", "list")


def test_a_kind_of_fault_nobody_knows_is_a_wrong_use(command: Command) -> None:
    assert "'throttle'" in command.run("fault", "add", "fire", code=2)


def test_the_network_is_shown_for_people_and_for_scripts(shared: Command) -> None:
    stated = shared.run("network")
    group = next(line for line in stated.splitlines() if "sg-bp1acme000000000db" in line)
    assert group.split() == [
        "acme",
        "cn-hangzhou",
        "sg-bp1acme000000000db",
        "db",
        "vpc-bp1acme0000000001",
        "2",
        "3",
    ]
    assert re.search(
        r"sg-bp1acme000000000db +ingress +tcp +5432/5432 +sg-bp1acme00000000web +accept +1 +Postgre", stated
    )
    assert re.search(rf"acme +cn-hangzhou +eip-bp1acme000000003 +web-01 +203\.0\.113\.12 +10 +{WEB}", stated)
    source, recipient, *_ = shared.json("network")
    assert (source["account_name"], recipient["account_name"]) == ("acme", "orchid")
    assert {eip["id"]: eip["instance"] for eip in source["eips"]}["eip-bp1acme000000003"] == WEB
    assert WEB in source["security_groups"][0]["instances"]
    assert recipient["eips"] == []


def test_env_shares_the_plugins_of_the_callers_own_home(up: Command) -> None:
    theirs = Path(up.environment["HOME"]) / ".pulumi" / "plugins"
    up.run("env")
    assert (up.directory / "pulumi" / "plugins").readlink() == theirs
    (theirs / "resource-alicloud-v4.0.0").mkdir()
    up.run("down")
    assert not (up.directory / "pulumi").exists()
    assert [plugin.name for plugin in theirs.iterdir()] == ["resource-alicloud-v4.0.0"]


def test_instances_are_listed_with_their_owner(shared: Command) -> None:
    line = next(line for line in shared.run("instances").splitlines() if WEB in line)
    assert line.split() == [WEB, "web-01", "cn-hangzhou", "Running", "1000000000000001", "acme"]


def test_images_are_listed_with_their_progress_and_fail_on_demand(
    shared: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Home(shared.directory).facts()
    assert facts is not None
    for name, value in Home(shared.directory).environment(facts.port).items():
        monkeypatch.setenv(name, value)
    asked = {"RegionId": "cn-hangzhou", "InstanceId": WEB, "ImageName": "web-01"}
    Cloud("sandbox-source", "cn-hangzhou").ask(Action("CreateImage", True, "ecs", "2014-05-26"), asked, doing="copy it")
    (image,) = shared.json("image", "list")
    assert (image["status"], image["account_name"], image["shared_with"]) == ("Creating", "acme", [])
    assert re.search(rf"{image['id']} +web-01 +cn-hangzhou +acme +Creating +[0-9]%", shared.run("image", "list"))
    assert shared.run("image", "fail", image["id"]).endswith("is now CreateFailed.\n")
    assert "is CreateFailed; only one in the making" in shared.run("image", "finish", image["id"], code=1)


def test_a_wrong_world_is_reported_before_anything_starts(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text("regions: []")
    stated = command.run("up", "--world", str(file), code=1)
    assert f"Error: {file}: regions: Tuple should have at least 1 item" in stated
    assert not command.directory.exists()


@left_to_the_whole_suite(ITS_OWN)
def test_a_shipped_world_is_taken_by_its_name_even_beside_a_folder_of_that_name(command: Command) -> None:
    (command.directory.parent / "troubles").mkdir()
    command.run("up", "--port", "0", "--world", "troubles")
    assert command.json("status")["world"].endswith("worlds/troubles.yaml")
    assert len([instance for instance in command.json("instances") if instance["name"].startswith("fit-")]) == 10


def test_a_world_nobody_ships_is_reported_with_those_there_are(command: Command) -> None:
    stated = command.run("up", "--world", "trouble", code=1)
    assert (
        "trouble is neither a file nor one of the worlds that come with the sandbox: demo, every-rule, imag" in stated
    )


def test_the_shipped_worlds_are_reported_by_help(command: Command) -> None:
    stated = " ".join(command.run("up", "--help").split())
    assert "demo, troubles, every-rule, images, or a file" in stated


@left_to_the_whole_suite(ITS_OWN)
def test_in_the_foreground_ctrl_c_ends_it_cleanly(command: Command) -> None:
    process = subprocess.Popen(
        [warm.python(), PROGRAM, "up", "--foreground", "--port", "0", "--directory", command.directory],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "press Ctrl-C to stop it." in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, stated = process.communicate(timeout=30)
    assert (process.returncode, stated) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["up"],
        ["down"],
        ["status"],
        ["env"],
        ["clock"],
        ["log"],
        ["instances"],
        ["review"],
        ["fault"],
        ["owner"],
        ["image"],
    ],
)
def test_every_command_explains_itself(command: Command, arguments: list[str]) -> None:
    assert "Usage: alicloud-sandbox" in command.run(*arguments, "--help")


def test_a_sandbox_that_runs_and_does_not_answer_is_neither_gone_nor_started_twice(shared: Command) -> None:
    home = Home(shared.directory)
    right = home.authority.read_bytes()
    home.authority.write_text("nonsense")  # so nobody can tell it from another's server
    for arguments in (("up", "--port", "0"), ("down",), ("env",)):
        stated = shared.run(*arguments, code=1)
        assert f"(process {shared.pid}) does not answer. Wait for it, or end it with `kill -9 {shared.pid}`." in stated
    home.authority.write_bytes(right)
    assert control.running(home) is not None


@left_to_the_whole_suite(ITS_OWN)
def test_a_state_folder_of_somebodys_own_is_left_alone(command: Command) -> None:
    own = command.directory / "state" / "precious"
    own.parent.mkdir(parents=True)
    own.touch()
    command.run("up", "--port", "0")
    command.run("down")
    assert own.exists()


@left_to_the_whole_suite(ITS_OWN)
def test_a_start_that_fails_removes_nothing_from_state(command: Command) -> None:
    command.run("up", "--port", "0")
    command.run("env")
    os.kill(command.pid, signal.SIGKILL)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "another program uses it" in command.run("up", "--port", str(taken.getsockname()[1]), code=1)
    assert (command.directory / "state").is_dir()


def test_the_version_is_printed(command: Command) -> None:
    assert command.run("--version") == f"alicloud-sandbox {version('alicloud-sandbox')}\n"


def test_the_command_does_without_a_token_what_nobody_may(shared: Command) -> None:
    home = Home(shared.directory)
    token = home.token.read_text()
    home.token.write_text("another")
    assert "does not answer" in shared.run("clock", "+2h", code=1)
    home.token.write_text(token)
    assert "real time" in shared.run("clock")
    assert token not in shared.run("status") + shared.run("env") + shared.run("log") + home.log.read_text()


def test_an_owner_changes_things_by_hand(up: Command) -> None:
    group = "sg-bp1orchid0000000db"
    added = up.run("owner", "add-rule", group, "--protocol", "tcp", "--ports", "3389/3389")
    rule = re.findall("sgr-[a-z0-9]+", added)[0]
    assert re.search(rf"{group} +ingress +tcp +3389/3389 +0\.0\.0\.0/0 +accept +1 +{rule}", up.run("network"))
    assert up.run("owner", "change-rule", rule, "--ports", "3390/3390") == f"Changed rule {rule}.\n"
    up.run("owner", "remove-rule", rule)
    assert up.run("owner", "delete-group", group) == f"Deleted security group {group} with its rules.\n"
    assert "bound to nothing" in up.run("owner", "unbind-address", "203.0.113.12")
    assert "Released EIP eip-bp1acme000000003" in up.run("owner", "release-address", "203.0.113.12")
    assert "is Stopped now" in up.run("owner", "stop", WEB)
    assert up.run("owner", "release", WEB) == f"Released instance {WEB}.\n"
    assert "No account has an instance" in up.run("owner", "start", WEB, code=1)


def test_a_change_that_makes_no_sense_is_an_error(shared: Command) -> None:
    refused = shared.run(
        "owner", "add-rule", "sg-bp1orchid0000000db", "--protocol", "tcp", "--ports", "0/70000", code=1
    )
    assert refused == "Error: rule: Value error, ports 0/70000 do not fit the protocol tcp\n"
