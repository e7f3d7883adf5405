"""The client seam against the sandbox: what is repeated, what is not, and the message of a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.demo_world import demo
from tests.known_secrets import known_secrets
from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import ATTEMPTS, Action, Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused, TryAgain, Unsupported

LISTING = "DescribeInstanceTransfers"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox.running(demo(), directory=tmp_path) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def waits() -> list[float]:
    """The seconds the client wanted to wait between attempts, instead of waiting them."""
    return []


@pytest.fixture
def cloud(sandbox: Sandbox, waits: list[float]) -> Cloud:
    return Cloud("sandbox-source", "cn-hangzhou", sleep=waits.append)


@pytest.mark.parametrize("profile", ["sandbox-source", "sandbox-source-sts", "sandbox-source-ram"])
def test_every_kind_of_profile_signs_in(sandbox: Sandbox, profile: str) -> None:
    assert Cloud(profile, "cn-hangzhou").account_id() == "1000000000000001"


@pytest.mark.parametrize("profile", ["sandbox-source", "sandbox-source-sts"])
def test_a_wrong_secret_shows_nothing_of_what_was_signed(sandbox: Sandbox, profile: str) -> None:
    file = sandbox.home.credentials
    config = json.loads(file.read_text())
    (used,) = [known for known in config["profiles"] if known["name"] == profile]
    used["access_key_secret"] = used["access_key_id"]
    file.write_text(json.dumps(config))
    with pytest.raises(NotAllowed, match=r"the access key's secret is wrong \(SignatureDoesNotMatch, ") as raised:
        Cloud(profile, "cn-hangzhou").account_id()
    assert "sign is" not in str(raised.value).lower()
    assert used["access_key_id"] not in str(raised.value)
    assert not any(secret in str(raised.value) for secret in known_secrets(sandbox))


def test_instances_are_those_of_this_account_and_region(cloud: Cloud) -> None:
    instance_ids = ["i-bp1web00000000000001", "i-uf6web00000000000001", "i-bp1orchid00000000001"]
    assert list(instances.query(cloud, instance_ids)) == ["i-bp1web00000000000001"]


@pytest.mark.parametrize("kind", ["throttle", "error", "cut-before", "cut-after"])
def test_a_read_is_repeated_within_bounds(cloud: Cloud, sandbox: Sandbox, waits: list[float], kind: str) -> None:
    sandbox.faults.add(Fault(action=LISTING, kind=kind, times=2))
    assert operations.list_page(cloud).transfers == ()
    assert len(waits) == 2
    sandbox.faults.add(Fault(action=LISTING, kind=kind))
    with pytest.raises(TryAgain):
        operations.list_page(cloud)
    assert len(waits) == 2 + ATTEMPTS - 1


def test_waits_grow_and_stay_short(cloud: Cloud, sandbox: Sandbox, waits: list[float]) -> None:
    sandbox.faults.add(Fault(action=LISTING, kind="error"))
    with pytest.raises(TryAgain):
        operations.list_page(cloud)
    assert waits == sorted(waits)
    assert sum(waits) < 10


def test_the_clouds_own_waiting_time_is_honoured(cloud: Cloud, sandbox: Sandbox, waits: list[float]) -> None:
    sandbox.faults.add(Fault(action=LISTING, kind="throttle", times=1, retry_after_ms=3000))
    operations.list_page(cloud)
    assert 3 <= waits[0] < 4


def test_a_long_waiting_time_is_reported_and_not_waited(cloud: Cloud, sandbox: Sandbox, waits: list[float]) -> None:
    sandbox.faults.add(Fault(action=LISTING, kind="throttle", retry_after_ms=60_000))
    with pytest.raises(TryAgain, match=r"Wait 60 s first") as raised:
        operations.list_page(cloud)
    assert (raised.value.after, waits) == (60, [])


def test_a_write_without_a_client_token_is_never_repeated(cloud: Cloud, sandbox: Sandbox, waits: list[float]) -> None:
    sandbox.faults.add(Fault(action="CancelInstanceTransfer", kind="error"))
    with pytest.raises(TryAgain):
        cloud.ask(
            Action("CancelInstanceTransfer", repeatable=False),
            {"RegionId": "cn-hangzhou", "TransferId": "it-1"},
            doing="try",
        )
    assert waits == []


def test_a_refusal_is_not_repeated(cloud: Cloud, waits: list[float]) -> None:
    with pytest.raises(Refused, match=r"InvalidTransferId.NotFound"):
        operations.cancel(cloud, "it-00000000000000000000", "i-bp1web00000000000001")
    assert waits == []


def test_an_action_that_is_not_offered_is_unsupported(cloud: Cloud) -> None:
    with pytest.raises(Unsupported, match=r"Could not ask: .*InvalidAction.NotFound, RequestId "):
        cloud.ask(Action("TransferEverything", repeatable=True), {}, doing="ask")


def test_time_is_the_clouds(cloud: Cloud, sandbox: Sandbox) -> None:
    sandbox.clock.advance(timedelta(hours=5))
    operations.list_page(cloud)
    assert abs(cloud.now() - datetime.now(UTC) - timedelta(hours=5)) < timedelta(minutes=1)


def test_no_server_and_a_server_nobody_vouches_for_have_messages_of_their_own(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ENDPOINT_ECS", "127.0.0.1:1")
    with pytest.raises(TryAgain, match=r"the connection failed or was cut off"):
        operations.list_page(Cloud("sandbox-source", "cn-hangzhou", sleep=lambda _: None))
    monkeypatch.setenv("ALIBABA_CLOUD_ENDPOINT_ECS", sandbox.endpoint)
    with Sandbox.running(demo(), directory=tmp_path / "other") as other:
        monkeypatch.setenv("SSL_CERT_FILE", other.environment()["SSL_CERT_FILE"])
        with pytest.raises(TryAgain, match=r"certificate is not trusted"):
            operations.list_page(Cloud("sandbox-source", "cn-hangzhou", sleep=lambda _: None))


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "no such file or directory"), ("a folder", "is a directory"), ("no PEM", "holds no certificate in PEM")],
)
def test_authorities_that_can_not_be_used_are_reported_once_with_what_to_do(
    cloud: Cloud,
    sandbox: Sandbox,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: str | None,
    why: str,
) -> None:
    file = tmp_path / "authorities"
    if content == "a folder":
        file.mkdir()
    elif content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(Refused, match=rf"SSL_CERT_FILE names .*authorities, which can't be used: .*{why}") as raised:
        operations.list_page(cloud)
    assert "again" not in str(raised.value)
    assert "unset SSL_CERT_FILE" in str(raised.value)
    assert waits == []
    assert not sandbox.log.entries()


def test_what_the_cloud_says_moves_no_cursor_and_begins_no_line(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = "gone\n::error::x\x1b[2J\x9b\u202e"
    with pytest.raises(Refused) as raised:
        operations.cancel(cloud, hostile, "i-bp1web00000000000001")
    assert str(raised.value).isprintable()


def test_missing_credentials_report_which_of_three_is_the_case(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotAllowed, match=r"has no profile 'nobody' \(it has: .*sandbox-source"):
        Cloud("nobody", "cn-hangzhou").account_id()
    profiles = Path(sandbox.environment()["ALICLOUD_SHARED_CREDENTIALS_FILE"])
    profiles.write_text("{")
    with pytest.raises(NotAllowed, match=r"can't be read as the Alibaba CLI's config"):
        Cloud("sandbox-source", "cn-hangzhou").account_id()
    monkeypatch.setenv("ALICLOUD_SHARED_CREDENTIALS_FILE", str(profiles.with_name("none.json")))
    with pytest.raises(NotAllowed, match=r"there is no .*none.json"):
        Cloud("sandbox-source", "cn-hangzhou").account_id()


def test_no_error_shows_a_secret_or_what_was_sent(cloud: Cloud, sandbox: Sandbox) -> None:
    query = {"RegionId": "cn-hangzhou", "RecipientEmail": "cloud@orchid.example"}
    sandbox.faults.add(Fault(action="TransferInstance", kind="cut-before"))
    with pytest.raises(TryAgain) as raised:
        cloud.ask(Action("TransferInstance", repeatable=False), query, doing="try")
    for hidden in ("orchid", *known_secrets(sandbox)):
        assert hidden not in str(raised.value)
