"""An account in a region, and the only way to it: published actions typed, the others by the generic call.

Every call is bounded: 5 s to connect, 10 s to read, at most 5 attempts within 20 s. Only what is safe is
repeated: reads, and writes that carry a client token. Where the cloud names a time to wait
(`x-acs-retry-after`, milliseconds) and that is soon, it is waited for; else TryAgain reports it.

Environment, shared with pulumi-alicloud: ALIBABA_CLOUD_ENDPOINT_ECS, _VPC and _STS name other endpoints
(`host:port`), SSL_CERT_FILE another file of certificate authorities.
"""

from __future__ import annotations

import functools
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_after_delay
from tenacity.wait import wait_exponential, wait_random

from transfer_provider.cloud import credentials
from transfer_provider.cloud.errors import HandoverError, Refused, TryAgain, from_answer, no_answer
from transfer_provider.cloud.sdk import (
    AlibabaCloudException,
    Config,
    EcsClient,
    OpenApiClient,
    OpenApiRequest,
    Params,
    RetryError,
    RuntimeOptions,
)
from transfer_provider.model.text import printable

CONNECT_MILLISECONDS = 5_000
READ_MILLISECONDS = 10_000
ATTEMPTS = 5
LONGEST_SECONDS = 20
LONGEST_WAIT_SECONDS = 5
BACKOFF = wait_exponential(multiplier=0.2, max=2) + wait_random(0, 0.1)

T = TypeVar("T")


@dataclass(frozen=True)
class Action:
    """An RPC action of Alibaba Cloud. `repeatable`: calling it twice has the effect of calling it once."""

    name: str
    repeatable: bool
    product: str = "ecs"
    version: str = "2014-05-26"


GET_CALLER_IDENTITY = Action("GetCallerIdentity", repeatable=True, product="sts", version="2015-04-01")


class Cloud:
    """What a profile (None: the default chain) may read and do in a region. Thread-safe.

    Credentials are resolved at the first call, not here. `sleep` is called with seconds between attempts.
    """

    def __init__(self, profile: str | None, region: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.profile = profile
        self.region = region
        self._sleep = sleep
        self._ahead = timedelta()
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._account_id: str | None = None
        self._caller: str | None = None

    def __str__(self) -> str:
        return f"profile {self.profile!r}" if self.profile else "the default credentials"

    def now(self) -> datetime:
        """The time at Alibaba Cloud: this machine's, put right by the last answer's Date."""
        return datetime.now(UTC) + self._ahead

    def account_id(self) -> str:
        """The account these credentials belong to, by STS GetCallerIdentity; queried once."""
        with self._lock:
            if self._account_id is None:
                doing = f"look up which account {self} belongs to"
                answer = self.ask(GET_CALLER_IDENTITY, {}, doing=doing)
                if not answer.get("AccountId"):
                    raise no_answer(doing, "no AccountId in it")
                self._account_id = str(answer["AccountId"])
                self._caller = str(answer["Arn"]) if answer.get("Arn") else None
            return self._account_id

    def caller(self) -> str | None:
        """Who calls, by the same answer: an ARN such as `acs:ram::1000000000000001:user/ops`; None: it has none."""
        self.account_id()
        return self._caller

    def ask(self, action: Action, query: Mapping[str, str], *, doing: str) -> Mapping[str, Any]:
        """Call any action; the answer's body. `doing` completes "Could not …" in errors.

        Raises Refused, TryAgain, NotAllowed or Unsupported, never anything else.
        """
        params = Params(
            action=action.name,
            version=action.version,
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )

        def once() -> Mapping[str, Any]:
            answer = self._client(action.product).call_api(params, OpenApiRequest(query=dict(query)), RuntimeOptions())
            self._heed_date(answer["headers"])
            body = answer["body"]
            if not isinstance(body, Mapping):
                raise no_answer(doing, "not an object")
            return body

        return self._bounded(once, doing, repeat=action.repeatable or "ClientToken" in query)

    def read(self, call: Callable[[EcsClient, RuntimeOptions], Any], *, doing: str) -> Any:
        """Call a published ECS action that changes nothing, typed: the response's body model."""

        def once() -> Any:
            answer = call(self._client("ecs"), RuntimeOptions())
            self._heed_date(answer.headers)
            return answer.body

        return self._bounded(once, doing, repeat=True)

    def _client(self, product: str) -> Any:
        with self._lock:
            if product not in self._clients:
                endpoint = os.environ.get(f"ALIBABA_CLOUD_ENDPOINT_{product.upper()}")
                config = Config(
                    credential=credentials.resolve(self.profile),
                    region_id=self.region,
                    # The typed client knows ECS's own endpoints; the others' are regular.
                    endpoint=endpoint or (None if product == "ecs" else f"{product}.{self.region}.aliyuncs.com"),
                    protocol="HTTPS",
                    connect_timeout=CONNECT_MILLISECONDS,
                    read_timeout=READ_MILLISECONDS,
                    user_agent="instance-handover",
                    ca=_authorities(),
                )
                self._clients[product] = EcsClient(config) if product == "ecs" else OpenApiClient(config)
            return self._clients[product]

    def _heed_date(self, headers: Mapping[str, str]) -> None:
        try:
            self._ahead = parsedate_to_datetime(headers["date"]) - datetime.now(UTC)
        except (KeyError, TypeError, ValueError):
            return

    def _bounded(self, once: Callable[[], T], doing: str, *, repeat: bool) -> T:
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(LONGEST_SECONDS),
            wait=_wait,
            retry=retry_if_exception(lambda error: repeat and _worth_repeating(error)),
            sleep=self._sleep,
            reraise=True,
        )
        return cast(T, retrying(_translated, once, doing))


