"""Live with a handover until it is settled: `status`, `show`, `watch`."""
