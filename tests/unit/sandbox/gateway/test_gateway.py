"""The gateway around the actions: what it knows, what its answers look like, tokens, permissions, the log."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import httpx
import pytest
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException

from sandbox.gateway.rendering import render
from sandbox.gateway.signatures import WireRequest
from sandbox.server.server import Sandbox
from tests.known_secrets import known_secrets
from tests.unit.sandbox.api import SOURCE, WEB, WEB_2, Api, submission


def unsigned(cloud: Sandbox, **parameters: str) -> httpx.Response:
    trust = ssl.create_default_context(cafile=str(cloud.home.authority))
    return httpx.get(f"https://{cloud.endpoint}/", params=parameters, verify=trust, trust_env=False)


def test_an_action_nobody_knows_is_not_found_whoever_calls(cloud: Sandbox) -> None:
    answer = unsigned(cloud, Action="NoSuchAction", Version="2014-05-26", Format="JSON")
    body = answer.json()
    assert answer.status_code == 404
    assert body["Code"] == "InvalidAction.NotFound"
    assert body["Message"] == "Specified api is not found, please check your url and method."
    assert body.keys() == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert body["HostId"] == cloud.endpoint


def test_an_action_of_another_product_is_not_found(source: Api) -> None:
    refused = source.refused("GetCallerIdentity", version="2014-05-26")
    assert refused == (404, "InvalidAction.NotFound")


def test_a_version_nobody_knows_is_refused(source: Api) -> None:
    assert source.refused("DescribeInstances", version="2000-01-01") == (400, "InvalidVersion")


@pytest.mark.parametrize("given", [{"Version": "2014-05-26"}, {"Action": "DescribeInstances"}])
def test_action_and_version_have_to_be_there(cloud: Sandbox, given: dict[str, str]) -> None:
    answer = unsigned(cloud, Format="JSON", **given)
    assert (answer.status_code, answer.json()["Code"]) == (400, "MissingParameter")


def test_request_ids_are_upper_case_and_each_is_new(source: Api) -> None:
    ids = [source.call("GetCallerIdentity")["RequestId"] for _ in range(2)]
    assert all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", request_id) for request_id in ids)
    assert ids[0] != ids[1]


def test_the_request_id_is_in_a_header_of_every_answer(cloud: Sandbox, source: Api) -> None:
    answer = source.answer("GetCallerIdentity")
    assert answer["headers"]["x-acs-request-id"] == answer["body"]["RequestId"]
    refused = unsigned(cloud, Action="Nothing", Version="2014-05-26", Format="JSON")
    assert refused.headers["x-acs-request-id"] == refused.json()["RequestId"]


def test_an_answer_is_xml_unless_json_is_requested(cloud: Sandbox) -> None:
    answer = unsigned(cloud, Action="Nothing", Version="2014-05-26")
    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    root = ElementTree.fromstring(answer.text)
    assert (root.tag, root.findtext("Code")) == ("Error", "InvalidAction.NotFound")


def test_lists_become_repeated_elements_in_xml() -> None:
    requested = WireRequest(method="GET", path="/", query=(), form=(), headers={}, body=b"")
    reported = {"Total": 2, "Good": True, "Instances": {"Instance": [{"Id": "<1>"}, {"Id": "2"}]}}
    answer = render(requested, "DescribeInstancesResponse", reported, 200, {})
    assert bytes(answer.body).decode().partition("?>")[2].strip() == (
        "<DescribeInstancesResponse><Total>2</Total><Good>true</Good><Instances>"
        "<Instance><Id>&lt;1&gt;</Id></Instance><Instance><Id>2</Id></Instance>"
        "</Instances></DescribeInstancesResponse>"
    )


def test_every_answer_carries_the_sandboxs_time(cloud: Sandbox, source: Api) -> None:
    cloud.clock.advance(timedelta(days=3))
    dates = [
        source.answer("GetCallerIdentity")["headers"]["date"],
        unsigned(cloud, Action="Nothing", Version="2014-05-26").headers["date"],
    ]
    for date in dates:
        ahead = parsedate_to_datetime(date) - datetime.now(UTC)
        assert timedelta(days=3, minutes=-1) < ahead < timedelta(days=3, minutes=1)


def test_a_denied_action_is_forbidden_with_its_detail(cloud: Sandbox) -> None:
    denied = Api(cloud, "sandbox-source-denied")
    with pytest.raises(AlibabaCloudException) as raised:
        denied.submit()
    assert (raised.value.status_code, raised.value.code) == (403, "Forbidden.RAM")
    assert raised.value.data["AccessDeniedDetail"]["AuthAction"] == "ecs:TransferInstance"
    assert denied.call("DescribeInstances")["TotalCount"] > 0


def test_a_recipient_may_be_kept_from_seeing_its_instances(cloud: Sandbox) -> None:
    denied = Api(cloud, "sandbox-recipient-denied")
    assert denied.call("DescribeInstances")["Instances"] == {"Instance": []}
    assert denied.refused("DescribeInstances", {"DryRun": "true"}) == (403, "Forbidden.RAM")
    assert denied.call("GetCallerIdentity")["IdentityType"] == "RAMUser"


def test_a_blank_parameter_is_none(source: Api) -> None:
    assert source.call("DescribeInstances", Unheard="")["TotalCount"] > 0


@pytest.mark.parametrize("action", ["DescribeInstances", "TransferInstance", "GetCallerIdentity"])
def test_a_parameter_that_no_handler_heeds_is_refused(source: Api, action: str) -> None:
    refused = source.refused(action, {**submission(), "Unheard": "1"} if action[0] == "T" else {"Unheard": "1"})
    assert refused == (400, "InvalidParameter.Unheard")


def test_a_failure_of_the_sandbox_is_an_internal_error_without_a_traceback(
    cloud: Sandbox, source: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(cloud.state), "holdings", lambda _: 1 / 0)
    with pytest.raises(AlibabaCloudException) as raised:
        source.call("DescribeInstances")
    assert (raised.value.status_code, raised.value.code) == (500, "InternalError")
    assert "division" not in str(raised.value.data)
    assert cloud.log.entries()[-1].error_code == "InternalError"


# --- client tokens


def test_a_write_repeated_with_its_token_happens_once(cloud: Sandbox, source: Api) -> None:
    first, second = (source.submit(ClientToken="once") for _ in range(2))
    assert first.pop("RequestId") != second.pop("RequestId")
    assert first == second
    assert len(cloud.desk.transfers()) == 1


def test_the_original_answer_is_given_whatever_has_happened_since(cloud: Sandbox, source: Api) -> None:
    first = source.submit(ClientToken="once")
    cloud.desk.reject(WEB, reason="Unclear.")
    assert source.submit(ClientToken="once")["TransferId"] == first["TransferId"]


def test_other_parameters_with_the_same_token_are_refused(source: Api) -> None:
    source.submit(ClientToken="once")
    refused = source.refused("TransferInstance", submission(WEB_2, ClientToken="once"))
    assert refused == (400, "IdempotentParameterMismatch")


def test_a_refused_write_does_not_use_its_token_up(cloud: Sandbox, source: Api) -> None:
    source.refused("TransferInstance", submission("i-bp1expired0000000001", ClientToken="once"))
    source.refused("TransferInstance", submission(ClientToken="once", DryRun="true"))
    assert source.submit(ClientToken="once")["TransferId"] == cloud.desk.transfers()[0].id


def test_tokens_belong_to_an_account_and_an_action(cloud: Sandbox, source: Api, recipient: Api) -> None:
    transfer_id = source.submit(ClientToken="once")["TransferId"]
    recipient.submit("i-bp1orchid00000000001", RecipientAccountId=SOURCE, ClientToken="once")
    source.call("CancelInstanceTransfer", TransferId=transfer_id, ClientToken="once")
    assert {transfer.status for transfer in cloud.desk.transfers()} == {"UnderReview", "Cancelled"}


@pytest.mark.parametrize("token", ["x" * 65, "ü", "a\tb"])
def test_a_token_is_at_most_64_printable_ascii_characters(source: Api, token: str) -> None:
    assert source.refused("TransferInstance", submission(ClientToken=token)) == (400, "InvalidParameter")


def test_a_token_of_64_characters_is_fine(source: Api) -> None:
    assert source.submit(ClientToken="x" * 64)["TransferId"]


# --- the log


def test_the_log_reports_each_call_and_what_it_came_to(cloud: Sandbox, source: Api) -> None:
    source.submit()
    source.refused("TransferInstance", submission())
    taken, refused = cloud.log.entries(action="TransferInstance")
    assert (taken.product, taken.profile, taken.account_id) == ("Ecs", "sandbox-source", SOURCE)
    assert (taken.region, taken.http_status, taken.error_code) == ("cn-hangzhou", 200, None)
    assert taken.parameters["InstanceId"] == WEB
    assert (refused.http_status, refused.error_code) == (409, "OperationConflict.TransferInProgress")
    assert refused.number == taken.number + 1


def test_the_log_reports_calls_that_were_not_let_in(cloud: Sandbox) -> None:
    wrong = "not it"
    Api(cloud, secret=wrong).refused("DescribeInstances")
    unsigned(cloud, Action="Nothing", Version="2014-05-26")
    let_out, unknown = cloud.log.entries()
    assert (let_out.account_id, let_out.error_code) == (None, "SignatureDoesNotMatch")
    assert (unknown.product, unknown.action, unknown.error_code) == (None, "Nothing", "InvalidAction.NotFound")


def test_a_cleared_log_goes_on_counting(cloud: Sandbox, source: Api) -> None:
    source.call("GetCallerIdentity")
    cloud.log.clear()
    source.call("GetCallerIdentity")
    assert [entry.number for entry in cloud.log.entries()] == [2]


@pytest.mark.parametrize("algorithm", ["ACS3-HMAC-SHA256", "v2"])
def test_no_secret_is_ever_in_the_log(cloud: Sandbox, algorithm: str) -> None:
    for profile in ("sandbox-source", "sandbox-source-sts"):
        api = Api(cloud, profile, algorithm=algorithm)
        api.call("DescribeInstances")
        api.refused("DescribeInstances", {"Status": "Gone"})
    stated = repr(cloud.log.entries())
    assert "DescribeInstances" in stated
    assert not [secret for secret in known_secrets(cloud) if secret in stated]
    assert "Signature" not in stated
    assert "LTAI" not in stated


def test_an_e_mail_address_is_never_in_the_log(cloud: Sandbox, source: Api) -> None:
    source.submit(RecipientEmail="cloud@orchid.example")
    unsigned(cloud, Action="Nothing", Version="2014-05-26", RecipientEmail="cloud@orchid.example", Password="guessed")  # noqa: S106
    assert "cloud@orchid.example" not in repr(cloud.log.entries())
    assert "guessed" not in repr(cloud.log.entries())
    (entry,) = cloud.log.entries("TransferInstance")
    assert entry.parameters["RecipientEmail"] == "[withheld]"
    assert entry.parameters["InstanceId"] == WEB


def test_a_client_token_is_no_secret_and_stays_in_the_log(cloud: Sandbox, source: Api) -> None:
    source.submit(ClientToken="a-token")
    assert cloud.log.entries("TransferInstance")[0].parameters["ClientToken"] == "a-token"
