"""The server around it all: its folder, its variables, its address, its admin side."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.errors import SandboxError
from sandbox.server.home import PROXIES, Home
from sandbox.server.server import Sandbox
from tests.demo_world import demo
from tests.known_secrets import known_secrets
from tests.unit.sandbox.api import SOURCE, WEB, Api, key_of


@pytest.fixture
def admin(cloud: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"https://{cloud.endpoint}/_sandbox",
        verify=ssl.create_default_context(cafile=str(cloud.home.authority)),
        headers={"content-type": "application/json", "x-sandbox-token": cloud.home.token.read_text()},
        trust_env=False,
    ) as client:
        yield client


# --- the folder


def test_the_folder_holds_what_clients_need(cloud: Sandbox) -> None:
    folder = cloud.home.directory
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {"ca.pem", "aliyun/config.json", "admin-token", "sandbox.json", "sandbox.lock"}
    facts = json.loads((folder / "sandbox.json").read_text())
    assert (facts["pid"], f"127.0.0.1:{facts['port']}") == (os.getpid(), cloud.endpoint)


def test_no_private_key_is_left_anywhere(cloud: Sandbox) -> None:
    for file in cloud.home.directory.rglob("*"):
        assert not file.is_file() or "PRIVATE KEY" not in file.read_text()


def test_only_the_owner_reads_the_credentials_and_the_admin_sides_token(cloud: Sandbox) -> None:
    assert stat.S_IMODE(cloud.home.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(cloud.home.token.stat().st_mode) == 0o600
    text = cloud.home.credentials.read_text()
    assert all(secret in text for secret in known_secrets(cloud))


def test_the_profiles_are_the_worlds_in_the_format_of_the_alibaba_cli(cloud: Sandbox) -> None:
    written = json.loads(cloud.home.credentials.read_text())
    profiles = {profile["name"]: profile for profile in written["profiles"]}
    assert written["current"] == "sandbox-source"
    lasting, temporary = profiles["sandbox-source"], profiles["sandbox-source-sts"]
    assert (lasting["mode"], lasting["region_id"]) == ("AK", "cn-hangzhou")
    assert "sts_token" not in lasting
    assert (temporary["mode"], temporary["sts_token"]) == ("StsToken", key_of(cloud, "sandbox-source-sts").token)


def test_credentials_that_others_could_read_are_not_written_over(tmp_path: Path) -> None:
    left = tmp_path / "aliyun" / "config.json"
    left.parent.mkdir()
    left.write_text("{}")
    left.chmod(0o644)
    with Sandbox.running(demo(), directory=tmp_path):
        assert stat.S_IMODE(left.stat().st_mode) == 0o600


def test_nothing_is_left_when_it_has_stopped(tmp_path: Path) -> None:
    with Sandbox.running(demo(), directory=tmp_path):
        pass
    assert list(tmp_path.rglob("*")) == []


def test_a_folder_that_can_not_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(
            SandboxError, match=r"Could not create the sandbox's folder .*file: .* Specify another with --directory\."
        ),
        Sandbox.running(demo(), directory=tmp_path / "file"),
    ):
        pass


# --- variables


def test_the_variables_lead_here_and_hold_no_key(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "internal.example,localhost")
    for name in ("no_proxy", *PROXIES):
        monkeypatch.delenv(name, raising=False)
    assert cloud.environment() == {
        "ALIBABA_CLOUD_ENDPOINT_ECS": cloud.endpoint,
        "ALIBABA_CLOUD_ENDPOINT_STS": cloud.endpoint,
        "ALIBABA_CLOUD_ENDPOINT_VPC": cloud.endpoint,
        "ALIBABA_CLOUD_ENDPOINT_BSSOPENAPI": cloud.endpoint,
        "ALIBABA_CLOUD_ENDPOINT": cloud.endpoint,
        "LOCATION_ENDPOINT": cloud.endpoint,
        "ALIBABA_CLOUD_ACCOUNT_TYPE": "Domestic",
        "SSL_CERT_FILE": str(cloud.home.directory / "ca.pem"),
        "ALICLOUD_SHARED_CREDENTIALS_FILE": str(cloud.home.directory / "aliyun" / "config.json"),
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        "NO_PROXY": "internal.example,localhost,127.0.0.1",
        "no_proxy": "127.0.0.1,localhost",
    }


def test_proxies_are_switched_off_where_there_are_any(cloud: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert cloud.environment()["HTTPS_PROXY"] == ""


def test_plugins_are_linked_once_and_never_to_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "sandbox")
    link = home.directory / "pulumi" / "plugins"
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "own"))
    assert home.shell_environment(1)["PULUMI_HOME"] == str(home.directory / "pulumi")
    assert link.readlink() == tmp_path / "own" / "plugins"
    monkeypatch.setenv("PULUMI_HOME", str(home.directory / "pulumi"))  # as `env` sets it
    home.shell_environment(1)
    assert link.readlink() == tmp_path / "own" / "plugins"
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "another"))
    home.shell_environment(1)
    assert link.readlink() == tmp_path / "another" / "plugins"


def test_a_plugins_folder_that_is_there_already_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "sandbox")
    folder = home.directory / "pulumi" / "plugins"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "own"))
    home.shell_environment(1)
    assert folder.is_dir()
    assert not folder.is_symlink()
    home.remove_rest()
    assert folder.is_dir()


def test_automatic_plugins_are_off_only_where_the_engine_is_the_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    home = Home(tmp_path / "home")
    assert switch not in home.shell_environment(1)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").write_text("")
    assert home.shell_environment(1)[switch] == "1"


def test_the_path_does_not_grow_when_the_variables_are_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    once = home.shell_environment(1)["PATH"]
    monkeypatch.setenv("PATH", once)
    assert home.shell_environment(1)["PATH"] == once


# --- the address


def test_it_listens_on_loopback_only(cloud: Sandbox) -> None:
    port = int(cloud.endpoint.rpartition(":")[2])
    with socket.socket() as other:
        # On Linux all of 127/8 is this machine; a server on every address would take this one too.
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_a_client_that_does_not_trust_its_authority_does_not_get_in(cloud: Sandbox) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(f"https://{cloud.endpoint}/", trust_env=False)


def test_a_port_that_is_taken_is_reported(tmp_path: Path, cloud: Sandbox) -> None:
    port = int(cloud.endpoint.rpartition(":")[2])
    with (
        pytest.raises(
            SandboxError,
            match=rf"Could not listen on port {port}: another program uses it\. Specify another with --port\.",
        ),
        Sandbox.running(demo(), directory=tmp_path / "another", port=port),
    ):
        pass


def test_two_sandboxes_do_not_know_each_others_keys(tmp_path: Path, cloud: Sandbox) -> None:
    with Sandbox.running(demo(), directory=tmp_path / "another") as another:
        key = key_of(cloud, "sandbox-source")
        stranger = Api(another, key_id=key.id, secret=key.secret)
        assert stranger.refused("GetCallerIdentity") == (404, "InvalidAccessKeyId.NotFound")


# --- the admin side


def test_the_desk_decides_through_the_admin_side(cloud: Sandbox, source: Api, admin: httpx.Client) -> None:
    source.submit()
    assert admin.post(f"/transfers/{WEB}/approve").json()["status"] == "Approved"
    assert admin.post(f"/transfers/{cloud.desk.transfers()[0].id}/expire").json()["status"] == "Expired"
    source.submit()
    rejected = admin.post(f"/transfers/{WEB}/reject", json={"reason": "Unclear."}).json()
    assert (rejected["status"], rejected["failure_message"]) == ("Rejected", "Unclear.")
    assert [transfer["status"] for transfer in admin.get("/transfers").json()] == ["Rejected", "Expired"]


def test_a_decision_that_can_not_be_made_is_reported(source: Api, admin: httpx.Client) -> None:
    unknown = admin.post("/transfers/it-unknown/approve")
    assert (unknown.status_code, unknown.json()["error"]) == (
        400,
        "There is no transfer it-unknown. `alicloud-sandbox review list` shows all of them.",
    )
    transfer_id = source.submit()["TransferId"]
    admin.post(f"/transfers/{WEB}/approve")
    assert admin.post(f"/transfers/{WEB}/approve").json()["error"] == (
        f"Transfer {transfer_id} of {WEB} is Approved; this decision is for transfers that are UnderReview."
    )
    assert admin.post(f"/transfers/{WEB}/reject", json={}).json()["error"] == "reason: Field required"
    assert "Invalid JSON" in admin.post(f"/transfers/{WEB}/reject", content="{").json()["error"]


def test_the_clock_is_moved_through_the_admin_side(cloud: Sandbox, admin: httpx.Client) -> None:
    assert admin.post("/clock/advance", json={"seconds": 7200}).json()["ahead_seconds"] == 7200
    assert cloud.clock.offset == timedelta(hours=2)
    assert admin.post("/clock/reset").json()["ahead_seconds"] == 0
    assert admin.post("/clock/advance", json={"seconds": -1}).status_code == 400


def test_faults_are_set_through_the_admin_side(cloud: Sandbox, admin: httpx.Client) -> None:
    admin.post("/faults", json={"kind": "error", "action": "TransferInstance", "times": 2})
    assert cloud.faults.in_force() == (Fault(kind="error", action="TransferInstance", times=2),)
    assert [fault["kind"] for fault in admin.get("/faults").json()] == ["error"]
    admin.delete("/faults")
    assert cloud.faults.in_force() == ()
    assert admin.post("/faults", json={"kind": "fire"}).status_code == 400


def test_the_log_is_read_through_the_admin_side_and_holds_no_admin_calls(
    cloud: Sandbox, source: Api, admin: httpx.Client
) -> None:
    source.call("GetCallerIdentity")
    source.call("DescribeInstances")
    assert [entry["action"] for entry in admin.get("/log").json()] == ["GetCallerIdentity", "DescribeInstances"]
    assert len(admin.get("/log", params={"action": "DescribeInstances"}).json()) == 1
    admin.delete("/log")
    assert cloud.log.entries() == ()


def test_the_admin_side_reports_who_owns_what(admin: httpx.Client) -> None:
    owners = {instance["id"]: instance["account_id"] for instance in admin.get("/instances").json()}
    assert owners[WEB] == SOURCE


def test_the_admin_side_reports_no_secret(cloud: Sandbox, admin: httpx.Client) -> None:
    stated = "".join(admin.get(path).text for path in ("/status", "/instances", "/transfers", "/log", "/faults"))
    assert "sandbox-source" in stated
    assert not [secret for secret in known_secrets(cloud) if secret in stated]


@pytest.mark.parametrize("token", [None, "", "guessed", "gu\u00e9ssed"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/clock/advance"), ("GET", "/nothing")])
def test_who_does_not_have_the_token_learns_and_changes_nothing(
    cloud: Sandbox, admin: httpx.Client, method: str, path: str, token: str | None
) -> None:
    del admin.headers["x-sandbox-token"]
    headers = [(b"host", b"sandbox.example")]
    if token is not None:
        headers.append((b"x-sandbox-token", token.encode("latin-1")))
    # What else is wrong with the request is not revealed either.
    refused = admin.request(method, path, json={"seconds": -1}, headers=headers)
    assert refused.status_code == 401
    assert refused.json() == {"error": "Send the token of the file admin-token in the header x-sandbox-token."}
    assert cloud.clock.offset == timedelta()


def test_each_start_has_a_token_of_its_own(tmp_path: Path, cloud: Sandbox) -> None:
    with Sandbox.running(demo(), directory=tmp_path / "another") as another:
        tokens = {sandbox.home.token.read_text() for sandbox in (cloud, another)}
    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens)


def test_the_token_is_in_no_answer_and_in_no_log(cloud: Sandbox, source: Api, admin: httpx.Client) -> None:
    token = cloud.home.token.read_text()
    source.call("DescribeInstances")
    stated = "".join(admin.get(path).text for path in ("/status", "/log", "/faults", "/nothing"))
    assert token not in stated + cloud.facts.model_dump_json() + repr(cloud.log.entries())


@pytest.mark.parametrize(
    "body",
    [
        b'{"seconds": 1e400}',
        b'{"seconds": NaN}',
        b'{"seconds": Infinity}',
        b'{"seconds": -Infinity}',
        b'{"seconds": ' + b"9" * 5000 + b"}",
        b'{"seconds": "\\ud800"}',
        b"\xff\xfe{",
        b"[" * 100_000,
        b'{"seconds": ' + b'{"a": ' * 50_000,
        b"null",
        b"",
    ],
    ids=range(11),
)
@pytest.mark.parametrize("path", ["/clock/advance", "/faults", "/console", f"/transfers/{WEB}/reject"])
def test_a_hostile_body_is_a_refusal_in_json(cloud: Sandbox, admin: httpx.Client, path: str, body: bytes) -> None:
    refused = admin.post(path, content=body)
    assert refused.status_code == 400
    assert refused.json()["error"]
    assert cloud.clock.offset == timedelta()


@pytest.mark.parametrize("seconds", ["1e400", "NaN", "Infinity", "1e300"])
def test_a_delay_that_never_ends_is_refused(cloud: Sandbox, admin: httpx.Client, seconds: str) -> None:
    assert admin.post("/faults", content=f'{{"kind": "delay", "seconds": {seconds}}}').status_code == 400
    assert cloud.faults.in_force() == ()


def test_a_body_that_is_too_large_is_refused(admin: httpx.Client) -> None:
    refused = admin.post("/faults", content=b" " * 2_000_000)
    assert (refused.status_code, refused.json()["error"]) == (413, "A body has at most 1000000 bytes.")


def test_the_clock_stays_within_what_a_date_can_be(cloud: Sandbox, admin: httpx.Client) -> None:
    ten_years = {"seconds": 3650 * 86400}
    answers = [admin.post("/clock/advance", json=ten_years) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [400]
    assert "at most a hundred years ahead" in answers[-1].json()["error"]


@pytest.mark.parametrize("host", ["sandbox.example", "127.0.0.1.example:8450", "", "[", "[::1", "]:1", "127.0.0.1@x"])
def test_a_web_page_can_not_reach_the_admin_side_by_another_name(admin: httpx.Client, host: str) -> None:
    assert admin.get("/status", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_web_page_can_not_make_a_browser_change_anything(
    cloud: Sandbox, admin: httpx.Client, content_type: str
) -> None:
    answer = admin.post("/clock/advance", content='{"seconds": 60}', headers={"content-type": content_type})
    assert answer.status_code == 415
    assert cloud.clock.offset == timedelta()


# --- what an owner changes by hand


def test_an_owner_changes_things_through_the_admin_side(cloud: Sandbox, source: Api, admin: httpx.Client) -> None:
    group = "sg-bp1orchid0000000db"
    rule = {"direction": "ingress", "protocol": "tcp", "ports": "22/22", "cidr": "0.0.0.0/0"}
    added = admin.post(f"/groups/{group}/rules", json={"rule": rule}).json()
    assert admin.post(f"/rules/{added['id']}", json={"cidr": "198.51.100.0/24"}).json()["cidr"] == "198.51.100.0/24"
    assert admin.request("DELETE", f"/rules/{added['id']}").status_code == 200
    assert admin.request("DELETE", f"/groups/{group}").json()["id"] == group
    assert admin.post(f"/instances/{WEB}/stop").json()["status"] == "Stopped"
    assert admin.post("/eips/203.0.113.12/unbind").json()["instance"] is None
    source.submit()
    assert admin.post(f"/transfers/{WEB}/cancel").json()["status"] == "Cancelled"
    assert admin.request("DELETE", f"/instances/{WEB}").status_code == 200
    refused = admin.post(f"/instances/{WEB}/stop")
    assert (refused.status_code, "No account has an instance" in refused.json()["error"]) == (400, True)


# --- moving time


def test_the_clock_does_not_run_backwards(cloud: Sandbox) -> None:
    with pytest.raises(ValueError, match="only moves ahead"):
        cloud.clock.advance(timedelta(seconds=-1))
