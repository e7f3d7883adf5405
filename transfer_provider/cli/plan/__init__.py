"""`handover plan`: what a reviewer decides on, by one preview of the engine and what both accounts list."""
