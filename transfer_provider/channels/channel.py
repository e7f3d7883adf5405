"""What every channel can do: submit a transfer, read it, and remove it. A class a channel.

    api       transfers through `TransferInstance` and its companions        api.py
    console   the console's Resource transfer, which two people carry out    console.py

`CHANNELS` names each channel's module and class, so that Alibaba Cloud's SDK is imported when a channel is first used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from transfer_provider.model.transfer import Transfer, TransferRequest

if TYPE_CHECKING:
    from transfer_provider.cloud.client import Cloud


@dataclass(frozen=True)
class Submission:
    """A transfer under way; `adopted` where it was submitted before and is only tracked from here on.

    `public_ip` is the instance's address, elastic or fixed, while the source owns it; None where it has none.
    """

    transfer: Transfer
    adopted: bool
    public_ip: str | None = None


class Channel(Protocol):
    """The source account's side of transfers in a region. Thread-safe."""

    recorded_as: str
    """What creating a transfer means here: Submitted, or Recorded where people carry it out."""

    def expect(self, instance_ids: Iterable[str]) -> None:
        """Announce instances whose transfers are submitted in this run, so that they are looked up together."""

    def submit(self, request: TransferRequest) -> Submission:
        """Submit the request, or adopt the transfer that requests the same."""

    def read(self, tracked: Transfer, request: TransferRequest) -> Transfer | None:
        """The transfer as it stands now, by what the state holds of it; None only where it is confirmed not found."""

    def remove(self, tracked: Transfer, request: TransferRequest, successor: TransferRequest | None) -> str:
        """Cancel it, or stop tracking it; returns what was done, for the log.

        `successor` is the request that is to replace it: where that would be refused, nothing is cancelled.
        """


CHANNELS: Mapping[str, tuple[str, str]] = {
    "api": ("transfer_provider.channels.api", "ApiChannel"),
    "console": ("transfer_provider.channels.console", "ConsoleChannel"),
}


def open_channel(name: str, source: Cloud, recipient: Cloud | None, *, may_stop_tracking: bool) -> Channel:
    """The channel of this name, between these accounts.

    `recipient` is None where its credentials are not this stack's; `may_stop_tracking` is the setting
    `forgetConsoleTransfers`.
    """
    module, channel = CHANNELS[name]
    opened: Channel = getattr(import_module(module), channel)(source, recipient, may_stop_tracking=may_stop_tracking)
    return opened
