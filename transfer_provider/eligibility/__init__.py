"""May an instance be transferred, and what stays behind: pure rules over the inventory."""
