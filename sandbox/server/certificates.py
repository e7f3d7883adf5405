"""TLS: a certificate authority created at each start, whose private key never leaves this process."""

from __future__ import annotations

import ssl

import trustme

_ORGANIZATION = "alicloud-sandbox"


def create() -> tuple[ssl.SSLContext, bytes]:
    """What the server presents on loopback, and the authority's certificate in PEM for clients to trust."""
    authority = trustme.CA(organization_name=_ORGANIZATION)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost", organization_name=_ORGANIZATION).configure_cert(context)
    return context, authority.cert_pem.bytes()
