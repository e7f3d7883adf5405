"""What a caller without a permission gets: 403 Forbidden.RAM, and of a listing of ECS an empty list.

Alibaba Cloud documents the empty list for the five reads that take `DryRun`, which tells it apart from "there is none".
Since 2025-12-20 it announces 403 for DescribeInstances and DescribeDisks. The sandbox gives an empty list for every
listing of ECS, which is the hardest to get right; a world with `denied_reads: forbidden` gives 403.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.actions.call import Action, Answer, Call, Product
from sandbox.models.errors import ApiError, dry_run_passed
from sandbox.models.world import DeniedReads
from sandbox.state.keys import AccessKey


@dataclass(frozen=True)
class Permission:
    """Whether the owner of a key may call an action, and what a denied call gets."""

    key: AccessKey
    product: Product
    action: Action
    denied_reads: DeniedReads

    @property
    def denied(self) -> bool:
        """Whether the profile may not call the action."""
        return self.action.name in self.key.profile.denied

    def require(self) -> None:
        """Raises 403 for a denied call, unless it gets an empty list."""
        if self.denied and not (self.action.lists and self.denied_reads == "empty"):
            raise self._forbidden()

    def of_listing(self, call: Call, answer: Answer) -> Answer:
        """What the caller gets of this answer of a listing. A dry run gets an error in any case, as published."""
        if call.flag("DryRun"):
            raise self._forbidden() if self.denied else dry_run_passed()
        return _emptied(answer) if self.denied else answer

    def _forbidden(self) -> ApiError:
        detail = {
            "AuthAction": f"{self.product.name.lower()}:{self.action.name}",
            "AuthPrincipalDisplayName": self.key.profile.name,
            "AuthPrincipalOwnerId": self.key.account.id,
            "AuthPrincipalType": {"main": "Account", "ram": "SubUser", "sts": "AssumedRoleUser"}[self.key.profile.kind],
            "NoPermissionType": "ImplicitDeny",
            "PolicyType": "AccountLevelIdentityBasedPolicy",
        }
        return ApiError(
            403,
            "Forbidden.RAM",
            "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
            fields={"AccessDeniedDetail": detail},
        )


def _emptied(answer: Answer) -> Answer:
    """The same answer of a listing with nothing in it."""
    nothing = {"TotalCount": 0, "NextToken": ""}
    return {
        name: {key: [] for key in value} if isinstance(value, dict) else nothing.get(name, value)
        for name, value in answer.items()
    }
