"""The address of a bucket of Alibaba Cloud's, as docs/backends.md has it: what the engine sends to it.

The object storage itself can't be tried here. What it is known to ask for is: the bucket in the host's name, and bodies
that are not chunked (`aws-chunked`, with the checksum behind), as Amazon's client sends them over TLS by itself.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from sandbox.server.server import Sandbox
from tests.engine import bucket
from tests.engine.project import ROOT, Project
from tools.toolchain.go_build import CannotBuild

(DOCUMENTED,) = re.findall(r"^    (s3://BUCKET\S+)$", (ROOT / "docs/backends.md").read_text(), re.MULTILINE)


def stack(tmp_path: Path, cloud: Sandbox, endpoint: str, environment: Mapping[str, str], *, more: str = "") -> Project:
    """An empty stack in a bucket of the documented address, but that loopback answers at this endpoint."""
    url = re.sub(r"https://[^&]+", endpoint, DOCUMENTED.replace("BUCKET", bucket.BUCKET)) + more
    return Project.made(
        tmp_path / "project",
        cloud,
        program=ROOT / "__main__.py",
        environment={**environment, "PULUMI_BACKEND_URL": url},
    )


def test_a_server_that_checks_signatures_takes_the_bucket_from_the_hosts_name(tmp_path: Path, cloud: Sandbox) -> None:
    try:
        with bucket.running() as environment:
            found = re.search(r"http://[\d.:]+", environment["PULUMI_BACKEND_URL"])
            assert found
            by_proxy = {**environment, "HTTP_PROXY": found[0], "NO_PROXY": ""}
            made = stack(tmp_path, cloud, f"http://{bucket.ENDPOINT}", by_proxy)
            assert made.pulumi("stack", "tag", "set", "kept", "there").ok
            assert re.search(r"kept +there", made.pulumi("stack", "tag", "ls").text)
    except CannotBuild as missing:
        pytest.skip(str(missing))


def test_no_body_is_chunked(tmp_path: Path, cloud: Sandbox) -> None:
    authority = trustme.CA()
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "SSL_CERT_FILE": str(trusted)}
    with recording(authority) as (endpoint, puts):
        stack(tmp_path, cloud, endpoint, keys, more="&s3ForcePathStyle=true")
    assert len(puts) >= 2  # The backend's own file, and the stack's.
    for headers in puts:
        assert "aws-chunked" not in headers.get("Content-Encoding", "")
        assert not headers["X-Amz-Content-Sha256"].startswith("STREAMING")


@contextmanager
def recording(authority: trustme.CA) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The address of a server that takes whatever is put and has nothing, with the headers of what was put."""
    puts: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            puts.append({name.title(): value for name, value in self.headers.items()})
            self._answer(200)

        def do_GET(self) -> None:
            if "list-type=2" in self.path:
                self._answer(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
            else:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

        def do_HEAD(self) -> None:
            self._answer(404)

        def do_DELETE(self) -> None:
            self._answer(204)

        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", puts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
