"""The fields of the Pulumi Kubernetes Operator's `Stack` (`pulumi.com/v1`, operator 2.x), from its published reference.

Its definition can't be had here as a schema; these are the fields and their types, and what is unknown is an error.
What lies deeper than the reference goes (a pod's template) is any object.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Known(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Key(_Known):
    name: str
    key: str
    namespace: str | None = None


class _Value(_Known):
    value: str


class Reference(_Known):
    """A value by reference: of a secret, or as it stands here."""

    type: Literal["Secret", "Literal"]
    secret: _Key | None = None
    literal: _Value | None = None


class _GitAuth(_Known):
    accessToken: Reference | None = None
    sshAuth: dict[str, Any] | None = None
    basicAuth: dict[str, Any] | None = None


class _Requirement(_Known):
    succeededWithinDuration: str


class _Prerequisite(_Known):
    name: str
    requirement: _Requirement


class Spec(_Known):
    """A Stack's `spec`."""

    stack: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    backend: str | None = None
    projectRepo: str | None = None
    branch: str | None = None
    commit: str | None = None
    repoDir: str | None = None
    shallow: bool | None = None
    gitAuth: _GitAuth | None = None
    refresh: bool | None = None
    expectNoRefreshChanges: bool | None = None
    continueResyncOnCommitMatch: bool | None = None
    resyncFrequencySeconds: int | None = Field(None, ge=60)
    driftDetection: dict[str, Any] | None = None
    preview: bool | None = None
    prerequisites: list[_Prerequisite] | None = None
    destroyOnFinalize: bool | None = None
    retryOnUpdateConflict: bool | None = None
    retryMaxBackoffDurationSeconds: int | None = None
    config: dict[str, Any] | None = None
    configRef: dict[str, Any] | None = None
    secretsRef: dict[str, Reference] | None = None
    secretsProvider: str | None = None
    environment: list[str] | None = None
    envRefs: dict[str, Reference] | None = None
    serviceAccountName: str | None = None
    workspaceTemplate: dict[str, Any] | None = None
    updateTemplate: dict[str, Any] | None = None
    workspaceReclaimPolicy: Literal["Retain", "Delete"] | None = None
    targets: list[str] | None = None
    targetDependents: bool | None = None
    useLocalStackOnly: bool | None = None
    programRef: dict[str, Any] | None = None
    fluxSource: dict[str, Any] | None = None


class _Metadata(_Known):
    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    namespace: str


class Stack(_Known):
    """The whole object."""

    apiVersion: Literal["pulumi.com/v1"]
    kind: Literal["Stack"]
    metadata: _Metadata
    spec: Spec
