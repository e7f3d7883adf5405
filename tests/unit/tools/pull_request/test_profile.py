"""A workflow's temporary credentials become profiles that both the SDK and pulumi-alicloud read."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from alibabacloud_credentials.provider import CLIProfileCredentialsProvider

from tools.pull_request.profile import main


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "ALICLOUD_SHARED_CREDENTIALS_FILE": str(tmp_path / "profiles/config.json"),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.source",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "source-secret",
        "ALIBABA_CLOUD_SECURITY_TOKEN": "source-token",
        "GITHUB_ENV": str(tmp_path / "steps"),
    }


def test_both_accounts_are_kept_and_read_by_the_sdk(environment: dict[str, str]) -> None:
    file = environment["ALICLOUD_SHARED_CREDENTIALS_FILE"]
    assert main(["acme-source"], environment) == 0
    recipient = {name: value.replace("source", "orchid") for name, value in environment.items() if "CLOUD_" in name}
    assert main(["orchid"], environment | recipient | {"ALICLOUD_SHARED_CREDENTIALS_FILE": file}) == 0
    for profile, name in (("acme-source", "source"), ("orchid", "orchid")):
        found = CLIProfileCredentialsProvider(profile_name=profile, profile_file=file).get_credentials()
        assert found.get_access_key_id() == f"STS.{name}"
        assert found.get_access_key_secret() == f"{name}-secret"
        assert found.get_security_token() == f"{name}-token"


def test_the_file_is_for_its_owner_only_and_later_steps_get_no_credentials(
    environment: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["acme-source"], environment) == 0
    file = Path(environment["ALICLOUD_SHARED_CREDENTIALS_FILE"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    emptied = (tmp_path / "steps").read_text().splitlines()
    assert "ALICLOUD_ACCESS_KEY=" in emptied
    assert "ALIBABA_CLOUD_SECURITY_TOKEN=" in emptied
    assert len(emptied) == len(set(emptied)) == 9
    printed = capsys.readouterr()
    assert printed.out == "Kept the profile acme-source.\n"
    assert "secret" not in printed.err


def test_a_second_role_for_the_same_profile_takes_the_place_of_the_first(environment: dict[str, str]) -> None:
    assert main(["acme-source"], environment) == 0
    assert main(["acme-source"], environment | {"ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.later"}) == 0
    (profile,) = json.loads(Path(environment["ALICLOUD_SHARED_CREDENTIALS_FILE"]).read_text())["profiles"]
    assert profile["access_key_id"] == "STS.later"


def test_a_step_without_credentials_says_what_is_missing(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["acme-source"], environment | {"ALIBABA_CLOUD_SECURITY_TOKEN": ""}) == 1
    assert "ALIBABA_CLOUD_SECURITY_TOKEN" in capsys.readouterr().err
    assert not Path(environment["ALICLOUD_SHARED_CREDENTIALS_FILE"]).exists()


@pytest.mark.parametrize("arguments", [[], [" "], ["a", "b"]])
def test_it_takes_one_name(environment: dict[str, str], arguments: list[str]) -> None:
    assert main(arguments, environment) == 2
