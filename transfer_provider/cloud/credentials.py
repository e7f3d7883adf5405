"""Credentials by name: a profile of the Alibaba CLI's config, or the default chain. Never a key in our hands.

The CLI's config is `~/.aliyun/config.json`, or the file that ALICLOUD_SHARED_CREDENTIALS_FILE names (the
variable pulumi-alicloud reads too). The default chain is alibabacloud-credentials': environment, OIDC, the
CLI's current profile, an ECS instance's RAM role.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

from transfer_provider.cloud.errors import NotAllowed
from transfer_provider.cloud.sdk import CLIProfileCredentialsProvider, CredentialClient, DefaultCredentialsProvider
from transfer_provider.model.text import printable

# The library prints what fails, with a traceback, to standard error; the error raised here is a sentence.
logging.getLogger("credentials").disabled = True


def profiles_file() -> Path:
    """The Alibaba CLI's config file in use."""
    named = os.environ.get("ALICLOUD_SHARED_CREDENTIALS_FILE")
    return Path(named).expanduser() if named else Path.home() / ".aliyun" / "config.json"


def resolve(profile: str | None) -> Any:
    """The SDK's credential client for a profile, or for the default chain where it is None.

    Raises NotAllowed where no credentials can be had; the message names the profile and the file, no secret.
    """
    if profile is None:
        provider = DefaultCredentialsProvider()
        missing = (
            "no credentials found in the environment, the Alibaba CLI's current profile or an ECS RAM role. "
            "Run `aliyun configure`, or name profiles in the stack's settings: sourceProfile, recipientProfile"
        )
    else:
        _require(profile)
        provider = CLIProfileCredentialsProvider(profile_name=profile, profile_file=str(profiles_file()))
        missing = (
            f"profile {profile!r} of {profiles_file()} gives no credentials. "
            f"Renew it with `aliyun configure --profile {profile}`"
        )
    client = CredentialClient(provider=provider)
    try:
        client.get_credential()
    except Exception:  # noqa: BLE001  the library raises many kinds, and their texts may quote the file's content
        raise _not_signed_in(f"{missing}.") from None
    return client


def _require(profile: str) -> None:
    """Raises NotAllowed where there is no file, the file is unreadable, or it has no such profile."""
    path = profiles_file()
    hint = (
        f"Make it with `aliyun configure --profile {profile}`; "
        'for the sandbox run `eval "$(alicloud-sandbox env)"` first.'
    )
    try:
        names = [entry.get("name") for entry in json.loads(path.read_text("utf-8")).get("profiles", [])]
    except FileNotFoundError:
        raise _not_signed_in(f"there is no {path}. {hint}") from None
    except (OSError, ValueError, AttributeError):
        raise _not_signed_in(f"{path} can't be read as the Alibaba CLI's config. {hint}") from None
    if profile not in names:
        known = ", ".join(map(str, names)) or "none"
        raise _not_signed_in(f"{path} has no profile {profile!r} (it has: {known}). {hint}")


def _not_signed_in(why: str) -> NotAllowed:
    """The error; `why` names files and profiles, which may be called anything."""
    return NotAllowed(printable(f"Could not sign in to Alibaba Cloud: {why}"))
