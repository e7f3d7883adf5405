"""Whose credentials are these? Checked before anything is concluded from what an account lists, or does not list."""

from __future__ import annotations

from collections.abc import Collection

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed


def require_account(cloud: Cloud, expected: Collection[str], *, doing: str, expected_by: str, remedy: str) -> str:
    """The account id the credentials belong to, which has to be one of `expected`.

    `doing` completes "Could not …", `expected_by` is what names the expected accounts ("the stack's sourceAccount
    is"), `remedy` is a sentence. Raises NotAllowed for another account, and as a call does; the account is queried once
    for each `Cloud`.
    """
    actual = cloud.account_id()
    if actual not in expected:
        raise NotAllowed(
            f"Could not {doing}: {cloud} belongs to account {actual}, and {expected_by} {', '.join(expected)}. {remedy}"
        )
    return actual


def require_source(cloud: Cloud, source_account: str, *, remedy: str) -> str:
    """The same of the source's credentials, which have to belong to the stack's `sourceAccount`."""
    return require_account(
        cloud,
        [source_account],
        doing="act as the source",
        expected_by="the stack's sourceAccount is",
        remedy=remedy,
    )


def require_recipient(cloud: Cloud, recipients: Collection[str], *, doing: str = "act as the recipient") -> str:
    """The same of the recipient's credentials, whose account has to be on the stack's allowlist `recipients`."""
    return require_account(
        cloud,
        recipients,
        doing=doing,
        expected_by="the stack's allowlist of recipients is",
        remedy="Use a profile of an account on it as recipientProfile; or change `recipients`, reviewed.",
    )
