"""How long runs of many handovers take, beside do-nothing resources: `make benchmark`."""
