"""The two kinds of error: one an API client gets as an answer, one a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An error answer: HTTP status, Alibaba Cloud's code and message, and further fields and headers."""

    def __init__(
        self,
        http_status: int,
        code: str,
        message: str,
        *,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{http_status} {code}: {message}")
        self.http_status = http_status
        self.code = code
        self.message = message
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})


def missing(parameter: str) -> ApiError:
    """A parameter that the action needs was not given."""
    return ApiError(
        400,
        "MissingParameter",
        f'The input parameter "{parameter}" that is mandatory for processing this request is not supplied.',
    )


def invalid(parameter: str, why: str, *, code: str = "InvalidParameter") -> ApiError:
    """A parameter has a value that the action does not take; `why` completes "The specified X …"."""
    return ApiError(400, code, f"The specified {parameter} {why}.")


def not_offered() -> ApiError:
    """The gateway's answer to an action it does not know."""
    return ApiError(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")


def dry_run_passed() -> ApiError:
    """The answer to a call with `DryRun` that nothing is wrong with: an error, too, so that it is no result."""
    return ApiError(400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")


def internal_error() -> ApiError:
    """Something failed that is not the client's fault."""
    return ApiError(500, "InternalError", "The request processing has failed due to some unknown error.")


class SandboxError(Exception):
    """What went wrong outside of an API call, as one sentence a person can act on."""
