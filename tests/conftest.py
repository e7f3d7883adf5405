"""What holds for all tests."""

from __future__ import annotations

from tools.signals import heed_interrupts

heed_interrupts()
