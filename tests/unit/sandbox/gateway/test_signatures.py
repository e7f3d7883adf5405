"""Who may call: signatures as the real SDK makes them, and each way in which they can be wrong."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.models.world import DEMO, load
from sandbox.server.server import Sandbox
from tests.examples import examples
from tests.unit.sandbox.api import Api, key_of

MODES = [
    (algorithm, profile)
    for algorithm in ("ACS3-HMAC-SHA256", "v2")
    for profile in ("sandbox-source", "sandbox-source-sts")
]
WRONG = "not it"
ODD = "过户 *~+/=&'()!%20?#\"\\ é  x"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.running(load(DEMO), directory=tmp_path_factory.mktemp("home")) as cloud:
        yield cloud


@pytest.mark.parametrize(("algorithm", "profile"), MODES)
def test_each_kind_of_signature_is_let_in(cloud: Sandbox, algorithm: str, profile: str) -> None:
    assert Api(cloud, profile, algorithm=algorithm).call("DescribeInstances")["TotalCount"] > 0


@pytest.mark.parametrize(("algorithm", "profile"), MODES)
def test_odd_characters_are_signed_as_the_sdk_signs_them(cloud: Sandbox, algorithm: str, profile: str) -> None:
    api = Api(cloud, profile, algorithm=algorithm)
    assert api.call("DescribeInstances", InstanceName=ODD, VpcId="")["TotalCount"] == 0


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_any_text_is_signed_as_the_sdk_signs_it(cloud: Sandbox, algorithm: str) -> None:
    api = Api(cloud, algorithm=algorithm)

    @settings(max_examples=examples(60), deadline=None)
    @given(st.text(st.characters(codec="utf-8"), max_size=40))
    def holds(text: str) -> None:
        assert "Instances" in api.call("DescribeInstances", InstanceName=text)

    holds()


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_parameters_in_a_form_are_signed_too(cloud: Sandbox, algorithm: str) -> None:
    answer = Api(cloud, algorithm=algorithm).answer("DescribeInstances", form={"InstanceName": "web-0*", "VpcId": ""})
    assert answer["body"]["TotalCount"] == 2


@pytest.mark.parametrize(("algorithm", "profile"), MODES)
def test_a_wrong_secret_is_refused(cloud: Sandbox, algorithm: str, profile: str) -> None:
    api = Api(cloud, profile, algorithm=algorithm, secret=WRONG)
    assert api.refused("DescribeInstances") == (400, "SignatureDoesNotMatch")


def test_a_wrong_secret_is_explained_as_older_sdks_compare_it(cloud: Sandbox) -> None:
    key = key_of(cloud, "sandbox-source")
    parameters = {
        "AccessKeyId": key.id,
        "Action": "DescribeInstances",
        "Format": "JSON",
        "InstanceName": ODD,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "1",
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": "2014-05-26",
    }
    signed = quote("&".join(f"{name}={quote(value, safe='~')}" for name, value in parameters.items()), safe="~")
    answer = httpx.get(
        f"https://{cloud.endpoint}/",
        params={**parameters, "Signature": WRONG},
        verify=_trust(cloud),
        trust_env=False,
    ).json()
    assert answer["Code"] == "SignatureDoesNotMatch"
    before, compared = answer["Message"].split(":")
    assert before.endswith("server string to sign is")
    assert compared == f"GET&%2F&{signed}"


@pytest.mark.parametrize(("algorithm", "profile"), MODES)
def test_what_was_to_be_signed_is_in_no_log_and_holds_no_secret(cloud: Sandbox, algorithm: str, profile: str) -> None:
    api = Api(cloud, profile, algorithm=algorithm, secret=WRONG)
    with pytest.raises(AlibabaCloudException) as refused:
        api.answer("DescribeInstances")
    message = refused.value.data["Message"]
    assert re.search("server string ?to ?sign is", message, re.IGNORECASE)
    assert key_of(cloud, profile).secret not in message
    entry = cloud.log.entries()[-1]
    assert key_of(cloud, profile).id not in str(entry)


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_an_unknown_key_is_refused(cloud: Sandbox, algorithm: str) -> None:
    api = Api(cloud, algorithm=algorithm, key_id="unknown")
    assert api.refused("DescribeInstances") == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_a_temporary_key_without_its_token_is_refused(cloud: Sandbox, algorithm: str) -> None:
    api = Api(cloud, "sandbox-source-sts", algorithm=algorithm, token="")
    assert api.refused("DescribeInstances") == (400, "InvalidSecurityToken.Malformed")


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_a_temporary_key_with_another_token_is_refused(cloud: Sandbox, algorithm: str) -> None:
    api = Api(cloud, "sandbox-source-sts", algorithm=algorithm, token=WRONG)
    assert api.refused("DescribeInstances") == (400, "InvalidSecurityToken.MismatchWithAccessKey")


def test_a_lasting_key_with_a_token_is_refused(cloud: Sandbox) -> None:
    api = Api(cloud, token=WRONG)
    assert api.refused("DescribeInstances") == (400, "InvalidSecurityToken.MismatchWithAccessKey")


def test_a_request_is_let_in_only_once(cloud: Sandbox) -> None:
    again = {"x-acs-signature-nonce": "the same"}
    Api(cloud).answer("DescribeInstances", headers=again)
    assert Api(cloud).refused("DescribeInstances", headers=again) == (400, "SignatureNonceUsed")


def test_a_nonce_is_not_used_up_by_a_request_that_was_refused(cloud: Sandbox) -> None:
    again = {"x-acs-signature-nonce": "observed by another"}
    Api(cloud, secret=WRONG).refused("DescribeInstances", headers=again)
    assert Api(cloud).answer("DescribeInstances", headers=again)["body"]


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_time_far_from_the_real_one_is_refused(cloud: Sandbox, minutes: int) -> None:
    signed = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    refused = Api(cloud).refused("DescribeInstances", headers={"x-acs-date": signed})
    assert refused == (400, "InvalidTimeStamp.Expired")


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_a_time_that_is_none_is_refused(cloud: Sandbox, algorithm: str) -> None:
    refused = Api(cloud, algorithm=algorithm).refused(
        "DescribeInstances",
        headers={"x-acs-date": "yesterday"} if algorithm != "v2" else {},
        query={"Timestamp": "yesterday"} if algorithm == "v2" else {},
    )
    assert refused == (400, "IllegalTimestamp")


def test_moving_the_sandboxs_clock_changes_nothing_about_signatures(cloud: Sandbox) -> None:
    cloud.clock.advance(timedelta(days=30))
    assert Api(cloud).call("DescribeInstances")["TotalCount"] > 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer x"},
        {"authorization": "ACS3-HMAC-SHA256"},
        {"authorization": "ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host,Signature=y"},
        {"authorization": "ACS3-HMAC-SHA256 Credential=,SignedHeaders=,Signature="},
    ],
)
def test_a_request_without_a_whole_signature_is_refused(cloud: Sandbox, headers: dict[str, str]) -> None:
    requested = urlencode({"Action": "DescribeInstances", "Version": "2014-05-26", "Format": "JSON"})
    answer = httpx.post(
        f"https://{cloud.endpoint}/?{requested}", headers=headers, verify=_trust(cloud), trust_env=False
    )
    assert (answer.status_code, answer.json()["Code"]) == (400, "IncompleteSignature")


def test_a_signature_that_leaves_the_action_out_is_refused(cloud: Sandbox) -> None:
    signed = ";".join(["host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"])
    headers = {
        "x-acs-action": "DescribeInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2026-01-01T00:00:00Z",
        "x-acs-signature-nonce": "1",
        "x-acs-content-sha256": "0",
        "accept": "application/json",
        "authorization": f"ACS3-HMAC-SHA256 Credential={key_of(cloud, 'sandbox-source').id},"
        f"SignedHeaders={signed},Signature=0",
    }
    answer = httpx.post(f"https://{cloud.endpoint}/", headers=headers, verify=_trust(cloud), trust_env=False)
    assert answer.json()["Code"] == "IncompleteSignature"


def _trust(cloud: Sandbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cloud.home.authority))
