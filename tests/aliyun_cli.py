"""Stands in for the Alibaba CLI where that is not installed: `aliyun PRODUCT ACTION [--Parameter value]…`.

As the CLI does by its source: an action that its metadata lacks takes `--force --version`, a value that begins with a
dash is `--name=value`; the config's path by option only, the endpoint by option, profile or environment, in that
order, and a request signed with HMAC-SHA1, all of it in the query.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import ssl
import sys
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

VERSIONS = {"ecs": "2014-05-26", "vpc": "2016-04-28", "sts": "2015-04-01"}
OPTIONS = ("config-path", "profile", "endpoint", "region", "version")
FLAGS = ("--secure", "--force")
UNPUBLISHED = ("TransferInstance",)
REAL_HOSTS = "{product}.aliyuncs.com"


def installed(folder: Path) -> str:
    """The CLI on PATH, else this stand-in as a command `aliyun` in the folder."""
    real = shutil.which("aliyun")
    if real is not None:
        return real
    folder.mkdir(exist_ok=True)
    command = folder / "aliyun"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
    command.chmod(0o755)
    return str(command)


def main(product: str, action: str, *words: str) -> int:
    """Make the call and print the answer; the exit code is 1 where it is an error."""
    if action in UNPUBLISHED and ("--force" not in words or "--version" not in words):
        sys.stderr.write(f"ERROR: '{action}' is not a valid api. See `aliyun help {product}`.")
        return 1
    given = dict(_pairs(words))
    options = {name: given.pop(name) for name in OPTIONS if name in given}
    config = json.loads(Path(options.get("config-path", Path.home() / ".aliyun" / "config.json")).read_text())
    name = options.get("profile", config["current"])
    profile = next(profile for profile in config["profiles"] if profile["name"] == name)
    endpoint = options.get("endpoint") or profile.get("endpoint") or os.environ.get("ALIBABA_CLOUD_ENDPOINT")
    request = _signed(profile, {"RegionId": profile["region_id"], **given}, action, VERSIONS[product])
    trust = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
    try:
        with opener.open(f"https://{endpoint or REAL_HOSTS.format(product=product)}/?{request}") as answer:
            sys.stdout.write(answer.read().decode())
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"ERROR: {error.read().decode()}")
        return 1
    return 0


def _pairs(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Options with their values, as two words or one; those of FLAGS have none."""
    pairs: list[tuple[str, str]] = []
    rest = [word for word in words if word not in FLAGS]
    while rest:
        name, joined, value = rest.pop(0).removeprefix("--").partition("=")
        value = value if joined else rest.pop(0)
        if not joined and value.startswith("-"):
            raise SystemExit(f"ERROR: --{name} has no value; {value} is an option")
        pairs.append((name, value))
    return pairs


def _signed(profile: dict[str, str], parameters: dict[str, str], action: str, version: str) -> str:
    query = {
        **parameters,
        "AccessKeyId": profile["access_key_id"],
        "Action": action,
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": str(uuid.uuid4()),
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": version,
    } | ({"SecurityToken": profile["sts_token"]} if "sts_token" in profile else {})
    canonical = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items()))
    to_sign = f"GET&%2F&{_quoted(canonical)}"
    made = hmac.new(f"{profile['access_key_secret']}&".encode(), to_sign.encode(), hashlib.sha1).digest()
    return f"{canonical}&Signature={_quoted(base64.b64encode(made).decode())}"


def _quoted(text: str) -> str:
    return quote(text, safe="~")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
