"""Access keys: made at random at each start, one for each profile of the world."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from sandbox.models.world import Account, Profile, World

_ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True)
class AccessKey:
    """A key as a client uses it, and whose it is. `token` is an STS security token, None for a long-lived key."""

    id: str
    secret: str = field(repr=False)
    token: str | None = field(repr=False)
    account: Account
    profile: Profile


def create_keys(world: World) -> dict[str, AccessKey]:
    """A new key for every profile, by key id."""
    keys = (_new_key(account, profile) for account in world.accounts for profile in account.profiles)
    return {key.id: key for key in keys}


def random_text(length: int, alphabet: str = _ALPHANUMERIC) -> str:
    """Random characters, `length` of them."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _new_key(account: Account, profile: Profile) -> AccessKey:
    temporary = profile.kind == "sts"
    return AccessKey(
        id=f"STS.{random_text(26)}" if temporary else f"LTAI5t{random_text(18)}",
        secret=random_text(30),
        token=random_text(160) if temporary else None,
        account=account,
        profile=profile,
    )
