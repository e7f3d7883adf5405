"""The older signature (HMAC-SHA1 in parameters), by a client that the sandbox was not written for.

`aliyun-python-sdk-ecs` signs by itself, sends what it does as GET or as a POST with a form, and parses refusals in its
own way.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526.CreateSecurityGroupRequest import CreateSecurityGroupRequest
from aliyunsdkecs.request.v20140526.DeleteSecurityGroupRequest import DeleteSecurityGroupRequest
from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
from aliyunsdkecs.request.v20140526.DescribeSecurityGroupsRequest import DescribeSecurityGroupsRequest

from sandbox.server.server import Sandbox
from tests.conformance.world import REGION
from tests.unit.sandbox.api import key_of

# The client's own copy of urllib3 uses TLS in ways that Python deprecates.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning"),
]

# What a signature gets wrong first: a space, a star, a tilde, a plus, an equals sign, a percent sign, other scripts.
AWKWARD = "Web servers * ~ + = & % 转让"


class OldClient:
    """A client of the source's account."""

    def __init__(self, cloud: Sandbox, *, secret: str | None = None) -> None:
        key = key_of(cloud, "source")
        self._client = AcsClient(
            key.id, secret or key.secret, REGION, auto_retry=False, verify=str(cloud.home.authority)
        )
        self._endpoint = cloud.endpoint

    def answer(self, request: Any, method: str = "GET") -> Any:
        """The body of the answer."""
        request.set_endpoint(self._endpoint)
        request.set_protocol_type("https")
        request.set_method(method)
        return json.loads(self._client.do_action_with_exception(request))


@pytest.fixture
def client(cloud: Sandbox) -> OldClient:
    return OldClient(cloud)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_reads(client: OldClient, method: str) -> None:
    request = DescribeInstancesRequest()
    request.set_InstanceIds(json.dumps(["i-1", "i-2"]))
    listed = client.answer(request, method)["Instances"]["Instance"]
    assert [instance["InstanceId"] for instance in listed] == ["i-1", "i-2"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_writes(client: OldClient, method: str) -> None:
    creation = CreateSecurityGroupRequest()
    creation.set_VpcId("vpc-2")
    creation.set_Description(AWKWARD)
    creation.set_Tags([{"Key": "purpose", "Value": AWKWARD}])
    group_id = client.answer(creation, method)["SecurityGroupId"]

    query = DescribeSecurityGroupsRequest()
    query.set_SecurityGroupIds(json.dumps([group_id]))
    (group,) = client.answer(query)["SecurityGroups"]["SecurityGroup"]
    assert group["Description"] == AWKWARD
    assert group["Tags"]["Tag"] == [{"TagKey": "purpose", "TagValue": AWKWARD}]

    deletion = DeleteSecurityGroupRequest()
    deletion.set_SecurityGroupId(group_id)
    client.answer(deletion, method)
    assert client.answer(query)["SecurityGroups"]["SecurityGroup"] == []


def test_a_refusal_has_its_code_and_request_id(client: OldClient) -> None:
    deletion = DeleteSecurityGroupRequest()
    deletion.set_SecurityGroupId("sg-none")
    with pytest.raises(ServerException) as refused:
        client.answer(deletion)
    assert refused.value.get_error_code() == "InvalidSecurityGroupId.NotFound"
    assert refused.value.get_http_status() == 404
    assert refused.value.get_request_id()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_secret_is_refused_and_known_by_what_the_server_signed(cloud: Sandbox, method: str) -> None:
    with pytest.raises(ServerException) as refused:
        OldClient(cloud, secret=key_of(cloud, "recipient").secret).answer(DescribeInstancesRequest(), method)
    # The gateway answers SignatureDoesNotMatch and what it signed; the client signed the same, so the secret is wrong.
    assert refused.value.get_error_code() == "InvalidAccessKeySecret"
