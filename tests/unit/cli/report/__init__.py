"""Tests of `handover report`."""
