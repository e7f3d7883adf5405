"""What can go wrong at Alibaba Cloud, as four kinds a caller can act on.

    HandoverError
    ├── Refused      permanent: says what to change
    ├── TryAgain     temporary: says when; nothing is known to have happened or not happened
    ├── NotAllowed   credentials, permission or the wrong account
    └── Unsupported  this account's Alibaba Cloud does not offer the action

A message is one self-contained sentence with Alibaba's code and RequestId, then what to do. What each code
means is the table `RULES`, taken from the published error tables and from the assumed transfer actions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


class HandoverError(Exception):
    """Something kept a handover from going on; the message says what and what to do.

    `code` and `request_id` are Alibaba Cloud's, or None where no answer came.
    """

    def __init__(self, message: str, *, code: str | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class Refused(HandoverError):
    """Permanent: asking the same again gets the same answer."""


class TryAgain(HandoverError):
    """Temporary. `after` is the number of seconds the cloud asked to wait, where it said so."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        request_id: str | None = None,
        after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.after = after


class NotAllowed(HandoverError):
    """The credentials are missing, wrong, of another account, or lack a permission."""


class Unsupported(HandoverError):
    """The action, or an answer of it, is not known here."""


@dataclass(frozen=True)
class Rule:
    """What an error code means: its kind, what to do, and our own sentence where the cloud's may hold a secret."""

    kind: type[HandoverError]
    advice: str
    instead: str | None = None


_CREDENTIALS = "Check the profile with `aliyun configure list`, and renew its key or token."
_PERMISSION = "Have an administrator of this account allow the action for this profile."
_STATE = "Start or stop the instance, wait until it is Running or Stopped, then run `pulumi up` again."
_RECIPIENT = "Ask the recipient for the account id shown in their console, and correct the declaration."
_LATER = "Nothing is lost: run the same command again."
_EARLIER = "Refresh to see its status, then decide."

