"""How the tests call a running sandbox: through Alibaba Cloud's own SDK, as one of the world's profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from alibabacloud_tea_openapi.client import Client
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from sandbox.server.server import Sandbox
from sandbox.state.keys import AccessKey

SOURCE, RECIPIENT, OTHER, UNVERIFIED = (f"100000000000000{number}" for number in (1, 2, 3, 4))
WEB, WEB_2, DB = "i-bp1web00000000000001", "i-bp1web00000000000002", "i-bp1db000000000000001"

VERSIONS = {"GetCallerIdentity": "2015-04-01"}
VPC = "2016-04-28"


def key_of(cloud: Sandbox, profile: str) -> AccessKey:
    """The access key of a profile."""
    return next(key for key in cloud.state.keys.values() if key.profile.name == profile)


class Api:
    """A profile's SDK client, in cn-hangzhou."""

    def __init__(
        self,
        cloud: Sandbox,
        profile: str = "sandbox-source",
        *,
        algorithm: str | None = None,
        key_id: str | None = None,
        secret: str | None = None,
        token: str | None = None,
    ) -> None:
        key = key_of(cloud, profile)
        self._client = Client(
            Config(
                access_key_id=key_id or key.id,
                access_key_secret=secret or key.secret,
                security_token=key.token if token is None else token,
                endpoint=cloud.endpoint,
                protocol="HTTPS",
                signature_algorithm=algorithm,
                ca=str(cloud.home.authority),
            )
        )

    def answer(
        self,
        action: str,
        query: Mapping[str, str] | None = None,
        *,
        version: str | None = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Any:
        """The whole answer: headers and body."""
        params = Params(
            action=action,
            version=version or VERSIONS.get(action, "2014-05-26"),
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = OpenApiRequest(
            query={"RegionId": "cn-hangzhou", **(query or {})},
            headers=dict(headers or {}),
            body=dict(form) if form else None,
        )
        return self._client.call_api(params, request, RuntimeOptions())

    def call(
        self, action: str, query: Mapping[str, str] | None = None, *, version: str | None = None, **parameters: str
    ) -> Any:
        """The answer's body."""
        return self.answer(action, {**(query or {}), **parameters}, version=version)["body"]

    def vpc(self, action: str, query: Mapping[str, str] | None = None, **parameters: str) -> Any:
        """The body of an answer of the product VPC."""
        return self.call(action, query, version=VPC, **parameters)

    def refused(
        self,
        action: str,
        query: Mapping[str, str] | None = None,
        *,
        version: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """The HTTP status and the code of the error that the call is answered with."""
        try:
            answered = self.answer(action, query, version=version, headers=headers)
        except AlibabaCloudException as error:
            return int(error.status_code), str(error.code)
        raise AssertionError(f"{action} was not refused: {answered}")

    def vpc_refused(self, action: str, query: Mapping[str, str] | None = None, **parameters: str) -> tuple[int, str]:
        """How the product VPC refuses."""
        return self.refused(action, {**(query or {}), **parameters}, version=VPC)

    def submit(self, instance_id: str = WEB, **parameters: str) -> Any:
        """TransferInstance to the recipient, with everything that it needs."""
        return self.call("TransferInstance", submission(instance_id, **parameters))

    def transfer(self, transfer_id: str) -> Any:
        """How DescribeInstanceTransfers reports the transfer."""
        listed = self.call("DescribeInstanceTransfers", TransferIds=json.dumps([transfer_id]))
        (found,) = listed["Transfers"]["Transfer"]
        return found


def submission(instance_id: str = WEB, **parameters: str) -> dict[str, str]:
    """The parameters of a TransferInstance that is fine, unless `parameters` say otherwise."""
    return {
        "InstanceId": instance_id,
        "RecipientAccountId": RECIPIENT,
        "AgreementAccepted": "true",
        "Reason": "Project Orchid moves out",
        **parameters,
    }
