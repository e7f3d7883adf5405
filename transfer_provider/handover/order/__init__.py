"""Which handovers wait for their turn: for others of their stack, for another stack, for the next wave."""