RULES: dict[str, Rule] = {
    # who is asking
    "InvalidAccessKeyId": Rule(NotAllowed, _CREDENTIALS, "the access key is not known"),
    "SignatureDoesNotMatch": Rule(NotAllowed, _CREDENTIALS, "the access key's secret is wrong"),
    "IncompleteSignature": Rule(NotAllowed, _CREDENTIALS, "the request's signature is incomplete"),
    "InvalidSecurityToken": Rule(NotAllowed, _CREDENTIALS, "the STS token is wrong or has expired"),
    "InvalidTimeStamp": Rule(NotAllowed, "Set this machine's clock right (NTP).", "the clock here is off"),
    "IllegalTimestamp": Rule(NotAllowed, "Set this machine's clock right (NTP).", "the clock here is off"),
    "Forbidden": Rule(NotAllowed, _PERMISSION),
    "NoPermission": Rule(NotAllowed, _PERMISSION),
    "InvalidAccount.NotFound": Rule(NotAllowed, _PERMISSION),
    # what is offered
    "InvalidAction.NotFound": Rule(
        Unsupported,
        "Alibaba Cloud publishes no such action for everyone, and this account's gateway does not know it. Until "
        "it is enabled for the account, set `channel: console`: Resource transfer (资源过户) in the user centre.",
    ),
    "InvalidVersion": Rule(Unsupported, "Check the endpoint this profile is sent to."),
    # come back later
    "Throttling": Rule(TryAgain, _LATER),
    "ServiceUnavailable": Rule(TryAgain, _LATER),
    "InternalError": Rule(TryAgain, _LATER),
    "IdempotentProcessing": Rule(TryAgain, _LATER),
    "LastTokenProcessing": Rule(TryAgain, _LATER),
    "SignatureNonceUsed": Rule(TryAgain, _LATER),
    "OperationConflict": Rule(TryAgain, _LATER),
    # the instance
    "IncorrectInstanceStatus": Rule(Refused, _STATE),
    "InstanceExpired": Rule(Refused, "Renew the instance, then run `pulumi up` again."),
    "InstanceLockedForSecurity": Rule(Refused, "Have the lock lifted (Security Center), then run again."),
    "OperationDenied.InstanceLocked": Rule(Refused, "Settle what locked it (arrears, security), then run again."),
    "OperationDenied.DiskNotAttached": Rule(Refused, "Attach every data disk of it, or delete it, then run again."),
    "InvalidInstanceId.NotFound": Rule(
        Refused, "Check the instance id, its region, and that the profile belongs to the source account."
    ),
    "InvalidResourceGroup.NotFound": Rule(Refused, "Check resource_group_id, or leave it out."),
    # the recipient
    "InvalidRecipient.SameAccount": Rule(Refused, "Declare another account: the source is no recipient."),
    "InvalidRecipient.Mismatch": Rule(Refused, _RECIPIENT, "name or e-mail do not belong to the recipient's id"),
    "InvalidRecipient.NotFound": Rule(Refused, _RECIPIENT),
    "RealNameAuthenticationError": Rule(
        Refused, "That account has to pass real-name verification in its console, then run again."
    ),
    # the request
    "AgreementNotAccepted": Rule(Refused, "Set accept_terms: true."),
    "OperationDenied.RepeatedTransfer": Rule(
        Refused, "A cancelled request can't be submitted again: change the request, for example its reason."
    ),
    "OperationConflict.TransferInProgress": Rule(Refused, "Cancel the unfinished transfer, or wait for its end."),
    "IdempotentParameterMismatch": Rule(Refused, "Change the reason, which makes it a new request."),
    # a transfer under way
    "IncorrectTransferStatus": Rule(Refused, _EARLIER),
    "OperationDenied.CancelWindowClosed": Rule(
        Refused, "Only Alibaba Cloud support can stop it now; to stop tracking it, use retain_on_delete."
    ),
    "InvalidTransferId.NotFound": Rule(Refused, "Check that the profile belongs to the account that submitted it."),
    # the recipient's side
    "InvalidSecurityGroupId.NotFound": Rule(
        Refused, "Name security groups of the recipient in the region, and in the vSwitch's VPC."
    ),
    "InvalidVSwitchId.NotFound": Rule(Refused, "Name a vSwitch of the recipient in the same region."),
    # the recipient's instance and its security groups
    "InvalidInstanceId.AlreadyExists": Rule(Refused, "It is in that security group already."),
    "InstanceNotInSecurityGroup": Rule(Refused, "It is not in that security group."),
    "InstanceLastSecurityGroup": Rule(Refused, "An instance has to be in a security group: name at least one."),
    "QuotaExceeded": Rule(Refused, "Have the quota raised in the Quota Center, then run again."),
}

_SECRETS = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+\.[^\s@'\"<>]+|\b(?:LTAI|STS\.)\w+|\b\w{30,}={0,2}")


def withhold(text: str) -> str:
    """A text of the cloud's without what looks like an e-mail address, an access key or a token."""
    return _SECRETS.sub("[withheld]", text)


def rule_for(code: str, http_status: int | None) -> Rule:
    """The rule of a code, or of the family before its dot; what no table knows goes by the HTTP status."""
    for known in (code, code.split(".")[0]):
        if known in RULES:
            return RULES[known]
    if http_status is not None and http_status >= 500:
        return Rule(TryAgain, _LATER)
    if http_status in (401, 403):
        return Rule(NotAllowed, _PERMISSION)
    return Rule(Refused, "Correct the declaration; the code is explained in Alibaba Cloud's API error center.")


def from_answer(
    doing: str,
    *,
    code: str,
    message: str,
    http_status: int | None = None,
    request_id: str | None = None,
    after: float | None = None,
) -> HandoverError:
    """An error answer as the exception to raise; `doing` completes "Could not …"."""
    rule = rule_for(code, http_status)
    said = rule.instead or withhold(message.strip().rstrip("."))
    text = f"Could not {doing}: {said} ({code}, RequestId {request_id or 'unknown'}). {rule.advice}"
    if rule.kind is TryAgain:
        text += f" Alibaba Cloud asks to wait {after:.0f} s first." if after else ""
        return TryAgain(text, code=code, request_id=request_id, after=after)
    return rule.kind(text, code=code, request_id=request_id)


def no_answer(doing: str, why: str) -> TryAgain:
    """No answer, or an unreadable one: whether the request took effect is not known."""
    return TryAgain(f"Could not {doing}: no usable answer from Alibaba Cloud ({why}). {_LATER}")
