"""The sandbox's folder: the files it writes there for clients, and the variables that point them at it.

ca.pem               the certificate authority to trust
aliyun/config.json   a profile for each profile of the world, in the Alibaba CLI's format; readable by the owner only
admin-token          what each request to the admin side has to carry; readable by the owner only
sandbox.json         process id, port, start, world
sandbox.log          the output of a sandbox in the background
sandbox.lock         held by the running sandbox, so that a folder has only that sandbox
state/, pulumi/      Pulumi's state backend and home, for `alicloud-sandbox env`
pulumi/plugins       a link to the plugins of the caller's own home, so that none is installed twice
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.models.errors import SandboxError
from sandbox.state.keys import AccessKey

LOOPBACK = "127.0.0.1"

# BSSOPENAPI points here so that nothing calls the real service; it is not answered.
PRODUCTS = ("ECS", "STS", "VPC", "BSSOPENAPI")

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")


class Facts(BaseModel):
    """What sandbox.json holds about the running sandbox."""

    model_config = ConfigDict(frozen=True)

    pid: int
    port: int
    started: datetime
    world: str


class Home:
    """The folder of one sandbox. Paths are absolute."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.authority = self.directory / "ca.pem"
        self.credentials = self.directory / "aliyun" / "config.json"
        self.token = self.directory / "admin-token"
        self.log = self.directory / "sandbox.log"
        self._facts = self.directory / "sandbox.json"
        self._state = self.directory / "state"
        self._ours = self._state / ".made-by-alicloud-sandbox"
        self._pulumi = self.directory / "pulumi"
        self._plugins = self._pulumi / "plugins"
        self._lock = self.directory / "sandbox.lock"

    def prepare(self) -> None:
        """Create the folder. Raises SandboxError where that is not possible."""
        try:
            self.credentials.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SandboxError(
                f"Could not create the sandbox's folder {self.directory}: {error.strerror}. "
                "Specify another with --directory."
            ) from None

    def write(self, facts: Facts, authority: bytes, token: str, keys: Iterable[AccessKey], region: str) -> None:
        """Write everything a client needs; sandbox.json last, so that whoever finds it finds the rest."""
        self.prepare()
        self.authority.write_bytes(authority)
        profiles = [_profile(key, region, f"{LOOPBACK}:{facts.port}") for key in keys]
        _write_private(self.credentials, json.dumps({"current": profiles[0]["name"], "profiles": profiles}, indent=2))
        _write_private(self.token, token)
        self._facts.write_text(facts.model_dump_json(indent=2), encoding="utf-8")

    def facts(self) -> Facts | None:
        """What the sandbox that started last wrote here; it may have ended without removing it."""
        try:
            return Facts.model_validate_json(self._facts.read_bytes())
        except (OSError, ValidationError):
            return None

    def remove(self) -> None:
        """Remove what `write` wrote."""
        for file in (self._facts, self.authority, self.credentials, self.token):
            file.unlink(missing_ok=True)
        _remove_if_empty(self.credentials.parent)

    def has_stacks(self) -> bool:
        """Whether there is Pulumi state that the sandbox created; another folder of that name does not count."""
        return self._ours.exists()

    def remove_stacks(self) -> None:
        """Remove the Pulumi state created here, which describes a cloud that is gone."""
        if self.has_stacks():
            shutil.rmtree(self._state, ignore_errors=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be this folder's only sandbox. Raises SandboxError where another sandbox is running in it."""
        with self._lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SandboxError(f"Another sandbox is running in {self.directory}. Specify another folder.") from None
            try:
                yield
            finally:
                self._lock.unlink(missing_ok=True)

    def taken(self) -> bool:
        """Whether a sandbox is running in this folder, whether or not it answers."""
        try:
            with self._lock.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def remove_rest(self) -> None:
        """Remove the log and the link too, and the folder where nothing else is in it."""
        self.log.unlink(missing_ok=True)
        self._lock.unlink(missing_ok=True)
        if self._plugins.is_symlink():
            self._plugins.unlink()
            _remove_if_empty(self._pulumi)
        _remove_if_empty(self.directory)

    def environment(self, port: int) -> dict[str, str]:
        """The variables that point Alibaba Cloud's clients here. No key is among them."""
        here = f"{LOOPBACK}:{port}"
        return {
            **{f"ALIBABA_CLOUD_ENDPOINT_{product}": here for product in PRODUCTS},
            # Else the alicloud plugin calls the billing service at each start, for half a minute where nothing answers.
            "ALIBABA_CLOUD_ACCOUNT_TYPE": "Domestic",
            # Where the plugin would query the endpoints of other products.
            "LOCATION_ENDPOINT": here,
            # The Alibaba CLI, whichever profile it takes; it has no variable for its config's path.
            "ALIBABA_CLOUD_ENDPOINT": here,
            "SSL_CERT_FILE": str(self.authority),
            "ALICLOUD_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            **{name: _with_loopback(os.environ.get(name, "")) for name in ("NO_PROXY", "no_proxy")},
            # Alibaba Cloud's Python SDK heeds these and not NO_PROXY.
            **{name: "" for name in PROXIES if name in os.environ},
        }

    def shell_environment(self, port: int) -> dict[str, str]:
        """The same, with what a person needs to run `pulumi` by hand. Creates the folders of its state and plugins."""
        if not self._state.exists():
            self._state.mkdir(parents=True)
            self._ours.touch()
        self._share_plugins()
        # Not resolved: in a virtual environment `python` is a link, and `pulumi` lies beside the link.
        programs = Path(sys.executable).parent
        others = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder != str(programs)]
        variables = self.environment(port) | {
            "PATH": os.pathsep.join([str(programs), *others]),
            "PULUMI_HOME": str(self._pulumi),
            "PULUMI_BACKEND_URL": self._state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "sandbox",  # of a throw-away state
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            # Pulumi runs `pip list`, which would look for a newer pip.
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "ALICLOUD_SANDBOX_DIR": str(self.directory),
        }
        if (programs / "pulumi").exists():
            # This engine was built for the project, and comes with the plugins that it needs.
            variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "1"
        return variables

    def _share_plugins(self) -> None:
        """Link to the plugins of the caller's Pulumi home. A folder that exists already stays."""
        theirs = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi").absolute() / "plugins"
        # The same where `env` was evaluated in this shell before.
        if theirs == self._plugins or (self._plugins.exists() and not self._plugins.is_symlink()):
            return
        theirs.mkdir(parents=True, exist_ok=True)
        self._pulumi.mkdir(parents=True, exist_ok=True)
        self._plugins.unlink(missing_ok=True)
        self._plugins.symlink_to(theirs)


def _profile(key: AccessKey, region: str, endpoint: str) -> dict[str, Any]:
    mode = {"mode": "AK"} if key.token is None else {"mode": "StsToken", "sts_token": key.token}
    return {
        "name": key.profile.name,
        **mode,
        "access_key_id": key.id,
        "access_key_secret": key.secret,
        "region_id": region,
        "endpoint": endpoint,  # of every product
        "output_format": "json",
        "language": "en",
    }


def _write_private(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(text)


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _with_loopback(hosts: str) -> str:
    known = [host for host in hosts.split(",") if host]
    return ",".join(known + [host for host in (LOOPBACK, "localhost") if host not in known])
