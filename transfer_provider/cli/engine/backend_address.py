"""Where a stack's state is, as it may be printed: scheme, host with port, and path; no login and no parameters. Pure.

A password may hold anything unescaped, `@`, `/`, `:`, `?` and `#` as well, so an address can have several readings.
Where they differ, nothing but the scheme is printed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote

WITHHELD = "[withheld]"

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\n]*@)?[^\s\"'`]*")
_PLACE = re.compile(
    r"((?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]+)(?::[0-9]+)?(?:,[A-Za-z0-9._-]+(?::[0-9]+)?)*)?(/[^?#]*)?"
)
# Of these, what follows `//` is a folder or a bucket, in which a `@` is part of a name.
_WITHOUT_LOGIN = ("file", "s3", "gs", "azblob")
_PARAMETERS = re.compile(r"\?[A-Za-z_][\w.-]*=")
_KNOWN_PARAMETERS = re.compile(
    r"\?(?:user|password|host|port|dbname|database|sslmode|sslcert|sslkey|sslrootcert|application_name|"
    r"connect_timeout|search_path|options|table|pool_\w+)="
)
_SECRET = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)


def shown(url: str) -> str:
    """The address without what may be a secret: `postgres://db:5432/state`."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return url if _PLACE.fullmatch(url) else WITHHELD
    scheme, rest = found[1], found[2]
    if scheme == "file" or (scheme in _WITHOUT_LOGIN and ":" not in rest.rpartition("@")[0]):
        return f"{scheme}://{rest.partition('?')[0]}"
    places = set(_places(rest))
    return f"{scheme}://{places.pop() if len(places) == 1 else WITHHELD}"


def without_secrets(text: str, known: Collection[str] = ()) -> str:
    """A text with its addresses as `shown`, and no piece of their passwords, nor of those of the known addresses."""
    addresses = [*filter(None, known), *_IN_TEXT.findall(text)]
    for address in sorted(set(known) - {""}, key=len, reverse=True):
        text = text.replace(address, shown(address))
    text = _IN_TEXT.sub(lambda found: _shown_in_text(found[0]), text)
    for piece in sorted({piece for address in addresses for piece in _pieces(address)}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(piece)}(?!\w)", WITHHELD, text)
    return text


def _places(rest: str) -> Iterator[str]:
    """Each reading of host and path in what follows `//`: the login ends at the last `@` before the parameters."""
    ends = [found.start() for found in _PARAMETERS.finditer(rest)]
    known = [found.start() for found in _KNOWN_PARAMETERS.finditer(rest)]
    for end in known[:1] or [*ends, len(rest)]:
        place = re.split(r"[?#]", rest[:end].rpartition("@")[2])[0]
        if _PLACE.fullmatch(place):
            yield place


def _shown_in_text(address: str) -> str:
    """An address in a sentence, which may go on right behind it."""
    bare = address.rstrip(".,:;)")
    return shown(bare) + address[len(bare) :]


def _pieces(address: str) -> Iterator[str]:
    """The words that the address's passwords consist of, as they are and decoded."""
    rest = address.partition("://")[2]
    login = rest.rpartition("@")[0]
    secrets = [login.partition(":")[2]] if ":" in login else []
    for parameter in rest.partition("?")[2].split("&"):
        name, _, value = parameter.partition("=")
        if _SECRET.search(name):
            secrets.append(value)
    for secret in secrets:
        for form in (secret, unquote(secret)):
            yield from filter(None, (form, *re.findall(r"\w+", form)))
