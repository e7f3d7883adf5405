"""Is something not there, or not shown? Confirmed once a run, before an absence is believed.

A RAM user without the permission to list may get an empty list and 200 from ECS; the same request with `DryRun` answers
`DryRunOperation` where it is allowed, and the permission error where it is not. Published for the five reads below
(the API pages of DescribeInstances and its like; ECS announced 403 for DescribeInstances and DescribeDisks from
2025-12-20). Only what an answer left out is a reason to ask: where everything was listed, nothing is called.

What a policy hides of a list (by resource group, tag or id) a dry run need not show: docs/permissions.md.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any

from transfer_provider.cloud.client import Cloud
from transfer_provider.cloud.errors import NotAllowed, Refused, no_answer
from transfer_provider.cloud.sdk import EcsClient, models

DRY_RUN_PASSED = "DryRunOperation"

CALLS: Mapping[type, Callable[..., Any]] = {
    models.DescribeInstancesRequest: EcsClient.describe_instances_with_options,
    models.DescribeDisksRequest: EcsClient.describe_disks_with_options,
    models.DescribeImagesRequest: EcsClient.describe_images_with_options,
    models.DescribeSnapshotsRequest: EcsClient.describe_snapshots_with_options,
    models.DescribeSecurityGroupsRequest: EcsClient.describe_security_groups_with_options,
}


def confirm(cloud: Cloud, request: Any) -> None:
    """Confirm that these credentials may make this request, whose answer left out what was asked for.

    Called once in this process for each profile, region and action, with the first such request. Raises NotAllowed
    where they may not, again for every further request of the action; TryAgain where nobody answered, so that nothing
    is concluded.
    """
    key = (cloud.profile, cloud.region, type(request))
    _permissions.setdefault(key, _Permission()).require(cloud, request)


def begin_run() -> None:
    """Nothing is confirmed any more: for a process that plays several runs, one after the other."""
    _permissions.clear()


class _Permission:
    """What a profile may do in a region, once it is known. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = False
        self._denied: NotAllowed | None = None

    def require(self, cloud: Cloud, request: Any) -> None:
        with self._lock:
            if not self._known:
                try:
                    _dry_run(cloud, request)
                except NotAllowed as error:
                    self._denied = error
                self._known = True
            if self._denied is not None:
                raise NotAllowed(str(self._denied), code=self._denied.code, request_id=self._denied.request_id)


_permissions: dict[tuple[str | None, str, type], _Permission] = {}


def _dry_run(cloud: Cloud, request: Any) -> None:
    """Make the request as a dry run. Raises as a call does, and returns where it is allowed."""
    call, action = CALLS[type(request)], type(request).__name__.removesuffix("Request")
    tried = copy.copy(request)
    tried.dry_run = True
    doing = (
        f"confirm by a dry run that {cloud} may call ecs:{action} in {cloud.region}, which listed less than was "
        "asked for"
    )
    try:
        cloud.read(lambda ecs, runtime: call(ecs, tried, runtime), doing=doing)
    except Refused as error:
        if error.code != DRY_RUN_PASSED:
            raise
    else:
        raise no_answer(doing, "a dry run was answered as if it were none")
