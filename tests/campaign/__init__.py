"""Random sequences of runs, reviews, edits, kills and slips on the real engine: `make campaign`."""
