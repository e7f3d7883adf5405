"""Request signatures: ACS3-HMAC-SHA256 in headers, and the older HMAC-SHA1 in parameters.

Both as Alibaba Cloud's SDKs make them, with a lasting key or with an STS token.
https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sandbox.models.errors import ApiError
from sandbox.state.keys import AccessKey

ACS3 = "ACS3-HMAC-SHA256"
HMAC_SHA1 = "HMAC-SHA1"

# How far a request's time may be from the real one, either way.
TOLERANCE = timedelta(minutes=15)

# Without these under the signature somebody on the way could change the request, or send it again.
_HAVE_TO_BE_SIGNED = frozenset(
    {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
)

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WireRequest:
    """A request as it came: parameters decoded and in order, header names in lower case."""

    method: str
    path: str
    query: Pairs
    form: Pairs
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> dict[str, str]:
        """Query and form as one; clients put parameters into either."""
        return dict(self.query + self.form)


@dataclass(frozen=True)
class HeaderSignature:
    """ACS3-HMAC-SHA256."""

    request: WireRequest
    access_key_id: str
    signed_headers: str
    signature: str

    @property
    def token(self) -> str | None:
        """The STS token sent along, or None."""
        return self.request.headers.get("x-acs-security-token")

    @property
    def nonce(self) -> str:
        """What makes the request unlike every other."""
        return self.request.headers["x-acs-signature-nonce"]

    @property
    def timestamp(self) -> str:
        """When the client signed, by its own clock."""
        return self.request.headers["x-acs-date"]

    def confirmed_by(self, secret: str) -> bool:
        """Whether body and signature are what this secret makes of the request."""
        made = hmac.new(secret.encode(), self._to_sign.encode(), hashlib.sha256).hexdigest()
        return self._body_hash == self.request.headers["x-acs-content-sha256"] and _same(made, self.signature)

    def mismatch(self) -> str:
        """What the gateway explains where the signature does not match."""
        return (
            f"Specified signature does not match our calculation. server StringToSign is [{self._to_sign}] "
            f"server CanonicalRequest is [{self._canonical_request}]"
        )

    @property
    def _to_sign(self) -> str:
        return f"{ACS3}\n{hashlib.sha256(self._canonical_request.encode()).hexdigest()}"

    @property
    def _canonical_request(self) -> str:
        request = self.request
        return "\n".join(
            [
                request.method,
                request.path,
                _canonical(request.query),
                "".join(f"{name}:{request.headers[name].strip()}\n" for name in self.signed_headers.split(";")),
                self.signed_headers,
                self._body_hash,
            ]
        )

    @property
    def _body_hash(self) -> str:
        return hashlib.sha256(self.request.body).hexdigest()


@dataclass(frozen=True)
class ParameterSignature:
    """HMAC-SHA1."""

    request: WireRequest
    access_key_id: str
    nonce: str
    timestamp: str
    signature: str

    @property
    def token(self) -> str | None:
        """The STS token sent along, or None."""
        return self.request.parameters.get("SecurityToken")

    def confirmed_by(self, secret: str) -> bool:
        """Whether the signature is what this secret makes of the request."""
        made = hmac.new(f"{secret}&".encode(), self._to_sign.encode(), hashlib.sha1).digest()
        return _same(base64.b64encode(made).decode(), self.signature)

    def mismatch(self) -> str:
        """What the gateway explains where the signature does not match.

        Older SDKs compare what follows the first colon with what they signed: if it is the same, the secret is wrong.
        """
        return f"Specified signature is not matched with our calculation. server string to sign is:{self._to_sign}"

    @property
    def _to_sign(self) -> str:
        signed = (pair for pair in self.request.query + self.request.form if pair[0] != "Signature")
        return f"{self.request.method}&%2F&{_quoted(_canonical(signed))}"


Signature = HeaderSignature | ParameterSignature


def read(request: WireRequest) -> Signature:
    """The request's signature, unverified. Raises 400 IncompleteSignature where a part of it is missing."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme == ACS3:
        return _from_headers(request, rest)
    return _from_parameters(request)


class Gatekeeper:
    """Lets a request in whose signature holds, and only once."""

    def __init__(self, keys: Mapping[str, AccessKey]) -> None:
        self._keys = keys
        self._seen: set[tuple[str, str]] = set()

    def admit(self, request: WireRequest) -> AccessKey:
        """The key that signed the request. Raises the refusal that the real gateway would answer."""
        signature = read(request)
        key = self._keys.get(signature.access_key_id)
        if key is None:
            raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        _require_token(key, signature.token)
        _require_recent(signature.timestamp)
        if not signature.confirmed_by(key.secret):
            raise ApiError(400, "SignatureDoesNotMatch", signature.mismatch())
        if (key.id, signature.nonce) in self._seen:
            raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._seen.add((key.id, signature.nonce))
        return key


def _from_headers(request: WireRequest, rest: str) -> HeaderSignature:
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    signed = set(fields.get("SignedHeaders", "").split(";"))
    must = _HAVE_TO_BE_SIGNED | ({"x-acs-security-token"} & request.headers.keys())
    if not fields.get("Credential") or not fields.get("Signature") or not must <= signed <= request.headers.keys():
        raise _incomplete()
    return HeaderSignature(request, fields["Credential"], fields["SignedHeaders"], fields["Signature"])


def _from_parameters(request: WireRequest) -> ParameterSignature:
    parameters = request.parameters
    parts = [parameters.get(name, "") for name in ("AccessKeyId", "SignatureNonce", "Timestamp", "Signature")]
    if not all(parts) or parameters.get("SignatureMethod") != HMAC_SHA1 or parameters.get("SignatureVersion") != "1.0":
        raise _incomplete()
    return ParameterSignature(request, *parts)


def _incomplete() -> ApiError:
    return ApiError(400, "IncompleteSignature", "The request signature does not conform to Alibaba Cloud standards.")


def _require_token(key: AccessKey, token: str | None) -> None:
    if key.token is not None and not token:
        raise ApiError(400, "InvalidSecurityToken.Malformed", "The specified parameter SecurityToken is not valid.")
    if (token or None) != key.token:
        raise ApiError(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "The specified SecurityToken does not match the access key.",
        )


def _require_recent(timestamp: str) -> None:
    try:
        signed = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ApiError(
            400, "IllegalTimestamp", "The input parameter Timestamp is not of the form YYYY-MM-DDThh:mm:ssZ."
        ) from None
    if abs(datetime.now(UTC) - signed) > TOLERANCE:
        raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _canonical(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(pairs))


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _same(this: str, other: str) -> bool:
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(this.encode(), other.encode())
