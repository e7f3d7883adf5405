"""What can go wrong at Alibaba Cloud, as four kinds a caller can act on.

    HandoverError
    ├── Refused      permanent: names what to change
    ├── TryAgain     temporary: names when; nothing is known to have happened or not happened
    ├── NotAllowed   credentials, permission or the wrong account
    └── Unsupported  this account's Alibaba Cloud does not offer the action

A message is one self-contained sentence with Alibaba's code and RequestId, then what to do. What each code
means is the table `ERROR_CODES`, taken from the published error tables and from the assumed transfer actions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from transfer_provider.model.text import printable, printable_lines


class HandoverError(Exception):
    """What kept a handover from going on; the message has the cause and the remedy.

    `code` and `request_id` are Alibaba Cloud's, or None where no answer came. Whatever the message names, it holds no
    control character but our own line breaks; what may hold a line break itself is made printable where it is put in.
    """

    def __init__(self, message: str, *, code: str | None = None, request_id: str | None = None) -> None:
        super().__init__(printable_lines(message))
        self.code = code
        self.request_id = request_id


class Refused(HandoverError):
    """Permanent: the same request gets the same answer."""


class TryAgain(HandoverError):
    """Temporary. `after` is the number of seconds to wait, where the cloud gave it."""

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
class ErrorCode:
    """What an error code means: its kind, what to do, and our own sentence where the cloud's may hold a secret."""

    kind: type[HandoverError]
    advice: str
    instead: str | None = None


_CREDENTIALS = "Check the profile with `aliyun configure list`, and renew its key or token."
_PERMISSION = "Have an administrator of this account allow the action for this profile."
_STATE = "Start or stop the instance, wait until it is Running or Stopped, then run `pulumi up` again."
_RECIPIENT = "Ask the recipient for the account id shown in their console, and correct the declaration."
_LATER = "Nothing is lost: run the same command again."
_EARLIER = "Refresh its status, then decide."

