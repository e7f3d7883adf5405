"""The secrets of a running sandbox, to look for where they must not be."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.server.server import Sandbox


def known_secrets(cloud: Sandbox) -> list[str]:
    """Every access key secret and STS token it gave out; never empty."""
    config = json.loads(Path(cloud.environment()["ALICLOUD_SHARED_CREDENTIALS_FILE"]).read_text())
    fields = ("access_key_secret", "sts_token")
    found = [profile[field] for profile in config["profiles"] for field in fields if profile.get(field)]
    assert found
    return found
