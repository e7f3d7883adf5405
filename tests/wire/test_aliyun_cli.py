"""The Alibaba CLI is led to the sandbox by variables and profiles; a stand-in where the CLI is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.server.server import Sandbox
from tests import aliyun_cli

WEB_01 = "i-bp1web00000000000001"
WANTED = ("ecs", "DescribeInstances", "--RegionId", "cn-hangzhou", "--InstanceIds", json.dumps([WEB_01]))


def run(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def aliyun(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The stand-in, which takes its settings as today's CLI does."""
    return run([sys.executable, aliyun_cli.__file__, *words], home)


@pytest.mark.parametrize("profile", ["sandbox-source", "sandbox-source-sts"])
def test_the_command_of_the_page_lists_the_sandboxs_instance(sandbox: Sandbox, tmp_path: Path, profile: str) -> None:
    environment = sandbox.environment()
    led = ("--config-path", environment["ALICLOUD_SHARED_CREDENTIALS_FILE"], "--profile", profile)
    endpoint = ("--endpoint", environment["ALIBABA_CLOUD_ENDPOINT"], "--secure")
    done = run([aliyun_cli.installed(tmp_path / "bin"), *WANTED, *led, *endpoint], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["Instances"]["Instance"][0]["InstanceId"] == WEB_01


def test_a_profile_of_the_sandbox_names_its_endpoint(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ENDPOINT")
    file = sandbox.environment()["ALICLOUD_SHARED_CREDENTIALS_FILE"]
    done = aliyun("sts", "GetCallerIdentity", "--config-path", file, "--profile", "sandbox-recipient", home=tmp_path)
    assert json.loads(done.stdout)["AccountId"] == "1000000000000002"


def test_a_profile_of_another_config_is_led_to_the_sandbox_too_which_does_not_know_its_key(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    profile = {"name": "real", "access_key_id": "id", "access_key_secret": "secret", "region_id": "cn-hangzhou"}
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "real", "profiles": [profile]}))
    done = aliyun(*WANTED, home=tmp_path)
    assert (done.returncode, json.loads(done.stderr.removeprefix("ERROR: "))["Code"]) == (
        1,
        "InvalidAccessKeyId.NotFound",
    )
