"""Few authorities instead of certifi's 150 and the system's, which the SDK reads for each client: half of what a call
costs here."""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path

import certifi

from sandbox.server import certificates


def trust_little() -> None:
    """Let the SDK read one authority that signed nothing. The sandbox's own is named to it as ever."""
    _, authority = certificates.create()
    descriptor, name = tempfile.mkstemp(prefix="little-trust-", suffix=".pem")
    os.write(descriptor, authority)
    os.close(descriptor)
    atexit.register(Path(name).unlink, missing_ok=True)
    certifi.where = lambda: name
    os.environ["SSL_CERT_FILE"] = name
    os.environ["SSL_CERT_DIR"] = os.devnull