def _authorities() -> str | None:
    """The file of certificate authorities that SSL_CERT_FILE names; None: the SDK's own.

    Raises Refused where it can't be used, for trying again does not help.
    """
    file = os.environ.get("SSL_CERT_FILE")
    if not file:
        return None
    try:
        why = _why_unusable(file, Path(file).stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        why = str(getattr(error, "strerror", None) or type(error).__name__).lower()
    if why is None:
        return file
    raise Refused(
        f"Could not reach Alibaba Cloud: SSL_CERT_FILE names {printable(file)}, which can't be used: {why}. "
        "Name a file of certificate authorities, or unset SSL_CERT_FILE to trust the usual ones."
    )


@functools.lru_cache(maxsize=8)
def _why_unusable(file: str, _changed: int) -> str | None:
    """Why a file of certificate authorities can't be used, or None; looked at once, as long as it does not change."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except ssl.SSLError:
        return "it holds no certificate in PEM format"
    return None


def _wait(state: RetryCallState) -> float:
    """The time the cloud gave, or a growing time; with jitter, so that many resources spread out."""
    error = state.outcome.exception() if state.outcome else None
    retry_after = error.after if isinstance(error, TryAgain) else None
    return (retry_after or 0) + BACKOFF(state)


def _worth_repeating(error: BaseException) -> bool:
    return isinstance(error, TryAgain) and (error.after or 0) <= LONGEST_WAIT_SECONDS


def _translated(once: Callable[[], T], doing: str) -> T:
    """Run an attempt; whatever the SDK raises becomes a `HandoverError`."""
    try:
        return once()
    except HandoverError:
        raise
    except AlibabaCloudException as error:
        data = error.data if isinstance(error.data, Mapping) else {}
        raise from_answer(
            doing,
            code=str(error.code),
            message=str(data.get("Message") or "no explanation was given"),
            http_status=error.status_code,
            request_id=error.request_id,
            after=error.retry_after / 1000 if error.retry_after else None,
        ) from None
    except Exception as error:  # noqa: BLE001  the SDK wraps all else: sockets, TLS, unreadable bodies
        raise no_answer(doing, _why(error)) from None


def _why(error: BaseException) -> str:
    """A network failure in a few words; never the library's own text, which quotes the request."""
    cause = getattr(error, "inner_exception", None) or error
    if isinstance(cause, RetryError):
        cause = cause.__context__ or cause
    match cause:
        case requests.exceptions.ConnectTimeout():
            return "the connection was not accepted in time"
        case requests.exceptions.Timeout():
            return "the answer did not come in time"
        case requests.exceptions.SSLError():
            return "the server's certificate is not trusted; SSL_CERT_FILE names the authorities"
        case requests.exceptions.ProxyError():
            return "the proxy did not pass it on"
        case requests.exceptions.ConnectionError():
            return "the connection failed or was cut off"
        case _:
            return f"unreadable: {type(cause).__name__}"
