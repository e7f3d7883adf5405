"""How long runs of many handovers take, beside do-nothing resources: `make benchmark`."""

import os

# As a user's: the tests' processes are forked from one that has imported already.
os.environ.setdefault("COLD_PYTHON", "1")
