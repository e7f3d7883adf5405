"""How a transfer is submitted, read and cancelled. One module a channel, each with the same methods."""
