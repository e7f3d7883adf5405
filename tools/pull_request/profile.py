"""Keep the workflow's temporary credentials under a profile's name, and take them out of its environment.

    python -m tools.pull_request.profile NAME

The action that assumes a role by OIDC puts the credentials into environment variables, one account at a time. A
handover has two accounts, so each gets a profile in the file of the Alibaba CLI's format that
ALICLOUD_SHARED_CREDENTIALS_FILE names, readable by its owner only. Later steps get the variables empty:
pulumi-alicloud would prefer them to a profile.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KEYS = {
    "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "sts_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
}
# The other names under which the same are exported.
ALIASES = (
    *("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
    *(name.replace("ALIBABA_CLOUD", "ALIBABACLOUD") for name in KEYS.values()),
)


def kept(config: Mapping[str, Any], name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The config with the profile. Raises LookupError, naming what the environment lacks."""
    missing = [variable for variable in KEYS.values() if not environment.get(variable)]
    if missing:
        raise LookupError(f"the environment has no {', '.join(missing)}: has the step before assumed the role?")
    profile = {"name": name, "mode": "StsToken"} | {key: environment[variable] for key, variable in KEYS.items()}
    others = [other for other in config.get("profiles", []) if other.get("name") != name]
    return {"current": name, "profiles": [*others, profile]}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    if len(arguments) != 1 or not arguments[0].strip():
        print(__doc__, file=sys.stderr)
        return 2
    where = environment.get("ALICLOUD_SHARED_CREDENTIALS_FILE")
    if not where:
        print("ALICLOUD_SHARED_CREDENTIALS_FILE names no file to keep the profile in.", file=sys.stderr)
        return 2
    file = Path(where)
    try:
        config = kept(json.loads(file.read_text("utf-8")) if file.exists() else {}, arguments[0], environment)
    except LookupError as error:
        print(f"Could not keep the profile {arguments[0]}: {error}", file=sys.stderr)
        return 1
    file.parent.mkdir(parents=True, exist_ok=True)
    opener = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731
    with open(file, "w", encoding="utf-8", opener=opener) as out:
        json.dump(config, out)
    if steps := environment.get("GITHUB_ENV"):
        with Path(steps).open("a", encoding="utf-8") as out:
            out.writelines(f"{name}=\n" for name in (*KEYS.values(), *ALIASES))
    print(f"Kept the profile {arguments[0]}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
