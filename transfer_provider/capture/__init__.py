"""From the source account's inventory to a stack's files: pure."""
