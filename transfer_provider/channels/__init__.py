"""How a transfer is submitted, read and cancelled. A module a channel, each with the methods of `Channel`."""
