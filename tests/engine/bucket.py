"""A bucket of the caller's own on loopback, for Pulumi's state: a real S3 gateway, which checks signatures."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.engine.postgresql import free_port
from tools.toolchain import s3_gateway

BUCKET = "state"
ENDPOINT = "oss.example"
"""A domain that no resolver has: the server answers requests for `state.oss.example` where it is named as the proxy."""
REGION = "cn-hangzhou"
KEY_ID = "handover-tests"
SECRET = "only/for+the=tests"  # noqa: S105  of a server on loopback
STARTS_WITHIN = 30  # seconds


@contextmanager
def running() -> Iterator[Mapping[str, str]]:
    """The environment of a run whose state is in the bucket, until the end.

    Raises CannotBuild where the server can't be built.
    """
    command = s3_gateway.command()
    folder = Path(mkdtemp(prefix="bucket-"))
    port = free_port()
    for part in (f"buckets/{BUCKET}", "attributes"):
        (folder / part).mkdir(parents=True)
    server = subprocess.Popen(
        [
            *(str(command), "--port", f"127.0.0.1:{port}", "--quiet", "--virtual-domain", ENDPOINT, "--region", REGION),
            *("--access", KEY_ID, "--secret", SECRET),
            *("posix", "--sidecar", str(folder / "attributes"), str(folder / "buckets")),
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield {
            "PULUMI_BACKEND_URL": f"s3://{BUCKET}?endpoint=http://127.0.0.1:{port}&s3ForcePathStyle=true&region={REGION}",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            # Without credentials the client would look for them in the network.
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"the S3 gateway does not start (exit code {server.poll()})") from None
            time.sleep(0.05)
        else:
            return
