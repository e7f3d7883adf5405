"""Where notifications go: the services that the stack's secret Apprise URLs name.

A URL is never shown: a target is `#1 (dingtalk)`, by its place in the list and its kind.
"""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from transfer_provider.cloud.errors import Refused

if TYPE_CHECKING:
    from apprise import Apprise, NotifyBase

ATTEMPTS = 3
LONGEST_WAIT_SECONDS = 4.0
LONGEST_ATTEMPT_SECONDS = 10
MOST_TARGETS = 20

_HTTP_ERROR = re.compile(r"\berror=([1-5][0-9]{2})\b")


@dataclass(frozen=True)
class Delivery:
    """Whether a target took a message; if not, `why`, without anything of its URL."""

    delivered: bool
    why: str = ""


class Target(Protocol):
    """A target; `position` is from 1."""

    @property
    def position(self) -> int: ...

    @property
    def kind(self) -> str: ...

    def send(self, title: str, body: str, *, attempts: int = ATTEMPTS) -> Delivery:
        """Send one message of plain text."""


def label(target: Target) -> str:
    """How messages name it."""
    return f"#{target.position} ({target.kind})"


class AppriseTarget:
    """A target by its Apprise URL. Raises ValueError, without the URL, where Apprise has no service for it."""

    def __init__(self, position: int, url: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.position = position
        self._sleep = sleep
        service = _service(url)
        if service is None:
            raise ValueError(f"#{position}")
        self.kind = _kind(service)
        self._sender = _sender(service)

    def send(self, title: str, body: str, *, attempts: int = ATTEMPTS) -> Delivery:
        def answer(state: RetryCallState) -> Delivery:
            return state.outcome.result() if state.outcome else Delivery(False)

        retrying = Retrying(
            retry=retry_if_result(lambda delivery: not delivery.delivered),
            stop=stop_after_attempt(attempts),
            wait=wait_random_exponential(multiplier=1, max=LONGEST_WAIT_SECONDS),
            retry_error_callback=answer,
            sleep=self._sleep,
        )
        delivery: Delivery = retrying(self._send, title, body)
        return delivery

    def _send(self, title: str, body: str) -> Delivery:
        from apprise import AppriseResultStatus, NotifyFormat

        try:
            # Apprise loads what a service takes only when it is first used.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = self._sender.notify(
                    title=title, body=body, body_format=NotifyFormat.TEXT, timeout=LONGEST_ATTEMPT_SECONDS
                )
        except Exception as error:  # noqa: BLE001  # A plugin's own defect, whose text may hold the URL.
            return Delivery(False, type(error).__name__)
        if result:
            return Delivery(True)
        if result.status is AppriseResultStatus.TIMEOUT:
            return Delivery(False, f"no answer within {LONGEST_ATTEMPT_SECONDS} s")
        return Delivery(False, _why(result))


def read_targets(value: Any) -> list[AppriseTarget]:
    """The targets that a stack's decrypted setting `notify` names.

    Raises Refused with the positions of those that are no Apprise URL, and with nothing of their texts.
    """
    if not value:
        return []
    urls = value if isinstance(value, list) else [None]
    if len(urls) > MOST_TARGETS:
        raise Refused(f"Could not use the setting `notify`: it has more than {MOST_TARGETS} targets. Remove some.")
    targets: list[AppriseTarget] = []
    wrong: list[int] = []
    for position, url in enumerate(urls, 1):
        try:
            targets.append(AppriseTarget(position, url if isinstance(url, str) else ""))
        except ValueError:
            wrong.append(position)
    if wrong:
        first = f"notify[{wrong[0] - 1}]"
        places = ", ".join(f"notify[{position - 1}]" for position in wrong)
        raise Refused(
            f"Could not use the setting `notify`: {places} "
            f"{'is no URL' if len(wrong) == 1 else 'are no URLs'} that Apprise knows a service for. "
            f"Set each again with `pulumi config set --secret --path '{first}'`, as docs/notifications.md shows."
        )
    return targets


def _load() -> Any:
    """Apprise, silent: its log has URLs in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise
    log = logging.getLogger("apprise")
    log.propagate = False
    log.handlers = [logging.NullHandler()]
    return apprise


def _service(url: str) -> NotifyBase | None:
    apprise = _load()
    asset = apprise.AppriseAsset(
        app_id="handover",
        app_desc="Instance handover",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        storage_mode="memory",
        allow_templates=False,
        secure_logging=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        service: NotifyBase | None = apprise.Apprise.instantiate(url.strip(), asset=asset) if url.strip() else None
    if service is not None and "overflow=" not in url:
        # What is longer than a service takes goes in several messages.
        service.overflow_mode = apprise.OverflowMode.SPLIT
    return service


def _sender(service: NotifyBase) -> Apprise:
    from apprise import Apprise

    sender = Apprise()
    sender.add(service)
    return sender


def _kind(service: NotifyBase) -> str:
    """Its schema, as Apprise's documentation has it."""
    known: Any = service.protocol or service.secure_protocol
    return str(known if isinstance(known, str) else next(iter(known), "unknown"))


def _why(result: Any) -> str:
    """The HTTP status that the service answered, as Apprise's log has it; else that there was no usable answer."""
    for entry in result.logs():
        found = _HTTP_ERROR.search(str(getattr(entry, "message", "")))
        if found:
            return f"HTTP {found[1]}"
    return "no connection, or the message was not taken"
