"""What the stack made in the recipient's account: found by its tags, taken over, reported, compared with its files."""
