"""Declare one handover, and what a run learns before it declares anything."""
