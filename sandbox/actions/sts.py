"""STS: who the caller is."""

from __future__ import annotations

import zlib

from sandbox.actions.call import Action, Answer, Call, Product

_IDENTITY_TYPES = {"main": "Account", "ram": "RAMUser", "sts": "AssumedRoleUser"}


def get_caller_identity(call: Call) -> Answer:
    """Account, identity and ARN of the key that signed."""
    account, profile = call.account.id, call.profile
    answer = {"AccountId": account, "IdentityType": _IDENTITY_TYPES[profile.kind]}
    # Eighteen digits, the same at each start.
    identity = f"2{zlib.crc32(profile.name.encode()):017d}"
    match profile.kind:
        case "main":
            return answer | {"Arn": f"acs:ram::{account}:root", "UserId": account, "PrincipalId": account}
        case "ram":
            arn = f"acs:ram::{account}:user/{profile.name}"
            return answer | {"Arn": arn, "UserId": identity, "PrincipalId": identity}
        case "sts":
            arn = f"acs:ram::{account}:assumed-role/{profile.name}/sandbox"
            principal = f"{identity}:sandbox"
            return answer | {"Arn": arn, "UserId": principal, "PrincipalId": principal, "RoleId": identity}


STS = Product(
    name="Sts",
    version="2015-04-01",
    actions=(Action("GetCallerIdentity", get_caller_identity, ()),),
)