ERROR_CODES: dict[str, ErrorCode] = {
    # the caller
    "InvalidAccessKeyId": ErrorCode(NotAllowed, _CREDENTIALS, "the access key is not known"),
    "SignatureDoesNotMatch": ErrorCode(NotAllowed, _CREDENTIALS, "the access key's secret is wrong"),
    "IncompleteSignature": ErrorCode(NotAllowed, _CREDENTIALS, "the request's signature is incomplete"),
    "InvalidSecurityToken": ErrorCode(NotAllowed, _CREDENTIALS, "the STS token is wrong or has expired"),
    "InvalidTimeStamp": ErrorCode(NotAllowed, "Set this machine's clock right (NTP).", "the clock here is off"),
    "IllegalTimestamp": ErrorCode(NotAllowed, "Set this machine's clock right (NTP).", "the clock here is off"),
    "Forbidden": ErrorCode(NotAllowed, _PERMISSION),
    "NoPermission": ErrorCode(NotAllowed, _PERMISSION),
    "InvalidAccount.NotFound": ErrorCode(NotAllowed, _PERMISSION),
    # what is offered
    "InvalidAction.NotFound": ErrorCode(
        Unsupported,
        "Alibaba Cloud publishes no such action for everyone, and this account's gateway does not know it. Until "
        "it is enabled for the account, set `channel: console`: Resource transfer (资源过户) in the user centre.",
    ),
    "InvalidVersion": ErrorCode(Unsupported, "Check the endpoint this profile is sent to."),
    # come back later
    "Throttling": ErrorCode(TryAgain, _LATER),
    "ServiceUnavailable": ErrorCode(TryAgain, _LATER),
    "InternalError": ErrorCode(TryAgain, _LATER),
    "IdempotentProcessing": ErrorCode(TryAgain, _LATER),
    "LastTokenProcessing": ErrorCode(TryAgain, _LATER),
    "SignatureNonceUsed": ErrorCode(TryAgain, _LATER),
    "OperationConflict": ErrorCode(TryAgain, _LATER),
    # the instance
    "IncorrectInstanceStatus": ErrorCode(Refused, _STATE),
    "InstanceExpired": ErrorCode(Refused, "Renew the instance, then run `pulumi up` again."),
    "InstanceLockedForSecurity": ErrorCode(Refused, "Have the lock lifted (Security Center), then run again."),
    "OperationDenied.InstanceLocked": ErrorCode(Refused, "Settle what locked it (arrears, security), then run again."),
    "OperationDenied.DiskNotAttached": ErrorCode(Refused, "Attach every data disk, or delete it, then run again."),
    "InvalidInstanceId.NotFound": ErrorCode(
        Refused, "Check the instance id, its region, and that the profile belongs to the source account."
    ),
    "InvalidResourceGroup.NotFound": ErrorCode(Refused, "Check resource_group_id, or leave it out."),
    # the recipient
    "InvalidRecipient.SameAccount": ErrorCode(Refused, "Declare another account: the source is no recipient."),
    "InvalidRecipient.Mismatch": ErrorCode(Refused, _RECIPIENT, "name or e-mail do not belong to the recipient's id"),
    "InvalidRecipient.NotFound": ErrorCode(Refused, _RECIPIENT),
    "RealNameAuthenticationError": ErrorCode(
        Refused, "That account has to pass real-name verification in its console, then run again."
    ),
    # the images of a copy
    "ImageIsCreating": ErrorCode(Refused, "Run again once the image is made."),
    "IncorrectDiskStatus": ErrorCode(TryAgain, "Another snapshot of the disk is being made: run again then."),
    "OperationDenied.ImageCopying": ErrorCode(Refused, "Images are being copied already: run again once they are."),
    "ImageUseShared": ErrorCode(Refused, "Share it no longer first."),
    "ImageUsingByInstance": ErrorCode(Refused, "An instance was made from it: keep it, or release that one first."),
    "InvalidImageName": ErrorCode(Refused, "Delete or rename the account's other image of this name, then run again."),
    "InvalidImageId.NotFound": ErrorCode(Refused, "Check that nobody deleted the image, or shares it no longer."),
    "IncorrectImageStatus": ErrorCode(Refused, _EARLIER),
    "ImageCreatedNotFromCopy": ErrorCode(Refused, _EARLIER),
    "CancelNotSupported": ErrorCode(Refused, _EARLIER),
    "OperationDeined": ErrorCode(
        Refused,
        "An image that is encrypted is shared only where its key is a customer's own, and recipient's copies "
        "are encrypted, too.",
    ),
    "SizeExceed": ErrorCode(Refused, "Ask Alibaba Cloud's support to have images of this size copied, then run again."),
    "OperationDenied.NoStock": ErrorCode(Refused, "Declare another `copy.instance_type`, or a vSwitch elsewhere."),
    "QuotaExceed.Image": ErrorCode(
        Refused,
        "No image was made. Delete custom images that nobody needs, or have the quota raised in the Quota Center, then "
        "run again.",
    ),
    "QuotaExceed.Snapshot": ErrorCode(
        Refused,
        "No image was made. Delete snapshots that nobody needs, or have their quota raised in the Quota Center, then "
        "run again.",
    ),
    "QuotaExceed": ErrorCode(Refused, "Have the quota raised in the Quota Center, then run again."),
    # the request
    "AgreementNotAccepted": ErrorCode(Refused, "Set accept_terms: true."),
    "OperationDenied.RepeatedTransfer": ErrorCode(
        Refused, "A cancelled request can't be submitted again: change the request, for example its reason."
    ),
    "OperationConflict.TransferInProgress": ErrorCode(Refused, "Cancel the unfinished transfer, or wait for its end."),
    "IdempotentParameterMismatch": ErrorCode(Refused, "Change the reason, which makes it a new request."),
    # a transfer under way
    "IncorrectTransferStatus": ErrorCode(Refused, _EARLIER),
    "OperationDenied.CancelWindowClosed": ErrorCode(
        Refused, "Only Alibaba Cloud support can stop it now; to stop tracking it, use retain_on_delete."
    ),
    "InvalidTransferId.NotFound": ErrorCode(
        Refused, "Check that the profile belongs to the account that submitted it."
    ),
    # the recipient's side
    "InvalidSecurityGroupId.NotFound": ErrorCode(
        Refused, "Name security groups of the recipient in the region, and in the vSwitch's VPC."
    ),
    "InvalidVSwitchId.NotFound": ErrorCode(Refused, "Name a vSwitch of the recipient in the same region."),
    # the recipient's instance and its security groups
    "InvalidInstanceId.AlreadyExists": ErrorCode(Refused, "It is in that security group already."),
    "InstanceNotInSecurityGroup": ErrorCode(Refused, "It is not in that security group."),
    "InstanceLastSecurityGroup": ErrorCode(Refused, "An instance has to be in a security group: name at least one."),
    "EnterpriseGroupLimited.MutliGroupType": ErrorCode(
        Refused,
        "An instance is in basic or in enterprise groups, never in both: name groups of one type, and change an "
        "instance's type of groups in the console.",
    ),
    "EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP": ErrorCode(
        Refused, "It has a fixed public address: leave `eip` out, or convert that one (ConvertNatPublicIpToEip)."
    ),
    "QuotaExceeded": ErrorCode(Refused, "Have the quota raised in the Quota Center, then run again."),
}

_SECRETS = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+\.[^\s@'\"<>]+|\b(?:LTAI|STS\.)\w+|\b\w{30,}={0,2}")


def withhold(text: str) -> str:
    """A text of the cloud's without what looks like an e-mail address, an access key or a token."""
    return _SECRETS.sub("[withheld]", text)


def error_code(code: str, http_status: int | None) -> ErrorCode:
    """The entry of a code, or of the family before its dot; a code not in the table goes by the HTTP status."""
    for known in (code, code.split(".")[0]):
        if known in ERROR_CODES:
            return ERROR_CODES[known]
    if http_status is not None and http_status >= 500:
        return ErrorCode(TryAgain, _LATER)
    if http_status in (401, 403):
        return ErrorCode(NotAllowed, _PERMISSION)
    return ErrorCode(Refused, "Correct the declaration; the code is explained in Alibaba Cloud's API error center.")


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
    entry = error_code(code, http_status)
    cause = entry.instead or withhold(message.strip().rstrip("."))
    text = printable(f"Could not {doing}: {cause} ({code}, RequestId {request_id or 'unknown'}). {entry.advice}")
    if entry.kind is TryAgain:
        text += f" Wait {after:.0f} s first." if after else ""
        return TryAgain(text, code=code, request_id=request_id, after=after)
    return entry.kind(text, code=code, request_id=request_id)


def no_answer(doing: str, why: str) -> TryAgain:
    """No answer, or an unreadable one: whether the request took effect is not known."""
    return TryAgain(printable(f"Could not {doing}: no usable answer from Alibaba Cloud ({why}). {_LATER}"))
