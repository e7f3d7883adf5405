"""What holds for all tests, and the receivers of notifications."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.little_trust import trust_little
from tests.receivers import Mailbox, Webhook, running
from tools.signals import heed_interrupts

heed_interrupts()
trust_little()


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector does not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Hypothesis, which may be imported for the summary only, looks for who refers to what it is given."""
    gc.unfreeze()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with running(Webhook()) as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running(Mailbox()) as server:
        yield server
